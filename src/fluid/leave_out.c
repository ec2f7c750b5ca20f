/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources that can never fill.
 *
 * If every path over resource A also crosses one of a few guards, what A can be asked for
 * is bounded by what the guards let through: the sum over guards g of C_g times the
 * largest w_A / w_g of the paths that g answers for. Where that is at most C_A, A never
 * holds a flow and need not be looked at. A chip's HBM behind its links is such a resource.
 *
 * Guards must themselves stay in. Resources are judged from the largest capacity down, and
 * one that is left out later is bounded by its own guards, so what it implied still holds.
 */
#include "fluid/state.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

/* Which paths cross each resource: those with the fewest resources first, for they have the least
 * choice of guards, and others may find theirs among these; then in order of path. */
struct crossing {
    uint32_t *begin; /* [nresources + 1] */
    uint32_t *path;
};

/* Largest capacity first, then by number. */
struct candidate {
    double capacity;
    uint32_t resource;
};

struct judge {
    struct sled_fluid *fluid;
    struct crossing crossing;
    struct candidate *order; /* [nresources] */
    uint32_t *answers_to;    /* [nresources]: the last resource that it was a guard of */
    double *ratio;           /* [nresources]: w_A / w_g that it answers for */
};

static enum sled_status find_crossings(const struct sled_fluid *fluid, struct crossing *out,
                                       struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&out->begin, (size_t)fluid->nresources + 2, err));
    SLED_TRY(sled_vec_alloc(&out->path, fluid->nbinds, err));
    for (uint32_t i = 0; i < fluid->nbinds; i++)
        out->begin[fluid->bind[i].resource + 2]++;
    for (uint32_t r = 0; r < fluid->nresources; r++)
        out->begin[r + 2] += out->begin[r + 1];
    for (uint32_t n = 1, left = fluid->npaths; left > 0; n++) {
        for (uint32_t p = 0; p < fluid->npaths; p++) {
            if (fluid->path[p].nbinds != n)
                continue;
            for (uint32_t i = 0; i < n; i++)
                out->path[out->begin[fluid->bind[fluid->path[p].first + i].resource + 1]++] = p;
            left--;
        }
    }
    return SLED_OK;
}

static const struct sled_fluid_bind *find_bind(const struct sled_fluid *fluid, uint32_t path,
                                               uint32_t resource)
{
    const struct sled_fluid_bind *bind = &fluid->bind[fluid->path[path].first];

    for (uint32_t i = 0; i < fluid->path[path].nbinds; i++)
        if (bind[i].resource == resource)
            return &bind[i];
    return NULL;
}

/* Do all paths over g, as it seems from the first and the last, cross a as well? */
static bool lies_within(const struct judge *judge, uint32_t a, uint32_t g)
{
    const struct crossing *crossing = &judge->crossing;

    return find_bind(judge->fluid, crossing->path[crossing->begin[g]], a) != NULL &&
           find_bind(judge->fluid, crossing->path[crossing->begin[g + 1] - 1], a) != NULL;
}

/*
 * What path i of those over a can ask of a beyond what guards already answer for: the least that
 * any of its resources can promise, which then is a guard. Of equal promises the best is one that
 * serves a neighbour too, since paths that have much in common stand together. INFINITY without
 * any.
 */
static double ask(struct judge *judge, uint32_t a, uint32_t i)
{
    const struct sled_fluid *fluid = judge->fluid;
    const struct sled_fluid_path *path = &fluid->path[judge->crossing.path[i]];
    const double weight = sled_fluid_weight(fluid, find_bind(fluid, judge->crossing.path[i], a));
    uint32_t guard = SLED_FLUID_NONE;
    double least = INFINITY, guard_ratio = 0;

    for (uint32_t k = 0; k < path->nbinds && least > 0; k++) {
        const struct sled_fluid_bind *bind = &fluid->bind[path->first + k];
        const uint32_t g = bind->resource;

        if (g == a || g >= fluid->nown || fluid->resource[g].never)
            continue; /* caps change from flow to flow */
        const double answered = judge->answers_to[g] == a ? judge->ratio[g] : 0;
        const double ratio = fmax(answered, weight / sled_fluid_weight(fluid, bind));
        const double more = fluid->resource[g].capacity * (ratio - answered);

        if (more < least || (more == least && lies_within(judge, a, g))) {
            least = more;
            guard = g;
            guard_ratio = ratio;
        }
    }
    if (guard != SLED_FLUID_NONE) {
        judge->answers_to[guard] = a;
        judge->ratio[guard] = guard_ratio;
    }
    return least;
}

static bool can_fill(struct judge *judge, uint32_t a)
{
    double asked = 0;

    for (uint32_t i = judge->crossing.begin[a]; i < judge->crossing.begin[a + 1]; i++) {
        asked += ask(judge, a, i);
        if (asked > judge->fluid->resource[a].capacity)
            return true;
    }
    return false;
}

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->capacity != y->capacity)
        return x->capacity > y->capacity ? -1 : 1;
    return x->resource < y->resource ? -1 : x->resource > y->resource;
}

/* The caller's resources; caps are for one flow each and always stay in. */
static void judge_all(struct judge *judge)
{
    struct sled_fluid *fluid = judge->fluid;

    for (uint32_t r = 0; r < fluid->nown; r++) {
        judge->order[r] = (struct candidate){fluid->resource[r].capacity, r};
        judge->answers_to[r] = SLED_FLUID_NONE;
        fluid->resource[r].never = false;
    }
    qsort(judge->order, fluid->nown, sizeof *judge->order, compare_candidates);
    fluid->stats.never = 0;
    for (uint32_t i = 0; i < fluid->nown; i++) {
        const uint32_t r = judge->order[i].resource;

        fluid->resource[r].never = !can_fill(judge, r);
        fluid->stats.never += fluid->resource[r].never;
    }
}

/* There is one at least that stays in: the last to be judged has no guard left. */
static void order_binds(struct sled_fluid *fluid, struct sled_fluid_path *path)
{
    struct sled_fluid_bind *bind = &fluid->bind[path->first];

    uint16_t ncore = 0;

    for (uint16_t i = 0; i < path->nbinds; i++) {
        const struct sled_fluid_bind here = bind[i];

        if (fluid->resource[here.resource].never)
            continue;
        bind[i] = bind[ncore];
        bind[ncore++] = here;
    }
    for (uint16_t i = 0; i < ncore; i++)
        bind[i].more = (uint16_t)(ncore - 1 - i);
}

enum sled_status sled_fluid_judge(struct sled_fluid *fluid, struct sled_err *err)
{
    struct judge judge = {.fluid = fluid};

    enum sled_status st = sled_vec_alloc(&judge.order, fluid->nresources, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&judge.answers_to, fluid->nresources, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&judge.ratio, fluid->nresources, err);
    if (st == SLED_OK)
        st = find_crossings(fluid, &judge.crossing, err);
    if (st == SLED_OK) {
        judge_all(&judge);
        for (uint32_t p = 0; p < fluid->npaths; p++)
            order_binds(fluid, &fluid->path[p]);
    }
    free(judge.crossing.begin);
    free(judge.crossing.path);
    free(judge.order);
    free(judge.answers_to);
    free(judge.ratio);
    return st;
}
