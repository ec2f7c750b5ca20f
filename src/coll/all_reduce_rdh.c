/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive halving and doubling: the reduce-scatter of reduce_scatter_rdh.c, then the all-gather
 * of all_gather_rdh.c, in 2 ceil(log2 P) steps.
 *
 *     P = 4           reduce        reduce     copy       copy
 *     rank 0 sends    b2 b3 > 2     b1 > 1     b0 > 1     b0 b1 > 2
 *     rank 1 sends    b2 b3 > 3     b0 > 0     b1 > 0     b0 b1 > 3
 *     rank 2 sends    b0 b1 > 0     b3 > 3     b2 > 3     b2 b3 > 0
 *     rank 3 sends    b0 b1 > 1     b2 > 2     b3 > 2     b2 b3 > 1
 *
 * A block that is copied depends on all contributions to it, so a rank's copy is overwritten only
 * after it was sent.
 *
 * Limits: the operator must commute. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_reduce_rdh = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "rdh",
    .summary = "recursive halving, then doubling; fewest bytes in log2 P steps each",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .check = sled_rdh_check,
    .plan = sled_rdh_plan,
    .cost = sled_rdh_cost,
};
