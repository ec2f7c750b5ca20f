/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines as JSON. They are kept under version control: a line per result, so that a change of
 * one is a change of one line. */
#include "report/baseline.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/field.h"
#include "base/str.h"
#include "report/json.h"
#include "report/number.h"

static const struct sled_metric *find_metric(const struct sled_named_result *result,
                                             const char *name)
{
    for (size_t m = 0; m < result->nmetrics; m++)
        if (strcmp(result->metric[m].name, name) == 0)
            return &result->metric[m];
    return NULL;
}

static enum sled_status add_result(const struct sled_named_result *result,
                                   const char *const *metric, size_t nmetrics, struct sled_str *out,
                                   struct sled_err *err)
{
    if (result->state == SLED_RESULT_FAILED)
        return sled_err_set(err, SLED_E_CHECK, "\"%s\" failed, and is nothing to compare with",
                            result->name);
    sled_str_add(out, "    {\"name\":");
    sled_json_add_string(result->name, out);
    if (result->state == SLED_RESULT_LEFT_OUT)
        sled_str_add(out, ",\"left_out\":true");
    for (size_t m = 0; m < nmetrics && result->state == SLED_RESULT_RAN; m++) {
        const struct sled_metric *found = find_metric(result, metric[m]);
        char number[SLED_NUMBER_SIZE];

        if (found == NULL)
            return sled_err_set(err, SLED_E_USAGE, "\"%s\" has no metric \"%s\"", result->name,
                                metric[m]);
        if (!isfinite(found->value))
            return sled_err_set(err, SLED_E_CHECK, "%s of \"%s\" is no number", metric[m],
                                result->name);
        sled_str_add(out, ",");
        sled_json_add_string(metric[m], out);
        sled_str_addf(out, ":%s", sled_number_format(found->value, number));
    }
    sled_str_add(out, "}");
    return SLED_OK;
}

enum sled_status sled_baseline_write(const struct sled_results *results, const char *reason,
                                     const char *version, const char *const *metric,
                                     size_t nmetrics, FILE *stream, struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;
    enum sled_status st = SLED_OK;

    sled_str_add(&text, "{\n  \"schema_version\": 1,\n  \"kind\": \"baseline\",\n  \"reason\": ");
    sled_json_add_string(reason, &text);
    sled_str_add(&text, ",\n  \"sledsim\": ");
    sled_json_add_string(version, &text);
    sled_str_add(&text, ",\n  \"results\": [\n");
    for (size_t i = 0; i < results->count && st == SLED_OK; i++) {
        sled_str_add(&text, i == 0 ? "" : ",\n");
        st = add_result(&results->item[i], metric, nmetrics, &text, err);
    }
    sled_str_add(&text, "\n  ]\n}\n");
    if (st == SLED_OK)
        st = sled_str_status(&text, err);
    if (st == SLED_OK)
        fputs(sled_str_text(&text), stream);
    sled_str_finish(&text);
    return st;
}

struct baseline_file {
    uint64_t schema_version;
    const char *kind, *reason, *version;
    cJSON *results;
};

#define AT(member) .offset = offsetof(struct baseline_file, member)

static const struct sled_field fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     AT(schema_version),
     .doc = "version of the file layout"},
    {.key = "kind", .type = SLED_FIELD_STRING, AT(kind), .doc = "\"baseline\""},
    {.key = "reason",
     .type = SLED_FIELD_STRING,
     AT(reason),
     .doc = "why these results are right, or why they changed"},
    {.key = "sledsim", .type = SLED_FIELD_STRING, AT(version), .doc = "version that wrote it"},
    {.key = "results",
     .type = SLED_FIELD_ANY,
     AT(results),
     .doc = "a name each, and metrics or \"left_out\""},
};
static const struct sled_table table =
    SLED_TABLE("baseline", struct baseline_file, fields, "a baseline file");

static enum sled_status read_result(struct sled_doc *doc, const char *pointer, const cJSON *node,
                                    struct sled_results *results, struct sled_err *err)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(node, "name"), *item;
    const bool left_out = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(node, "left_out"));
    struct sled_named_result *result;

    if (!cJSON_IsObject(node) || !cJSON_IsString(name))
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT,
                             "expected an object with a \"name\" and metrics");
    SLED_TRY(sled_results_add(results, name->valuestring,
                              left_out ? SLED_RESULT_LEFT_OUT : SLED_RESULT_RAN,
                              (size_t)cJSON_GetArraySize(node), &result, err));
    cJSON_ArrayForEach(item, node)
    {
        struct sled_metric *metric = &result->metric[result->nmetrics];

        if (item == name || strcmp(item->string, "left_out") == 0)
            continue;
        metric->name = sled_results_keep(results, item->string);
        metric->value = cJSON_IsNumber(item) ? item->valuedouble : NAN;
        if (metric->name == NULL)
            return sled_err_nomem(err);
        result->nmetrics++;
    }
    return SLED_OK;
}

enum sled_status sled_baseline_read(struct sled_doc *doc, struct sled_results *results,
                                    struct sled_err *err)
{
    struct baseline_file file;
    const cJSON *item;
    size_t i = 0;

    SLED_TRY(sled_field_read(&table, doc, "", &results->arena, &file, err));
    if (!cJSON_IsArray(file.results))
        return sled_doc_fail(doc, "/results", err, SLED_E_INPUT, "expected an array of results");
    cJSON_ArrayForEach(item, file.results)
    {
        char pointer[64] = "/results";

        sled_pointer_add_index(pointer, sizeof pointer, i++);
        SLED_TRY(read_result(doc, pointer, item, results, err));
    }
    return SLED_OK;
}
