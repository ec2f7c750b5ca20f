/* SPDX-License-Identifier: Apache-2.0 */
/* What a key of a file is, told from the field table that also parses it. */
#ifndef SLED_CLI_FIELD_DOC_H
#define SLED_CLI_FIELD_DOC_H

#include "base/field.h"
#include "base/str.h"

/* Append meaning, type, unit, range and default of a key; of an object also its keys. */
void sled_field_doc(const struct sled_field *field, struct sled_str *out);

/* Append what the object is and its keys, one a line. */
void sled_field_doc_table(const struct sled_table *table, struct sled_str *out);

#endif
