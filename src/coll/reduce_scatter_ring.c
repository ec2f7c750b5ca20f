/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring reduce-scatter: in P-1 steps the sum of every block is collected on its way round the ring.
 *
 * In step t rank r sends its sum of block (r - 1 - t) mod P to rank r + 1, who adds it to its own.
 * Block r starts at rank r + 1 and ends, complete, at rank r.
 *
 *     P = 4           t=0 t=1 t=2
 *     rank 0 sends     b3  b2  b1
 *     rank 1 sends     b0  b3  b2
 *     rank 2 sends     b1  b0  b3
 *     rank 3 sends     b2  b1  b0
 *
 * One dependency per transfer, on what brought the sum so far. A block is added to before it is
 * sent and never touched again.
 *
 * Channels: 2 unless told otherwise, each with its part of every block; every other one goes round
 * backwards. Limits: the order of operands differs per block, hence the operator must commute.
 * Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_reduce_scatter_ring = {
    .kind = SLED_COLL_REDUCE_SCATTER,
    .name = "ring",
    .summary = "sums are collected once round the ring; P-1 steps",
    .reference = "Patarasuk and Yuan, J. Parallel Distrib. Comput. 69(2), 2009",
    .channels = true,
    .chunks = true,
    .check = sled_ring_check,
    .plan = sled_ring_plan,
    .cost = sled_ring_cost,
};
