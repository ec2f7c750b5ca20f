/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hierarchical reduce-scatter: the ranks of each sled sum up what is for their counterparts in any
 * sled, then corresponding ranks of all sleds (then: racks, pods) exchange these sums.
 *
 *     P = 4 in sleds {0,1} and {2,3}
 *                     inside     across
 *     rank 0 sends    b1 b3 > 1  b2 > 2
 *     rank 1 sends    b0 b2 > 0  b3 > 3
 *     rank 2 sends    b1 b3 > 3  b0 > 0
 *     rank 3 sends    b0 b2 > 2  b1 > 1
 *
 * One sum per block leaves a sled. Blocks that go together but are not neighbours are transfers of
 * their own. Sums are sent once, when a join says that they are complete.
 *
 * Limits: the sleds must be known; they may be uneven, then some ranks of small ones work for two.
 * The operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_reduce_scatter_hier = {
    .kind = SLED_COLL_REDUCE_SCATTER,
    .name = "hier",
    .summary = "inside each sled, then across sleds, racks, pods",
    .reference = "AWS Neuron SDK, Inter-node Collective Communications: hierarchical",
    .chunks = true,
    .check = sled_hier_check,
    .plan = sled_hier_plan,
    .cost = sled_hier_cost,
};
