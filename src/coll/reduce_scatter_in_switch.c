/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-switch reduce-scatter: everybody sends to a switch, which adds up and sends each block to the
 * rank that it is for.
 *
 *     P = 4, switch S        up                       down
 *     block 0                0 > S  1 > S  2 > S  3 > S   S > 0
 *     block 1                0 > S  1 > S  2 > S  3 > S   S > 1     and so on
 *                            -- reduce --             -- copy --
 *
 * Otherwise as all_reduce_in_switch.c.
 *
 * Limits: as there.
 */
#include "coll/coll.h"
#include "coll/in_switch.h"

const struct sled_coll_algo sled_coll_reduce_scatter_in_switch = {
    .kind = SLED_COLL_REDUCE_SCATTER,
    .name = "in_switch",
    .summary = "switches add up and send every block to its rank",
    .reference = "Graham et al., COMHPC 2016: Scalable Hierarchical Aggregation Protocol (SHArP)",
    .chunks = true,
    .check = sled_in_switch_check,
    .plan = sled_in_switch_plan,
    .cost = sled_in_switch_cost,
};
