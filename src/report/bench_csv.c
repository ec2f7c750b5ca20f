/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmarks as CSV: a line per size and algorithm, the unit in each title. */
#include "base/vec.h"
#include "report/bench_formats.h"
#include "report/csv.h"

enum { FIRST_MEASURED = 12 }; /* titles from here on are empty where an algorithm was left out */

static const char *const titles[] = {
    "op",           "algorithm",   "topology",  "map",         "ranks",      "groups",
    "memory",       "dtype",       "network",   "rule",        "size_bytes", "left_out",
    "winner",       "group_ranks", "transfers", "moved_bytes", "time_ns",    "time_min_ns",
    "time_mean_ns", "algbw_Bps",   "busbw_Bps", "bound_ns",    "busiest",    "utilisation",
    "weight_error", "store_ns",    "issue_ns",  "service_ns",  "latency_ns", "load_ns",
};

static void write_measured(const struct sled_bench_table *table, const struct sled_bench_row *row,
                           struct sled_csv *csv)
{
    sled_csv_text(csv, !table->compares ? "" : row->winner ? "yes" : "no");
    sled_csv_count(csv, row->ranks);
    sled_csv_count(csv, row->transfers);
    sled_csv_count(csv, row->moved_bytes);
    sled_csv_number(csv, row->time_s * 1e9);
    sled_csv_number(csv, row->time_min_s * 1e9);
    sled_csv_number(csv, row->time_mean_s * 1e9);
    sled_csv_number(csv, row->algbw_bytes_per_s);
    sled_csv_number(csv, row->busbw_bytes_per_s);
    sled_csv_number(csv, row->bound_s * 1e9);
    sled_csv_text(csv, row->busiest);
    sled_csv_number(csv, row->utilisation);
    sled_csv_number(csv, row->weight_error);
    sled_csv_number(csv, row->stats.store_s * 1e9);
    sled_csv_number(csv, row->stats.issue_s * 1e9);
    sled_csv_number(csv, row->stats.service_s * 1e9);
    sled_csv_number(csv, row->stats.latency_s * 1e9);
    sled_csv_number(csv, row->stats.load_s * 1e9);
}

enum sled_status sled_bench_write_csv(const struct sled_bench_table *table, const cJSON *topology,
                                      FILE *stream, struct sled_err *err)
{
    struct sled_csv csv = SLED_CSV_INIT(stream);

    (void)topology;
    (void)err;
    for (size_t i = 0; i < SLED_ARRAY_LEN(titles); i++)
        sled_csv_text(&csv, titles[i]);
    sled_csv_end_row(&csv);
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        sled_csv_text(&csv, sled_coll_kind_names[table->kind]);
        sled_csv_text(&csv, row->algorithm);
        sled_csv_text(&csv, table->topology);
        sled_csv_text(&csv, table->map);
        sled_csv_count(&csv, table->nranks);
        sled_csv_count(&csv, table->groups->count);
        sled_csv_text(&csv, table->memory);
        sled_csv_text(&csv, table->dtype);
        sled_csv_text(&csv, table->network);
        sled_csv_text(&csv, row->rule == NULL ? "" : row->rule);
        sled_csv_count(&csv, row->size_bytes);
        sled_csv_text(&csv, row->left_out);
        if (row->left_out[0] == '\0')
            write_measured(table, row, &csv);
        else
            for (size_t c = FIRST_MEASURED; c < SLED_ARRAY_LEN(titles); c++)
                sled_csv_text(&csv, "");
        sled_csv_end_row(&csv);
    }
    return SLED_OK;
}
