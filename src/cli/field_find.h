/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of files by JSON pointer, in the field tables. */
#ifndef SLED_CLI_FIELD_FIND_H
#define SLED_CLI_FIELD_FIND_H

#include <stddef.h>

#include "base/err.h"
#include "base/field.h"

/* One key: where it is ("ultraserver/tray/bandwidth", the first part names its table) and
 * what it is. */
struct sled_found_field {
    char path[256];
    const struct sled_field *field; /* borrowed from its table, immortal */
};

struct sled_found_fields {
    struct sled_found_field *items; /* [count], in the order of the tables */
    size_t count;
    size_t capacity;
};

/*
 * Find the keys whose path ends with pointer ("/tray/bandwidth"), array indices and "*" left
 * out. A pointer may begin with more than the path has ("/topology/ultraserver/tray/bandwidth"), if
 * all of it are keys; then the longest end that is found counts. *out is initialised
 * here and finished by the caller, also on failure. SLED_E_USAGE names the first part that
 * is no key at all, and the nearest one; SLED_E_NOMEM.
 */
enum sled_status sled_found_fields_init(struct sled_found_fields *out,
                                        const struct sled_table *const *tables, size_t ntables,
                                        const char *pointer, struct sled_err *err);

void sled_found_fields_finish(struct sled_found_fields *found);

#endif
