/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multi-dimensional ring: a reduce-scatter in the rings of one dimension after the other, on ever
 * smaller parts, then all-gathers backwards.
 *
 *     P = 4 as 2 x 2, rank = x + 2 y; a channel that begins with x
 *                     x          y        y        x
 *     rank 0 sends    b1 b3 > 1  b2 > 2   b0 > 2   b0 b2 > 1
 *     rank 1 sends    b0 b2 > 0  b3 > 3   b1 > 3   b1 b3 > 0
 *     rank 2 sends    b1 b3 > 3  b0 > 0   b2 > 0   b0 b2 > 3
 *     rank 3 sends    b0 b2 > 2  b1 > 1   b3 > 1   b1 b3 > 2
 *                     -- reduce ---        -- copy ---
 *
 * The blocks of a channel lie in the order in which its dimensions share them out, so that the
 * pairs above are contiguous. A block that is copied depends on all contributions to it, so a
 * rank's copy is overwritten only after it was sent.
 *
 * Channels: 2 D for D dimensions unless told otherwise, see torus.c. Limits: a rank at every point
 * of a box; the operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_reduce_torus = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "torus",
    .summary = "rings in one dimension after the other, each channel begins elsewhere",
    .reference =
        "Ying, Kumar, Chen, Wang and Cheng, Image Classification at Supercomputer Scale, 2018",
    .channels = true,
    .chunks = true,
    .check = sled_torus_check,
    .plan = sled_torus_plan,
    .cost = sled_torus_cost,
};
