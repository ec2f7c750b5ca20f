/* SPDX-License-Identifier: Apache-2.0 */
/* From rows of any command to named results. */
#include "report/results.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "report/number.h"

const char *const sled_result_state_names[SLED_RESULT_STATES] = {
    [SLED_RESULT_RAN] = "ran",
    [SLED_RESULT_LEFT_OUT] = "left_out",
    [SLED_RESULT_FAILED] = "failed",
};

/* Columns that say what was asked for. */
static const char *const asked[] = {
    "op",      "algorithm", "topology",   "workload", "map",   "memory", "dtype",
    "network", "ranks",     "size_bytes", "groups",   "phase", "kernel", "chip",
};

void sled_results_finish(struct sled_results *results)
{
    sled_arena_finish(&results->arena);
    free(results->item);
    *results = (struct sled_results){.item = NULL};
}

const char *sled_results_keep(struct sled_results *results, const char *text)
{
    return sled_arena_strndup(&results->arena, text, strlen(text));
}

enum sled_status sled_results_add(struct sled_results *results, const char *name,
                                  enum sled_result_state state, size_t nmetrics,
                                  struct sled_named_result **out, struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&results->item, &results->capacity, results->count + 1, err));
    struct sled_named_result *item = &results->item[results->count];

    *item = (struct sled_named_result){
        .name = sled_results_keep(results, name),
        .state = state,
        .metric = sled_arena_alloc(&results->arena, nmetrics * sizeof *item->metric),
    };
    if (item->name == NULL || item->metric == NULL)
        return sled_err_nomem(err);
    results->count++;
    *out = item;
    return SLED_OK;
}

static bool is_asked(const char *column)
{
    for (size_t i = 0; i < SLED_ARRAY_LEN(asked); i++)
        if (strcmp(column, asked[i]) == 0)
            return true;
    return false;
}

/* The name of a column in a name: the last part of a pointer. */
static const char *short_name(const char *column)
{
    return column[0] == '/' ? strrchr(column, '/') + 1 : column;
}

/* A column that another one of the name says already: of a pointer's own last part, or of a size.
 */
static bool is_said(const struct sled_rows *rows, size_t row, size_t column)
{
    const char *name = sled_rows_column(rows, column);

    for (size_t c = 0; c < sled_rows_columns(rows) && name[0] != '/'; c++) {
        const char *other = sled_rows_column(rows, c);

        if (other[0] == '/' && sled_rows_cell(rows, row, c).kind != SLED_CELL_EMPTY &&
            (strcmp(short_name(other), name) == 0 ||
             (strcmp(short_name(other), "size") == 0 && strcmp(name, "size_bytes") == 0)))
            return true;
    }
    return false;
}

/* Two pointers of one last part are told apart by all of it. */
static bool is_ambiguous(const struct sled_rows *rows, size_t column)
{
    const char *name = sled_rows_column(rows, column);

    for (size_t c = 0; c < sled_rows_columns(rows) && name[0] == '/'; c++)
        if (c != column && sled_rows_column(rows, c)[0] == '/' &&
            strcmp(short_name(sled_rows_column(rows, c)), short_name(name)) == 0)
            return true;
    return false;
}

static void add_value(const struct sled_cell *cell, struct sled_str *out)
{
    char number[SLED_NUMBER_SIZE];

    if (cell->kind == SLED_CELL_NUMBER) {
        sled_str_add(out, sled_number_format(cell->number, number));
        return;
    }
    const size_t len = strlen(cell->text);
    const char *slash = strrchr(cell->text, '/');
    const bool file = len > 5 && strcmp(cell->text + len - 5, ".json") == 0;
    const char *from = file && slash != NULL ? slash + 1 : cell->text;
    sled_str_addn(out, from, strlen(from) - (file ? 5 : 0));
}

static int compare_texts(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* "KEY=VALUE" of each column of the name, sorted, so that the order of axes does not matter. */
static enum sled_status add_parts(const struct sled_rows *rows, size_t row, char **part,
                                  size_t *count, struct sled_err *err)
{
    for (size_t c = 0; c < sled_rows_columns(rows); c++) {
        const char *column = sled_rows_column(rows, c);
        const struct sled_cell cell = sled_rows_cell(rows, row, c);
        struct sled_str text = SLED_STR_INIT;

        if (cell.kind == SLED_CELL_EMPTY || (column[0] != '/' && !is_asked(column)) ||
            is_said(rows, row, c))
            continue;
        sled_str_addf(&text, "%s=", is_ambiguous(rows, c) ? column : short_name(column));
        add_value(&cell, &text);
        if (text.failed) {
            sled_str_finish(&text);
            return sled_err_nomem(err);
        }
        part[(*count)++] = text.text; /* taken over */
    }
    qsort(part, *count, sizeof *part, compare_texts);
    return SLED_OK;
}

static enum sled_status make_name(const struct sled_rows *rows, size_t row, struct sled_str *out,
                                  struct sled_err *err)
{
    char **part;
    size_t count = 0;

    SLED_TRY(sled_vec_alloc(&part, sled_rows_columns(rows), err));
    enum sled_status st = add_parts(rows, row, part, &count, err);
    for (size_t i = 0; i < count; i++) {
        sled_str_addf(out, "%s%s", i == 0 ? "" : " ", part[i]);
        free(part[i]);
    }
    free(part);
    return st == SLED_OK ? sled_str_status(out, err) : st;
}

static bool has_text(const struct sled_rows *rows, size_t row, const char *column, const char *text)
{
    const size_t c = sled_rows_find(rows, column);

    if (c == SIZE_MAX)
        return false;
    const struct sled_cell cell = sled_rows_cell(rows, row, c);
    return cell.kind == SLED_CELL_TEXT && (text == NULL || strcmp(cell.text, text) == 0);
}

static enum sled_result_state state_of(const struct sled_rows *rows, size_t row)
{
    if (has_text(rows, row, "status", "failed"))
        return SLED_RESULT_FAILED;
    if (has_text(rows, row, "status", "left_out") || has_text(rows, row, "left_out", NULL))
        return SLED_RESULT_LEFT_OUT;
    return SLED_RESULT_RAN;
}

/* What a name is made of is no metric, even as a number. */
static bool is_metric(const struct sled_rows *rows, size_t row, size_t column)
{
    const char *name = sled_rows_column(rows, column);

    return name[0] != '/' && !is_asked(name) &&
           sled_rows_cell(rows, row, column).kind == SLED_CELL_NUMBER;
}

static enum sled_status add_row(struct sled_results *results, const struct sled_rows *rows,
                                size_t row, const char *name, struct sled_err *err)
{
    const enum sled_result_state state = state_of(rows, row);
    struct sled_named_result *item;

    SLED_TRY(sled_results_add(results, name, state, sled_rows_columns(rows), &item, err));
    for (size_t c = 0; c < sled_rows_columns(rows) && state == SLED_RESULT_RAN; c++) {
        struct sled_metric *metric = &item->metric[item->nmetrics];

        if (!is_metric(rows, row, c))
            continue;
        metric->name = sled_results_keep(results, sled_rows_column(rows, c));
        metric->value = sled_rows_cell(rows, row, c).number;
        if (metric->name == NULL)
            return sled_err_nomem(err);
        item->nmetrics++;
    }
    return SLED_OK;
}

enum sled_status sled_results_add_rows(struct sled_results *results, const struct sled_rows *rows,
                                       struct sled_err *err)
{
    enum sled_status st = SLED_OK;

    for (size_t r = 0; r < sled_rows_count(rows) && st == SLED_OK; r++) {
        struct sled_str name = SLED_STR_INIT;

        st = make_name(rows, r, &name, err);
        if (st == SLED_OK)
            st = add_row(results, rows, r, sled_str_text(&name), err);
        sled_str_finish(&name);
    }
    return st;
}

enum sled_status sled_results_check(const struct sled_results *results, struct sled_err *err)
{
    const char **name;
    enum sled_status st = SLED_OK;

    SLED_TRY(sled_vec_alloc(&name, results->count, err));
    for (size_t i = 0; i < results->count; i++)
        name[i] = results->item[i].name;
    qsort(name, results->count, sizeof *name, compare_texts);
    for (size_t i = 1; i < results->count && st == SLED_OK; i++)
        if (strcmp(name[i - 1], name[i]) == 0)
            st = sled_err_set(err, SLED_E_INPUT, "two results have the name \"%s\"", name[i]);
    free(name);
    return st;
}
