/* SPDX-License-Identifier: Apache-2.0 */
/* Files of kind "routing": which experts tokens chose somewhere. Private to config. */
#ifndef SLED_CONFIG_ROUTING_FILE_H
#define SLED_CONFIG_ROUTING_FILE_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"
#include "work/routing.h"

extern const struct sled_table sled_config_routing_file_table;

/* Read the routing file at pointer. All of *out lives in arena. Errors are located. */
enum sled_status sled_config_read_routing_file(struct sled_doc *doc, const char *pointer,
                                               struct sled_arena *arena,
                                               struct sled_routing_record *out,
                                               struct sled_err *err);

/* Where routing at pointer names a record, read it and attach it. Errors are located. */
enum sled_status sled_config_attach_record(struct sled_doc *doc, const char *pointer,
                                           struct sled_arena *arena,
                                           struct sled_token_routing *routing,
                                           struct sled_err *err);

#endif
