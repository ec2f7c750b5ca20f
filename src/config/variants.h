/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file chooses by name among several: it has a key of that name with the parameters.
 * A topology chooses a family, a chip a model. Private to config.
 */
#ifndef SLED_CONFIG_VARIANTS_H
#define SLED_CONFIG_VARIANTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"

struct sled_variants {
    const char *what;              /* key of the choice */
    const char *(*name)(size_t i); /* NULL beyond the last */
    const char *(*summary)(size_t i);
};

/* The layout's own keys, and one key for the parameters of each variant: all share the member at
 * offset, as only the chosen one is read. Fields of *out live in arena. SLED_E_NOMEM. */
enum sled_status sled_variants_table(const struct sled_table *own,
                                     const struct sled_variants *variants, size_t offset,
                                     struct sled_arena *arena, struct sled_table *out,
                                     struct sled_err *err);

/* The object at pointer has the parameters of the chosen variant and of no other: those would not
 * be read, and are a mistake as any unknown key is. SLED_E_INPUT, located. */
enum sled_status sled_variants_check(struct sled_doc *doc, const char *pointer,
                                     const struct sled_variants *variants, const char *chosen,
                                     struct sled_err *err);

/* The pointer of a member of the object at pointer, into out[size]. */
void sled_variants_place(char *out, size_t size, const char *pointer, const char *key);

#endif
