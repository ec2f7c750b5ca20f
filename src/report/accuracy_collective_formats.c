/* SPDX-License-Identifier: Apache-2.0 */
/* For programs: every row of measured collectives as JSON, with sums, and as CSV. */
#include <math.h>

#include "report/accuracy_collective.h"
#include "report/csv.h"
#include "report/json.h"

static void add_stats(cJSON *item, const struct sled_accuracy_stats *stats)
{
    cJSON_AddNumberToObject(item, "rows", (double)stats->times);
    if (stats->times > 0) {
        cJSON_AddNumberToObject(item, "error", sled_accuracy_error(stats));
        cJSON_AddNumberToObject(item, "bias", sled_accuracy_bias(stats));
    }
    cJSON_AddNumberToObject(item, "off", (double)stats->outside);
}

/* Sums over all rows, and over each band that has any. */
static void add_sums(const struct sled_collective_report *report,
                     const struct sled_collective_file *file, cJSON *parent)
{
    struct sled_collective_filter filter = {.file = file};
    struct sled_accuracy_stats stats;

    sled_collective_sum(report, &filter, &stats);
    add_stats(cJSON_AddObjectToObject(parent, "all"), &stats);
    cJSON *bands = cJSON_AddArrayToObject(parent, "bands");
    filter.in_band = true;
    for (filter.band = 0; filter.band < SLED_SIZE_BANDS; filter.band++) {
        sled_collective_sum(report, &filter, &stats);
        if (stats.times == 0)
            continue;
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "size", sled_size_bands[filter.band].name);
        add_stats(item, &stats);
        cJSON_AddItemToArray(bands, item);
    }
}

static cJSON *row_object(const struct sled_collective_row *row)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "op", sled_coll_kind_names[row->op]);
    cJSON_AddNumberToObject(item, "ranks", row->ranks);
    cJSON_AddNumberToObject(item, "size_bytes", (double)row->size_bytes);
    if (row->line > 0)
        cJSON_AddNumberToObject(item, "line", row->line);
    cJSON_AddNumberToObject(item, "predicted_ns", row->predicted_s * 1e9);
    cJSON_AddNumberToObject(item, "measured_ns", row->measured_s * 1e9);
    cJSON_AddNumberToObject(item, "ratio", row->predicted_s / row->measured_s);
    cJSON_AddStringToObject(item, "algorithm", row->algorithm);
    if (row->picked != NULL)
        cJSON_AddStringToObject(item, "library_algorithm", row->picked);
    cJSON_AddStringToObject(item, "rule", row->rule);
    return item;
}

static cJSON *file_object(const struct sled_collective_report *report,
                          const struct sled_collective_file *file)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "file", file->path);
    cJSON *provenance = cJSON_AddArrayToObject(item, "provenance");
    for (size_t i = 0; i < file->nlines; i++)
        cJSON_AddItemToArray(provenance, cJSON_CreateString(file->provenance[i]));
    add_sums(report, file, item);
    cJSON *rows = cJSON_AddArrayToObject(item, "rows");
    for (size_t r = 0; r < file->nrows; r++)
        cJSON_AddItemToArray(rows, row_object(&file->rows[r]));
    return item;
}

enum sled_status sled_collective_write_json(const struct sled_collective_report *report,
                                            const cJSON *topology, FILE *stream,
                                            struct sled_err *err)
{
    const struct sled_collective_picks picks = sled_collective_count_picks(report);
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/accuracy-collectives/1");
    cJSON_AddStringToObject(tree, "simulator", report->simulator);
    cJSON_AddStringToObject(tree, "selection", report->selection);
    cJSON_AddStringToObject(tree, "memory", report->memory);
    cJSON_AddNumberToObject(tree, "limit", SLED_ACCURACY_LIMIT);
    add_sums(report, NULL, tree);
    cJSON_AddNumberToObject(tree, "algorithms_known", (double)picks.known);
    cJSON_AddNumberToObject(tree, "algorithms_same", (double)picks.same);
    cJSON *files = cJSON_AddArrayToObject(tree, "files");
    for (size_t f = 0; f < report->nfiles; f++)
        cJSON_AddItemToArray(files, file_object(report, &report->files[f]));
    cJSON_AddItemToObject(tree, "topology", cJSON_Duplicate(topology, true));
    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}

void sled_collective_write_csv(const struct sled_collective_report *report, FILE *stream)
{
    static const char *const titles[] = {
        "file",        "op",    "ranks",     "size_bytes",        "predicted_us",
        "measured_us", "ratio", "algorithm", "library_algorithm", "rule",
        NULL};
    struct sled_csv csv = SLED_CSV_INIT(stream);

    for (size_t i = 0; titles[i] != NULL; i++)
        sled_csv_text(&csv, titles[i]);
    sled_csv_end_row(&csv);
    for (size_t f = 0; f < report->nfiles; f++) {
        for (size_t r = 0; r < report->files[f].nrows; r++) {
            const struct sled_collective_row *row = &report->files[f].rows[r];

            sled_csv_text(&csv, report->files[f].path);
            sled_csv_text(&csv, sled_coll_kind_names[row->op]);
            sled_csv_count(&csv, row->ranks);
            sled_csv_count(&csv, row->size_bytes);
            sled_csv_number(&csv, row->predicted_s * 1e6);
            sled_csv_number(&csv, row->measured_s * 1e6);
            sled_csv_number(&csv, row->predicted_s / row->measured_s);
            sled_csv_text(&csv, row->algorithm);
            sled_csv_text(&csv, row->picked == NULL ? "" : row->picked);
            sled_csv_text(&csv, row->rule);
            sled_csv_end_row(&csv);
        }
    }
}
