/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hierarchical all-to-all of uneven rows: what leaves a sled is collected inside it.
 *
 * The schedule is that of all_to_all_hier.c; the traffic matrix says how long rows are, as in
 * all_to_all_v_direct.c.
 *
 *     sleds {0,1} and {2}, m = 0 0 4    inside: 0 > 1 nothing, 1 > 0 the 2 bytes for rank 2
 *                              0 0 2    across: 0 > 2 6 bytes
 *                              0 0 0
 *
 * A message waits for its rows; nothing that is written is written or read before.
 *
 * Limits: the sleds must be known; they may be uneven. Empty rows are not sent.
 */
#include "coll/coll.h"
#include "coll/exchange.h"
#include "coll/families.h"

const struct sled_coll_algo sled_coll_all_to_all_v_hier = {
    .kind = SLED_COLL_ALL_TO_ALL_V,
    .name = "hier",
    .summary = "rows collected inside each sled, then sent on together; two steps",
    .reference = "NVIDIA, Doubling all2all Performance with NCCL 2.12 (PXN), 2022",
    .check = sled_hier_check,
    .plan = sled_exchange_plan_hier,
    .cost = sled_exchange_cost_hier,
};
