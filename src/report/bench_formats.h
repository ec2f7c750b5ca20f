/* SPDX-License-Identifier: Apache-2.0 */
/* One function per format of a benchmark, private to report; its contract is that of
 * sled_bench_write. */
#ifndef SLED_REPORT_BENCH_FORMATS_H
#define SLED_REPORT_BENCH_FORMATS_H

#include "report/bench.h"

typedef enum sled_status sled_bench_writer(const struct sled_bench_table *table,
                                           const cJSON *topology, FILE *stream,
                                           struct sled_err *err);

extern sled_bench_writer sled_bench_write_text;
extern sled_bench_writer sled_bench_write_nccl_tests;
extern sled_bench_writer sled_bench_write_nccom_test;
extern sled_bench_writer sled_bench_write_nccom_json;
extern sled_bench_writer sled_bench_write_json;
extern sled_bench_writer sled_bench_write_csv;

/* The lines that begin with '#' and say what all rows have in common. */
void sled_bench_write_heading(const struct sled_bench_table *table, FILE *stream);

/* The statistics behind the rows, for people. SLED_E_NOMEM. */
enum sled_status sled_bench_write_stats(const struct sled_bench_table *table, FILE *stream,
                                        struct sled_err *err);

/* Of a table that compares: how many rows each size has. */
size_t sled_bench_algorithms(const struct sled_bench_table *table);

/* Mean of the bus bandwidths of all rows, bytes/s, as nccl-tests and nccom-test report it. */
double sled_bench_mean_busbw(const struct sled_bench_table *table);

#endif
