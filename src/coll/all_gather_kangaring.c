/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KangaRing all-gather: pairs exchange their blocks; then the primaries pass parts, both blocks of
 * a pair, round a ring, and to their secondaries.
 *
 *     P = 4, pairs A = {0,1} and B = {2,3}, part A = b0 b1; a channel with primaries 0 and 2
 *     1 > 0  b1       0 > 1  b0       3 > 2  b3       2 > 3  b2
 *     0 > 2  part A                   2 > 0  part B
 *     0 > 1  part B                   2 > 3  part A
 *
 * Every block of a rank is written once and only then read: nothing to protect.
 *
 * See kangaring.c for who is paired with whom.
 *
 * Channels: 2 unless told otherwise, of which each has the other ranks as primaries. Limits: blocks
 * without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_gather_kangaring = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "kangaring",
    .summary = "ring of every second rank, the others beside it; half the hops",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: KangaRing",
    .channels = true,
    .chunks = true,
    .check = sled_kangaring_check,
    .plan = sled_kangaring_plan,
    .cost = sled_kangaring_cost,
};
