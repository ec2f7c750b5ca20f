/* SPDX-License-Identifier: Apache-2.0 */
/* Byte matrices: who sends how much to whom. */
#ifndef SLED_MODEL_TRAFFIC_H
#define SLED_MODEL_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* bytes[src * nranks + dst]; the diagonal is what a rank keeps and never crosses a link. */
struct sled_traffic {
    uint32_t nranks;
    uint64_t *bytes; /* [nranks * nranks], heap */
};

/* All zero. The caller finishes it. */
enum sled_status sled_traffic_init(struct sled_traffic *traffic, uint32_t nranks,
                                   struct sled_err *err);
/* Accepts a zeroed value. */
void sled_traffic_finish(struct sled_traffic *traffic);

/*
 * Parse nccl-tests' matrix file (NCCL_TESTS_ALLTOALLV_MATRIX_FILE): whitespace
 * separated whole numbers of bytes, one row per line, row = source, as many rows as
 * columns; empty lines and lines that begin with '#' are skipped. name is used in
 * messages. SLED_E_INPUT with file, line and column on anything else, or when the
 * matrix is not nranks x nranks.
 */
enum sled_status sled_traffic_parse(const char *name, const char *text, size_t len, uint32_t nranks,
                                    struct sled_traffic *out, struct sled_err *err);

struct sled_traffic_sums {
    uint64_t total;    /* all bytes, diagonal excluded */
    uint64_t max_send; /* most bytes any rank sends to others */
    uint64_t max_recv; /* most bytes any rank receives from others */
};
void sled_traffic_sum(const struct sled_traffic *traffic, struct sled_traffic_sums *out);

/* to->bytes[d][s] = from->bytes[s][d]: the way back (combine of a dispatch).
 * to is initialised by this call. */
enum sled_status sled_traffic_transpose(const struct sled_traffic *from, struct sled_traffic *to,
                                        struct sled_err *err);

#endif
