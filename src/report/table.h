/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain text tables for people: a line of titles, a line of units if any column has one,
 * then the rows. Columns are as wide as their widest cell and `gap` spaces apart; no line
 * ends in spaces. Text is ASCII, so a byte is a column.
 *
 *     static const struct sled_column columns[] = {
 *         {.title = "phase"}, {.title = "time", .unit = "(us)", .right = true},
 *     };
 *     struct sled_text_table table;
 *     sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
 *     sled_text_table_cell(&table, "dispatch");
 *     sled_text_table_cellf(&table, "%.2f", time_s * 1e6);
 *     st = sled_text_table_write(&table, stream, err);
 *     sled_text_table_finish(&table);
 */
#ifndef SLED_REPORT_TABLE_H
#define SLED_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

struct sled_column {
    const char *title;
    const char *unit; /* printed below the title; NULL for none */
    bool right;       /* align to the right, as numbers are; else to the left */
};

struct sled_text_table {
    const struct sled_column *columns; /* borrowed, [ncolumns] */
    size_t ncolumns;
    const char **cells; /* row by row; texts are in arena */
    size_t ncells;
    size_t capacity;
    size_t indent; /* spaces before the first column; 0, the caller may change it */
    size_t gap;    /* spaces between columns; 2, the caller may change it */
    struct sled_arena arena;
    bool failed; /* memory ran out */
};

void sled_text_table_init(struct sled_text_table *table, const struct sled_column *columns,
                          size_t ncolumns);
void sled_text_table_finish(struct sled_text_table *table);

/* Add the next cell, from left to right, row after row. The text is copied. */
void sled_text_table_cell(struct sled_text_table *table, const char *text);
void sled_text_table_cellf(struct sled_text_table *table, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Print to stream; what cannot be written is the stream's error, found by whoever owns it.
 * The last row must be complete. Fails with SLED_E_NOMEM if adding a cell did.
 */
enum sled_status sled_text_table_write(const struct sled_text_table *table, FILE *stream,
                                       struct sled_err *err);

#endif
