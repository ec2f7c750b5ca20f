/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nccom-test prints and what it writes as JSON, with its --show-algorithm. Its GB/s are
 * 2^30 bytes/s (its user guide says gibibytes), unlike everywhere else here.
 */
#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "report/bench_formats.h"
#include "report/json.h"
#include "report/table.h"

static const double GIB = 1073741824.0;

static const char *type_name(const struct sled_bench_table *table)
{
    return strcmp(table->dtype, "bytes") == 0 ? "uint8" : table->dtype;
}

/* Microseconds with two decimals, the second one left out where it is 0: "7.25", "10.0". */
static void add_time(struct sled_text_table *text, double time_s)
{
    char us[32];
    const int len = snprintf(us, sizeof us, "%.2f", time_s * 1e6);

    if (us[len - 1] == '0')
        us[len - 1] = '\0';
    sled_text_table_cell(text, us);
}

enum sled_status sled_bench_write_nccom_test(const struct sled_bench_table *table,
                                             const cJSON *topology, FILE *stream,
                                             struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "size(B)", .right = true},     {.title = "count(elems)", .right = true},
        {.title = "type", .right = true},        {.title = "time:avg(us)", .right = true},
        {.title = "algbw(GB/s)", .right = true}, {.title = "busbw(GB/s)", .right = true},
        {.title = "algorithm", .right = true},
    };
    struct sled_text_table text;

    (void)topology;
    sled_text_table_init(&text, columns, SLED_ARRAY_LEN(columns));
    text.indent = text.gap = 4;
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        sled_text_table_cellf(&text, "%" PRIu64, row->size_bytes);
        sled_text_table_cellf(&text, "%" PRIu64, row->size_bytes / table->elem_bytes);
        sled_text_table_cell(&text, type_name(table));
        add_time(&text, row->time_s);
        sled_text_table_cellf(&text, "%.2f", row->algbw_bytes_per_s / GIB);
        sled_text_table_cellf(&text, "%.2f", row->busbw_bytes_per_s / GIB);
        sled_text_table_cell(&text, row->algorithm);
    }
    const enum sled_status st = sled_text_table_write(&text, stream, err);
    if (st == SLED_OK)
        fprintf(stream, "Avg bus bandwidth:\t%.4fGB/s\n", sled_bench_mean_busbw(table) / GIB);
    sled_text_table_finish(&text);
    return st;
}

enum sled_status sled_bench_write_nccom_json(const struct sled_bench_table *table,
                                             const cJSON *topology, FILE *stream,
                                             struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();
    cJSON *results = cJSON_AddArrayToObject(tree, "results");

    (void)topology;
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddNumberToObject(item, "size(B)", (double)row->size_bytes);
        cJSON_AddNumberToObject(item, "count(elems)",
                                (double)(row->size_bytes / table->elem_bytes));
        cJSON_AddStringToObject(item, "type", type_name(table));
        cJSON_AddNumberToObject(item, "algbw(GB/s)", row->algbw_bytes_per_s / GIB);
        cJSON_AddNumberToObject(item, "busbw(GB/s)", row->busbw_bytes_per_s / GIB);
        cJSON_AddNumberToObject(item, "time:avg(us)", row->time_s * 1e6);
        cJSON_AddStringToObject(item, "algorithm", row->algorithm);
        if (row->rule != NULL)
            cJSON_AddStringToObject(item, "rule", row->rule);
        cJSON_AddItemToArray(results, item);
    }

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
