/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mesh all-gather: every rank sends its block to every other one, all at once.
 *
 *     P = 4           one step
 *     rank 0 sends    b0>1 b0>2 b0>3
 *     rank 1 sends    b1>2 b1>3 b1>0
 *     rank 2 sends    b2>3 b2>0 b2>1
 *     rank 3 sends    b3>0 b3>1 b3>2
 *
 * No transfer waits for another, and none reads what another writes.
 *
 * Limits: none. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_gather_mesh = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "mesh",
    .summary = "everybody sends to everybody at once; one step",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: Mesh",
    .check = sled_mesh_check,
    .plan = sled_mesh_plan,
    .cost = sled_mesh_cost,
};
