/* SPDX-License-Identifier: Apache-2.0 */
/* What makes two points the same: a hash of all that their result depends on. */
#ifndef SLED_SWEEP_KEY_H
#define SLED_SWEEP_KEY_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/str.h"

enum { SLED_KEY_SIZE = 33 }; /* 32 hexadecimal digits and the terminator */

/* A hash under construction. */
struct sled_key;

/* *out is the caller's (sled_key_destroy, which accepts NULL). SLED_E_NOMEM. */
enum sled_status sled_key_create(struct sled_key **out, struct sled_err *err);
void sled_key_destroy(struct sled_key *key);

/* Add text, and that it ended here. */
void sled_key_add(struct sled_key *key, const char *text);

/* Add the content of a file, as a text. What reading it gives. */
enum sled_status sled_key_add_file(struct sled_key *key, const char *path, struct sled_err *err);

/* XXH3 of 128 bits of what was added so far. */
void sled_key_text(const struct sled_key *key, char out[SLED_KEY_SIZE]);

/*
 * Append tree as JSON of one form: keys sorted, no spaces, shortest numbers; without what is there
 * for people and changes no result: "comment", "description", "source" and "x-…".
 */
void sled_canonical_json(const cJSON *tree, struct sled_str *out);

#endif
