/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a JSON pointer (RFC 6901), private to src/base. A part is the text after
 * one '/', up to the next '/' or the end; it is a key or an array index.
 */
#ifndef SLED_BASE_POINTER_H
#define SLED_BASE_POINTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Next byte of a part with ~0 and ~1 undone, and *at moved past it; -1 at the end
 * of the part.
 */
int sled_pointer_char(const char **at);

/* Whether a part spells key. */
bool sled_pointer_part_is(const char *part, const char *key);

/* Whether a part is an array index as RFC 6901 writes it; *out receives it. */
bool sled_pointer_part_index(const char *part, size_t *out);

/* Put prefix in front of pointer[size]; a text that does not fit ends in "...". */
void sled_pointer_prepend(char *pointer, size_t size, const char *prefix);

#endif
