/* SPDX-License-Identifier: Apache-2.0 */
/* Filling the rows of a collective benchmark, and printing by format. */
#include "report/bench.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "report/bench_formats.h"

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
        const double used = sled_result_used(result, r);
        const double share = used / (machine->resource[r].bytes_per_s * result->time_s);
        if (used > 0 && share > row->utilisation) {
            row->utilisation = share;
            sled_machine_resource_name(machine, r, row->busiest, sizeof row->busiest);
        }
    }
}

/* When the last rank of a group is through with its steps. */
static double group_time(const struct sled_program_collective *coll,
                         const struct sled_result *result)
{
    double last = 0;

    for (uint32_t r = 0; r < coll->req.nranks; r++) {
        const uint32_t end = result->step_begin[coll->chip_of_rank[r] + 1];
        last = fmax(last, result->step_end_s[end - 1]);
    }
    return last;
}

/* The plan of one group: what it moves and how fast it could be. */
static enum sled_status add_plan(const struct sled_machine *machine,
                                 const struct sled_program_collective *coll,
                                 struct sled_bench_row *row, struct sled_err *err)
{
    struct sled_plan_cost cost;
    struct sled_bound bound;

    SLED_TRY(sled_plan_measure(coll->plan, &cost, err));
    SLED_TRY(sled_machine_bound(machine, coll->plan, coll->chip_of_rank,
                                sled_program_protocol(coll), coll->memory, coll->row_bytes, &bound,
                                err));
    row->moved_bytes += cost.total_bytes;
    row->transfers += coll->plan->count;
    row->bound_s = fmax(row->bound_s, bound.time_s);
    return SLED_OK;
}

enum sled_status sled_bench_row_fill(const struct sled_machine *machine,
                                     const struct sled_program *program,
                                     const struct sled_result *result, struct sled_bench_row *row,
                                     struct sled_err *err)
{
    const struct sled_program_collective *slowest = &program->collective[0];
    double sum = 0;

    row->time_min_s = HUGE_VAL;
    for (uint32_t g = 0; g < program->ncollectives; g++) {
        const struct sled_program_collective *coll = &program->collective[g];
        const double time_s = group_time(coll, result);

        SLED_TRY(add_plan(machine, coll, row, err));
        if (time_s > row->time_s) {
            row->time_s = time_s;
            slowest = coll;
        }
        row->time_min_s = fmin(row->time_min_s, time_s);
        sum += time_s;
    }
    row->time_mean_s = sum / program->ncollectives;
    row->ranks = slowest->req.nranks;
    row->size_bytes = sled_coll_size_bytes(&slowest->req);
    if (row->time_s > 0) {
        row->algbw_bytes_per_s = (double)row->size_bytes / row->time_s;
        row->busbw_bytes_per_s =
            row->algbw_bytes_per_s * sled_coll_busbw_factor(slowest->req.kind, row->ranks);
        find_busiest(machine, result, row);
    }
    sled_bench_stats_fill(machine, result, (uint32_t)(slowest - program->collective), row->time_s,
                          &row->stats);
    row->weight_error = result->weight_error;
    return SLED_OK;
}

const char *const sled_bench_format_names[SLED_BENCH_FORMATS + 1] = {
    [SLED_BENCH_TABLE] = "table",
    [SLED_BENCH_NCCL_TESTS] = "nccl-tests",
    [SLED_BENCH_NCCOM_TEST] = "nccom-test",
    [SLED_BENCH_NCCOM_TEST_JSON] = "nccom-test-json",
    [SLED_BENCH_JSON] = "json",
    [SLED_BENCH_CSV] = "csv",
};

size_t sled_bench_algorithms(const struct sled_bench_table *table)
{
    size_t n = 1;

    while (n < table->nrows && table->row[n].algorithm != table->row[0].algorithm)
        n++;
    return n;
}

double sled_bench_mean_busbw(const struct sled_bench_table *table)
{
    double sum = 0;

    for (size_t i = 0; i < table->nrows; i++)
        sum += table->row[i].busbw_bytes_per_s;
    return sum / (double)table->nrows;
}

bool sled_bench_format_compares(enum sled_bench_format format)
{
    return format == SLED_BENCH_TABLE || format == SLED_BENCH_JSON || format == SLED_BENCH_CSV;
}

enum sled_status sled_bench_write(const struct sled_bench_table *table,
                                  enum sled_bench_format format, const cJSON *topology,
                                  FILE *stream, struct sled_err *err)
{
    static sled_bench_writer *const writers[SLED_BENCH_FORMATS] = {
        [SLED_BENCH_TABLE] = sled_bench_write_text,
        [SLED_BENCH_NCCL_TESTS] = sled_bench_write_nccl_tests,
        [SLED_BENCH_NCCOM_TEST] = sled_bench_write_nccom_test,
        [SLED_BENCH_NCCOM_TEST_JSON] = sled_bench_write_nccom_json,
        [SLED_BENCH_JSON] = sled_bench_write_json,
        [SLED_BENCH_CSV] = sled_bench_write_csv,
    };

    assert(!table->compares || sled_bench_format_compares(format));
    return writers[format](table, topology, stream, err);
}
