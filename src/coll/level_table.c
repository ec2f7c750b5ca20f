/* SPDX-License-Identifier: Apache-2.0 */
/* From digits to units, lanes and the ranks that hold them. */
#include "coll/level_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/fabric.h"

#define MOST_LANES (1u << 26) /* P of them where units are even, and twice that at most for rdh */

/* Numbers the units of a level. unit[P] is the parent of each rank, and becomes its unit. */
static enum sled_status find_units(struct sled_tier *level, const uint32_t *digit, uint32_t nranks,
                                   uint32_t *unit, struct sled_err *err)
{
    const size_t cells = (size_t)level->nparents * level->radix;

    SLED_TRY(sled_vec_alloc(&level->child, cells, err));
    memset(level->child, 0xff, cells * sizeof *level->child); /* all SLED_NONE */
    for (uint32_t r = 0; r < nranks; r++) {
        uint32_t *child = &level->child[(size_t)unit[r] * level->radix + digit[r]];

        if (*child == SLED_NONE)
            *child = level->nunits++;
        unit[r] = *child;
    }
    return SLED_OK;
}

uint32_t sled_tier_children(const struct sled_tier *level, uint32_t parent)
{
    const uint32_t *child = level->child + (size_t)parent * level->radix;
    uint32_t count = 0;

    while (count < level->radix && child[count] != SLED_NONE)
        count++;
    return count;
}

/* Who holds the lanes of the next level: the holder of the lane they are part of, in the child
 * with their digit. */
static enum sled_status find_holders(const struct sled_tier *level, struct sled_tier *next,
                                     struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&next->holder, (size_t)next->nunits * next->nlanes, err));
    for (uint32_t p = 0; p < level->nparents; p++) {
        const uint32_t nchildren = sled_tier_children(level, p);

        for (uint32_t lane = 0; lane < next->nlanes; lane++) {
            const uint32_t digit = lane % level->radix % nchildren;
            const uint32_t child = level->child[(size_t)p * level->radix + digit];

            next->holder[(size_t)p * next->nlanes + lane] =
                level->holder[(size_t)child * level->nlanes + lane / level->radix];
        }
    }
    return SLED_OK;
}

/* Top down, as parents are known first. unit[P] is 0 and becomes the unit of each rank at level 0.
 */
static enum sled_status find_all_units(const struct sled_levels *levels,
                                       struct sled_level_table *table, uint32_t *unit,
                                       struct sled_err *err)
{
    uint32_t nparents = 1;

    for (uint32_t l = levels->nlevels; l-- > 0;) {
        struct sled_tier *level = &table->level[l];

        level->radix = levels->radix[l];
        level->nparents = nparents;
        SLED_TRY(find_units(level, levels->digit + (size_t)l * levels->nranks, levels->nranks, unit,
                            err));
        nparents = level->nunits;
    }
    return SLED_OK;
}

/* Bottom up, as lanes are split level by level. lane[P] is 0 and becomes the lane of each block
 * beyond the last level. */
static enum sled_status find_all_lanes(const struct sled_levels *levels,
                                       struct sled_level_table *table, uint32_t *lane,
                                       struct sled_err *err)
{
    uint32_t nlanes = 1;

    for (uint32_t l = 0; l < levels->nlevels; l++) {
        struct sled_tier *level = &table->level[l];
        const uint32_t *digit = levels->digit + (size_t)l * levels->nranks;

        level->nlanes = nlanes;
        if (l > 0)
            SLED_TRY(find_holders(level - 1, level, err));
        if (level->radix > MOST_LANES / nlanes)
            return sled_err_set(err, SLED_E_UNSUPPORTED,
                                "units of the ranks are too uneven: %u places in one times %u in "
                                "another, at most %u are possible",
                                nlanes, level->radix, MOST_LANES);
        for (uint32_t b = 0; b < levels->nranks; b++)
            lane[b] = lane[b] * level->radix + digit[b];
        nlanes *= level->radix;
    }
    return SLED_OK;
}

/* Sorts the blocks by lane[P], of which there are nlanes, and within a lane as they are in
 * order[P], or by number where that is NULL. */
static enum sled_status sort_blocks(struct sled_tier *level, const uint32_t *lane, uint32_t nlanes,
                                    const uint32_t *order, uint32_t nranks, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&level->block, nranks, err));
    SLED_TRY(sled_vec_alloc(&level->begin, (size_t)nlanes + 2, err));

    /* Counted two places ahead and summed up, a lane's begin is one place ahead; it moves to its
     * end, where the next lane's begin belongs, as blocks are put there. */
    for (uint32_t b = 0; b < nranks; b++)
        level->begin[lane[b] + 2]++;
    for (uint32_t x = 2; x <= nlanes; x++)
        level->begin[x] += level->begin[x - 1];
    for (uint32_t i = 0; i < nranks; i++) {
        const uint32_t b = order == NULL ? i : order[i];

        level->block[level->begin[lane[b] + 1]++] = b;
    }
    return SLED_OK;
}

/* Top down, as a lane's number is that of its part, over the radix. lane[P] is that of each block
 * beyond the last level. */
static enum sled_status sort_all_blocks(struct sled_level_table *table, bool by_number,
                                        uint32_t *lane, struct sled_err *err)
{
    const uint32_t *order = NULL;

    for (uint32_t l = table->nlevels; l-- > 0;) {
        struct sled_tier *level = &table->level[l];

        SLED_TRY(sort_blocks(level, lane, level->nlanes * level->radix, order, table->nranks, err));
        if (order == NULL && !by_number)
            order = level->block;
        for (uint32_t b = 0; b < table->nranks; b++)
            lane[b] /= level->radix;
    }
    return SLED_OK;
}

static enum sled_status fill(const struct sled_levels *levels, bool by_number,
                             struct sled_level_table *table, uint32_t *number, struct sled_err *err)
{
    SLED_TRY(find_all_units(levels, table, number, err));
    SLED_TRY(sled_vec_alloc(&table->level[0].holder, levels->nranks, err));
    for (uint32_t r = 0; r < levels->nranks; r++)
        table->level[0].holder[number[r]] = r;
    memset(number, 0, levels->nranks * sizeof *number);
    SLED_TRY(find_all_lanes(levels, table, number, err));
    return sort_all_blocks(table, by_number, number, err);
}

enum sled_status sled_level_table_init(const struct sled_levels *levels, bool by_number,
                                       struct sled_level_table *out, struct sled_err *err)
{
    struct sled_level_table table = {.nranks = levels->nranks, .nlevels = levels->nlevels};
    uint32_t *number; /* [P]: of units, then of lanes */

    SLED_TRY(sled_vec_alloc(&number, levels->nranks, err));
    const enum sled_status status = fill(levels, by_number, &table, number, err);
    free(number);
    if (status == SLED_OK)
        *out = table;
    else
        sled_level_table_finish(&table);
    return status;
}

void sled_level_table_finish(struct sled_level_table *table)
{
    for (uint32_t l = 0; l < table->nlevels; l++) {
        free(table->level[l].child);
        free(table->level[l].holder);
        free(table->level[l].block);
        free(table->level[l].begin);
    }
}
