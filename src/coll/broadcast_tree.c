/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Double binary tree broadcast: each half of the data goes down a tree of its own, chunk after
 * chunk.
 *
 *     P = 4, root 0   first half    0 > 2, 2 > 1, 2 > 3
 *                     second half   0 > 1, 1 > 3, 1 > 2
 *
 * A rank that passes on one half to two others is a leaf for the other half, see tree.h. A chunk
 * depends on what brought it; it is written once, and only then read.
 *
 * Limits: none.
 */
#include "coll/coll.h"
#include "coll/tree.h"

const struct sled_coll_algo sled_coll_broadcast_tree = {
    .kind = SLED_COLL_BROADCAST,
    .name = "tree",
    .summary = "down two binary trees, a half on each; log2 P steps",
    .reference = "Sanders, Speck and Träff, Parallel Computing 35(12), 2009",
    .chunks = true,
    .plan = sled_tree_plan,
    .cost = sled_tree_cost,
};
