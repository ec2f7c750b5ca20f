/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes of all pairs, source by source: one search, then a walk back from each
 * destination. Policies other than minimal are laid over that.
 */
#include "topo/routing.h"

#include <stdlib.h>

#include "base/vec.h"
#include "topo/fixed.h"
#include "topo/route_list.h"
#include "topo/search.h"
#include "topo/turns.h"
#include "topo/valiant.h"

/* What minimal routing works with. */
struct work {
    const struct sled_fabric *fabric;
    enum sled_ties ties;
    struct sled_search search;
    struct sled_turns turns;
    uint32_t *dealt;  /* [max_in + 1]: turns dealt so far, by the number of candidates */
    uint32_t *turn;   /* [nchips]: turn of each destination of the source, where it has ties */
    uint32_t *npaths; /* [nnodes]: best routes to each node, at most SLED_MAX_SPLIT + 1 */
};

static enum sled_status work_init(struct work *w, const struct sled_fabric *fabric,
                                  enum sled_ties ties, struct sled_err *err)
{
    *w = (struct work){.fabric = fabric, .ties = ties};
    SLED_TRY(sled_search_init(&w->search, fabric, err));
    SLED_TRY(sled_turns_init(&w->turns, fabric, err));
    SLED_TRY(sled_vec_alloc(&w->dealt, (size_t)w->search.max_in + 1, err));
    SLED_TRY(sled_vec_alloc(&w->turn, fabric->nchips, err));
    return sled_vec_alloc(&w->npaths, fabric->nnodes, err);
}

static void work_finish(struct work *w)
{
    sled_search_finish(&w->search);
    sled_turns_finish(&w->turns);
    free(w->dealt);
    free(w->turn);
    free(w->npaths);
}

/*
 * Number the tied destinations of source chip s by displacement. Those with different
 * numbers of candidates are dealt apart, or one kind would always meet the same remainder.
 */
static void deal_turns(struct work *w, uint32_t s)
{
    for (uint32_t m = 0; m <= w->search.max_in; m++)
        w->dealt[m] = 0;
    for (uint32_t i = 1; i < w->fabric->nchips; i++) {
        const uint32_t d = sled_turns_chip(&w->turns, s, i);
        const uint32_t node = w->fabric->chip_node[d];
        if (w->search.hops[node] != SLED_NONE)
            w->turn[d] = w->dealt[w->search.branching[node]]++;
    }
}

/* The one path of a pair whose ties are spread. The turn is used up digit by digit. */
static void walk_spread(const struct work *w, uint32_t d, uint32_t *path)
{
    const struct sled_search *search = &w->search;
    const struct sled_fabric *fabric = w->fabric;
    uint32_t v = fabric->chip_node[d];
    uint64_t turn = w->turn[d];
    bool place_dealt = false;

    for (uint32_t i = search->hops[v]; i-- > 0;) {
        const uint32_t n = search->ncandidate[v];
        const uint32_t *candidate = &search->candidate[search->in_begin[v]];
        if (n == 1) {
            path[i] = candidate[0];
        } else {
            if (!place_dealt && fabric->node[v].kind == SLED_NODE_SWITCH &&
                fabric->node[search->from[candidate[0]]].kind == SLED_NODE_SWITCH) {
                uint32_t size;
                const uint32_t place = sled_turns_place(&w->turns, d, &size);
                turn = turn * size + place;
                place_dealt = true;
            }
            path[i] = candidate[turn % n];
            turn /= n;
        }
        v = search->from[path[i]];
    }
}

static enum sled_status add_spread(const struct work *w, uint32_t d, struct sled_route_list *list,
                                   struct sled_err *err)
{
    uint32_t *path;

    SLED_TRY(sled_route_list_add(list, w->search.hops[w->fabric->chip_node[d]], &path, err));
    walk_spread(w, d, path);
    return SLED_OK;
}

/* Count the best routes to every node, nearest first, stopping at one more than allowed. */
static void count_paths(struct work *w)
{
    const struct sled_search *search = &w->search;

    for (uint32_t i = 0; i < search->nreached; i++) {
        const uint32_t v = search->queue[i];
        const uint32_t *candidate = &search->candidate[search->in_begin[v]];
        uint32_t n = v == search->source;
        for (uint32_t c = 0; c < search->ncandidate[v] && n <= SLED_MAX_SPLIT; c++)
            n += w->npaths[search->from[candidate[c]]];
        w->npaths[v] = n <= SLED_MAX_SPLIT ? n : SLED_MAX_SPLIT + 1;
    }
}

/* All paths of a pair, the index-th being found from the counts of those before it. */
static enum sled_status add_split(const struct work *w, uint32_t s, uint32_t d,
                                  struct sled_route_list *list, struct sled_err *err)
{
    const struct sled_search *search = &w->search;
    const struct sled_fabric *fabric = w->fabric;
    const uint32_t end = fabric->chip_node[d];

    if (w->npaths[end] > SLED_MAX_SPLIT)
        return sled_err_set_at(err, SLED_E_INPUT, "/ties",
                               "more than %d equal routes lead from %s to %s, too many to split a "
                               "transfer over; use \"spread\"",
                               SLED_MAX_SPLIT, fabric->node[fabric->chip_node[s]].name,
                               fabric->node[end].name);

    for (uint32_t p = 0; p < w->npaths[end]; p++) {
        uint32_t *path, v = end, index = p;
        SLED_TRY(sled_route_list_add(list, search->hops[end], &path, err));
        for (uint32_t i = search->hops[end]; i-- > 0;) {
            const uint32_t *candidate = &search->candidate[search->in_begin[v]];
            while (index >= w->npaths[search->from[*candidate]])
                index -= w->npaths[search->from[*candidate++]];
            path[i] = *candidate;
            v = search->from[*candidate];
        }
    }
    return SLED_OK;
}

/* Routes of chip s to all others; pairs that a fixed table rules take theirs from there. */
static enum sled_status route_source(struct work *w, const struct sled_fixed_table *fixed,
                                     uint32_t s, struct sled_route_list *list, struct sled_err *err)
{
    const struct sled_fabric *fabric = w->fabric;

    sled_search_from(&w->search, fabric->chip_node[s]);
    if (w->ties == SLED_TIES_SPLIT)
        count_paths(w);
    else if (w->search.ties)
        deal_turns(w, s);

    for (uint32_t d = 0; d < fabric->nchips; d++) {
        sled_route_list_begin_pair(list);
        if (s == d)
            continue;
        const struct sled_path *given = sled_fixed_table_find(fixed, s, d);
        if (given != NULL)
            SLED_TRY(sled_route_list_copy(list, *given, err));
        else if (w->search.hops[fabric->chip_node[d]] == SLED_NONE)
            return sled_search_no_route(&w->search, fabric->chip_node[d], err);
        else if (w->ties == SLED_TIES_SPREAD)
            SLED_TRY(add_spread(w, d, list, err));
        else
            SLED_TRY(add_split(w, s, d, list, err));
    }
    return SLED_OK;
}

static enum sled_status route_minimal(const struct sled_fabric *fabric, enum sled_ties ties,
                                      const struct sled_fixed_table *fixed, struct sled_routes *out,
                                      struct sled_err *err)
{
    struct work w;
    struct sled_route_list list;

    enum sled_status status = sled_route_list_init(&list, fabric, err);
    if (status != SLED_OK)
        return status;
    status = work_init(&w, fabric, ties, err);
    for (uint32_t s = 0; s < fabric->nchips && status == SLED_OK; s++)
        status = route_source(&w, fixed, s, &list, err);
    if (status == SLED_OK)
        status = sled_route_list_end(&list, out, err);
    sled_route_list_finish(&list);
    work_finish(&w);
    return status;
}

enum sled_status sled_routing_compute(struct sled_fabric *fabric,
                                      const struct sled_routing_spec *spec, struct sled_err *err)
{
    struct sled_fixed_table fixed = {0};
    struct sled_routes routes;

    enum sled_status status = SLED_OK;
    if (spec->policy == SLED_ROUTING_FIXED)
        status = sled_fixed_table_init(&fixed, fabric, spec->fixed, spec->nfixed, err);
    if (status == SLED_OK)
        status = route_minimal(fabric, spec->ties, &fixed, &routes, err);
    sled_fixed_table_finish(&fixed);
    SLED_TRY(status);

    if (spec->policy == SLED_ROUTING_VALIANT) {
        struct sled_routes detours;
        status = sled_valiant(fabric, &routes, &detours, err);
        sled_route_list_free(&routes);
        SLED_TRY(status);
        routes = detours;
    }
    sled_route_list_free(&fabric->routes);
    fabric->routes = routes;
    return SLED_OK;
}
