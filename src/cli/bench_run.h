/* SPDX-License-Identifier: Apache-2.0 */
/* Running a benchmark, size by size. Private to `sledsim bench`. */
#ifndef SLED_CLI_BENCH_RUN_H
#define SLED_CLI_BENCH_RUN_H

#include "cli/bench.h"
#include "report/bench.h"

/*
 * Add a row per size to table: of the algorithm that was asked for, or of the one that the
 * selection picks; or a row per algorithm of the kind, of which the fastest wins (the first of
 * equals) and those that cannot serve say why. What was asked for or picked and cannot serve is an
 * error, and so is a size that no algorithm serves.
 */
enum sled_status bench_run(const struct bench *bench, struct sled_bench_table *table,
                           struct sled_err *err);

#endif
