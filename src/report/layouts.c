/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks and Pareto fronts of layouts. */
#include "report/layouts.h"

#include <stdlib.h>

#include "base/vec.h"

const char *const sled_layout_rank_names[SLED_RANKS + 1] = {
    [SLED_RANK_CHIP] = "tokens_per_s_chip",
    [SLED_RANK_USER] = "tokens_per_s_user",
    [SLED_RANK_MW] = "tokens_per_s_MW",
};

static double figure(const struct sled_layout_row *row, enum sled_layout_rank rank)
{
    switch (rank) {
    case SLED_RANK_USER:
        return row->tokens_per_s_user;
    case SLED_RANK_MW:
        return row->tokens_per_s_mw;
    default:
        return row->tokens_per_s_chip;
    }
}

/* Is another at least as good in both figures, and better in one or earlier? */
static bool is_beaten(const struct sled_layout_row *rows, size_t n, size_t i,
                      enum sled_layout_rank rank)
{
    const double user = rows[i].tokens_per_s_user, yield = figure(&rows[i], rank);

    for (size_t j = 0; j < n; j++) {
        const double other_user = rows[j].tokens_per_s_user;
        const double other_yield = figure(&rows[j], rank);

        if (j == i || rows[j].outcome != SLED_LAYOUT_RAN || other_user < user ||
            other_yield < yield)
            continue;
        if (other_user > user || other_yield > yield || j < i)
            return true;
    }
    return false;
}

void sled_layouts_mark_fronts(struct sled_layout_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const bool ran = rows[i].outcome == SLED_LAYOUT_RAN;

        rows[i].front_chip = ran && !is_beaten(rows, n, i, SLED_RANK_CHIP);
        rows[i].front_mw = ran && !is_beaten(rows, n, i, SLED_RANK_MW);
    }
}

/* A row where it was, for sorting. */
struct place {
    const struct sled_layout_row *row;
    enum sled_layout_rank rank;
    size_t index;
};

static int better_first(const void *pa, const void *pb)
{
    const struct place *a = pa, *b = pb;
    const double fa = figure(a->row, a->rank), fb = figure(b->row, b->rank);

    if (a->row->outcome != b->row->outcome)
        return a->row->outcome < b->row->outcome ? -1 : 1;
    if (a->row->outcome == SLED_LAYOUT_RAN && fa != fb)
        return fa > fb ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

enum sled_status sled_layouts_rank(const struct sled_layout_row *rows, size_t n,
                                   enum sled_layout_rank rank, size_t *order, struct sled_err *err)
{
    struct place *places;

    SLED_TRY(sled_vec_alloc(&places, n, err));
    for (size_t i = 0; i < n; i++)
        places[i] = (struct place){&rows[i], rank, i};
    qsort(places, n, sizeof *places, better_first);
    for (size_t i = 0; i < n; i++)
        order[i] = places[i].index;
    free(places);
    return SLED_OK;
}
