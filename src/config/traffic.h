/* SPDX-License-Identifier: Apache-2.0 */
/* Byte matrices from files of any of the forms that people have. */
#ifndef SLED_CONFIG_TRAFFIC_H
#define SLED_CONFIG_TRAFFIC_H

#include "base/err.h"
#include "base/field.h"
#include "model/traffic.h"

extern const struct sled_table sled_config_traffic_table;

/*
 * Read the matrix of nranks ranks from path ("-": standard input). The form is told by the content:
 *   - nccl-tests' white-space matrix (sled_traffic_parse);
 *   - a JSON file of kind "traffic", {"bytes": [[…], …]}, row = source;
 *   - nccom-test's metadata of variable-size operations, {"metadata": [{"send_counts": […],
 *     "send_displs": […], "recv_counts": […], "recv_displs": […]}, …]} ("alltoallv_metadata" in
 *     older releases): counts of elements of elem_bytes. One entry stands for all ranks, and then
 *     only its sends can be true of each; entries of all ranks must agree on what passes
 *     between two of them. Displacements have no influence on time; only their number is checked.
 * *out is initialised on success. Errors are located: SLED_E_IO, SLED_E_INPUT, SLED_E_NOMEM.
 */
enum sled_status sled_config_load_traffic(const char *path, uint32_t nranks, uint32_t elem_bytes,
                                          struct sled_traffic *out, struct sled_err *err);

/* The document is a good file of kind "traffic", of as many ranks as it has rows. Private to
 * config; errors are located. */
enum sled_status sled_config_check_traffic(struct sled_doc *doc, struct sled_arena *arena,
                                           struct sled_err *err);

#endif
