/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hierarchical all-reduce: inside each sled a reduce-scatter, then across sleds (and racks, and
 * pods) the same on what each rank has left, then all-gathers backwards: across first, inside last.
 *
 *     P = 4 in sleds {0,1} and {2,3}
 *                     inside     across   across   inside
 *     rank 0 sends    b1 b3 > 1  b2 > 2   b0 > 2   b0 b2 > 1
 *     rank 1 sends    b0 b2 > 0  b3 > 3   b1 > 3   b1 b3 > 0
 *     rank 2 sends    b1 b3 > 3  b0 > 0   b2 > 0   b0 b2 > 3
 *     rank 3 sends    b0 b2 > 2  b1 > 1   b3 > 1   b1 b3 > 2
 *                     -- reduce ---        -- copy ---
 *
 * Of s ranks in a sled each sends only an s-th of the elements out of it. Everybody of a sled, and
 * all corresponding ranks of different sleds, talk at once; joins as in all_reduce_mesh.c. The
 * blocks lie in the order in which they are shared out. A block that is copied depends on all
 * contributions to it, so a rank's copy is overwritten only after it was sent.
 *
 * Limits: the sleds must be known; they may be uneven, then some ranks of small ones work for two.
 * The operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_reduce_hier = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "hier",
    .summary = "inside sleds, then across sleds, racks, pods; and back",
    .reference = "AWS Neuron SDK, Inter-node Collective Communications: hierarchical",
    .chunks = true,
    .check = sled_hier_check,
    .plan = sled_hier_plan,
    .cost = sled_hier_cost,
};
