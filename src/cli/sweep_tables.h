/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a sweep: one line per row of each point, in the order of the points. Private to it.
 */
#ifndef SLED_CLI_SWEEP_TABLES_H
#define SLED_CLI_SWEEP_TABLES_H

#include <stdio.h>

#include "cli/sweep_args.h"
#include "cli/sweep_plan.h"
#include "report/rows.h"
#include "sweep/store.h"

/* The rows of all points that have a result: settings, status, message and key, then what the
 * command says. *out is the caller's. */
enum sled_status sweep_tables_rows(const struct sweep_plan *plan, struct sled_store *store,
                                   struct sled_rows **out, struct sled_err *err);

/* Write results.jsonl, results.csv and results.sqlite in dir, each complete or not at all. */
enum sled_status sweep_tables_write(const struct sweep_plan *plan, struct sled_store *store,
                                    const struct sled_rows *rows, const char *dir,
                                    struct sled_err *err);

/* Print rows for people: settings by their last name, and the times and rates. */
enum sled_status sweep_tables_print(const struct sweep_plan *plan, const struct sled_rows *rows,
                                    FILE *stream, struct sled_err *err);

/* The lines of results.jsonl. */
enum sled_status sweep_tables_lines(const struct sweep_plan *plan, struct sled_store *store,
                                    FILE *stream, struct sled_err *err);

#endif
