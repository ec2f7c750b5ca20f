/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the arguments of a benchmark to its runs: what they name is loaded and checked, by `sledsim
 * bench` and by the points of a sweep alike.
 */
#ifndef SLED_CLI_BENCH_PERFORM_H
#define SLED_CLI_BENCH_PERFORM_H

#include "cli/bench.h"
#include "report/bench.h"

/* What to do with a benchmark that is ready: run it (bench_run) into the table, which has no rows
 * yet, and use them. topology is the effective configuration. All is borrowed. */
typedef enum sled_status bench_use(void *ctx, const struct bench *bench,
                                   struct sled_bench_table *table, const cJSON *topology,
                                   struct sled_err *err);

/* Check the arguments, which *out borrows, as far as one can without files. SLED_E_USAGE. */
enum sled_status bench_begin(const struct bench_args *args, struct bench *out,
                             struct sled_err *err);

/* Load what else the arguments of a begun benchmark name, choose the algorithm, place the ranks,
 * and call use. Its failure, SLED_E_USAGE, SLED_E_UNSUPPORTED and what reading the files gives. */
enum sled_status bench_perform(struct bench *bench, struct sled_config *topology, bench_use *use,
                               void *ctx, struct sled_err *err);

/* Where the selection table of --algorithm auto is. *out is heap memory of the caller. */
enum sled_status bench_selection_path(const struct bench_args *args, char **out,
                                      struct sled_err *err);

#endif
