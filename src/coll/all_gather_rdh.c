/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive doubling: in each of ceil(log2 P) steps ranks exchange all blocks that they have, with
 * partners twice as far away as in the step before.
 *
 *     P = 4           t=0        t=1
 *     rank 0 sends    b0 > 1     b0 b1 > 2
 *     rank 1 sends    b1 > 0     b0 b1 > 3
 *     rank 2 sends    b2 > 3     b2 b3 > 0
 *     rank 3 sends    b3 > 2     b2 b3 > 1
 *
 * Ranks need not be a power of two: see rdh.c for who is whose partner. Every block of a rank is
 * written once and only then read.
 *
 * Limits: none. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_gather_rdh = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "rdh",
    .summary = "recursive doubling; log2 P steps",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .check = sled_rdh_check,
    .plan = sled_rdh_plan,
    .cost = sled_rdh_cost,
};
