/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum flow through a small directed graph: what a cut of a fabric can carry. */
#ifndef SLED_MODEL_MAXFLOW_H
#define SLED_MODEL_MAXFLOW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sled_arc {
    uint32_t src, dst;
    double capacity; /* > 0, finite */
};

/*
 * The largest flow from source to sink over arcs[narcs] between nodes 0..nnodes-1, by
 * Dinic's method. Arcs may be parallel. source != sink. Fails with SLED_E_NOMEM.
 */
enum sled_status sled_maxflow(const struct sled_arc *arcs, size_t narcs, uint32_t nnodes,
                              uint32_t source, uint32_t sink, double *out, struct sled_err *err);

#endif
