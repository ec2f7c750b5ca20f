/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of plan files, one for each kind. Private to config. */
#ifndef SLED_CONFIG_PLAN_READ_H
#define SLED_CONFIG_PLAN_READ_H

#include "base/doc.h"
#include "base/field.h"
#include "config/plan_file.h"

extern const struct sled_table sled_config_plan_table;
extern const struct sled_table sled_config_transfer_table;

/* Read and verify the plan that is the whole document, known to be of that kind; out is zeroed but
 * for its path. Errors are located. out needs finishing also on failure. */
enum sled_status sled_plan_read_doc(struct sled_doc *doc, struct sled_plan_file *out,
                                    struct sled_err *err);

/* The same from out->path, a file of MSCCL. */
enum sled_status sled_plan_read_msccl(struct sled_plan_file *out, struct sled_err *err);

/*
 * Is the plan right, whatever order its dependencies leave open? Errors point to "/transfers/N"
 * where one is to blame, else nowhere; what is wrong is SLED_E_INPUT.
 */
enum sled_status sled_plan_read_verify(const struct sled_plan_file *file, struct sled_err *err);

#endif
