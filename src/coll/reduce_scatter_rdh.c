/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive halving: in each of ceil(log2 P) steps ranks exchange sums of half of the blocks that
 * they still work on, with partners half as far away as in the step before, and go on with the
 * other half.
 *
 *     P = 4           t=0           t=1
 *     rank 0 sends    b2 b3 > 2     b1 > 1
 *     rank 1 sends    b2 b3 > 3     b0 > 0
 *     rank 2 sends    b0 b1 > 0     b3 > 3
 *     rank 3 sends    b0 b1 > 1     b2 > 2
 *
 * Ranks need not be a power of two: see rdh.c for who is whose partner. Sums are sent once, when
 * they are no longer added to.
 *
 * Limits: the operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_reduce_scatter_rdh = {
    .kind = SLED_COLL_REDUCE_SCATTER,
    .name = "rdh",
    .summary = "recursive halving; log2 P steps",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .check = sled_rdh_check,
    .plan = sled_rdh_plan,
    .cost = sled_rdh_cost,
};
