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

/* Of the resource at hand, valid where their judgement is its number: how many of its paths cross
 * resource g, and for guards the ratio they answer with. */
struct guards {
    uint32_t *counted_for; /* [nresources] */
    uint32_t *count;
    uint32_t *chosen_for; /* [nresources] */
    double *ratio;
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

/* Count who could answer for the paths over resource a. */
static void count_candidates(const struct sled_fluid *fluid, const struct crossing *crossing,
                             struct guards *guards, uint32_t a)
{
    for (uint64_t i = crossing->begin[a]; i < crossing->begin[a + 1]; i++) {
        const uint32_t path = crossing->path[i];

        for (uint64_t u = fluid->path_begin[path]; u < fluid->path_begin[path + 1]; u++) {
            const uint32_t g = fluid->use[u].resource;

            if (guards->counted_for[g] != guards->judgement) {
                guards->counted_for[g] = guards->judgement;
                guards->count[g] = 0;
            }
            guards->count[g]++;
        }
    }
}

/* A guard that takes up little of what a can bear. */
static bool is_narrow(const struct sled_fluid *fluid, uint32_t guard, uint32_t a)
{
    return fluid->resource[guard].capacity <= fluid->resource[a].capacity / 4;
}

/*
 * The resource that is to answer for path on behalf of A: the one that most of A's paths cross,
 * if possible among narrow ones. NULL where the path has nothing else left.
 */
static const struct sled_fluid_use *
find_guard(const struct sled_fluid *fluid, const struct guards *guards, uint32_t a, uint32_t path)
{
    const struct sled_fluid_use *best = NULL;

    for (uint64_t u = fluid->path_begin[path]; u < fluid->path_begin[path + 1]; u++) {
        const struct sled_fluid_use *use = &fluid->use[u];
        const uint32_t g = use->resource;

        if (g == a || g >= fluid->nown || fluid->resource[g].role != SLED_FLUID_CORE)
            continue; /* caps change from flow to flow */
        if (best == NULL) {
            best = use;
            continue;
        }
        const uint32_t b = best->resource;
        const bool narrow = is_narrow(fluid, g, a);
        if (narrow != is_narrow(fluid, b, a) ? narrow : guards->count[g] > guards->count[b])
            best = use;
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

/* Add to *asked what path, answered for by guard, can ask of a; false if that is too much. */
static bool admit(const struct sled_fluid *fluid, struct guards *guards,
                  const struct sled_fluid_use *guard, uint32_t path, uint32_t a, double *asked)
{
    const uint32_t g = guard->resource;
    const double ratio = weight_on(fluid, path, a) / guard->weight;
    const double before = guards->chosen_for[g] == guards->judgement ? guards->ratio[g] : 0;
    const double more = ratio > before ? fluid->resource[g].capacity * (ratio - before) : 0;

    if (*asked + more > fluid->resource[a].capacity)
        return false;
    *asked += more;
    guards->chosen_for[g] = guards->judgement;
    guards->ratio[g] = fmax(ratio, before);
    return true;
}

/*
 * Judge resource a; arming[u] is set for the uses of a by paths that break its bound. Paths with
 * narrow guards come first: what they leave is for the others.
 */
static enum sled_fluid_role judge_one(const struct sled_fluid *fluid,
                                      const struct crossing *crossing, struct guards *guards,
                                      uint8_t *arming, uint32_t a)
{
    const uint64_t npaths = crossing->begin[a + 1] - crossing->begin[a];
    uint64_t breaking = 0;
    double asked = 0;

    guards->judgement++;
    count_candidates(fluid, crossing, guards, a);
    for (int wide = 0; wide <= 1; wide++) {
        for (uint64_t i = crossing->begin[a]; i < crossing->begin[a + 1]; i++) {
            const uint32_t path = crossing->path[i];
            const struct sled_fluid_use *guard = find_guard(fluid, guards, a, path);

            if ((guard == NULL || !is_narrow(fluid, guard->resource, a)) != wide)
                continue;
            if (guard != NULL && admit(fluid, guards, guard, path, a, &asked))
                continue;
            arming[use_of(fluid, path, a)] = 1;
            if (++breaking > npaths / FEW)
                return SLED_FLUID_CORE;
        }
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
    SLED_TRY(sled_vec_alloc(&guards->counted_for, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&guards->count, fluid->nresources, err));
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
    free(guards.counted_for);
    free(guards.count);
    free(guards.chosen_for);
    free(guards.ratio);
    free(order);
    free(arming);
    fluid->sealed = st == SLED_OK;
    return st;
}
