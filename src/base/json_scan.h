/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict reading of JSON text, private to src/base: what cJSON does not tell. The
 * check says what is wrong where, and which of cJSON's leniencies are not ours; the
 * search says where a value was written. cJSON then builds the tree.
 */
#ifndef SLED_BASE_JSON_SCAN_H
#define SLED_BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SLED_JSON_MAX_DEPTH = 64 };

/*
 * Overwrite comments, and a byte order mark, with spaces; line breaks stay, so
 * that every place keeps its line and column. A comment that is never closed stays
 * for the check to find.
 */
void sled_json_blank_comments(char *text, size_t len);

/*
 * Check that text[len] is one JSON document (RFC 8259) whose keys are unique within
 * their object, whose numbers fit a double and cJSON, and that nests no deeper than
 * SLED_JSON_MAX_DEPTH. Fails with SLED_E_INPUT and the place of the first complaint
 * in file `name`, or with SLED_E_NOMEM.
 */
enum sled_status sled_json_check(const char *name, const char *text, size_t len,
                                 struct sled_err *err);

/* Byte offsets of a value and of its key's opening quote (no key: the value again). */
struct sled_json_place {
    size_t key;
    size_t value;
};

/*
 * Follow pointer as far as it names something in text[len], which must have passed
 * sled_json_check. *out receives the place of the last value reached. Returns how
 * many bytes of pointer led there: strlen(pointer) when the value itself was found.
 */
size_t sled_json_find(const char *text, size_t len, const char *pointer,
                      struct sled_json_place *out);

/*
 * Bytes of the UTF-8 sequence at text (1 to 4), 0 when the len bytes there do not
 * begin with a valid one.
 */
size_t sled_utf8_sequence(const char *text, size_t len);

#endif
