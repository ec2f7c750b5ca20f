/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In-switch broadcast: the root sends to a switch, which sends to all others.
 *
 *     P = 4, root 0, switch S     0 > S    S > 1  S > 2  S > 3
 *
 * Chunks let up and down overlap. Otherwise as all_reduce_in_switch.c.
 *
 * Limits: a switch that reduces, and so replicates, must be linked to all ranks.
 */
#include "coll/coll.h"
#include "coll/in_switch.h"

const struct sled_coll_algo sled_coll_broadcast_in_switch = {
    .kind = SLED_COLL_BROADCAST,
    .name = "in_switch",
    .summary = "switches replicate what the root sends once",
    .reference = "Graham et al., COMHPC 2016: Scalable Hierarchical Aggregation Protocol (SHArP)",
    .chunks = true,
    .check = sled_in_switch_check,
    .plan = sled_in_switch_plan,
    .cost = sled_in_switch_cost,
};
