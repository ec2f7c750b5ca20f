/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KangaRing reduce-scatter: secondaries hand over their shares to primaries, who pass sums of
 * parts, both blocks of a pair, round a ring; a part ends at its pair, where each rank gets its
 * block.
 *
 *     P = 4, pairs A = {0,1} and B = {2,3}, part A = b0 b1; a channel with primaries 0 and 2
 *     1 > 0  part B                   3 > 2  part A
 *     0 > 2  part B                   2 > 0  part A
 *     1 > 0  b0                       3 > 2  b2       (any time)
 *     0 > 1  b1                       2 > 3  b3
 *
 * The order in kangaring.c makes one dependency tell that a sum is complete. Sums are sent once,
 * when they are no longer added to.
 *
 * See kangaring.c for who is paired with whom.
 *
 * Channels: 2 unless told otherwise, of which each has the other ranks as primaries. Limits: the
 * operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_reduce_scatter_kangaring = {
    .kind = SLED_COLL_REDUCE_SCATTER,
    .name = "kangaring",
    .summary = "ring of every second rank, the others beside it; half the hops",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: KangaRing",
    .channels = true,
    .chunks = true,
    .check = sled_kangaring_check,
    .plan = sled_kangaring_plan,
    .cost = sled_kangaring_cost,
};
