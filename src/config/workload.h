/* SPDX-License-Identifier: Apache-2.0 */
/* Model and workload files: their layout. Private to config. */
#ifndef SLED_CONFIG_WORKLOAD_H
#define SLED_CONFIG_WORKLOAD_H

#include "config/config.h"

extern const struct sled_table sled_config_model_table;
extern const struct sled_table sled_config_workload_table;

/* Read the model file at pointer. Strings live in the document. Errors are located. */
enum sled_status sled_config_read_model(struct sled_doc *doc, const char *pointer,
                                        struct sled_arena *arena, struct sled_model *out,
                                        struct sled_err *err);

/* Read the workload that is the whole document, with its topology and model. out->topology needs
 * finishing also on failure. Errors are located. */
enum sled_status sled_config_read_workload(struct sled_doc *doc, struct sled_arena *arena,
                                           struct sled_workload *out, struct sled_err *err);

#endif
