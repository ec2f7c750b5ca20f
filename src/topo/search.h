/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The best routes from one chip to every node, all of them: for each node the links by
 * which a best route may arrive. Routing walks these back from the destination.
 */
#ifndef SLED_TOPO_SEARCH_H
#define SLED_TOPO_SEARCH_H

#include "base/err.h"
#include "model/fabric.h"

struct sled_search {
    const struct sled_fabric *fabric; /* borrowed */

    /* Links that work, grouped by where they start and where they end. */
    uint32_t *out_begin, *out_link; /* [nnodes + 1], [out_begin[nnodes]] */
    uint32_t *in_begin, *in_link;   /* [nnodes + 1], [in_begin[nnodes]] */
    uint32_t max_in;                /* most of them into one node */

    /* What a search reads of all links, close together. */
    uint32_t *from, *to; /* [nlinks]: nodes */
    double *bandwidth;   /* [nlinks]: sled_link_bandwidth of each */
    bool *passes;        /* [nnodes]: may routes pass through? */

    /* Results for one source; all but the queue are indexed by node. */
    uint32_t source;
    uint32_t *queue; /* [nreached]: nodes in the order they were reached, the source first */
    uint32_t nreached;
    uint32_t *hops;       /* links from the source, SLED_NONE where no route leads */
    uint32_t *ncandidate; /* last links of best routes; 0 for the source */
    uint32_t *candidate;  /* those of node v begin at in_begin[v], in the order of in_link */
    bool ties;            /* does any node have several candidates? */
    uint32_t *branching;  /* candidates where a walk back first has a choice, 0 if it never has */

    /* Private. */
    uint8_t *level; /* highest level on the best routes */
    double *width;  /* least bandwidth on them */
};

/* Fails with SLED_E_NOMEM; finish is due in either case. */
enum sled_status sled_search_init(struct sled_search *search, const struct sled_fabric *fabric,
                                  struct sled_err *err);
/* Accepts a zeroed search. */
void sled_search_finish(struct sled_search *search);

/* Fill the results for the source node. */
void sled_search_from(struct sled_search *search, uint32_t source);

/* Decide that no route leads from the source of the search to dst: SLED_E_INPUT with the cut. */
enum sled_status sled_search_no_route(const struct sled_search *search, uint32_t dst,
                                      struct sled_err *err);

#endif
