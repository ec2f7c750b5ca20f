/* SPDX-License-Identifier: Apache-2.0 */
/* From files to named results. */
#include "cli/results_file.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/doc.h"
#include "base/str.h"
#include "report/baseline.h"

/* JSON has no NaN; where a result has none, null stands for it. */
static void nulls_to_nan(cJSON *tree)
{
    cJSON *item;

    if (cJSON_IsNull(tree)) {
        tree->type = cJSON_Number;
        tree->valuedouble = NAN;
    }
    cJSON_ArrayForEach(item, tree)
    {
        nulls_to_nan(item);
    }
}

/* A row of a point, or its one row if it has no result. */
static enum sled_status add_point_row(const cJSON *point, const cJSON *row, struct sled_rows *rows,
                                      struct sled_err *err)
{
    const cJSON *item;

    SLED_TRY(sled_rows_begin(rows, err));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(point, "settings"))
    {
        SLED_TRY(sled_rows_put(rows, item->string, item, err));
    }
    SLED_TRY(sled_rows_put(rows, "status", cJSON_GetObjectItemCaseSensitive(point, "status"), err));
    return row == NULL ? SLED_OK : sled_rows_put_all(rows, row, err);
}

static enum sled_status add_point(cJSON *point, struct sled_rows *rows, struct sled_err *err)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(point, "rows"), *row;

    if (list == NULL)
        return add_point_row(point, NULL, rows, err);
    nulls_to_nan(list);
    cJSON_ArrayForEach(row, list)
    {
        SLED_TRY(add_point_row(point, row, rows, err));
    }
    return SLED_OK;
}

static enum sled_status add_line(const char *path, size_t number, const char *line, size_t len,
                                 struct sled_rows *rows, struct sled_err *err)
{
    cJSON *point = cJSON_ParseWithLength(line, len);
    const bool good = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(point, "settings")) &&
                      cJSON_IsString(cJSON_GetObjectItemCaseSensitive(point, "status"));

    const enum sled_status st =
        good ? add_point(point, rows, err)
             : sled_err_set(err, SLED_E_INPUT, "%s:%zu: not a line of results of a sweep", path,
                            number);
    cJSON_Delete(point);
    return st;
}

static enum sled_status read_lines(const char *path, struct sled_rows *rows, struct sled_err *err)
{
    FILE *stream = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0, number = 0;
    ssize_t len;
    enum sled_status st = SLED_OK;

    if (stream == NULL)
        return sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", path, strerror(errno));
    while (st == SLED_OK && (len = getline(&line, &capacity, stream)) > 0)
        st = add_line(path, ++number, line, (size_t)len, rows, err);
    if (st == SLED_OK && ferror(stream))
        st = sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", path, strerror(errno));
    free(line);
    fclose(stream);
    return st;
}

/* Rows of bench or run; what they share is said once, in the configuration. */
static enum sled_status add_document(struct sled_doc *doc, struct sled_rows *rows,
                                     struct sled_err *err)
{
    static const struct {
        const char *pointer, *column;
    } shared[] = {
        {"/config/topology/name", "topology"},
        {"/config/name", "workload"},
        {"/config/map", "map"},
        {"/config/dtype", "dtype"},
        {"/network", "network"},
    };
    cJSON *root = sled_doc_root(doc), *list = cJSON_GetObjectItemCaseSensitive(root, "results"),
          *row;

    nulls_to_nan(list);
    cJSON_ArrayForEach(row, list)
    {
        if (!cJSON_IsObject(row))
            return sled_doc_fail(doc, "/results", err, SLED_E_INPUT,
                                 "expected an array of objects");
        SLED_TRY(sled_rows_begin(rows, err));
        for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
            const cJSON *value = sled_pointer_get(root, shared[i].pointer);

            if (value != NULL)
                SLED_TRY(sled_rows_put(rows, shared[i].column, value, err));
        }
        SLED_TRY(sled_rows_put_all(rows, row, err));
    }
    return SLED_OK;
}

static enum sled_status read_document(const char *path, struct sled_rows *rows,
                                      struct sled_results *out, struct sled_err *err)
{
    struct sled_doc *doc;

    SLED_TRY(sled_doc_load(path, NULL, NULL, 0, &doc, err));
    const cJSON *kind = sled_pointer_get(sled_doc_root(doc), "/kind");
    const cJSON *schema = sled_pointer_get(sled_doc_root(doc), "/schema");
    enum sled_status st;
    if (cJSON_IsString(kind) && strcmp(kind->valuestring, "baseline") == 0)
        st = sled_baseline_read(doc, out, err);
    else if (cJSON_IsString(schema) && (strncmp(schema->valuestring, "sledsim/bench/", 14) == 0 ||
                                        strncmp(schema->valuestring, "sledsim/layer/", 14) == 0))
        st = add_document(doc, rows, err);
    else
        st = sled_doc_fail(doc, "", err, SLED_E_INPUT,
                           "expected a baseline, the JSON of bench or run, or results.jsonl of a "
                           "sweep");
    sled_doc_destroy(doc);
    return st;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static enum sled_status read_path(const char *path, struct sled_rows *rows,
                                  struct sled_results *out, struct sled_err *err)
{
    struct stat info;
    struct sled_str lines = SLED_STR_INIT;
    enum sled_status st;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        sled_str_addf(&lines, "%s/results.jsonl", path);
        st = sled_str_status(&lines, err);
        if (st == SLED_OK)
            st = read_lines(sled_str_text(&lines), rows, err);
        sled_str_finish(&lines);
        return st;
    }
    return ends_with(path, ".jsonl") ? read_lines(path, rows, err)
                                     : read_document(path, rows, out, err);
}

enum sled_status sled_results_load(const char *path, struct sled_results *out, struct sled_err *err)
{
    struct sled_rows *rows;

    *out = (struct sled_results){.item = NULL};
    SLED_TRY(sled_rows_create(&rows, err));
    enum sled_status st = read_path(path, rows, out, err);
    if (st == SLED_OK)
        st = sled_results_add_rows(out, rows, err);
    sled_rows_destroy(rows);
    if (st == SLED_OK && sled_results_check(out, err) != SLED_OK) {
        sled_err_prefix(err, "%s: ", path);
        st = err->code;
    }
    return st;
}
