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
 *
 * Where only a few paths break the bound, as the copies within a chip do for its HBM, the
 * resource is a seldom one: it can fill only while a flow of such a path is active. How many
 * are a few is a matter of speed alone.
 */
#include "fluid/state.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

/* Which paths cross each resource, in order of path. */
struct crossing {
    uint64_t *begin; /* [nresources + 1] */
    uint32_t *path;
};

/* Guards of the resource at hand: resource g answers with ratio[g] where chosen_for[g] says so. */
struct guards {
    uint32_t *chosen_for; /* [nresources]: number of the judgement */
    double *ratio;        /* [nresources] */
    uint32_t judgement;
};

static enum sled_status find_crossings(const struct sled_fluid *fluid, struct crossing *out,
                                       struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&out->begin, (size_t)fluid->nresources + 2, err));
    SLED_TRY(sled_vec_alloc(&out->path, fluid->nuses, err));
    for (size_t u = 0; u < fluid->nuses; u++)
        out->begin[fluid->use[u].resource + 2]++;
    for (uint32_t r = 0; r < fluid->nresources; r++)
        out->begin[r + 2] += out->begin[r + 1];
    for (uint32_t p = 0; p < fluid->npaths; p++)
        for (uint64_t u = fluid->path_begin[p]; u < fluid->path_begin[p + 1]; u++)
            out->path[out->begin[fluid->use[u].resource + 1]++] = p;
    return SLED_OK;
}

static double weight_on(const struct sled_fluid *fluid, uint32_t path, uint32_t resource)
{
    for (uint64_t u = fluid->path_begin[path]; u < fluid->path_begin[path + 1]; u++)
        if (fluid->use[u].resource == resource)
            return fluid->use[u].weight;
    return 0;
}

/*
 * The resource that is to answer for path on behalf of A: one that was chosen already, else one
 * that the next path over A crosses as well, else any; the narrowest of them. NULL where the path
 * has nothing else left.
 */
static const struct sled_fluid_use *find_guard(const struct sled_fluid *fluid,
                                               const struct guards *guards, uint32_t a,
                                               uint32_t path, uint32_t next)
{
    const struct sled_fluid_use *best = NULL;
    int best_rank = 0;

    for (uint64_t u = fluid->path_begin[path]; u < fluid->path_begin[path + 1]; u++) {
        const struct sled_fluid_use *use = &fluid->use[u];
        const uint32_t g = use->resource;

        if (g == a || g >= fluid->nown || fluid->resource[g].role != SLED_FLUID_CORE)
            continue; /* caps change from flow to flow */
        const int rank = guards->chosen_for[g] == guards->judgement      ? 2
                         : next != path && weight_on(fluid, next, g) > 0 ? 1
                                                                         : 0;
        if (best == NULL || rank > best_rank ||
            (rank == best_rank &&
             fluid->resource[g].capacity < fluid->resource[best->resource].capacity)) {
            best = use;
            best_rank = rank;
        }
    }
    return best;
}

/* One path in this many may break the bound of a seldom resource. */
enum { FEW = 8 };

static uint64_t use_of(const struct sled_fluid *fluid, uint32_t path, uint32_t resource)
{
    uint64_t u = fluid->path_begin[path];

    while (fluid->use[u].resource != resource)
        u++;
    return u;
}

/* Judge resource a; arming[u] is set for the uses of a by paths that break its bound. */
static enum sled_fluid_role judge_one(const struct sled_fluid *fluid,
                                      const struct crossing *crossing, struct guards *guards,
                                      uint8_t *arming, uint32_t a)
{
    const uint64_t npaths = crossing->begin[a + 1] - crossing->begin[a];
    const double limit = fluid->resource[a].capacity;
    uint64_t breaking = 0;
    double asked = 0;

    guards->judgement++;
    for (uint64_t i = crossing->begin[a]; i < crossing->begin[a + 1]; i++) {
        const uint32_t path = crossing->path[i];
        const uint32_t next = i + 1 < crossing->begin[a + 1] ? crossing->path[i + 1] : path;
        const struct sled_fluid_use *guard = find_guard(fluid, guards, a, path, next);
        double more = INFINITY;

        if (guard != NULL) {
            const uint32_t g = guard->resource;
            const double ratio = weight_on(fluid, path, a) / guard->weight;
            const bool chosen = guards->chosen_for[g] == guards->judgement;
            const double before = chosen ? guards->ratio[g] : 0;

            more = ratio > before ? fluid->resource[g].capacity * (ratio - before) : 0;
            if (asked + more <= limit) {
                guards->chosen_for[g] = guards->judgement;
                guards->ratio[g] = fmax(ratio, before);
            }
        }
        if (asked + more <= limit) {
            asked += more;
            continue;
        }
        arming[use_of(fluid, path, a)] = 1;
        if (++breaking > npaths / FEW)
            return SLED_FLUID_CORE;
    }
    return breaking == 0 ? SLED_FLUID_NEVER : SLED_FLUID_SELDOM;
}

/* Largest capacity first, then by number. */
struct candidate {
    double capacity;
    uint32_t resource;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;

    if (x->capacity != y->capacity)
        return x->capacity > y->capacity ? -1 : 1;
    return x->resource < y->resource ? -1 : x->resource > y->resource;
}

static enum sled_status judge(struct sled_fluid *fluid, const struct crossing *crossing,
                              struct guards *guards, struct candidate *order, uint8_t *arming,
                              struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&guards->chosen_for, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&guards->ratio, fluid->nresources, err));
    for (uint32_t r = 0; r < fluid->nresources; r++) {
        order[r] = (struct candidate){fluid->resource[r].capacity, r};
        fluid->resource[r].role = SLED_FLUID_CORE;
    }
    qsort(order, fluid->nresources, sizeof *order, compare_candidates);
    fluid->stats.never = fluid->stats.seldom = 0;
    for (uint32_t i = 0; i < fluid->nresources; i++) {
        const uint32_t r = order[i].resource;

        if (r >= fluid->nown)
            continue;
        fluid->resource[r].role = judge_one(fluid, crossing, guards, arming, r);
        fluid->stats.never += fluid->resource[r].role == SLED_FLUID_NEVER;
        fluid->stats.seldom += fluid->resource[r].role == SLED_FLUID_SELDOM;
    }
    return SLED_OK;
}

static void bind_role(struct sled_fluid *fluid, uint32_t path, enum sled_fluid_role role,
                      const uint8_t *arming, uint32_t *at)
{
    for (uint64_t u = fluid->path_begin[path]; u < fluid->path_begin[path + 1]; u++) {
        const struct sled_fluid_use *use = &fluid->use[u];

        if (fluid->resource[use->resource].role == role)
            fluid->bind[(*at)++] =
                (struct sled_fluid_bind){.resource = use->resource,
                                         .arms = role == SLED_FLUID_SELDOM && arming[u] != 0,
                                         .weight = use->weight};
    }
}

/* The uses of every path that stay in. There is one at least: a path without a core one arms
 * a seldom one, for it has no guard. */
static enum sled_status bind(struct sled_fluid *fluid, const uint8_t *arming, struct sled_err *err)
{
    uint64_t count = 0;

    free(fluid->bind_first);
    free(fluid->bind_core);
    free(fluid->bind);
    fluid->bind_first = NULL;
    fluid->bind_core = NULL;
    fluid->bind = NULL;
    for (size_t u = 0; u < fluid->nuses; u++)
        count += fluid->resource[fluid->use[u].resource].role != SLED_FLUID_NEVER;
    if (count > UINT32_MAX)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "paths have more than 2^32 - 1 uses");
    SLED_TRY(sled_vec_alloc(&fluid->bind_first, (size_t)fluid->npaths + 1, err));
    SLED_TRY(sled_vec_alloc(&fluid->bind_core, fluid->npaths, err));
    SLED_TRY(sled_vec_alloc(&fluid->bind, count, err));

    uint32_t at = 0;
    fluid->stride = 1;
    for (uint32_t p = 0; p < fluid->npaths; p++) {
        const uint32_t first = at;

        bind_role(fluid, p, SLED_FLUID_CORE, arming, &at);
        fluid->bind_core[p] = (uint16_t)(at - first);
        bind_role(fluid, p, SLED_FLUID_SELDOM, arming, &at);
        fluid->bind_first[p + 1] = at;
        if (at - first > fluid->stride)
            fluid->stride = at - first;
    }
    return SLED_OK;
}

enum sled_status sled_fluid_seal(struct sled_fluid *fluid, struct sled_err *err)
{
    struct crossing crossing = {0};
    struct guards guards = {0};
    struct candidate *order = NULL;
    uint8_t *arming = NULL; /* [nuses] */

    enum sled_status st = sled_vec_alloc(&order, fluid->nresources, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&arming, fluid->nuses, err);
    if (st == SLED_OK)
        st = find_crossings(fluid, &crossing, err);
    if (st == SLED_OK)
        st = judge(fluid, &crossing, &guards, order, arming, err);
    if (st == SLED_OK)
        st = bind(fluid, arming, err);
    free(crossing.begin);
    free(crossing.path);
    free(guards.chosen_for);
    free(guards.ratio);
    free(order);
    free(arming);
    fluid->sealed = st == SLED_OK;
    return st;
}
