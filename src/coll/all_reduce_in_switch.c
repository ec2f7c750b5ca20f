/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-switch all-reduce: everybody sends to a switch, which adds up and sends the sum to everybody.
 *
 *     P = 4, switch S        up                       down
 *     all elements           0 > S  1 > S  2 > S  3 > S   S > 0  S > 1  S > 2  S > 3
 *                            -- reduce --             -- copy --
 *
 * With several switches each serves a part of the elements; chunks let up and down overlap. A
 * rank's link carries n elements each way, half of what any plan among ranks alone needs. What
 * comes down waits for a join, an empty transfer at the switch after all that went up: so a rank's
 * elements are overwritten only after they were sent. Every chunk has a place of its own in the
 * switch.
 *
 * Limits: a switch that reduces must be linked to all ranks. Operands are combined in order of
 * arrival, hence the operator must commute.
 */
#include "coll/coll.h"
#include "coll/in_switch.h"

const struct sled_coll_algo sled_coll_all_reduce_in_switch = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "in_switch",
    .summary = "switches add up and send the sum to all; every link once each way",
    .reference = "Graham et al., COMHPC 2016: Scalable Hierarchical Aggregation Protocol (SHArP)",
    .chunks = true,
    .check = sled_in_switch_check,
    .plan = sled_in_switch_plan,
    .cost = sled_in_switch_cost,
};
