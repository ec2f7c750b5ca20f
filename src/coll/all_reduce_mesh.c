/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two-step mesh all-reduce: every rank talks to every other one, twice.
 *
 * The n elements are cut into P blocks (sled_block); rank d is the owner of block d.
 *   step 1  every rank s sends its copy of block d to each owner d, who adds it up
 *   step 2  every owner d sends the finished block d to all others, who overwrite theirs
 *
 *     P = 4            step 1: reduce            step 2: copy
 *     rank 0 sends    b1>1 b2>2 b3>3      (0)    b0>1 b0>2 b0>3
 *     rank 1 sends    b2>2 b3>3 b0>0      (1)    b1>2 b1>3 b1>0
 *     rank 2 sends    b3>3 b0>0 b1>1      (2)    b2>3 b2>0 b2>1
 *     rank 3 sends    b0>0 b1>1 b2>2      (3)    b3>0 b3>1 b3>2
 *
 * All transfers of a step may run at once; each rank begins with its right neighbour, so that where
 * they are issued one by one they do not all aim at rank 0 first.
 *
 * Step 2 of owner d waits for the P-1 reductions into block d. A join, the empty local transfer
 * (d), does so on behalf of all: 2 P (P-1) dependencies in place of P (P-1)^2. It protects the
 * copies too: s's block d is overwritten only after the join, which waited for s to send it.
 *
 * Limits: operands are combined in order of arrival, hence the operator must commute. Blocks
 * without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_reduce_mesh = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "mesh",
    .summary = "direct reduce-scatter, then direct all-gather; two steps at any size",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: Mesh",
    .check = sled_mesh_check,
    .plan = sled_mesh_plan,
    .cost = sled_mesh_cost,
};
