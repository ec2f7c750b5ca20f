/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multi-dimensional ring: all-gathers in the rings of one dimension after the other, on ever larger
 * parts.
 *
 *     P = 4 as 2 x 2, rank = x + 2 y; a channel that ends with x
 *                     y        x
 *     rank 0 sends    b0 > 2   b0 b2 > 1
 *     rank 1 sends    b1 > 3   b1 b3 > 0
 *     rank 2 sends    b2 > 0   b0 b2 > 3
 *     rank 3 sends    b3 > 1   b1 b3 > 2
 *
 * Blocks that go together but are not neighbours are transfers of their own. Every block of a rank
 * is written once and only then read.
 *
 * Channels: 2 D for D dimensions unless told otherwise, see torus.c. Limits: a rank at every point
 * of a box. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_gather_torus = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "torus",
    .summary = "rings in one dimension after the other, each channel ends elsewhere",
    .reference =
        "Ying, Kumar, Chen, Wang and Cheng, Image Classification at Supercomputer Scale, 2018",
    .channels = true,
    .chunks = true,
    .check = sled_torus_check,
    .plan = sled_torus_plan,
    .cost = sled_torus_cost,
};
