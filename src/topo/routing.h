/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes, computed by us, once per ordered pair of chips: fewest hops, then the most
 * local (the highest level crossed is lowest: two chips of a sled use its tray even where
 * the switches between sleds are wider, as address-routed hardware does), then widest
 * (largest least bandwidth), then lowest dimension first, then the tie rule over what is
 * still equal. The beginning of a route is itself the best route to where it ends.
 * Only switches and forwarding chips are passed through; failed links and nodes are not
 * there.
 *
 * Ties that are spread are dealt in turn. The destinations of a source that have equally
 * good routes are taken in the order of their displacement from it along the axes of the
 * fabric, so that the turn of a pair depends on the displacement alone and every shift of
 * the fabric maps routes to routes: under uniform traffic the links out of, and into, all
 * chips carry the same. Links between switches are shared by the chips of a sled; there
 * the destination's place on the last axis is dealt first, so that neighbours who send to
 * neighbours use different ones.
 */
#ifndef SLED_TOPO_ROUTING_H
#define SLED_TOPO_ROUTING_H

#include "base/err.h"
#include "model/fabric.h"

enum sled_routing_policy {
    SLED_ROUTING_MINIMAL,
    SLED_ROUTING_VALIANT, /* minimal to an intermediate forwarding chip, dealt over all of them
                             per source from a shuffled deck (the same one every time), then minimal
                             to the destination; a loop that this makes is left out */
    SLED_ROUTING_FIXED    /* minimal, except for the pairs in the table */
};

/* One row of a fixed table: node names from source chip to destination chip. */
struct sled_fixed_route {
    const char *const *node; /* [nnodes], nnodes >= 2 */
    size_t nnodes;
};

struct sled_routing_spec {
    enum sled_routing_policy policy;
    enum sled_ties ties;
    const struct sled_fixed_route *fixed; /* [nfixed], FIXED only */
    size_t nfixed;
};

/* Where ties are split, the most paths a pair may have. */
enum { SLED_MAX_SPLIT = 16 };

/*
 * Fill fabric->routes (replacing earlier ones). SLED_E_INPUT for a pair with no route (names
 * both chips and the failed or missing links of the cut around the source), for an unusable
 * fixed route (pointer "/fixed/<row>"), for Valiant routing where no chip forwards (pointer
 * "/policy") and for more than SLED_MAX_SPLIT equal paths where ties are split (pointer
 * "/ties"); SLED_E_UNSUPPORTED for more paths than can be numbered; SLED_E_NOMEM.
 */
enum sled_status sled_routing_compute(struct sled_fabric *fabric,
                                      const struct sled_routing_spec *spec, struct sled_err *err);

#endif
