/* SPDX-License-Identifier: Apache-2.0 */
/* Collectives, predicted against measured: a table for people, JSON and CSV. */
#ifndef SLED_REPORT_ACCURACY_COLLECTIVE_H
#define SLED_REPORT_ACCURACY_COLLECTIVE_H

#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "model/collective_row.h"
#include "report/accuracy.h"

/* The rows of one file, predicted; all borrowed. */
struct sled_collective_file {
    const char *path;
    const char *const *provenance; /* [nlines] */
    size_t nlines;
    const struct sled_collective_row *rows; /* [nrows], at least one */
    size_t nrows;
};

struct sled_collective_report {
    const char *topology, *selection, *memory, *simulator;
    const struct sled_collective_file *files; /* [nfiles], at least one */
    size_t nfiles;
};

/* Which rows to add up; zeroes: all of them. */
struct sled_collective_filter {
    const struct sled_collective_file *file; /* NULL: of all files */
    const struct sled_collective_row *like;  /* NULL: any; of its operation and number of ranks */
    bool in_band;                            /* of this band only */
    size_t band;
};

void sled_collective_sum(const struct sled_collective_report *report,
                         const struct sled_collective_filter *filter,
                         struct sled_accuracy_stats *out);

/* Rows whose library's algorithm is known, and of them those where ours is the same. */
struct sled_collective_picks {
    size_t known, same;
};
struct sled_collective_picks
sled_collective_count_picks(const struct sled_collective_report *report);

/* Errors of the stream are found by its owner; SLED_E_NOMEM. */
enum sled_status sled_collective_write_text(const struct sled_collective_report *report,
                                            enum sled_accuracy_show show, FILE *stream,
                                            struct sled_err *err);
/* topology is the effective configuration, embedded. */
enum sled_status sled_collective_write_json(const struct sled_collective_report *report,
                                            const cJSON *topology, FILE *stream,
                                            struct sled_err *err);
void sled_collective_write_csv(const struct sled_collective_report *report, FILE *stream);

#endif
