/* SPDX-License-Identifier: Apache-2.0 */
/* A benchmark that is ready to run. Private to `sledsim bench`. */
#ifndef SLED_CLI_BENCH_H
#define SLED_CLI_BENCH_H

#include "cli/bench_args.h"
#include "cli/bench_place.h"
#include "coll/coll.h"
#include "config/config.h"
#include "config/plan_file.h"

/* All that stays the same from size to size; borrowed. */
struct bench {
    const struct bench_args *args;
    enum sled_coll_kind kind;
    enum sled_memory memory;
    uint32_t elem_bytes; /* of args->dtype */
    const struct sled_topology *topology;
    const struct bench_place *place;
    const struct sled_coll_algo *algo;      /* that was asked for; NULL with auto, all and plan */
    const struct sled_plan_file *plan;      /* in place of an algorithm; NULL without */
    const struct sled_selection *selection; /* with auto; else NULL */
};

#endif
