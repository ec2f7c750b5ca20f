/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring all-reduce: a reduce-scatter around the ring, then an all-gather.
 *
 * The elements of a channel are cut into P blocks (sled_block). In step t, 0 <= t < P-1, rank r
 * sends its sum of block (r - 1 - t) mod P to rank r + 1, who adds it to its own; after P-1 steps
 * rank r has the sum of block r. In the P-1 steps that follow it passes on what it received last.
 *
 *     P = 4           t=0 t=1 t=2   t=3 t=4 t=5
 *     rank 0 sends     b3  b2  b1    b0  b3  b2
 *     rank 1 sends     b0  b3  b2    b1  b0  b3
 *     rank 2 sends     b1  b0  b3    b2  b1  b0
 *     rank 3 sends     b2  b1  b0    b3  b2  b1
 *                      -- reduce -    -- copy --
 *
 * What r sends in a step is what it received in the step before, so one dependency per transfer
 * suffices. It also protects the buffer: r's own copy of a block is overwritten by one that depends
 * on r's sending it.
 *
 * Channels: 2 unless told otherwise; every other one goes round backwards, so that both directions
 * of the links are used. Limits: operands are combined in ring order, which differs per block,
 * hence the operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_reduce_ring = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "ring",
    .summary = "reduce-scatter then all-gather on rings; fewest bytes, many steps",
    .reference = "Patarasuk and Yuan, J. Parallel Distrib. Comput. 69(2), 2009",
    .channels = true,
    .chunks = true,
    .check = sled_ring_check,
    .plan = sled_ring_plan,
    .cost = sled_ring_cost,
};
