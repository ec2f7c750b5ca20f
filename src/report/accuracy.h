/* SPDX-License-Identifier: Apache-2.0 */
/* Predicted against measured: a table for people, JSON and CSV. */
#ifndef SLED_REPORT_ACCURACY_H
#define SLED_REPORT_ACCURACY_H

#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "model/accuracy.h"

/* The rows of one file, predicted; all borrowed. */
struct sled_accuracy_file {
    const char *path;
    const char *const *provenance; /* [nlines] */
    size_t nlines;
    const struct sled_accuracy_row *rows; /* [nrows] */
    size_t nrows;
    const double *launch_s; /* [nrows]: the part of the prediction that no kernel has */
};

struct sled_accuracy_report {
    const char *chip;
    const struct sled_accuracy_file *files; /* [nfiles], at least one */
    size_t nfiles;
};

/* Which rows the table has beside its sums. JSON and CSV have all of them. */
enum sled_accuracy_show {
    SLED_ACCURACY_SHOW_ALL,     /* and once more those outside the limit */
    SLED_ACCURACY_SHOW_OUTSIDE, /* only those */
    SLED_ACCURACY_SHOW_NONE
};

/* Of one file, or of all (file NULL), in one band, or in all (SLED_ACCURACY_BANDS). Bounds count
 * by their bound. */
void sled_accuracy_sum(const struct sled_accuracy_report *report,
                       const struct sled_accuracy_file *file, size_t band,
                       struct sled_accuracy_stats *out);

/* Errors of the stream are found by its owner; SLED_E_NOMEM. */
enum sled_status sled_accuracy_write_text(const struct sled_accuracy_report *report,
                                          enum sled_accuracy_show show, FILE *stream,
                                          struct sled_err *err);
/* config is the effective configuration of the chip, embedded. */
enum sled_status sled_accuracy_write_json(const struct sled_accuracy_report *report,
                                          const cJSON *config, FILE *stream, struct sled_err *err);
void sled_accuracy_write_csv(const struct sled_accuracy_report *report, FILE *stream);

#endif
