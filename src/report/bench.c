/* SPDX-License-Identifier: Apache-2.0 */
/* Filling and printing the rows of a collective benchmark. */
#include "report/bench.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/vec.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/table.h"

enum sled_status sled_bench_table_add(struct sled_bench_table *table, struct sled_bench_row **row,
                                      struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&table->row, &table->capacity, table->nrows + 1, err));
    *row = &table->row[table->nrows++];
    **row = (struct sled_bench_row){0};
    return SLED_OK;
}

void sled_bench_table_finish(struct sled_bench_table *table)
{
    free(table->row);
    table->row = NULL;
    table->nrows = table->capacity = 0;
}

static void find_busiest(const struct sled_machine *machine, const struct sled_result *result,
                         struct sled_bench_row *row)
{
    for (uint32_t r = 0; r < result->nresources; r++) {
        double used = 0;

        for (uint32_t p = 0; p < result->nphases; p++)
            used += result->used_bytes[(size_t)p * result->nresources + r];
        const double share = used / (machine->resource[r].bytes_per_s * result->time_s);
        if (used > 0 && share > row->utilisation) {
            row->utilisation = share;
            sled_machine_resource_name(machine, r, row->busiest, sizeof row->busiest);
        }
    }
}

enum sled_status sled_bench_row_fill(const struct sled_machine *machine,
                                     const struct sled_program *program,
                                     const struct sled_result *result, struct sled_bench_row *row,
                                     struct sled_err *err)
{
    const struct sled_program_collective *coll = &program->collective[0];
    struct sled_plan_cost cost;
    struct sled_bound bound;

    SLED_TRY(sled_plan_measure(coll->plan, &cost, err));
    SLED_TRY(sled_machine_bound(machine, coll->plan, coll->chip_of_rank, coll->memory,
                                coll->row_bytes, &bound, err));
    row->size_bytes = sled_coll_size_bytes(&coll->req);
    row->moved_bytes = cost.total_bytes;
    row->transfers = coll->plan->count;
    row->time_s = result->time_s;
    if (result->time_s > 0) {
        row->algbw_bytes_per_s = (double)row->size_bytes / result->time_s;
        row->busbw_bytes_per_s =
            row->algbw_bytes_per_s * sled_coll_busbw_factor(coll->req.kind, coll->req.nranks);
        find_busiest(machine, result, row);
    }
    row->bound_s = bound.time_s;
    row->weight_error = result->weight_error;
    return SLED_OK;
}

static const struct sled_column columns[] = {
    {.title = "size", .unit = "(B)", .right = true},
    {.title = "transfers", .right = true},
    {.title = "time", .unit = "(us)", .right = true},
    {.title = "algbw", .unit = "(GB/s)", .right = true},
    {.title = "busbw", .unit = "(GB/s)", .right = true},
    {.title = "bound", .unit = "(us)", .right = true},
    {.title = "of bound", .unit = "(%)", .right = true},
    {.title = "used", .unit = "(%)", .right = true},
    {.title = "busiest resource"},
};

enum sled_status sled_bench_write_text(const struct sled_bench_table *table, FILE *stream,
                                       struct sled_err *err)
{
    struct sled_text_table text;

    fprintf(stream, "# %s/%s on %s, %u rank%s, memory %s, dtype %s\n# network %s: %s\n", table->op,
            table->algorithm, table->topology, table->nranks, table->nranks == 1 ? "" : "s",
            table->memory, table->dtype, table->network, table->simulator);
    if (table->accuracy != 0)
        fprintf(stream, "# accuracy %g\n", table->accuracy);
    sled_text_table_init(&text, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        sled_text_table_cellf(&text, "%" PRIu64, row->size_bytes);
        sled_text_table_cellf(&text, "%u", row->transfers);
        sled_text_table_cellf(&text, "%.3f", row->time_s * 1e6);
        sled_text_table_cellf(&text, "%.2f", row->algbw_bytes_per_s * 1e-9);
        sled_text_table_cellf(&text, "%.2f", row->busbw_bytes_per_s * 1e-9);
        sled_text_table_cellf(&text, "%.3f", row->bound_s * 1e6);
        sled_text_table_cellf(&text, "%.1f",
                              row->time_s > 0 ? 100 * row->bound_s / row->time_s : 100.0);
        sled_text_table_cellf(&text, "%.1f", 100 * row->utilisation);
        sled_text_table_cell(&text, row->busiest);
    }
    const enum sled_status st = sled_text_table_write(&text, stream, err);
    sled_text_table_finish(&text);
    return st;
}

void sled_bench_write_csv(const struct sled_bench_table *table, FILE *stream)
{
    static const char *const titles[] = {
        "op",        "algorithm",  "topology",  "ranks",       "memory",       "dtype",
        "network",   "size_bytes", "transfers", "moved_bytes", "time_ns",      "algbw_Bps",
        "busbw_Bps", "bound_ns",   "busiest",   "utilisation", "weight_error",
    };
    struct sled_csv csv = SLED_CSV_INIT(stream);

    for (size_t i = 0; i < SLED_ARRAY_LEN(titles); i++)
        sled_csv_text(&csv, titles[i]);
    sled_csv_end_row(&csv);
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        sled_csv_text(&csv, table->op);
        sled_csv_text(&csv, table->algorithm);
        sled_csv_text(&csv, table->topology);
        sled_csv_count(&csv, table->nranks);
        sled_csv_text(&csv, table->memory);
        sled_csv_text(&csv, table->dtype);
        sled_csv_text(&csv, table->network);
        sled_csv_count(&csv, row->size_bytes);
        sled_csv_count(&csv, row->transfers);
        sled_csv_count(&csv, row->moved_bytes);
        sled_csv_number(&csv, row->time_s * 1e9);
        sled_csv_number(&csv, row->algbw_bytes_per_s);
        sled_csv_number(&csv, row->busbw_bytes_per_s);
        sled_csv_number(&csv, row->bound_s * 1e9);
        sled_csv_text(&csv, row->busiest);
        sled_csv_number(&csv, row->utilisation);
        sled_csv_number(&csv, row->weight_error);
        sled_csv_end_row(&csv);
    }
}

static cJSON *row_json(const struct sled_bench_table *table, const struct sled_bench_row *row)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "op", table->op);
    cJSON_AddStringToObject(item, "algorithm", table->algorithm);
    cJSON_AddStringToObject(item, "memory", table->memory);
    cJSON_AddStringToObject(item, "network", table->network);
    cJSON_AddNumberToObject(item, "ranks", table->nranks);
    cJSON_AddNumberToObject(item, "size_bytes", (double)row->size_bytes);
    cJSON_AddNumberToObject(item, "transfers", row->transfers);
    cJSON_AddNumberToObject(item, "moved_bytes", (double)row->moved_bytes);
    cJSON_AddNumberToObject(item, "time_ns", row->time_s * 1e9);
    cJSON_AddNumberToObject(item, "algbw_Bps", row->algbw_bytes_per_s);
    cJSON_AddNumberToObject(item, "busbw_Bps", row->busbw_bytes_per_s);
    cJSON_AddNumberToObject(item, "bound_ns", row->bound_s * 1e9);
    cJSON_AddStringToObject(item, "busiest", row->busiest);
    cJSON_AddNumberToObject(item, "utilisation", row->utilisation);
    cJSON_AddNumberToObject(item, "weight_error", row->weight_error);
    return item;
}

enum sled_status sled_bench_write_json(const struct sled_bench_table *table, const cJSON *topology,
                                       FILE *stream, struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/bench/1");
    cJSON_AddStringToObject(tree, "simulator", table->simulator);
    cJSON *config = cJSON_AddObjectToObject(tree, "config");
    cJSON_AddStringToObject(config, "op", table->op);
    cJSON_AddStringToObject(config, "algorithm", table->algorithm);
    cJSON_AddStringToObject(config, "memory", table->memory);
    cJSON_AddStringToObject(config, "dtype", table->dtype);
    cJSON_AddStringToObject(config, "network", table->network);
    cJSON_AddNumberToObject(config, "accuracy", table->accuracy);
    cJSON *chips = cJSON_AddArrayToObject(config, "chip_of_rank");
    for (uint32_t r = 0; r < table->nranks; r++)
        cJSON_AddItemToArray(chips, cJSON_CreateNumber(table->chip_of_rank[r]));
    cJSON_AddItemToObject(config, "topology", cJSON_Duplicate(topology, true));
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    for (size_t i = 0; i < table->nrows; i++)
        cJSON_AddItemToArray(results, row_json(table, &table->row[i]));

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
