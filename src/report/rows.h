/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of results of any kind: rows that were JSON objects, flattened, and the columns that any
 * of them has, in the order in which they came up.
 *
 *     {"op": "x", "energy": {"total_J": 2}, "levels": [{"level": "sled", "links": 4}]}
 *     ->  op = x, energy.total_J = 2, levels.sled.links = 4
 */
#ifndef SLED_REPORT_ROWS_H
#define SLED_REPORT_ROWS_H

#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct sled_rows;

/* *out is the caller's (sled_rows_destroy, which accepts NULL). SLED_E_NOMEM. */
enum sled_status sled_rows_create(struct sled_rows **out, struct sled_err *err);
void sled_rows_destroy(struct sled_rows *rows);

/* Begin the next row. */
enum sled_status sled_rows_begin(struct sled_rows *rows, struct sled_err *err);

/* Fill a column of the row that was begun, which has none of that name yet: with a text or number;
 * true and false are texts; an object or array becomes its JSON text; null and NULL leave it empty,
 * but make the column. */
enum sled_status sled_rows_put(struct sled_rows *rows, const char *column, const cJSON *value,
                               struct sled_err *err);

/* Fill columns with all members of object, flattened. An array whose objects begin with a text is
 * flattened by these; another array is left out. */
enum sled_status sled_rows_put_all(struct sled_rows *rows, const cJSON *object,
                                   struct sled_err *err);

size_t sled_rows_count(const struct sled_rows *rows);
size_t sled_rows_columns(const struct sled_rows *rows);
const char *sled_rows_column(const struct sled_rows *rows, size_t column);
/* The column of that name, or SIZE_MAX. */
size_t sled_rows_find(const struct sled_rows *rows, const char *column);

/* A cell: exactly one of text and number counts. */
struct sled_cell {
    enum { SLED_CELL_EMPTY, SLED_CELL_NUMBER, SLED_CELL_TEXT } kind;
    double number;
    const char *text; /* borrowed */
};
struct sled_cell sled_rows_cell(const struct sled_rows *rows, size_t row, size_t column);

/* Print as CSV: titles, then a line per row. What cannot be written is the stream's error. */
void sled_rows_write_csv(const struct sled_rows *rows, FILE *stream);

/* Print an SQLite database with one table, "results": a column for each of rows', whole numbers
 * as INTEGER, others REAL, texts TEXT, empty cells NULL. SLED_E_NOMEM, SLED_E_BUG. */
enum sled_status sled_rows_write_sqlite(const struct sled_rows *rows, FILE *stream,
                                        struct sled_err *err);

#endif
