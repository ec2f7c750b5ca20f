/* SPDX-License-Identifier: Apache-2.0 */
/* Results of collective benchmarks: a row per size, as table, CSV and JSON. */
#ifndef SLED_REPORT_BENCH_H
#define SLED_REPORT_BENCH_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "model/machine.h"
#include "model/program.h"
#include "model/result.h"

struct sled_bench_row {
    uint64_t size_bytes;  /* whole buffer of a rank */
    uint64_t moved_bytes; /* between ranks, over all transfers */
    uint32_t transfers;
    double time_s;
    double algbw_bytes_per_s;
    double busbw_bytes_per_s;
    double bound_s;      /* lower bound of the plan on this machine (sled_machine_bound); with
                            staging, of the collective alone */
    char busiest[64];    /* resource with the largest share of its capacity; "" for none */
    double utilisation;  /* that share over the whole time, 0..1 */
    double weight_error; /* rounding by the network engine, 0 when exact */
};

struct sled_bench_table {
    /* What is common to all rows, borrowed. */
    const char *op, *algorithm, *memory, *dtype, *network, *simulator, *topology;
    double accuracy;              /* that the network was asked for; 0 is exact */
    const uint32_t *chip_of_rank; /* [nranks] */
    uint32_t nranks;

    struct sled_bench_row *row; /* [nrows], heap */
    size_t nrows, capacity;
};

/* Append a zeroed row; *row is valid until the next call. */
enum sled_status sled_bench_table_add(struct sled_bench_table *table, struct sled_bench_row **row,
                                      struct sled_err *err);
/* Frees the rows. Accepts a zeroed table. */
void sled_bench_table_finish(struct sled_bench_table *table);

/* Fill a row from the run of a program with one collective. */
enum sled_status sled_bench_row_fill(const struct sled_machine *machine,
                                     const struct sled_program *program,
                                     const struct sled_result *result, struct sled_bench_row *row,
                                     struct sled_err *err);

/* GB/s is 1e9 bytes/s in all of them. topology is the effective configuration, embedded. */
enum sled_status sled_bench_write_text(const struct sled_bench_table *table, FILE *stream,
                                       struct sled_err *err);
void sled_bench_write_csv(const struct sled_bench_table *table, FILE *stream);
enum sled_status sled_bench_write_json(const struct sled_bench_table *table, const cJSON *topology,
                                       FILE *stream, struct sled_err *err);

#endif
