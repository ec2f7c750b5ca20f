/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dinic: while a breadth-first search from the source still meets the sink, saturate
 * all paths that go one layer further with every arc. Y. Dinitz, Soviet Math. Doklady 11,
 * 1970.
 */
#include "model/maxflow.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

enum { UNSEEN = -1 };

struct half_arc {
    uint32_t dst;
    size_t twin; /* the opposite half */
    double left; /* capacity that is still free */
};

struct graph {
    uint32_t nnodes;
    size_t *begin;        /* [nnodes + 1]: half arcs out of each node */
    struct half_arc *arc; /* [begin[nnodes]] */
    size_t *cursor;       /* [nnodes]: the next half arc to try; the ones before are spent */
    int64_t *layer;       /* [nnodes]: distance from the source, or UNSEEN */
    uint32_t *stack;      /* [nnodes]: the search's queue, then the nodes of one path */
    size_t *path;         /* [nnodes]: the half arcs of that path */
};

static void graph_finish(struct graph *g)
{
    free(g->begin);
    free(g->arc);
    free(g->cursor);
    free(g->layer);
    free(g->stack);
    free(g->path);
}

static enum sled_status graph_init(struct graph *g, const struct sled_arc *arcs, size_t narcs,
                                   uint32_t nnodes, struct sled_err *err)
{
    *g = (struct graph){.nnodes = nnodes};
    SLED_TRY(sled_vec_alloc(&g->begin, (size_t)nnodes + 1, err));
    SLED_TRY(sled_vec_alloc(&g->arc, 2 * narcs, err));
    SLED_TRY(sled_vec_alloc(&g->cursor, nnodes, err));
    SLED_TRY(sled_vec_alloc(&g->layer, nnodes, err));
    SLED_TRY(sled_vec_alloc(&g->stack, nnodes, err));
    SLED_TRY(sled_vec_alloc(&g->path, nnodes, err));

    for (size_t i = 0; i < narcs; i++) {
        g->begin[arcs[i].src + 1]++;
        g->begin[arcs[i].dst + 1]++;
    }
    for (uint32_t v = 0; v < nnodes; v++) {
        g->begin[v + 1] += g->begin[v];
        g->cursor[v] = g->begin[v];
    }
    for (size_t i = 0; i < narcs; i++) {
        const size_t there = g->cursor[arcs[i].src]++, back = g->cursor[arcs[i].dst]++;
        g->arc[there] =
            (struct half_arc){.dst = arcs[i].dst, .twin = back, .left = arcs[i].capacity};
        g->arc[back] = (struct half_arc){.dst = arcs[i].src, .twin = there};
    }
    return SLED_OK;
}

static bool find_layers(struct graph *g, uint32_t source, uint32_t sink)
{
    size_t head = 0, tail = 0;

    for (uint32_t v = 0; v < g->nnodes; v++) {
        g->layer[v] = UNSEEN;
        g->cursor[v] = g->begin[v];
    }
    g->layer[source] = 0;
    g->stack[tail++] = source;
    while (head < tail) {
        const uint32_t v = g->stack[head++];
        for (size_t i = g->begin[v]; i < g->begin[v + 1]; i++) {
            const struct half_arc *arc = &g->arc[i];
            if (arc->left <= 0.0 || g->layer[arc->dst] != UNSEEN)
                continue;
            g->layer[arc->dst] = g->layer[v] + 1;
            g->stack[tail++] = arc->dst;
        }
    }
    return g->layer[sink] != UNSEEN;
}

/* Push what one more layered path to the sink can carry; 0 when there is none left. */
static double augment(struct graph *g, uint32_t source, uint32_t sink)
{
    size_t depth = 0;
    uint32_t v = source;

    while (v != sink) {
        while (g->cursor[v] < g->begin[v + 1]) {
            const struct half_arc *arc = &g->arc[g->cursor[v]];
            if (arc->left > 0.0 && g->layer[arc->dst] == g->layer[v] + 1)
                break;
            g->cursor[v]++;
        }
        if (g->cursor[v] < g->begin[v + 1]) {
            g->stack[depth] = v;
            g->path[depth++] = g->cursor[v];
            v = g->arc[g->cursor[v]].dst;
        } else if (depth == 0) {
            return 0.0;
        } else {
            v = g->stack[--depth];
            g->cursor[v]++;
        }
    }

    double pushed = HUGE_VAL;
    for (size_t i = 0; i < depth; i++)
        pushed = fmin(pushed, g->arc[g->path[i]].left);
    for (size_t i = 0; i < depth; i++) {
        struct half_arc *arc = &g->arc[g->path[i]];
        arc->left -= pushed;
        g->arc[arc->twin].left += pushed;
    }
    return pushed;
}

enum sled_status sled_maxflow(const struct sled_arc *arcs, size_t narcs, uint32_t nnodes,
                              uint32_t source, uint32_t sink, double *out, struct sled_err *err)
{
    struct graph g;
    double flow = 0.0;

    assert(source < nnodes && sink < nnodes && source != sink);
    const enum sled_status status = graph_init(&g, arcs, narcs, nnodes, err);
    if (status == SLED_OK) {
        while (find_layers(&g, source, sink))
            for (double pushed; (pushed = augment(&g, source, sink)) > 0.0;)
                flow += pushed;
        *out = flow;
    }
    graph_finish(&g);
    return status;
}
