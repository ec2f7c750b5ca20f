/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measured collectives, from what people have:
 *
 *   CSV                 columns op, num_gpus, size_bytes, time_us, and if it is known dtype and
 *                       algorithm (of the library, by our name); comment lines are kept
 *   nccl-tests          what it prints: the out-of-place times of its lines of 13 fields
 *   nccl-tests as JSON  what its option -J writes
 *   nccom-test as JSON  what its option --report-to-json-file writes
 *
 * What it is is told by the first character that is no blank and no comment: "{" begins JSON, a
 * letter CSV, a digit nccl-tests; nccl-tests' own headings are comments. Sizes are those of the
 * tool, which are ours.
 */
#ifndef SLED_CONFIG_MEASURED_COLLECTIVE_H
#define SLED_CONFIG_MEASURED_COLLECTIVE_H

#include "base/arena.h"
#include "base/err.h"
#include "model/collective_row.h"

struct sled_measured_collectives {
    const char *path;
    const char **comments; /* [ncomments]: provenance, without '#' and the blank behind it */
    size_t ncomments;
    struct sled_collective_row *rows; /* [nrows], at least one; nothing is predicted yet */
    size_t nrows;

    /* Private. */
    struct sled_arena arena;
    size_t comment_capacity, row_capacity;
};

/* What the reader is told, for files that do not say it: op SLED_COLL_KINDS and ranks 0 if nothing
 * is. A file that does say it is believed. */
struct sled_measured_hint {
    enum sled_coll_kind op;
    uint32_t ranks;
};

/*
 * Read path ("-": standard input). *out is initialised here and finished by the caller, also on
 * failure. Errors are located: SLED_E_IO, SLED_E_INPUT (no such form, a column that is missing or
 * unknown, an operation or number of ranks that neither the file nor the hint says, a bad value, no
 * rows), SLED_E_NOMEM.
 */
enum sled_status sled_measured_collectives_load(const char *path,
                                                const struct sled_measured_hint *hint,
                                                struct sled_measured_collectives *out,
                                                struct sled_err *err);

/* Accepts a zeroed one. */
void sled_measured_collectives_finish(struct sled_measured_collectives *measured);

#endif
