/* SPDX-License-Identifier: Apache-2.0 */
/* Sums by file, operation and number of ranks; then rows, those that are off once more. */
#include "report/accuracy_collective.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "report/table.h"

static bool counts(const struct sled_collective_row *row,
                   const struct sled_collective_filter *filter)
{
    if (filter->like != NULL && (row->op != filter->like->op || row->ranks != filter->like->ranks))
        return false;
    return !filter->in_band || sled_size_band(row->size_bytes) == filter->band;
}

void sled_collective_sum(const struct sled_collective_report *report,
                         const struct sled_collective_filter *filter,
                         struct sled_accuracy_stats *out)
{
    *out = (struct sled_accuracy_stats){0};
    for (size_t f = 0; f < report->nfiles; f++) {
        const struct sled_collective_file *file = &report->files[f];

        for (size_t r = 0; r < file->nrows; r++)
            if ((filter->file == NULL || filter->file == file) && counts(&file->rows[r], filter))
                sled_collective_row_add(out, &file->rows[r]);
    }
}

struct sled_collective_picks
sled_collective_count_picks(const struct sled_collective_report *report)
{
    struct sled_collective_picks picks = {0};

    for (size_t f = 0; f < report->nfiles; f++) {
        for (size_t r = 0; r < report->files[f].nrows; r++) {
            const struct sled_collective_row *row = &report->files[f].rows[r];

            picks.known += row->picked != NULL;
            picks.same += row->picked != NULL && strcmp(row->picked, row->algorithm) == 0;
        }
    }
    return picks;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static void percent_cell(struct sled_text_table *table, const struct sled_accuracy_stats *stats,
                         bool is_signed)
{
    if (stats->times == 0)
        sled_text_table_cell(table, "-");
    else if (is_signed)
        sled_text_table_cellf(table, "%+.1f", 100 * sled_accuracy_bias(stats));
    else
        sled_text_table_cellf(table, "%.1f", 100 * sled_accuracy_error(stats));
}

static void sum_line(const struct sled_collective_report *report, const char *file,
                     struct sled_collective_filter filter, struct sled_text_table *table)
{
    struct sled_accuracy_stats stats;

    sled_collective_sum(report, &filter, &stats);
    sled_text_table_cell(table, file);
    sled_text_table_cell(table,
                         filter.like == NULL ? "all" : sled_coll_kind_names[filter.like->op]);
    if (filter.like == NULL)
        sled_text_table_cell(table, "");
    else
        sled_text_table_cellf(table, "%" PRIu32, filter.like->ranks);
    sled_text_table_cellf(table, "%zu", stats.times);
    percent_cell(table, &stats, false);
    percent_cell(table, &stats, true);
    filter.in_band = true;
    for (filter.band = 0; filter.band < SLED_SIZE_BANDS; filter.band++) {
        struct sled_accuracy_stats band;

        sled_collective_sum(report, &filter, &band);
        percent_cell(table, &band, false);
    }
    sled_text_table_cellf(table, "%zu", stats.outside);
}

/* Is no row before r of its operation and ranks? */
static bool is_first_of_its_kind(const struct sled_collective_file *file, size_t r)
{
    const struct sled_collective_filter like = {.like = &file->rows[r]};

    for (size_t earlier = 0; earlier < r; earlier++)
        if (counts(&file->rows[earlier], &like))
            return false;
    return true;
}

static void file_lines(const struct sled_collective_report *report,
                       const struct sled_collective_file *file, struct sled_text_table *table)
{
    sum_line(report, base_name(file->path), (struct sled_collective_filter){.file = file}, table);
    for (size_t r = 0; r < file->nrows; r++)
        if (is_first_of_its_kind(file, r))
            sum_line(report, "",
                     (struct sled_collective_filter){.file = file, .like = &file->rows[r]}, table);
}

static enum sled_status write_sums(const struct sled_collective_report *report, FILE *stream,
                                   struct sled_err *err)
{
    const struct sled_column columns[] = {
        {.title = "file"},
        {.title = "op"},
        {.title = "ranks", .right = true},
        {.title = "rows", .right = true},
        {.title = "error", .unit = "(%)", .right = true},
        {.title = "bias", .unit = "(%)", .right = true},
        {.title = sled_size_bands[0].name, .unit = "(%)", .right = true},
        {.title = sled_size_bands[1].name, .unit = "(%)", .right = true},
        {.title = sled_size_bands[2].name, .unit = "(%)", .right = true},
        {.title = "off", .right = true},
    };
    struct sled_text_table table;

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (size_t f = 0; f < report->nfiles; f++)
        file_lines(report, &report->files[f], &table);
    if (report->nfiles > 1)
        sum_line(report, "all files", (struct sled_collective_filter){0}, &table);
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

/* A row and the file it is from. */
struct place {
    const struct sled_collective_file *file;
    const struct sled_collective_row *row;
};

static double ratio(const struct sled_collective_row *row)
{
    return row->predicted_s / row->measured_s;
}

static enum sled_status write_rows(const struct place *places, size_t count, FILE *stream,
                                   struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "file"},
        {.title = "op"},
        {.title = "ranks", .right = true},
        {.title = "size", .unit = "(B)", .right = true},
        {.title = "predicted", .unit = "(us)", .right = true},
        {.title = "measured", .unit = "(us)", .right = true},
        {.title = "ratio", .right = true},
        {.title = "algorithm"},
        {.title = "library's"},
        {.title = "rule"},
    };
    struct sled_text_table table;

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < count; i++) {
        const struct sled_collective_row *row = places[i].row;

        sled_text_table_cell(&table, base_name(places[i].file->path));
        sled_text_table_cell(&table, sled_coll_kind_names[row->op]);
        sled_text_table_cellf(&table, "%" PRIu32, row->ranks);
        sled_text_table_cellf(&table, "%" PRIu64, row->size_bytes);
        sled_text_table_cellf(&table, "%.3f", row->predicted_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", row->measured_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", ratio(row));
        sled_text_table_cell(&table, row->algorithm);
        sled_text_table_cell(&table, row->picked == NULL ? "-" : row->picked);
        sled_text_table_cell(&table, row->rule);
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

/* Largest error first; where equal, as they came. */
static int by_error(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    const double error = fabs(ratio(left->row) - 1) - fabs(ratio(right->row) - 1);

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
        if (fabs(ratio(places[i].row) - 1) > SLED_ACCURACY_LIMIT)
            places[noff++] = places[i];
    qsort(places, noff, sizeof *places, by_error);
    fprintf(stream, "\n# off: %zu rows, worst first\n", noff);
    return noff == 0 ? SLED_OK : write_rows(places, noff, stream, err);
}

enum sled_status sled_collective_write_text(const struct sled_collective_report *report,
                                            enum sled_accuracy_show show, FILE *stream,
                                            struct sled_err *err)
{
    const struct sled_collective_picks picks = sled_collective_count_picks(report);
    struct place *places;
    size_t count = 0, filled = 0;

    fprintf(stream,
            "# by %s on %s, memory %s; error: mean of |predicted / measured - 1|; bias: the same "
            "with its sign\n# off: by more than %.0f %%\n",
            report->selection, report->topology, report->memory, 100 * SLED_ACCURACY_LIMIT);
    if (picks.known > 0)
        fprintf(stream, "# algorithm as the library picked it: %zu of %zu\n", picks.same,
                picks.known);
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
