/* SPDX-License-Identifier: Apache-2.0 */
/* From words of the command line to requests: shared by plan and bench. */
#ifndef SLED_CLI_PARSE_H
#define SLED_CLI_PARSE_H

#include "base/err.h"
#include "model/collective.h"

/*
 * The request for `size` bytes of dtype elements a rank; root 0, commutative, no traffic.
 * SLED_E_USAGE for an unknown operation (suggests the nearest) or type, and for a size that is
 * not a whole number of elements.
 */
enum sled_status sled_cli_request(const char *op, uint32_t nranks, uint64_t size, const char *dtype,
                                  struct sled_coll_req *out, struct sled_err *err);

/* Bytes of an element of dtype. SLED_E_USAGE for an unknown type (lists the known ones), and for
 * one whose elements share scales. */
enum sled_status sled_cli_elem_bytes(const char *dtype, uint32_t *out, struct sled_err *err);

/* Operation by name: SLED_E_USAGE, suggests the nearest. */
enum sled_status sled_cli_op(const char *op, enum sled_coll_kind *out, struct sled_err *err);

/* What sizes an option takes. */
struct sled_cli_range {
    uint32_t least, most; /* how many */
    uint64_t min, max;    /* each */
    const char *example;
};

/* Sizes as "4x4x2" into size[range->most], of --option. SLED_E_USAGE says what was expected. */
enum sled_status sled_cli_sizes(const char *option, const char *text,
                                const struct sled_cli_range *range, uint64_t *size, uint32_t *count,
                                struct sled_err *err);

/*
 * Where the ranks of req are, from --sled-size (0: not given) and --torus (NULL: not given), as
 * "4x4x2", and how many --switches reduce for all of them: sets req->place to *out, which is
 * initialised here. SLED_E_USAGE when both are given, and for a torus that cannot be read or has
 * not as many points as ranks.
 */
enum sled_status sled_cli_place(uint32_t sled_size, const char *torus, uint32_t switches,
                                struct sled_coll_req *req, struct sled_place *out,
                                struct sled_err *err);

#endif
