/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the text: comments, header, rows. */
#include "base/csv_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "base/vec.h"

/* Reading position, and what is being filled. */
struct reader {
    const char *next, *end;
    const char *line_begin;
    uint32_t line;
    struct sled_csv_table *table;
    size_t comment_capacity, cell_capacity;
    struct sled_err *err;
};

enum sled_status sled_csv_locate(const struct sled_csv_table *table,
                                 const struct sled_csv_cell *cell, struct sled_err *err)
{
    snprintf(err->file, sizeof err->file, "%s", table->path);
    err->line = cell->line;
    err->column = cell->column;
    return err->code;
}

enum sled_status sled_csv_fail(const struct sled_csv_table *table, const struct sled_csv_cell *cell,
                               struct sled_err *err, enum sled_status code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, code, "", fmt, args);
    va_end(args);
    return sled_csv_locate(table, cell, err);
}

/* The place of text `at`, on the current line. */
static struct sled_csv_cell place(const struct reader *in, const char *at)
{
    return (struct sled_csv_cell){.line = in->line, .column = (uint32_t)(at - in->line_begin) + 1};
}

static bool at_line_end(const struct reader *in)
{
    return in->next == in->end || *in->next == '\n' ||
           (*in->next == '\r' && in->next + 1 < in->end && in->next[1] == '\n');
}

static void end_line(struct reader *in)
{
    if (in->next < in->end && *in->next == '\r')
        in->next++;
    if (in->next < in->end)
        in->next++;
    in->line_begin = in->next;
    in->line++;
}

static enum sled_status keep(struct reader *in, const char *text, size_t len, const char **out)
{
    *out = sled_arena_strndup(&in->table->arena, text, len);
    return *out == NULL ? sled_err_nomem(in->err) : SLED_OK;
}

static enum sled_status read_comment(struct reader *in)
{
    struct sled_csv_table *table = in->table;
    const char *begin = in->next + 1;

    while (!at_line_end(in))
        in->next++;
    if (begin < in->next && *begin == ' ')
        begin++;
    SLED_TRY(
        sled_vec_reserve(&table->comments, &in->comment_capacity, table->ncomments + 1, in->err));
    SLED_TRY(keep(in, begin, (size_t)(in->next - begin), &table->comments[table->ncomments]));
    table->ncomments++;
    return SLED_OK;
}

/* The inside of a quoted cell, from behind its first quote to behind its last. */
static enum sled_status read_quoted(struct reader *in, struct sled_str *text)
{
    const struct sled_csv_cell open = place(in, in->next - 1);

    for (;; in->next++) {
        if (in->next == in->end)
            return sled_csv_fail(in->table, &open, in->err, SLED_E_INPUT,
                                 "this quote is never closed");
        if (*in->next == '"') {
            if (in->next + 1 == in->end || in->next[1] != '"')
                break;
            in->next++;
        } else if (*in->next == '\n') {
            in->line++;
            in->line_begin = in->next + 1;
        }
        sled_str_addn(text, in->next, 1);
    }
    in->next++;
    if (!at_line_end(in) && *in->next != ',') {
        const struct sled_csv_cell at = place(in, in->next);

        return sled_csv_fail(in->table, &at, in->err, SLED_E_INPUT,
                             "expected a comma or the end of the line behind the quoted cell, "
                             "found '%c'",
                             *in->next);
    }
    return SLED_OK;
}

static enum sled_status read_plain(struct reader *in, struct sled_str *text)
{
    for (; !at_line_end(in) && *in->next != ','; in->next++) {
        if (*in->next == '"') {
            const struct sled_csv_cell at = place(in, in->next);

            return sled_csv_fail(in->table, &at, in->err, SLED_E_INPUT,
                                 "a quote inside a cell; quote the whole cell and double it");
        }
        sled_str_addn(text, in->next, 1);
    }
    return SLED_OK;
}

static enum sled_status read_cell(struct reader *in, struct sled_csv_cell *out)
{
    struct sled_str text = SLED_STR_INIT;
    const bool quoted = in->next < in->end && *in->next == '"';

    *out = place(in, in->next);
    in->next += quoted;
    enum sled_status st = quoted ? read_quoted(in, &text) : read_plain(in, &text);
    if (st == SLED_OK)
        st = sled_str_status(&text, in->err);
    if (st == SLED_OK)
        st = keep(in, sled_str_text(&text), text.len, &out->text);
    sled_str_finish(&text);
    return st;
}

/* Append the cells of a line to those read before; *count receives their number. */
static enum sled_status read_cells(struct reader *in, struct sled_csv_cell **cells, size_t used,
                                   size_t *capacity, size_t *count)
{
    for (*count = 0;; in->next++) {
        SLED_TRY(sled_vec_reserve(cells, capacity, used + *count + 1, in->err));
        SLED_TRY(read_cell(in, &(*cells)[used + *count]));
        ++*count;
        if (at_line_end(in))
            return SLED_OK;
    }
}

static enum sled_status read_row(struct reader *in)
{
    struct sled_csv_table *table = in->table;
    const struct sled_csv_cell begin = place(in, in->next);
    size_t count;

    if (table->header == NULL) {
        size_t capacity = 0;

        return read_cells(in, &table->header, 0, &capacity, &table->ncolumns);
    }
    SLED_TRY(
        read_cells(in, &table->cells, table->nrows * table->ncolumns, &in->cell_capacity, &count));
    if (count != table->ncolumns)
        return sled_csv_fail(table, &begin, in->err, SLED_E_INPUT,
                             "expected %zu cells, one per column of the header, found %zu",
                             table->ncolumns, count);
    table->nrows++;
    return SLED_OK;
}

enum sled_status sled_csv_table_parse(const char *name, const char *text, size_t len,
                                      struct sled_csv_table *out, struct sled_err *err)
{
    struct reader in = {
        .next = text, .end = text + len, .line_begin = text, .line = 1, .table = out, .err = err};

    *out = (struct sled_csv_table){0};
    SLED_TRY(keep(&in, name, strlen(name), &out->path));
    const char *zero = len == 0 ? NULL : memchr(text, '\0', len);
    if (zero != NULL) {
        struct sled_csv_cell at;

        sled_err_line_column(text, (size_t)(zero - text), &at.line, &at.column);
        return sled_csv_fail(out, &at, err, SLED_E_INPUT, "a zero byte; this is not a text file");
    }
    while (in.next < in.end) {
        if (*in.next == '#')
            SLED_TRY(read_comment(&in));
        else if (!at_line_end(&in))
            SLED_TRY(read_row(&in));
        end_line(&in);
    }
    if (out->header == NULL) {
        const struct sled_csv_cell at = {.line = 1, .column = 1};

        return sled_csv_fail(out, &at, err, SLED_E_INPUT,
                             "expected a line that names the columns, found none");
    }
    return SLED_OK;
}

enum sled_status sled_csv_table_read(const char *path, struct sled_csv_table *out,
                                     struct sled_err *err)
{
    char *text = NULL;
    size_t len = 0;

    *out = (struct sled_csv_table){0};
    SLED_TRY(sled_file_read(path, &text, &len, err));
    const enum sled_status st = sled_csv_table_parse(path, text, len, out, err);
    free(text);
    return st;
}

void sled_csv_table_finish(struct sled_csv_table *table)
{
    free(table->comments);
    free(table->header);
    free(table->cells);
    sled_arena_finish(&table->arena);
    *table = (struct sled_csv_table){0};
}
