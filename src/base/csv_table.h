/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of comma-separated values as the user wrote it: cells with the place of each, so that
 * any complaint can name file, line and column.
 *
 * RFC 4180 with comments: a line that begins with '#' is a comment, kept apart; blank lines are
 * skipped; the first other line names the columns and every row has as many cells. A cell may be
 * quoted and then hold commas, line feeds and doubled quotes. Lines end in LF or CR LF. Blanks
 * are part of a cell.
 */
#ifndef SLED_BASE_CSV_TABLE_H
#define SLED_BASE_CSV_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct sled_csv_cell {
    const char *text;      /* without quotes, terminated; "" when empty */
    uint32_t line, column; /* of its first character, 1-based, the column in bytes */
};

struct sled_csv_table {
    const char *path;
    const char **comments; /* [ncomments], without '#' and the blank behind it, in order */
    size_t ncomments;
    struct sled_csv_cell *header; /* [ncolumns] */
    struct sled_csv_cell *cells;  /* [nrows][ncolumns] */
    size_t ncolumns, nrows;
    struct sled_arena arena; /* of all texts */
};

/*
 * Read path ("-": standard input). *out is initialised here and finished by the caller, also on
 * failure. Errors are located: SLED_E_IO, SLED_E_INPUT (no header, a row of another length, a quote
 * that is not closed or in the middle of a cell, a zero byte), SLED_E_NOMEM.
 */
enum sled_status sled_csv_table_read(const char *path, struct sled_csv_table *out,
                                     struct sled_err *err);

/* The same from text[len] that came from nowhere; name stands in for the file. */
enum sled_status sled_csv_table_parse(const char *name, const char *text, size_t len,
                                      struct sled_csv_table *out, struct sled_err *err);

/* Accepts a zeroed table. */
void sled_csv_table_finish(struct sled_csv_table *table);

/* Give the place of cell to a failure just decided; returns its code. */
enum sled_status sled_csv_locate(const struct sled_csv_table *table,
                                 const struct sled_csv_cell *cell, struct sled_err *err);

/* Decide a failure at cell. */
enum sled_status sled_csv_fail(const struct sled_csv_table *table, const struct sled_csv_cell *cell,
                               struct sled_err *err, enum sled_status code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
