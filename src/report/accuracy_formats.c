/* SPDX-License-Identifier: Apache-2.0 */
/* For programs: every row as JSON, with its kernels and sums, and as CSV. */
#include <math.h>

#include "report/accuracy.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/kernel.h"

/* As a file would say it, without what the way to seconds and back leaves in the last digits. */
static double measured_in(const struct sled_accuracy_row *row, double unit_s)
{
    const double steps = 1e9; /* per unit */

    return round(row->measured_s / unit_s * steps) / steps;
}

static void add_stats(const struct sled_accuracy_stats *stats, cJSON *item)
{
    cJSON_AddNumberToObject(item, "rows", (double)stats->times);
    if (stats->times > 0) {
        cJSON_AddNumberToObject(item, "error", sled_accuracy_error(stats));
        cJSON_AddNumberToObject(item, "bias", sled_accuracy_bias(stats));
    }
    cJSON_AddNumberToObject(item, "off", (double)stats->outside);
    cJSON_AddNumberToObject(item, "bounds", (double)stats->bounds);
    cJSON_AddNumberToObject(item, "broken", (double)stats->broken);
}

/* Sums over all rows, and over each band that has any. */
static void add_sums(const struct sled_accuracy_report *report,
                     const struct sled_accuracy_file *file, cJSON *parent)
{
    struct sled_accuracy_stats stats;

    sled_accuracy_sum(report, file, SLED_ACCURACY_BANDS, &stats);
    add_stats(&stats, cJSON_AddObjectToObject(parent, "all"));
    cJSON *bands = cJSON_AddArrayToObject(parent, "bands");
    for (size_t b = 0; b < SLED_ACCURACY_BANDS; b++) {
        sled_accuracy_sum(report, file, b, &stats);
        if (stats.times + stats.bounds == 0)
            continue;
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "measured", sled_accuracy_bands[b].name);
        add_stats(&stats, item);
        cJSON_AddItemToArray(bands, item);
    }
}

static cJSON *row_object(const struct sled_accuracy_row *row, double launch_s)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "row", row->name);
    cJSON_AddNumberToObject(item, "line", row->line);
    cJSON *kernels = cJSON_AddArrayToObject(item, "kernels");
    for (size_t k = 0; k < row->nkernels; k++) {
        cJSON *kernel = cJSON_CreateObject();

        sled_kernel_add_request(&row->kernels[k], kernel);
        cJSON_AddItemToArray(kernels, kernel);
    }
    cJSON_AddNumberToObject(item, "launch_ns", launch_s * 1e9);
    cJSON_AddNumberToObject(item, "other_ns", row->other_s * 1e9);
    cJSON_AddNumberToObject(item, "predicted_ns", row->predicted_s * 1e9);
    cJSON_AddNumberToObject(item, row->is_bound ? "below_ns" : "measured_ns",
                            measured_in(row, 1e-9));
    cJSON_AddNumberToObject(item, "ratio", sled_accuracy_ratio(row));
    return item;
}

static cJSON *file_object(const struct sled_accuracy_report *report,
                          const struct sled_accuracy_file *file)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "file", file->path);
    cJSON *provenance = cJSON_AddArrayToObject(item, "provenance");
    for (size_t i = 0; i < file->nlines; i++)
        cJSON_AddItemToArray(provenance, cJSON_CreateString(file->provenance[i]));
    add_sums(report, file, item);
    cJSON *rows = cJSON_AddArrayToObject(item, "rows");
    for (size_t r = 0; r < file->nrows; r++)
        cJSON_AddItemToArray(rows, row_object(&file->rows[r], file->launch_s[r]));
    return item;
}

enum sled_status sled_accuracy_write_json(const struct sled_accuracy_report *report,
                                          const cJSON *config, FILE *stream, struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/accuracy/1");
    cJSON_AddStringToObject(tree, "chip", report->chip);
    cJSON_AddNumberToObject(tree, "limit", SLED_ACCURACY_LIMIT);
    add_sums(report, NULL, tree);
    cJSON *files = cJSON_AddArrayToObject(tree, "files");
    for (size_t f = 0; f < report->nfiles; f++)
        cJSON_AddItemToArray(files, file_object(report, &report->files[f]));
    cJSON_AddItemToObject(tree, "config", cJSON_Duplicate(config, true));
    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}

void sled_accuracy_write_csv(const struct sled_accuracy_report *report, FILE *stream)
{
    static const char *const titles[] = {"file",        "row",      "line",  "predicted_us",
                                         "measured_us", "below_us", "ratio", NULL};
    struct sled_csv csv = SLED_CSV_INIT(stream);

    for (size_t i = 0; titles[i] != NULL; i++)
        sled_csv_text(&csv, titles[i]);
    sled_csv_end_row(&csv);
    for (size_t f = 0; f < report->nfiles; f++) {
        for (size_t r = 0; r < report->files[f].nrows; r++) {
            const struct sled_accuracy_row *row = &report->files[f].rows[r];

            sled_csv_text(&csv, report->files[f].path);
            sled_csv_text(&csv, row->name);
            sled_csv_count(&csv, row->line);
            sled_csv_number(&csv, row->predicted_s * 1e6);
            if (row->is_bound)
                sled_csv_text(&csv, "");
            sled_csv_number(&csv, measured_in(row, 1e-6));
            if (!row->is_bound)
                sled_csv_text(&csv, "");
            sled_csv_number(&csv, sled_accuracy_ratio(row));
            sled_csv_end_row(&csv);
        }
    }
}
