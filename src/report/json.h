/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON trees as text. Commands build cJSON trees; this prints them, because cJSON drops the
 * last digits of a number and turns what is not finite into null.
 */
#ifndef SLED_REPORT_JSON_H
#define SLED_REPORT_JSON_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Print tree with two blanks per level, arrays of plain values on one line, a line feed at
 * the end. What cannot be written is the stream's error, found by whoever owns it. Fails
 * with SLED_E_BUG when a number is not finite, and with SLED_E_NOMEM; also for a NULL
 * tree, so that a chain of cJSON_Create… needs one check.
 */
enum sled_status sled_json_write(const cJSON *tree, FILE *stream, struct sled_err *err);

/* Append tree without any space, for a line of JSON lines. As above; out tells of memory, too. */
enum sled_status sled_json_add_line(const cJSON *tree, struct sled_str *out, struct sled_err *err);

/* Append text as a JSON string, quoted and escaped. */
void sled_json_add_string(const char *text, struct sled_str *out);

#endif
