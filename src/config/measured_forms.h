/* SPDX-License-Identifier: Apache-2.0 */
/* The forms that measured collectives come in, each with its reader. Private to config. */
#ifndef SLED_CONFIG_MEASURED_FORMS_H
#define SLED_CONFIG_MEASURED_FORMS_H

#include "config/measured_collective.h"

/* Fill out->rows and out->comments from text[len], terminated. The hint is in `said` and may be
 * overwritten by what the file says. Errors are located. */
enum sled_status sled_measured_read_csv(const char *text, size_t len,
                                        struct sled_measured_collectives *out,
                                        struct sled_err *err);
enum sled_status sled_measured_read_lines(const char *text, struct sled_measured_hint *said,
                                          struct sled_measured_collectives *out,
                                          struct sled_err *err);
enum sled_status sled_measured_read_json(const char *text, size_t len,
                                         struct sled_measured_hint *said,
                                         struct sled_measured_collectives *out,
                                         struct sled_err *err);

/* Append a row. */
enum sled_status sled_measured_add_row(struct sled_measured_collectives *out,
                                       const struct sled_collective_row *row, struct sled_err *err);
/* Append text[len], copied, as a comment. */
enum sled_status sled_measured_add_comment(struct sled_measured_collectives *out, const char *text,
                                           size_t len, struct sled_err *err);

/* Operation by our name or by that of a test ("all_reduce", "alltoall", "all_reduce_perf", with
 * or without a folder before it); SLED_COLL_KINDS for no such. */
enum sled_coll_kind sled_measured_op(const char *text);
/* Bytes of an element of a type, ours or nccl-tests'; 0 for no such. */
uint32_t sled_measured_elem_bytes(const char *text);

/* Say what neither the file nor the user said: SLED_E_INPUT, with the file but no line. */
enum sled_status sled_measured_require(const struct sled_measured_collectives *out,
                                       const struct sled_measured_hint *said, struct sled_err *err);

#endif
