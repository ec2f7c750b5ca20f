/* SPDX-License-Identifier: Apache-2.0 */
/* Flattening, and cells by row and column. */
#include "report/rows.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "report/csv.h"

/* A filled cell of a row; those of a row stand together, by column. */
struct filled {
    uint32_t column;
    struct sled_cell cell;
};

struct sled_rows {
    struct sled_arena arena; /* names and texts */
    const char **column;     /* [ncolumns], heap */
    size_t ncolumns, column_capacity;
    size_t *begin; /* [nrows + 1], heap: into filled */
    size_t nrows, begin_capacity;
    struct filled *filled; /* [nfilled], heap */
    size_t nfilled, filled_capacity;
};

enum sled_status sled_rows_create(struct sled_rows **out, struct sled_err *err)
{
    return sled_vec_alloc(out, 1, err);
}

void sled_rows_destroy(struct sled_rows *rows)
{
    if (rows == NULL)
        return;
    sled_arena_finish(&rows->arena);
    free(rows->column);
    free(rows->begin);
    free(rows->filled);
    free(rows);
}

enum sled_status sled_rows_begin(struct sled_rows *rows, struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&rows->begin, &rows->begin_capacity, rows->nrows + 2, err));
    rows->begin[rows->nrows++] = rows->nfilled;
    rows->begin[rows->nrows] = rows->nfilled;
    return SLED_OK;
}

size_t sled_rows_find(const struct sled_rows *rows, const char *column)
{
    for (size_t c = 0; c < rows->ncolumns; c++)
        if (strcmp(rows->column[c], column) == 0)
            return c;
    return SIZE_MAX;
}

/* The column of that name, which is a new one if there is none. Rows mostly have the same columns
 * in the same order: the one after that of the cell before is tried first. */
static enum sled_status column_of(struct sled_rows *rows, const char *name, uint32_t *out,
                                  struct sled_err *err)
{
    const size_t likely = rows->nfilled == 0 ? 0 : rows->filled[rows->nfilled - 1].column + 1u;
    size_t c = likely;

    if (likely >= rows->ncolumns || strcmp(rows->column[likely], name) != 0)
        c = sled_rows_find(rows, name);
    if (c == SIZE_MAX) {
        SLED_TRY(sled_vec_reserve(&rows->column, &rows->column_capacity, rows->ncolumns + 1, err));
        c = rows->ncolumns;
        rows->column[c] = sled_arena_strndup(&rows->arena, name, strlen(name));
        if (rows->column[c] == NULL)
            return sled_err_nomem(err);
        rows->ncolumns++;
    }
    *out = (uint32_t)c;
    return SLED_OK;
}

static enum sled_status keep_text(struct sled_rows *rows, const char *text, struct sled_cell *out,
                                  struct sled_err *err)
{
    out->kind = SLED_CELL_TEXT;
    out->text = sled_arena_strndup(&rows->arena, text, strlen(text));
    return out->text == NULL ? sled_err_nomem(err) : SLED_OK;
}

static enum sled_status make_cell(struct sled_rows *rows, const cJSON *value, struct sled_cell *out,
                                  struct sled_err *err)
{
    *out = (struct sled_cell){.kind = SLED_CELL_EMPTY};
    if (value == NULL || cJSON_IsNull(value))
        return SLED_OK;
    if (cJSON_IsNumber(value)) {
        out->kind = SLED_CELL_NUMBER;
        out->number = value->valuedouble;
        return SLED_OK;
    }
    if (cJSON_IsString(value))
        return keep_text(rows, value->valuestring, out, err);

    char *text = cJSON_PrintUnformatted(value);
    if (text == NULL)
        return sled_err_nomem(err);
    const enum sled_status st = keep_text(rows, text, out, err);
    cJSON_free(text);
    return st;
}

enum sled_status sled_rows_put(struct sled_rows *rows, const char *column, const cJSON *value,
                               struct sled_err *err)
{
    struct filled filled;

    SLED_TRY(column_of(rows, column, &filled.column, err));
    SLED_TRY(make_cell(rows, value, &filled.cell, err));
    SLED_TRY(sled_vec_reserve(&rows->filled, &rows->filled_capacity, rows->nfilled + 1, err));
    rows->filled[rows->nfilled++] = filled;
    rows->begin[rows->nrows] = rows->nfilled;
    return SLED_OK;
}

static enum sled_status put_members(struct sled_rows *rows, const char *prefix, const cJSON *first,
                                    struct sled_err *err);

/* Objects that begin with a text are told apart by it. */
static enum sled_status put_labelled(struct sled_rows *rows, const char *name, const cJSON *array,
                                     struct sled_err *err)
{
    const cJSON *item;
    enum sled_status st = SLED_OK;

    cJSON_ArrayForEach(item, array)
    {
        struct sled_str prefix = SLED_STR_INIT;

        if (!cJSON_IsObject(item) || !cJSON_IsString(item->child))
            continue;
        sled_str_addf(&prefix, "%s.%s.", name, item->child->valuestring);
        st = sled_str_status(&prefix, err);
        if (st == SLED_OK)
            st = put_members(rows, sled_str_text(&prefix), item->child->next, err);
        sled_str_finish(&prefix);
        SLED_TRY(st);
    }
    return st;
}

static enum sled_status put_member(struct sled_rows *rows, const char *name, const cJSON *value,
                                   struct sled_err *err)
{
    if (cJSON_IsArray(value))
        return put_labelled(rows, name, value, err);
    if (!cJSON_IsObject(value))
        return sled_rows_put(rows, name, value, err);

    struct sled_str prefix = SLED_STR_INIT;
    sled_str_addf(&prefix, "%s.", name);
    enum sled_status st = sled_str_status(&prefix, err);
    if (st == SLED_OK)
        st = put_members(rows, sled_str_text(&prefix), value->child, err);
    sled_str_finish(&prefix);
    return st;
}

/* first and its next ones, each under prefix and its key. */
static enum sled_status put_members(struct sled_rows *rows, const char *prefix, const cJSON *first,
                                    struct sled_err *err)
{
    enum sled_status st = SLED_OK;

    for (const cJSON *item = first; item != NULL && st == SLED_OK; item = item->next) {
        struct sled_str name = SLED_STR_INIT;

        sled_str_addf(&name, "%s%s", prefix, item->string);
        st = sled_str_status(&name, err);
        if (st == SLED_OK)
            st = put_member(rows, sled_str_text(&name), item, err);
        sled_str_finish(&name);
    }
    return st;
}

enum sled_status sled_rows_put_all(struct sled_rows *rows, const cJSON *object,
                                   struct sled_err *err)
{
    return put_members(rows, "", object->child, err);
}

size_t sled_rows_count(const struct sled_rows *rows)
{
    return rows->nrows;
}

size_t sled_rows_columns(const struct sled_rows *rows)
{
    return rows->ncolumns;
}

const char *sled_rows_column(const struct sled_rows *rows, size_t column)
{
    return rows->column[column];
}

struct sled_cell sled_rows_cell(const struct sled_rows *rows, size_t row, size_t column)
{
    const size_t first = rows->begin[row], end = rows->begin[row + 1];

    /* Most rows have all columns, and so each cell where its number says. */
    if (first + column < end && rows->filled[first + column].column == column)
        return rows->filled[first + column].cell;
    for (size_t i = first; i < end; i++)
        if (rows->filled[i].column == column)
            return rows->filled[i].cell;
    return (struct sled_cell){.kind = SLED_CELL_EMPTY};
}

void sled_rows_write_csv(const struct sled_rows *rows, FILE *stream)
{
    struct sled_csv csv = SLED_CSV_INIT(stream);

    for (size_t c = 0; c < rows->ncolumns; c++)
        sled_csv_text(&csv, rows->column[c]);
    sled_csv_end_row(&csv);
    for (size_t r = 0; r < rows->nrows; r++) {
        for (size_t c = 0; c < rows->ncolumns; c++) {
            const struct sled_cell cell = sled_rows_cell(rows, r, c);

            if (cell.kind == SLED_CELL_NUMBER)
                sled_csv_number(&csv, cell.number);
            else
                sled_csv_text(&csv, cell.kind == SLED_CELL_TEXT ? cell.text : "");
        }
        sled_csv_end_row(&csv);
    }
}
