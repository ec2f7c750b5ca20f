/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breadth-first search, then one pass over the nodes in the order they were reached: all
 * links that come from one hop nearer compete, first by level, then by width, then by
 * dimension. Both level and width of a route are those of its worst link, so the best of a
 * node follows from the best of the nodes before it.
 */
#include "topo/search.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

enum sled_status sled_search_init(struct sled_search *search, const struct sled_fabric *fabric,
                                  struct sled_err *err)
{
    const size_t nnodes = fabric->nnodes, nlinks = fabric->nlinks;

    *search = (struct sled_search){.fabric = fabric};
    SLED_TRY(sled_vec_alloc(&search->out_begin, nnodes + 1, err));
    SLED_TRY(sled_vec_alloc(&search->out_link, nlinks, err));
    SLED_TRY(sled_vec_alloc(&search->in_begin, nnodes + 1, err));
    SLED_TRY(sled_vec_alloc(&search->in_link, nlinks, err));
    SLED_TRY(sled_vec_alloc(&search->from, nlinks, err));
    SLED_TRY(sled_vec_alloc(&search->to, nlinks, err));
    SLED_TRY(sled_vec_alloc(&search->bandwidth, nlinks, err));
    SLED_TRY(sled_vec_alloc(&search->passes, nnodes, err));
    SLED_TRY(sled_vec_alloc(&search->hops, nnodes, err));
    SLED_TRY(sled_vec_alloc(&search->ncandidate, nnodes, err));
    SLED_TRY(sled_vec_alloc(&search->candidate, nlinks, err));
    SLED_TRY(sled_vec_alloc(&search->branching, nnodes, err));
    SLED_TRY(sled_vec_alloc(&search->queue, nnodes, err));
    SLED_TRY(sled_vec_alloc(&search->level, nnodes, err));
    SLED_TRY(sled_vec_alloc(&search->width, nnodes, err));

    for (uint32_t i = 0; i < nlinks; i++) {
        search->from[i] = fabric->link[i].src;
        search->to[i] = fabric->link[i].dst;
        search->bandwidth[i] = sled_link_bandwidth(fabric, i);
        if (search->bandwidth[i] > 0.0) {
            search->out_begin[search->from[i] + 1]++;
            search->in_begin[search->to[i] + 1]++;
        }
    }
    for (size_t v = 0; v < nnodes; v++) {
        search->passes[v] = fabric->node[v].kind == SLED_NODE_SWITCH || fabric->node[v].forwards;
        if (search->in_begin[v + 1] > search->max_in)
            search->max_in = search->in_begin[v + 1];
        search->out_begin[v + 1] += search->out_begin[v];
        search->in_begin[v + 1] += search->in_begin[v];
    }

    /* The result arrays serve as cursors once; every search overwrites them. */
    uint32_t *out = search->queue, *in = search->hops;
    for (size_t v = 0; v < nnodes; v++) {
        out[v] = search->out_begin[v];
        in[v] = search->in_begin[v];
    }
    for (uint32_t i = 0; i < nlinks; i++)
        if (search->bandwidth[i] > 0.0) {
            search->out_link[out[search->from[i]]++] = i;
            search->in_link[in[search->to[i]]++] = i;
        }
    return SLED_OK;
}

void sled_search_finish(struct sled_search *search)
{
    free(search->out_begin);
    free(search->out_link);
    free(search->in_begin);
    free(search->in_link);
    free(search->from);
    free(search->to);
    free(search->bandwidth);
    free(search->passes);
    free(search->hops);
    free(search->ncandidate);
    free(search->candidate);
    free(search->branching);
    free(search->queue);
    free(search->level);
    free(search->width);
    *search = (struct sled_search){0};
}

/* Number the hops and fill the queue. */
static void reach(struct sled_search *search)
{
    const struct sled_fabric *fabric = search->fabric;
    uint32_t head = 0, tail = 0;

    for (uint32_t v = 0; v < fabric->nnodes; v++)
        search->hops[v] = SLED_NONE;
    search->hops[search->source] = 0;
    search->queue[tail++] = search->source;
    while (head < tail) {
        const uint32_t v = search->queue[head++];
        if (v != search->source && !search->passes[v])
            continue;
        for (uint32_t i = search->out_begin[v]; i < search->out_begin[v + 1]; i++) {
            const uint32_t next = search->to[search->out_link[i]];
            if (search->hops[next] != SLED_NONE)
                continue;
            search->hops[next] = search->hops[v] + 1;
            search->queue[tail++] = next;
        }
    }
    search->nreached = tail;
}

/* What a route looks like that arrives by one particular link; compared field by field. */
struct arrival {
    uint8_t level;
    double width;
    uint8_t dimension;
};

/* < 0 where a is better. The last link of a route is the one of its highest dimension. */
static int compare_arrivals(const struct arrival *a, const struct arrival *b)
{
    if (a->level != b->level)
        return a->level < b->level ? -1 : 1;
    if (a->width != b->width)
        return a->width > b->width ? -1 : 1;
    return (a->dimension < b->dimension) - (a->dimension > b->dimension);
}

static void choose_arrivals(struct sled_search *search, uint32_t v)
{
    const struct sled_fabric *fabric = search->fabric;
    uint32_t *candidate = &search->candidate[search->in_begin[v]];
    struct arrival best = {0};
    uint32_t n = 0;

    for (uint32_t i = search->in_begin[v]; i < search->in_begin[v + 1]; i++) {
        const uint32_t id = search->in_link[i];
        const uint32_t from = search->from[id];
        if (search->hops[from] == SLED_NONE || search->hops[from] + 1 != search->hops[v] ||
            (from != search->source && !search->passes[from]))
            continue;

        const struct sled_link *link = &fabric->link[id];
        const double bandwidth = search->bandwidth[id];
        const struct arrival arrival = {
            .level = link->level > search->level[from] ? (uint8_t)link->level : search->level[from],
            .width = bandwidth < search->width[from] ? bandwidth : search->width[from],
            .dimension = link->dimension,
        };
        const int order = n == 0 ? -1 : compare_arrivals(&arrival, &best);
        if (order < 0) {
            best = arrival;
            n = 0;
        }
        if (order <= 0)
            candidate[n++] = id;
    }
    search->ncandidate[v] = n;
    search->level[v] = best.level;
    search->width[v] = best.width;
    search->ties = search->ties || n > 1;
    search->branching[v] = n > 1 ? n : search->branching[search->from[candidate[0]]];
}

void sled_search_from(struct sled_search *search, uint32_t source)
{
    search->source = source;
    reach(search);

    search->ncandidate[source] = 0;
    search->level[source] = 0;
    search->width[source] = HUGE_VAL;
    search->branching[source] = 0;
    search->ties = false;
    for (uint32_t i = 1; i < search->nreached; i++)
        choose_arrivals(search, search->queue[i]);
}
