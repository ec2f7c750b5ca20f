/* SPDX-License-Identifier: Apache-2.0 */
/* From words of the command line to requests: shared by plan and bench. */
#ifndef SLED_CLI_PARSE_H
#define SLED_CLI_PARSE_H

#include "base/err.h"
#include "model/collective.h"
#include "model/traffic.h"

/*
 * The request for `size` bytes of dtype elements a rank; root 0, commutative, no traffic.
 * SLED_E_USAGE for an unknown operation (suggests the nearest) or type, and for a size that is
 * not a whole number of elements.
 */
enum sled_status sled_cli_request(const char *op, uint32_t nranks, uint64_t size, const char *dtype,
                                  struct sled_coll_req *out, struct sled_err *err);

/* Operation by name: SLED_E_USAGE, suggests the nearest. */
enum sled_status sled_cli_op(const char *op, enum sled_coll_kind *out, struct sled_err *err);

/* Read a byte matrix from path ("-": standard input) into *out, initialised here. SLED_E_IO, or
 * what sled_traffic_parse says. */
enum sled_status sled_cli_matrix(const char *path, uint32_t nranks, struct sled_traffic *out,
                                 struct sled_err *err);

#endif
