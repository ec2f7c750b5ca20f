/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-switch all-gather: every rank sends its block to a switch, which sends it to all others.
 *
 *     P = 4, switch S        up       down
 *     block 0                0 > S    S > 1  S > 2  S > 3
 *     block 1                1 > S    S > 0  S > 2  S > 3     and so on
 *
 * A rank sends each element once, and not P - 1 times. Otherwise as all_reduce_in_switch.c.
 *
 * Limits: a switch that reduces, and so replicates, must be linked to all ranks.
 */
#include "coll/coll.h"
#include "coll/in_switch.h"

const struct sled_coll_algo sled_coll_all_gather_in_switch = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "in_switch",
    .summary = "switches replicate every block to all others",
    .reference = "Graham et al., COMHPC 2016: Scalable Hierarchical Aggregation Protocol (SHArP)",
    .chunks = true,
    .check = sled_in_switch_check,
    .plan = sled_in_switch_plan,
    .cost = sled_in_switch_cost,
};
