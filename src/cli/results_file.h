/* SPDX-License-Identifier: Apache-2.0 */
/* Reading results back, of whatever command and form. */
#ifndef SLED_CLI_RESULTS_FILE_H
#define SLED_CLI_RESULTS_FILE_H

#include "base/err.h"
#include "report/results.h"

/*
 * Read path: a folder of `sweep` or its results.jsonl, the JSON of `bench` or `run`, or a baseline.
 * *out is initialised here and finished by the caller (sled_results_finish), also on failure. A
 * member that is null, which is how JSON says NaN, becomes a metric that is NaN. SLED_E_INPUT,
 * located; SLED_E_IO, SLED_E_NOMEM; SLED_E_INPUT also when two results have one name.
 */
enum sled_status sled_results_load(const char *path, struct sled_results *out,
                                   struct sled_err *err);

#endif
