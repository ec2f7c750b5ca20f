/* SPDX-License-Identifier: Apache-2.0 */
/* Merging the results of points into one table. */
#include "cli/sweep_tables.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "cli/output.h"
#include "report/json.h"
#include "report/table.h"

/* What every row of a point begins with. */
static enum sled_status put_point(const struct sweep_plan *plan, size_t point, const cJSON *result,
                                  struct sled_rows *rows, struct sled_err *err)
{
    SLED_TRY(sled_rows_begin(rows, err));
    for (size_t c = 0; c < sled_sweep_columns(plan->sweep); c++)
        SLED_TRY(sled_rows_put(rows, sled_sweep_column(plan->sweep, c),
                               sled_sweep_setting(plan->sweep, point, c), err));
    static const char *const members[] = {"status", "message", "key"};
    for (size_t i = 0; i < SLED_ARRAY_LEN(members); i++)
        SLED_TRY(sled_rows_put(rows, members[i],
                               cJSON_GetObjectItemCaseSensitive(result, members[i]), err));
    return SLED_OK;
}

static enum sled_status add_point(const struct sweep_plan *plan, size_t point, const cJSON *result,
                                  struct sled_rows *rows, struct sled_err *err)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(result, "rows"), *row;

    if (list == NULL)
        return put_point(plan, point, result, rows, err);
    cJSON_ArrayForEach(row, list)
    {
        SLED_TRY(put_point(plan, point, result, rows, err));
        SLED_TRY(sled_rows_put_all(rows, row, err));
    }
    return SLED_OK;
}

static enum sled_status read_point(const struct sweep_plan *plan, struct sled_store *store,
                                   size_t point, struct sled_rows *rows, struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;

    enum sled_status st = sled_store_text(store, plan->point[point].key, &text, err);
    if (st == SLED_OK) {
        cJSON *result = cJSON_Parse(sled_str_text(&text));

        st = result == NULL ? sled_err_nomem(err) : add_point(plan, point, result, rows, err);
        cJSON_Delete(result);
    }
    sled_str_finish(&text);
    return st;
}

enum sled_status sweep_tables_rows(const struct sweep_plan *plan, struct sled_store *store,
                                   struct sled_rows **out, struct sled_err *err)
{
    struct sled_rows *rows;
    enum sled_point_status status;
    enum sled_status st = SLED_OK;

    SLED_TRY(sled_rows_create(&rows, err));
    for (size_t p = 0; p < sled_sweep_points(plan->sweep) && st == SLED_OK; p++)
        if (sled_store_find(store, plan->point[p].key, &status))
            st = read_point(plan, store, p, rows, err);
    if (st != SLED_OK) {
        sled_rows_destroy(rows);
        return st;
    }
    *out = rows;
    return SLED_OK;
}

/* {"settings":{…},"key":… as the store has it. */
static enum sled_status write_line(const struct sweep_plan *plan, struct sled_store *store,
                                   size_t point, FILE *stream, struct sled_err *err)
{
    struct sled_str line = SLED_STR_INIT;
    cJSON *settings = sled_sweep_settings(plan->sweep, point);

    sled_str_add(&line, "{\"settings\":");
    enum sled_status st = sled_json_add_line(settings, &line, err);
    cJSON_Delete(settings);
    sled_str_add(&line, ",");
    const size_t brace = line.len;
    if (st == SLED_OK)
        st = sled_store_text(store, plan->point[point].key, &line, err);
    if (st == SLED_OK) {
        fwrite(line.text, 1, brace, stream);
        fprintf(stream, "%s\n", line.text + brace + 1);
    }
    sled_str_finish(&line);
    return st;
}

enum sled_status sweep_tables_lines(const struct sweep_plan *plan, struct sled_store *store,
                                    FILE *stream, struct sled_err *err)
{
    enum sled_point_status status;

    for (size_t p = 0; p < sled_sweep_points(plan->sweep); p++)
        if (sled_store_find(store, plan->point[p].key, &status))
            SLED_TRY(write_line(plan, store, p, stream, err));
    return SLED_OK;
}

/* The files of a sweep: opened together, so that all are new or none is. */
enum { LINES, CSV, SQLITE, FILES };
static const char *const file_names[FILES] = {"results.jsonl", "results.csv", "results.sqlite"};

static enum sled_status open_file(struct sled_output *out, const char *dir, const char *name,
                                  struct sled_err *err)
{
    struct sled_str path = SLED_STR_INIT;

    sled_str_addf(&path, "%s/%s", dir, name);
    enum sled_status st = sled_str_status(&path, err);
    if (st == SLED_OK)
        st = sled_output_open(out, sled_str_text(&path), err);
    sled_str_finish(&path);
    return st;
}

enum sled_status sweep_tables_write(const struct sweep_plan *plan, struct sled_store *store,
                                    const struct sled_rows *rows, const char *dir,
                                    struct sled_err *err)
{
    struct sled_output out[FILES] = {{.stream = NULL}};
    enum sled_status st = SLED_OK;

    for (int f = 0; f < FILES && st == SLED_OK; f++)
        st = open_file(&out[f], dir, file_names[f], err);
    if (st == SLED_OK)
        st = sweep_tables_lines(plan, store, out[LINES].stream, err);
    if (st == SLED_OK) {
        sled_rows_write_csv(rows, out[CSV].stream);
        st = sled_rows_write_sqlite(rows, out[SQLITE].stream, err);
    }
    for (int f = 0; f < FILES && st == SLED_OK; f++)
        st = sled_output_commit(&out[f], err);
    for (int f = 0; f < FILES; f++)
        sled_output_finish(&out[f]);
    return st;
}

/* What people look at first, of those that there are; in the unit of the title. */
static const struct shown {
    const char *column, *title, *unit;
    int decimals; /* of a number */
    double scale; /* 0: a text */
    bool asked;   /* shown only where it differs from row to row, and no setting says it */
} shown[] = {
    {"op", "op", NULL, 0, 0, true},
    {"algorithm", "algorithm", NULL, 0, 0, true},
    {"size_bytes", "size", "(B)", 0, 1, true},
    {"memory", "memory", NULL, 0, 0, true},
    {"time_ns", "time", "(us)", 3, 1e-3, false},
    {"time_per_output_token_ns", "time per token", "(ms)", 3, 1e-6, false},
    {"chunk_time_ns", "time per chunk", "(ms)", 3, 1e-6, false},
    {"tokens_per_s_user", "tokens/s/user", NULL, 1, 1, false},
    {"tokens_per_s_chip", "tokens/s/chip", NULL, 1, 1, false},
    {"tokens_per_s_MW", "tokens/s/MW", NULL, 0, 1, false},
    {"memory_of_fullest_chip.missing_bytes", "lacks", "(GB)", 3, 1e-9, true},
    {"busbw_Bps", "busbw", "(GB/s)", 2, 1e-9, false},
    {"bound_ns", "bound", "(us)", 3, 1e-3, false},
    {"utilisation", "used", "(%)", 1, 100, false},
    {"busiest", "busiest resource", NULL, 0, 0, false},
    {"energy.total_J", "energy", "(J)", 3, 1, false},
};

/* A column of the printed table. */
struct printed {
    size_t column;             /* of the rows */
    const struct shown *shown; /* NULL: as it is */
};

/* The last part of a pointer, or all of it where another column ends in the same. */
static const char *short_name(const struct sweep_plan *plan, size_t column)
{
    const char *pointer = sled_sweep_column(plan->sweep, column);
    const char *last = strrchr(pointer, '/') + 1;

    for (size_t c = 0; c < sled_sweep_columns(plan->sweep); c++)
        if (c != column && strcmp(strrchr(sled_sweep_column(plan->sweep, c), '/') + 1, last) == 0)
            return pointer;
    return last;
}

/* Whether all cells of a column are numbers, or empty. */
static bool is_numeric(const struct sled_rows *rows, size_t column)
{
    for (size_t r = 0; r < sled_rows_count(rows); r++)
        if (sled_rows_cell(rows, r, column).kind == SLED_CELL_TEXT)
            return false;
    return true;
}

/* A file is shown by its name alone. */
static void print_text(const char *text, struct sled_text_table *table)
{
    const size_t len = strlen(text);
    const char *slash = strrchr(text, '/');

    if (len > 5 && strcmp(text + len - 5, ".json") == 0 && slash != NULL)
        sled_text_table_cellf(table, "%.*s", (int)(text + len - 5 - slash - 1), slash + 1);
    else
        sled_text_table_cell(table, text);
}

static void print_cell(const struct sled_cell *cell, const struct printed *printed,
                       struct sled_text_table *table)
{
    if (cell->kind == SLED_CELL_EMPTY)
        sled_text_table_cell(table, "-");
    else if (cell->kind == SLED_CELL_TEXT)
        print_text(cell->text, table);
    else if (printed->shown == NULL)
        sled_text_table_cellf(table, "%.9g", cell->number);
    else
        sled_text_table_cellf(table, "%.*f", printed->shown->decimals,
                              cell->number * printed->shown->scale);
}

/* Does a setting say what the column does, or has it one value throughout? */
static bool is_clear(const struct sweep_plan *plan, const struct sled_rows *rows, size_t column)
{
    const char *name = sled_rows_column(rows, column);
    struct sled_cell first = {.kind = SLED_CELL_EMPTY};

    for (size_t c = 0; c < sled_sweep_columns(plan->sweep); c++) {
        const char *setting = sled_sweep_column(plan->sweep, c) + 1;

        if (strcmp(setting, name) == 0 ||
            (strcmp(setting, "size") == 0 && strcmp(name, "size_bytes") == 0))
            return true;
    }
    for (size_t r = 0; r < sled_rows_count(rows); r++) {
        const struct sled_cell cell = sled_rows_cell(rows, r, column);

        if (cell.kind == SLED_CELL_EMPTY)
            continue;
        if (first.kind == SLED_CELL_EMPTY)
            first = cell;
        else if (cell.kind == SLED_CELL_TEXT ? strcmp(cell.text, first.text) != 0
                                             : cell.number != first.number)
            return false;
    }
    return true;
}

/* Choose the columns; returns how many. */
static size_t choose(const struct sweep_plan *plan, const struct sled_rows *rows,
                     struct sled_column *title, struct printed *printed)
{
    const size_t axes = sled_sweep_columns(plan->sweep);
    size_t n = 0;

    for (size_t c = 0; c < axes; c++, n++) {
        title[n] = (struct sled_column){.title = short_name(plan, c), .right = is_numeric(rows, c)};
        printed[n] = (struct printed){.column = c};
    }
    for (size_t r = 0; r < sled_rows_count(rows); r++) {
        const size_t status = sled_rows_find(rows, "status");

        if (strcmp(sled_rows_cell(rows, r, status).text, "ok") != 0) {
            title[n] = (struct sled_column){.title = "status"};
            printed[n++] = (struct printed){.column = status};
            break;
        }
    }
    for (size_t s = 0; s < SLED_ARRAY_LEN(shown); s++) {
        const size_t column = sled_rows_find(rows, shown[s].column);

        if (column == SIZE_MAX || (shown[s].asked && is_clear(plan, rows, column)))
            continue;
        title[n] = (struct sled_column){
            .title = shown[s].title, .unit = shown[s].unit, .right = shown[s].scale != 0};
        printed[n++] = (struct printed){.column = column, .shown = &shown[s]};
    }
    return n;
}

enum sled_status sweep_tables_print(const struct sweep_plan *plan, const struct sled_rows *rows,
                                    FILE *stream, struct sled_err *err)
{
    const size_t most = sled_sweep_columns(plan->sweep) + SLED_ARRAY_LEN(shown) + 1;
    struct sled_column *title = NULL;
    struct printed *printed = NULL;
    struct sled_text_table table;

    enum sled_status st = sled_vec_alloc(&title, most, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&printed, most, err);
    if (st == SLED_OK) {
        const size_t n = choose(plan, rows, title, printed);

        sled_text_table_init(&table, title, n);
        for (size_t r = 0; r < sled_rows_count(rows); r++)
            for (size_t c = 0; c < n; c++) {
                const struct sled_cell cell = sled_rows_cell(rows, r, printed[c].column);

                print_cell(&cell, &printed[c], &table);
            }
        st = sled_text_table_write(&table, stream, err);
        sled_text_table_finish(&table);
    }
    free(title);
    free(printed);
    return st;
}
