/* SPDX-License-Identifier: Apache-2.0 */
/* The words of messages about fields, private to src/base. Overlong text ends in "...". */
#ifndef SLED_BASE_FIELD_TEXT_H
#define SLED_BASE_FIELD_TEXT_H

#include <stddef.h>

#include "base/field.h"

enum { SLED_FIELD_TEXT = 400 };

/* What a field takes: "a time like \"10ns\" from 1 ns to 1 us". Returns buf. */
const char *sled_field_expected(const struct sled_field *field, char *buf, size_t size);

/* What was found instead: "the number 5". Returns buf. */
const char *sled_field_found(const cJSON *node, char *buf, size_t size);

/* "; did you mean \"ring\"? known: ring, mesh" for a key or a choice. Returns buf. */
const char *sled_field_keys(const struct sled_table *table, const char *word, char *buf,
                            size_t size);
const char *sled_field_choices(const struct sled_field *field, const char *word, char *buf,
                               size_t size);

#endif
