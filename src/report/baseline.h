/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline: results that later ones are held to, with the reason for which they changed last.
 *
 *     {"schema_version": 1, "kind": "baseline", "reason": "why", "sledsim": "0.1.0",
 *      "results": [
 *       {"name":"algorithm=ring op=all_reduce size=64KiB","time_ns":1534.75},
 *       {"name":"algorithm=torus op=all_reduce size=64KiB","left_out":true}]}
 */
#ifndef SLED_REPORT_BASELINE_H
#define SLED_REPORT_BASELINE_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/doc.h"
#include "base/err.h"
#include "report/results.h"

/* Write results with metric[nmetrics] of each, a line per result. SLED_E_CHECK when one failed or
 * has a metric that is no number; SLED_E_USAGE when one that ran has not all metrics. */
enum sled_status sled_baseline_write(const struct sled_results *results, const char *reason,
                                     const char *version, const char *const *metric,
                                     size_t nmetrics, FILE *stream, struct sled_err *err);

/* Append what the baseline doc says. SLED_E_INPUT, located. */
enum sled_status sled_baseline_read(struct sled_doc *doc, struct sled_results *results,
                                    struct sled_err *err);

#endif
