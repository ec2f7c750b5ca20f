/* SPDX-License-Identifier: Apache-2.0 */
/* Running the points of a sweep that have no result yet, and keeping what comes. Private to it. */
#ifndef SLED_CLI_SWEEP_RUN_H
#define SLED_CLI_SWEEP_RUN_H

#include "cli/progress.h"
#include "cli/sweep_args.h"
#include "cli/sweep_plan.h"
#include "sweep/farm.h"
#include "sweep/pool.h"
#include "sweep/store.h"

struct sweep_run {
    const struct sweep_args *args;
    struct sweep_plan *plan;
    struct sled_store *store;
    size_t *todo; /* [ntodo], in the order in which they run */
    size_t ntodo, next;
    struct sled_progress progress;
    size_t done, failed; /* of these */
    double synced;       /* when results were last written out */
};

/* Run todo here, on args->jobs processes. SLED_E_IO when a result cannot be kept; and as
 * sled_pool_run. */
enum sled_status sweep_run_here(struct sweep_run *run, struct sled_err *err);

/* The same on all processes of a farm; this is process 0. */
enum sled_status sweep_run_deal(struct sweep_run *run, struct sled_farm *farm,
                                struct sled_err *err);

/* Any other process: run what process 0 deals. */
enum sled_status sweep_run_serve(struct sweep_run *run, struct sled_farm *farm,
                                 struct sled_err *err);

#endif
