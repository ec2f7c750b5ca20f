/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring all-gather: in P-1 steps every block goes once round the ring.
 *
 * In step 0 rank r sends its own block r to rank r + 1, and in each later step what it received in
 * the one before.
 *
 *     P = 4           t=0 t=1 t=2
 *     rank 0 sends     b0  b3  b2
 *     rank 1 sends     b1  b0  b3
 *     rank 2 sends     b2  b1  b0
 *     rank 3 sends     b3  b2  b1
 *
 * One dependency per transfer, on what brought the block. Every block of a rank is written once and
 * only then read: nothing to protect.
 *
 * Channels: 2 unless told otherwise, each with its part of every block; every other one goes round
 * backwards. Limits: none. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_gather_ring = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "ring",
    .summary = "every block goes once round the ring; P-1 steps",
    .reference = "Patarasuk and Yuan, J. Parallel Distrib. Comput. 69(2), 2009",
    .channels = true,
    .chunks = true,
    .check = sled_ring_check,
    .plan = sled_ring_plan,
    .cost = sled_ring_cost,
};
