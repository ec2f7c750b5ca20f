/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmarks as a table for people: one algorithm a line, or several side by side. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "report/bench_formats.h"
#include "report/table.h"

static void write_groups(const struct sled_groups *groups, FILE *stream)
{
    uint32_t least, most;

    sled_groups_sizes(groups, &least, &most);
    fprintf(stream, " in %u groups of %u", groups->count, least);
    if (most > least)
        fprintf(stream, " to %u", most);
}

void sled_bench_write_heading(const struct sled_bench_table *table, FILE *stream)
{
    fprintf(stream, "# %s/%s", sled_coll_kind_names[table->kind], table->algorithm);
    if (table->selection != NULL)
        fprintf(stream, " by %s", table->selection);
    fprintf(stream, " on %s, %u rank%s", table->topology, table->nranks,
            table->nranks == 1 ? "" : "s");
    if (table->groups->count > 1)
        write_groups(table->groups, stream);
    if (table->channels != 0)
        fprintf(stream, ", channels %u", table->channels);
    if (table->chunks != 0)
        fprintf(stream, ", chunks %u", table->chunks);
    if (strcmp(table->map, "chip") != 0)
        fprintf(stream, ", map %s", table->map);
    fprintf(stream, ", memory %s, dtype %s\n# network %s: %s\n", table->memory, table->dtype,
            table->network, table->simulator);
    if (table->accuracy != 0)
        fprintf(stream, "# accuracy %g\n", table->accuracy);
}

static double percent_of_bound(const struct sled_bench_row *row)
{
    return row->time_s > 0 ? 100 * row->bound_s / row->time_s : 100.0;
}

static enum sled_status write_lines(const struct sled_bench_table *table, FILE *stream,
                                    struct sled_err *err)
{
    const bool groups = table->groups->count > 1;
    const bool rules = table->selection != NULL;
    struct sled_column columns[16];
    size_t n = 0;

    columns[n++] = (struct sled_column){.title = "size", .unit = "(B)", .right = true};
    if (rules)
        columns[n++] = (struct sled_column){.title = "algorithm"};
    columns[n++] = (struct sled_column){.title = "transfers", .right = true};
    columns[n++] = (struct sled_column){.title = "time", .unit = "(us)", .right = true};
    if (groups) {
        columns[n++] = (struct sled_column){.title = "min", .unit = "(us)", .right = true};
        columns[n++] = (struct sled_column){.title = "mean", .unit = "(us)", .right = true};
    }
    columns[n++] = (struct sled_column){.title = "algbw", .unit = "(GB/s)", .right = true};
    columns[n++] = (struct sled_column){.title = "busbw", .unit = "(GB/s)", .right = true};
    columns[n++] = (struct sled_column){.title = "bound", .unit = "(us)", .right = true};
    columns[n++] = (struct sled_column){.title = "of bound", .unit = "(%)", .right = true};
    columns[n++] = (struct sled_column){.title = "used", .unit = "(%)", .right = true};
    columns[n++] = (struct sled_column){.title = "busiest resource"};
    if (rules)
        columns[n++] = (struct sled_column){.title = "rule"};

    struct sled_text_table text;
    sled_text_table_init(&text, columns, n);
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        sled_text_table_cellf(&text, "%" PRIu64, row->size_bytes);
        if (rules)
            sled_text_table_cell(&text, row->algorithm);
        sled_text_table_cellf(&text, "%" PRIu64, row->transfers);
        sled_text_table_cellf(&text, "%.3f", row->time_s * 1e6);
        if (groups) {
            sled_text_table_cellf(&text, "%.3f", row->time_min_s * 1e6);
            sled_text_table_cellf(&text, "%.3f", row->time_mean_s * 1e6);
        }
        sled_text_table_cellf(&text, "%.2f", row->algbw_bytes_per_s * 1e-9);
        sled_text_table_cellf(&text, "%.2f", row->busbw_bytes_per_s * 1e-9);
        sled_text_table_cellf(&text, "%.3f", row->bound_s * 1e6);
        sled_text_table_cellf(&text, "%.1f", percent_of_bound(row));
        sled_text_table_cellf(&text, "%.1f", 100 * row->utilisation);
        sled_text_table_cell(&text, row->busiest);
        if (rules)
            sled_text_table_cell(&text, row->rule);
    }
    const enum sled_status st = sled_text_table_write(&text, stream, err);
    sled_text_table_finish(&text);
    return st;
}

/* Was the reason of row i told by an earlier row? */
static bool told(const struct sled_bench_table *table, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (table->row[j].algorithm == table->row[i].algorithm &&
            strcmp(table->row[j].left_out, table->row[i].left_out) == 0)
            return true;
    return false;
}

static void write_left_out(const struct sled_bench_table *table, FILE *stream)
{
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        if (row->left_out[0] != '\0' && !told(table, i))
            fprintf(stream, "# left out from size %" PRIu64 ": %s: %s\n", row->size_bytes,
                    row->algorithm, row->left_out);
    }
}

/* The rows of one size as one line. */
static void add_comparison(struct sled_text_table *text, const struct sled_bench_row *row,
                           size_t nalgorithms)
{
    const struct sled_bench_row *winner = NULL;

    sled_text_table_cellf(text, "%" PRIu64, row->size_bytes);
    for (size_t a = 0; a < nalgorithms; a++) {
        if (row[a].winner)
            winner = &row[a];
        if (row[a].left_out[0] != '\0')
            sled_text_table_cell(text, "-");
        else
            sled_text_table_cellf(text, "%.3f", row[a].time_s * 1e6);
    }
    sled_text_table_cell(text, winner->algorithm);
    sled_text_table_cellf(text, "%.2f", winner->busbw_bytes_per_s * 1e-9);
    sled_text_table_cellf(text, "%.1f", percent_of_bound(winner));
    sled_text_table_cellf(text, "%.1f", 100 * winner->utilisation);
    sled_text_table_cell(text, winner->busiest);
}

static enum sled_status write_comparison(const struct sled_bench_table *table, FILE *stream,
                                         struct sled_err *err)
{
    static const struct sled_column of_winner[] = {
        {.title = "winner"},
        {.title = "busbw", .unit = "(GB/s)", .right = true},
        {.title = "of bound", .unit = "(%)", .right = true},
        {.title = "used", .unit = "(%)", .right = true},
        {.title = "busiest resource"},
    };
    const size_t nalgorithms = sled_bench_algorithms(table);
    struct sled_column *columns;
    struct sled_text_table text;
    size_t n = 0;

    SLED_TRY(sled_vec_alloc(&columns, 1 + nalgorithms + SLED_ARRAY_LEN(of_winner), err));
    columns[n++] = (struct sled_column){.title = "size", .unit = "(B)", .right = true};
    for (size_t a = 0; a < nalgorithms; a++)
        columns[n++] =
            (struct sled_column){.title = table->row[a].algorithm, .unit = "(us)", .right = true};
    memcpy(columns + n, of_winner, sizeof of_winner);

    sled_text_table_init(&text, columns, n + SLED_ARRAY_LEN(of_winner));
    for (size_t i = 0; i < table->nrows; i += nalgorithms)
        add_comparison(&text, &table->row[i], nalgorithms);
    write_left_out(table, stream);
    const enum sled_status st = sled_text_table_write(&text, stream, err);
    sled_text_table_finish(&text);
    free(columns);
    return st;
}

enum sled_status sled_bench_write_text(const struct sled_bench_table *table, const cJSON *topology,
                                       FILE *stream, struct sled_err *err)
{
    (void)topology;
    sled_bench_write_heading(table, stream);
    SLED_TRY(table->compares ? write_comparison(table, stream, err)
                             : write_lines(table, stream, err));
    return table->stats ? sled_bench_write_stats(table, stream, err) : SLED_OK;
}
