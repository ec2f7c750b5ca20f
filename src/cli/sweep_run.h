/* SPDX-License-Identifier: Apache-2.0 */
/* Running the points of a sweep that have no result yet, and keeping what comes. Private to it. */
#ifndef SLED_CLI_SWEEP_RUN_H
#define SLED_CLI_SWEEP_RUN_H

#include "cli/progress.h"
#include "cli/sweep_args.h"
#include "cli/sweep_plan.h"
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
};

/* Run todo here, on args->jobs processes. SLED_E_IO when a result cannot be kept; and as
 * sled_pool_run. */
enum sled_status sweep_run_here(struct sweep_run *run, struct sled_err *err);

/* What the pool needs for one process, which works and keeps results; the pool's context is a
 * struct sweep_run. */
enum sled_status sweep_run_work(void *ctx, size_t point, struct sled_str *out,
                                struct sled_err *err);
enum sled_status sweep_run_keep(struct sweep_run *run, const struct sled_pool_outcome *outcome,
                                struct sled_err *err);
struct sled_pool_limits sweep_run_limits(const struct sweep_args *args);

#endif
