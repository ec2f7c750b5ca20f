/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts, for people and for machines that gate on them. */
#include "report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "report/json.h"
#include "report/table.h"

/* The change as a part of the base; infinite from 0, 0 where there is nothing to compare. */
static double change(const struct sled_difference *d)
{
    if (!isfinite(d->base) || !isfinite(d->now) || d->base == d->now)
        return 0;
    return d->base == 0 ? copysign(HUGE_VAL, d->now) : (d->now - d->base) / fabs(d->base);
}

/* Why a row disagrees, in words. */
static const char *say(const struct sled_difference *d, char *buf, size_t size)
{
    switch (d->kind) {
    case SLED_CHANGED:
        snprintf(buf, size, "%s: %.9g -> %.9g (%+.4g %%)", d->metric, d->base, d->now,
                 100 * change(d));
        return buf;
    case SLED_NOT_A_NUMBER:
        snprintf(buf, size, "%s: %.9g -> %.9g, which is no number", d->metric, d->base, d->now);
        return buf;
    case SLED_METRIC_MISSING:
        snprintf(buf, size, "%s: gone, was %.9g", d->metric, d->base);
        return buf;
    case SLED_STATE_CHANGED:
        snprintf(buf, size, "%s -> %s", sled_result_state_names[d->base_state],
                 sled_result_state_names[d->now_state]);
        return buf;
    case SLED_ROW_MISSING:
        return "no such result any more";
    case SLED_ROW_EXTRA:
        return "no such result before";
    case SLED_SAME:
    case SLED_DIFFERENCES:
        break;
    }
    return "same";
}

/* What has no size comes first, then the largest changes; else as they came. */
static int compare_size(const void *a, const void *b)
{
    const struct sled_difference *const *x = a, *const *y = b;
    const int lone = ((*y)->kind != SLED_CHANGED) - ((*x)->kind != SLED_CHANGED);
    const double p = fabs(change(*x)), q = fabs(change(*y));

    if (lone != 0)
        return lone;
    if (p != q)
        return p > q ? -1 : 1;
    return (*x > *y) - (*x < *y);
}

static void write_sum(const struct sled_comparison *comparison, FILE *stream)
{
    fprintf(stream, "%zu row%s, %zu value%s compared: ", comparison->rows,
            comparison->rows == 1 ? "" : "s", comparison->compared,
            comparison->compared == 1 ? "" : "s");
    if (comparison->compared == 0)
        fputs("no verdict", stream);
    else if (sled_comparison_bad(comparison) == 0)
        fputs("all agree", stream);
    for (int k = SLED_CHANGED, n = 0; k < SLED_DIFFERENCES; k++)
        if (comparison->of_kind[k] > 0)
            fprintf(stream, "%s%zu %s", n++ == 0 && comparison->compared > 0 ? "" : ", ",
                    comparison->of_kind[k], sled_difference_names[k]);
    fputs("\n", stream);
}

enum sled_status sled_comparison_write_text(const struct sled_comparison *comparison, FILE *stream,
                                            struct sled_err *err)
{
    static const struct sled_column columns[] = {{.title = "difference"}, {.title = "result"}};
    const struct sled_difference **bad;
    struct sled_text_table table;
    enum sled_status st = SLED_OK;
    size_t n = 0;

    SLED_TRY(sled_vec_alloc(&bad, comparison->count, err));
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->item[i].kind != SLED_SAME)
            bad[n++] = &comparison->item[i];
    qsort(bad, n, sizeof *bad, compare_size);
    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < n; i++) {
        char words[256];

        sled_text_table_cell(&table, say(bad[i], words, sizeof words));
        sled_text_table_cell(&table, bad[i]->row);
    }
    if (n > 0)
        st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    free(bad);
    write_sum(comparison, stream);
    return st;
}

/* null where it is no number, as JSON has none for that. */
static void add_value(cJSON *item, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(item, key, value);
    else
        cJSON_AddNullToObject(item, key);
}

enum sled_status sled_comparison_write_json(const struct sled_comparison *comparison, FILE *stream,
                                            struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/compare/1");
    cJSON_AddNumberToObject(tree, "rows", (double)comparison->rows);
    cJSON_AddNumberToObject(tree, "compared", (double)comparison->compared);
    for (int k = SLED_SAME; k < SLED_DIFFERENCES; k++)
        cJSON_AddNumberToObject(tree, sled_difference_names[k], (double)comparison->of_kind[k]);
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    for (size_t i = 0; i < comparison->count; i++) {
        const struct sled_difference *d = &comparison->item[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "result", d->row);
        cJSON_AddStringToObject(item, "verdict", sled_difference_names[d->kind]);
        if (d->metric != NULL) {
            cJSON_AddStringToObject(item, "metric", d->metric);
            add_value(item, "base", d->base);
            add_value(item, "new", d->now);
            add_value(item, "change", change(d));
        } else {
            cJSON_AddStringToObject(item, "base_state", sled_result_state_names[d->base_state]);
            cJSON_AddStringToObject(item, "new_state", sled_result_state_names[d->now_state]);
        }
        cJSON_AddItemToArray(results, item);
    }
    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}

static void write_xml(const char *text, FILE *stream)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '>')
            fputs("&gt;", stream);
        else if (*text == '&')
            fputs("&amp;", stream);
        else if (*text == '"')
            fputs("&quot;", stream);
        else if ((unsigned char)*text < 0x20)
            fputs(" ", stream);
        else
            putc(*text, stream);
    }
}

/* The differences of one row, which stand together: first[count]. */
static void write_case(const struct sled_difference *first, size_t count, FILE *stream)
{
    size_t bad = 0;

    fputs("    <testcase classname=\"sledsim\" name=\"", stream);
    write_xml(first->row, stream);
    for (size_t i = 0; i < count; i++)
        bad += first[i].kind != SLED_SAME;
    if (bad == 0) {
        fputs("\"/>\n", stream);
        return;
    }
    fputs("\">\n      <failure message=\"", stream);
    for (size_t i = 0, n = 0; i < count; i++) {
        char words[256];

        if (first[i].kind == SLED_SAME)
            continue;
        fputs(n++ == 0 ? "" : "; ", stream);
        write_xml(say(&first[i], words, sizeof words), stream);
    }
    fputs("\"/>\n    </testcase>\n", stream);
}

/* How many items from `from` on are of the same row. */
static size_t same_row(const struct sled_comparison *comparison, size_t from)
{
    size_t n = 1;

    while (from + n < comparison->count &&
           strcmp(comparison->item[from + n].row, comparison->item[from].row) == 0)
        n++;
    return n;
}

enum sled_status sled_comparison_write_junit(const struct sled_comparison *comparison, FILE *stream,
                                             struct sled_err *err)
{
    size_t cases = 0, failures = 0;

    (void)err;
    for (size_t i = 0, n; i < comparison->count; i += n) {
        bool bad = false;

        n = same_row(comparison, i);
        for (size_t j = i; j < i + n; j++)
            bad = bad || comparison->item[j].kind != SLED_SAME;
        cases++;
        failures += bad;
    }
    /* A suite without a case passes everywhere; that nothing was compared must not. */
    const bool none = comparison->compared == 0;
    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites>\n"
            "  <testsuite name=\"sledsim compare\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" "
            "skipped=\"0\">\n",
            cases + none, failures, none);
    for (size_t i = 0; i < comparison->count; i += same_row(comparison, i))
        write_case(&comparison->item[i], same_row(comparison, i), stream);
    if (none)
        fputs("    <testcase classname=\"sledsim\" name=\"no verdict\">\n"
              "      <error message=\"nothing was compared\"/>\n    </testcase>\n",
              stream);
    fputs("  </testsuite>\n</testsuites>\n", stream);
    return SLED_OK;
}

enum sled_status sled_results_write_benchmark(const struct sled_results *now, FILE *stream,
                                              struct sled_err *err)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t r = 0; r < now->count; r++) {
        const struct sled_named_result *result = &now->item[r];

        for (size_t m = 0; m < result->nmetrics; m++) {
            if (strcmp(result->metric[m].name, "time_ns") != 0)
                continue;
            cJSON *item = cJSON_CreateObject();

            cJSON_AddStringToObject(item, "name", result->name);
            cJSON_AddStringToObject(item, "unit", "ns");
            add_value(item, "value", result->metric[m].value);
            cJSON_AddItemToArray(list, item);
        }
    }
    const enum sled_status st = sled_json_write(list, stream, err);
    cJSON_Delete(list);
    return st;
}
