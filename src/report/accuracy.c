/* SPDX-License-Identifier: Apache-2.0 */
/* The table: sums by file and band, every row, and what is far off, worst first. */
#include "report/accuracy.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "report/table.h"

void sled_accuracy_sum(const struct sled_accuracy_report *report,
                       const struct sled_accuracy_file *file, size_t band,
                       struct sled_accuracy_stats *out)
{
    *out = (struct sled_accuracy_stats){0};
    for (size_t f = 0; f < report->nfiles; f++) {
        const struct sled_accuracy_file *of = &report->files[f];

        if (file != NULL && file != of)
            continue;
        for (size_t r = 0; r < of->nrows; r++)
            if (band == SLED_ACCURACY_BANDS || sled_accuracy_band(of->rows[r].measured_s) == band)
                sled_accuracy_add(out, &of->rows[r]);
    }
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* A share as a percentage; nothing where it is one of no times. */
static void percent_cell(struct sled_text_table *table, const struct sled_accuracy_stats *stats,
                         bool with_sign, double share)
{
    if (stats->times == 0)
        sled_text_table_cell(table, "-");
    else
        sled_text_table_cellf(table, with_sign ? "%+.1f" : "%.1f", 100 * share);
}

static void sum_line(struct sled_text_table *table, const char *file, const char *band,
                     const struct sled_accuracy_stats *stats)
{
    sled_text_table_cell(table, file);
    sled_text_table_cell(table, band);
    sled_text_table_cellf(table, "%zu", stats->times);
    percent_cell(table, stats, false, sled_accuracy_error(stats));
    percent_cell(table, stats, true, sled_accuracy_bias(stats));
    sled_text_table_cellf(table, "%zu", stats->outside);
    sled_text_table_cellf(table, "%zu", stats->bounds);
    sled_text_table_cellf(table, "%zu", stats->broken);
}

/* All bands that have rows, and above them all of them. */
static void sum_lines(const struct sled_accuracy_report *report,
                      const struct sled_accuracy_file *file, struct sled_text_table *table)
{
    struct sled_accuracy_stats stats;

    sled_accuracy_sum(report, file, SLED_ACCURACY_BANDS, &stats);
    sum_line(table, file == NULL ? "all files" : base_name(file->path), "all", &stats);
    for (size_t b = 0; b < SLED_ACCURACY_BANDS; b++) {
        sled_accuracy_sum(report, file, b, &stats);
        if (stats.times + stats.bounds > 0)
            sum_line(table, "", sled_accuracy_bands[b].name, &stats);
    }
}

static enum sled_status write_sums(const struct sled_accuracy_report *report, FILE *stream,
                                   struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "file"},
        {.title = "measured"},
        {.title = "rows", .right = true},
        {.title = "error", .unit = "(%)", .right = true},
        {.title = "bias", .unit = "(%)", .right = true},
        {.title = "off", .right = true},
        {.title = "bounds", .right = true},
        {.title = "broken", .right = true},
    };
    struct sled_text_table table;

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (size_t f = 0; f < report->nfiles; f++)
        sum_lines(report, &report->files[f], &table);
    if (report->nfiles > 1)
        sum_lines(report, NULL, &table);
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

/* A row and the file it is from. */
struct place {
    const struct sled_accuracy_file *file;
    const struct sled_accuracy_row *row;
};

static bool is_off(const struct sled_accuracy_row *row)
{
    return sled_accuracy_is_outside(row) || sled_accuracy_is_broken(row);
}

static void row_line(struct sled_text_table *table, const struct place *place)
{
    const struct sled_accuracy_row *row = place->row;

    sled_text_table_cell(table, base_name(place->file->path));
    sled_text_table_cell(table, row->name);
    sled_text_table_cellf(table, "%.3f", row->predicted_s * 1e6);
    sled_text_table_cellf(table, "%s%.3f", row->is_bound ? "<" : "", row->measured_s * 1e6);
    sled_text_table_cellf(table, "%.3f", sled_accuracy_ratio(row));
}

static enum sled_status write_rows(const struct place *places, size_t count, FILE *stream,
                                   struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "file"},
        {.title = "row"},
        {.title = "predicted", .unit = "(us)", .right = true},
        {.title = "measured", .unit = "(us)", .right = true},
        {.title = "ratio", .right = true},
    };
    struct sled_text_table table;

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++)
        row_line(&table, &places[i]);
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

/* Largest error first; where equal, as they came. */
static int by_error(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    const double error =
        fabs(sled_accuracy_ratio(left->row) - 1) - fabs(sled_accuracy_ratio(right->row) - 1);

    if (error != 0)
        return error > 0 ? -1 : 1;
    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return left->row < right->row ? -1 : left->row > right->row;
}

static enum sled_status write_places(struct place *places, size_t count,
                                     enum sled_accuracy_show show, FILE *stream,
                                     struct sled_err *err)
{
    size_t noff = 0;

    if (show == SLED_ACCURACY_SHOW_ALL) {
        putc('\n', stream);
        SLED_TRY(write_rows(places, count, stream, err));
    }
    for (size_t i = 0; i < count; i++)
        if (is_off(places[i].row))
            places[noff++] = places[i];
    qsort(places, noff, sizeof *places, by_error);
    fprintf(stream, "\n# off: %zu rows, worst first\n", noff);
    return noff == 0 ? SLED_OK : write_rows(places, noff, stream, err);
}

enum sled_status sled_accuracy_write_text(const struct sled_accuracy_report *report,
                                          enum sled_accuracy_show show, FILE *stream,
                                          struct sled_err *err)
{
    struct place *places;
    size_t count = 0, filled = 0;

    fprintf(stream,
            "# %s; error: mean of |predicted / measured - 1|; bias: the same with its sign\n"
            "# off: by more than %.0f %%; bounds: measured only to be below, broken: not so\n",
            report->chip, 100 * SLED_ACCURACY_LIMIT);
    SLED_TRY(write_sums(report, stream, err));
    if (show == SLED_ACCURACY_SHOW_NONE)
        return SLED_OK;

    for (size_t f = 0; f < report->nfiles; f++)
        count += report->files[f].nrows;
    SLED_TRY(sled_vec_alloc(&places, count, err));
    for (size_t f = 0; f < report->nfiles; f++)
        for (size_t r = 0; r < report->files[f].nrows; r++)
            places[filled++] = (struct place){&report->files[f], &report->files[f].rows[r]};
    const enum sled_status st = write_places(places, count, show, stream, err);
    free(places);
    return st;
}
