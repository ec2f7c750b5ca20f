/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mesh reduce-scatter: every rank sends each other one the block that it is to sum up, all at once.
 *
 *     P = 4           one step
 *     rank 0 sends    b1>1 b2>2 b3>3
 *     rank 1 sends    b2>2 b3>3 b0>0
 *     rank 2 sends    b3>3 b0>0 b1>1
 *     rank 3 sends    b0>0 b1>1 b2>2
 *
 * No transfer waits for another: block r of rank r is only added to, every other one only read.
 *
 * Limits: operands are combined in order of arrival, hence the operator must commute. Blocks
 * without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_reduce_scatter_mesh = {
    .kind = SLED_COLL_REDUCE_SCATTER,
    .name = "mesh",
    .summary = "everybody sends to everybody at once; one step",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: Mesh",
    .check = sled_mesh_check,
    .plan = sled_mesh_plan,
    .cost = sled_mesh_cost,
};
