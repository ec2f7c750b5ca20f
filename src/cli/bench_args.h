/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `sledsim bench`. Private to its files, cmd_bench.c and bench_*.c. */
#ifndef SLED_CLI_BENCH_ARGS_H
#define SLED_CLI_BENCH_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"
#include "model/collective.h"

struct bench_args {
    const char *op;
    const char *topology;
    struct sled_opt_list sets;

    uint64_t ranks;
    bool ranks_given;
    const char *map, *groups;

    uint64_t min_bytes, max_bytes, factor, size;
    bool min_given, max_given, size_given;

    const char *algorithm; /* NULL: the only one there is, or plan */
    const char *plan;
    const char *table, *write_table;
    uint64_t channels, chunks; /* 0: the algorithm's own number */

    int memory;
    bool sb2sb, memory_given;
    const char *dtype;

    const char *matrix;
    double skew;
    bool skew_given;
    uint64_t seed, experts, top_k, token_bytes;
    bool routing_given[4];

    int network;
    double accuracy;
    bool stats;
    int format;
    const char *output;
};

/* Refuse options that contradict each other, or that need another. SLED_E_USAGE. */
enum sled_status bench_args_check(const struct bench_args *args, enum sled_coll_kind kind,
                                  struct sled_err *err);

/* Is there just one size, that of a matrix? */
bool bench_args_one_size(const struct bench_args *args, enum sled_coll_kind kind);

/* Does --map list the chips, and so say how many ranks there are? */
bool bench_args_lists_chips(const struct bench_args *args);

/* Is the algorithm to be chosen by a selection table, or are all to be compared? */
bool bench_args_auto(const struct bench_args *args);
bool bench_args_all(const struct bench_args *args);

#endif
