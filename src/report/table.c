/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns of text. */
#include "report/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"

void sled_text_table_init(struct sled_text_table *table, const struct sled_column *columns,
                          size_t ncolumns)
{
    assert(ncolumns > 0);
    *table = (struct sled_text_table){.columns = columns, .ncolumns = ncolumns, .gap = 2};
}

void sled_text_table_finish(struct sled_text_table *table)
{
    sled_arena_finish(&table->arena);
    free(table->cells);
    *table = (struct sled_text_table){.columns = NULL};
}

void sled_text_table_cell(struct sled_text_table *table, const char *text)
{
    struct sled_err err = SLED_ERR_INIT;
    const char *copy = sled_arena_strndup(&table->arena, text, strlen(text));

    if (copy == NULL ||
        sled_vec_reserve(&table->cells, &table->capacity, table->ncells + 1, &err) != SLED_OK) {
        table->failed = true;
        return;
    }
    table->cells[table->ncells++] = copy;
}

void sled_text_table_cellf(struct sled_text_table *table, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    const int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof text);
    sled_text_table_cell(table, text);
}

static size_t widest(const struct sled_text_table *table, size_t column)
{
    const struct sled_column *head = &table->columns[column];
    size_t width = strlen(head->title);

    if (head->unit != NULL && strlen(head->unit) > width)
        width = strlen(head->unit);
    for (size_t i = column; i < table->ncells; i += table->ncolumns) {
        if (strlen(table->cells[i]) > width)
            width = strlen(table->cells[i]);
    }
    return width;
}

/* Append one line; blanks are owed until a later cell shows something. */
static void add_line(const struct sled_text_table *table, const size_t *width,
                     const char *const *cells, struct sled_str *out)
{
    size_t owed = table->indent;

    for (size_t c = 0; c < table->ncolumns; c++) {
        const size_t len = strlen(cells[c]);
        const size_t before = table->columns[c].right ? width[c] - len : 0;

        if (len > 0) {
            sled_str_pad(out, ' ', (int)(owed + before));
            sled_str_addn(out, cells[c], len);
            owed = width[c] - before - len + table->gap;
        } else {
            owed += width[c] + table->gap;
        }
    }
    sled_str_add(out, "\n");
}

static void add_all(const struct sled_text_table *table, size_t *width, const char **head,
                    struct sled_str *out)
{
    bool units = false;

    for (size_t c = 0; c < table->ncolumns; c++) {
        width[c] = widest(table, c);
        head[c] = table->columns[c].title;
        units = units || table->columns[c].unit != NULL;
    }
    add_line(table, width, head, out);

    if (units) {
        for (size_t c = 0; c < table->ncolumns; c++)
            head[c] = table->columns[c].unit == NULL ? "" : table->columns[c].unit;
        add_line(table, width, head, out);
    }
    for (size_t i = 0; i < table->ncells; i += table->ncolumns)
        add_line(table, width, table->cells + i, out);
}

enum sled_status sled_text_table_write(const struct sled_text_table *table, FILE *stream,
                                       struct sled_err *err)
{
    size_t *width = NULL;
    const char **head = NULL;
    struct sled_str text = SLED_STR_INIT;

    enum sled_status st = table->failed ? sled_err_nomem(err) : SLED_OK;
    if (st == SLED_OK)
        st = sled_vec_alloc(&width, table->ncolumns, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&head, table->ncolumns, err);
    if (st == SLED_OK) {
        assert(table->ncells % table->ncolumns == 0);
        add_all(table, width, head, &text);
        st = sled_str_status(&text, err);
    }
    if (st == SLED_OK)
        fputs(sled_str_text(&text), stream);

    sled_str_finish(&text);
    free(head);
    free(width);
    return st;
}
