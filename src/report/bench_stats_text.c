/* SPDX-License-Identifier: Apache-2.0 */
/* The statistics of a benchmark as two tables: where the time went, and what each level of links
 * did. */
#include <inttypes.h>

#include "base/vec.h"
#include "report/bench_formats.h"
#include "report/table.h"

static void add_row(struct sled_text_table *text, const struct sled_bench_row *row)
{
    sled_text_table_cellf(text, "%" PRIu64, row->size_bytes);
    sled_text_table_cell(text, row->algorithm);
}

static enum sled_status write_times(const struct sled_bench_table *table, FILE *stream,
                                    struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "size", .unit = "(B)", .right = true},
        {.title = "algorithm"},
        {.title = "time", .unit = "(us)", .right = true},
        {.title = "= store", .unit = "(us)", .right = true},
        {.title = "+ issue", .unit = "(us)", .right = true},
        {.title = "+ service", .unit = "(us)", .right = true},
        {.title = "+ latency", .unit = "(us)", .right = true},
        {.title = "+ load", .unit = "(us)", .right = true},
    };
    struct sled_text_table text;

    sled_text_table_init(&text, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];
        const struct sled_bench_stats *stats = &row->stats;
        const double part_s[] = {row->time_s,      stats->store_s,   stats->issue_s,
                                 stats->service_s, stats->latency_s, stats->load_s};

        if (row->left_out[0] != '\0')
            continue;
        add_row(&text, row);
        for (size_t p = 0; p < SLED_ARRAY_LEN(part_s); p++)
            sled_text_table_cellf(&text, "%.3f", part_s[p] * 1e6);
    }
    const enum sled_status st = sled_text_table_write(&text, stream, err);
    sled_text_table_finish(&text);
    return st;
}

static enum sled_status write_levels(const struct sled_bench_table *table, FILE *stream,
                                     struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "size", .unit = "(B)", .right = true},
        {.title = "algorithm"},
        {.title = "level"},
        {.title = "links", .right = true},
        {.title = "moved", .unit = "(MB)", .right = true},
        {.title = "used, mean", .unit = "(%)", .right = true},
        {.title = "used, most", .unit = "(%)", .right = true},
    };
    struct sled_text_table text;

    sled_text_table_init(&text, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        for (int l = 0; l < SLED_LEVELS && row->left_out[0] == '\0'; l++) {
            const struct sled_level_use *use = &row->stats.level[l];

            if (use->links == 0)
                continue;
            add_row(&text, row);
            sled_text_table_cell(&text, sled_level_names[l]);
            sled_text_table_cellf(&text, "%u", use->links);
            sled_text_table_cellf(&text, "%.3f", use->bytes * 1e-6);
            sled_text_table_cellf(&text, "%.1f", 100 * use->mean);
            sled_text_table_cellf(&text, "%.1f", 100 * use->most);
        }
    }
    const enum sled_status st = sled_text_table_write(&text, stream, err);
    sled_text_table_finish(&text);
    return st;
}

enum sled_status sled_bench_write_stats(const struct sled_bench_table *table, FILE *stream,
                                        struct sled_err *err)
{
    fputs("\n# where the time went\n", stream);
    SLED_TRY(write_times(table, stream, err));
    fputs("\n# links by level, one direction each\n", stream);
    return write_levels(table, stream, err);
}
