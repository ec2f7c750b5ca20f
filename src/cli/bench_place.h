/* SPDX-License-Identifier: Apache-2.0 */
/* Where the ranks of a benchmark are, and in which groups. Private to `sledsim bench`. */
#ifndef SLED_CLI_BENCH_PLACE_H
#define SLED_CLI_BENCH_PLACE_H

#include "cli/bench_args.h"
#include "model/fabric.h"
#include "model/groups.h"

struct bench_place {
    uint32_t nranks;
    uint32_t *chip_of_rank; /* [nranks], heap */
    struct sled_groups groups;
    uint32_t *chip_of_member; /* as groups.rank, but the chip; heap */
};

/*
 * What --ranks, --map and --groups say:
 *   map chip        rank r on chip r
 *       sled, rack  ranks dealt to the sleds (racks) in turn, in each by order of its chips
 *       strided:N   chips 0, N, 2N, …, then 1, N + 1, …
 *       0,4,8       the chip of each rank
 *   groups div:N    ranks in groups of N in order (NCCL_TESTS_SPLIT="DIV N" of nccl-tests)
 *          mod:N    every Nth rank in a group of its own ("MOD N"): N groups
 *          FILE     sled_config_load_groups
 * Without --groups all ranks are one group. *out is initialised here and finished by the caller,
 * also on failure. SLED_E_USAGE, and what reading the file gives.
 */
enum sled_status bench_place_init(struct bench_place *out, const struct bench_args *args,
                                  const struct sled_fabric *fabric, struct sled_err *err);

/* Accepts a zeroed place. */
void bench_place_finish(struct bench_place *place);

#endif
