/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KangaRing all-reduce: the reduce-scatter of reduce_scatter_kangaring.c and the all-gather of
 * all_gather_kangaring.c, but for the step between: a sum stays with the primary.
 *
 *     P = 4, pairs A = {0,1} and B = {2,3}, part A = b0 b1; a channel with primaries 0 and 2
 *     1 > 0  part B     reduce    3 > 2  part A
 *     0 > 2  part B     reduce    2 > 0  part A
 *     1 > 0  part A     reduce    3 > 2  part B     (any time before it is passed on)
 *     0 > 1  part A     copy      2 > 3  part B
 *     0 > 2  part A     copy      2 > 0  part B
 *     0 > 1  part B     copy      2 > 3  part A
 *
 * The order in kangaring.c makes one dependency tell that a sum is complete. What is copied to a
 * rank depends on that rank's share, so that its buffer is overwritten only after it was read.
 *
 * See kangaring.c for who is paired with whom.
 *
 * Channels: 2 unless told otherwise, of which each has the other ranks as primaries. Limits: the
 * operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_reduce_kangaring = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "kangaring",
    .summary = "ring of every second rank, the others beside it; half the hops",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: KangaRing",
    .channels = true,
    .chunks = true,
    .check = sled_kangaring_check,
    .plan = sled_kangaring_plan,
    .cost = sled_kangaring_cost,
};
