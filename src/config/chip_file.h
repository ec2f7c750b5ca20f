/* SPDX-License-Identifier: Apache-2.0 */
/* Chip files: layout and reading. Private to config. */
#ifndef SLED_CONFIG_CHIP_FILE_H
#define SLED_CONFIG_CHIP_FILE_H

#include "config/config.h"

extern const struct sled_table sled_config_chip_table;

/* Read the chip at pointer. *out lives in arena, *name in the document. */
enum sled_status sled_config_read_chip(struct sled_doc *doc, const char *pointer,
                                       struct sled_arena *arena, const struct sled_chip **out,
                                       struct sled_power *power, const char **name,
                                       struct sled_err *err);

/* Hardware numbers of the chip at pointer, its power among them, all have sources. */
enum sled_status sled_config_chip_sources(struct sled_doc *doc, const char *pointer,
                                          const struct sled_chip *chip, struct sled_err *err);

#endif
