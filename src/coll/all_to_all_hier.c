/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hierarchical all-to-all: rows that leave a sled are collected inside it, so that one message
 * carries what the whole sled owes to a rank of another.
 *
 *     P = 4 in sleds {0,1} and {2,3}; sd is the row from s to d
 *                    inside             across
 *     rank 0 sends   01 > 1, 03 > 1     02 12 > 2
 *     rank 1 sends   10 > 0, 12 > 0     03 13 > 3
 *     rank 2 sends   23 > 3, 21 > 3     20 30 > 0
 *     rank 3 sends   32 > 2, 30 > 2     21 31 > 1
 *
 * The collector of a destination is the rank of its place in its sled. It also copies its own row
 * (02 of rank 0) beside the others, so that the message is contiguous. Of s ranks in a sled each
 * sends an s-th of the messages that "direct" would need, s times as long.
 *
 * A message waits for its rows. Every row of the scratch and of the output is written once, and
 * only then read: nothing to protect.
 *
 * Limits: the sleds must be known; they may be uneven, then some ranks of small ones collect for
 * two places. Rows that are not neighbours in the output are messages of their own. Empty rows
 * (n < P) are not sent.
 */
#include "coll/coll.h"
#include "coll/exchange.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_to_all_hier = {
    .kind = SLED_COLL_ALL_TO_ALL,
    .name = "hier",
    .summary = "rows collected inside each sled, then sent on together; two steps",
    .reference = "NVIDIA, Doubling all2all Performance with NCCL 2.12 (PXN), 2022",
    .check = sled_hier_check,
    .plan = sled_exchange_plan_hier,
    .cost = sled_exchange_cost_hier,
};
