/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hierarchical all-gather: corresponding ranks of all sleds (before: racks, pods) exchange their
 * blocks, then the ranks of each sled what they have.
 *
 *     P = 4 in sleds {0,1} and {2,3}
 *                     across   inside
 *     rank 0 sends    b0 > 2   b0 b2 > 1
 *     rank 1 sends    b1 > 3   b1 b3 > 0
 *     rank 2 sends    b2 > 0   b0 b2 > 3
 *     rank 3 sends    b3 > 1   b1 b3 > 2
 *
 * Every block enters a sled once. Blocks that go together but are not neighbours are transfers of
 * their own. Every block of a rank is written once and only then read.
 *
 * Limits: the sleds must be known; they may be uneven, then some ranks of small ones work for two.
 * Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_gather_hier = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "hier",
    .summary = "across pods, racks, sleds, then inside each sled",
    .reference = "AWS Neuron SDK, Inter-node Collective Communications: hierarchical",
    .chunks = true,
    .check = sled_hier_check,
    .plan = sled_hier_plan,
    .cost = sled_hier_cost,
};
