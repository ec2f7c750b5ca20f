/* SPDX-License-Identifier: Apache-2.0 */
/* Results of collective benchmarks: a row per size and algorithm, and the formats they print in. */
#ifndef SLED_REPORT_BENCH_H
#define SLED_REPORT_BENCH_H

#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "model/groups.h"
#include "model/machine.h"
#include "model/program.h"
#include "model/result.h"
#include "report/bench_stats.h"

/*
 * One algorithm at one size, run by all groups at once. Times of several groups are of the
 * slowest one, and so are its size, ranks and bandwidths.
 */
struct sled_bench_row {
    uint64_t size_bytes;   /* whole buffer of a rank */
    const char *algorithm; /* borrowed; the same one at every size, not a copy */
    const char *rule;      /* of the selection table that picked it, borrowed; NULL: it was named */
    char left_out[512];    /* why the algorithm cannot serve: nothing below is set; "": it ran */
    bool winner;           /* fastest of its size, where algorithms are compared */

    uint32_t ranks;       /* of the slowest group */
    uint64_t moved_bytes; /* between ranks, over all transfers of all groups */
    uint64_t transfers;   /* of all groups */
    double time_s;
    double time_min_s, time_mean_s; /* of the fastest group; over groups */
    double algbw_bytes_per_s;
    double busbw_bytes_per_s;
    double bound_s;      /* largest lower bound of a group's plan alone on this machine
                            (sled_machine_bound); with staging, of the collective alone */
    char busiest[64];    /* resource with the largest share of its capacity; "" for none */
    double utilisation;  /* that share over the whole time, 0..1 */
    double weight_error; /* rounding by the network engine, 0 when exact */
    struct sled_bench_stats stats;
};

struct sled_bench_table {
    /* What is common to all rows, borrowed. */
    const char *memory, *dtype, *network, *simulator, *topology;
    enum sled_coll_kind kind;
    const char *algorithm;            /* that was asked for: a name, "auto" or "all" */
    const char *selection;            /* name of the table that auto asks; NULL without */
    bool compares;                    /* several rows of one size, one after the other: of the same
                                         algorithms in the same order at each size */
    uint32_t elem_bytes;              /* of one element of dtype */
    uint32_t channels, chunks;        /* that were asked for; 0: the algorithm's own number */
    bool stats;                       /* print them in a table for people; JSON and CSV always do */
    double accuracy;                  /* that the network was asked for; 0 is exact */
    const char *map;                  /* how ranks were put on chips, as it was written */
    const uint32_t *chip_of_rank;     /* [nranks] */
    uint32_t nranks;                  /* that there are; a rank in no group is idle */
    const struct sled_groups *groups; /* at least one */

    struct sled_bench_row *row; /* [nrows], heap */
    size_t nrows, capacity;
};

/* Append a zeroed row; *row is valid until the next call. */
enum sled_status sled_bench_table_add(struct sled_bench_table *table, struct sled_bench_row **row,
                                      struct sled_err *err);
/* Frees the rows. Accepts a zeroed table. */
void sled_bench_table_finish(struct sled_bench_table *table);

/* Fill all that follows `winner`, and size_bytes, from the run of a program whose collectives
 * are the groups. */
enum sled_status sled_bench_row_fill(const struct sled_machine *machine,
                                     const struct sled_program *program,
                                     const struct sled_result *result, struct sled_bench_row *row,
                                     struct sled_err *err);

enum sled_bench_format {
    SLED_BENCH_TABLE,      /* for people: GB/s is 1e9 bytes/s, as everywhere but in nccom-test */
    SLED_BENCH_NCCL_TESTS, /* the table of nccl-tests: 13 fields a line */
    SLED_BENCH_NCCOM_TEST, /* the table of nccom-test --show-algorithm: GB/s is 2^30 bytes/s */
    SLED_BENCH_NCCOM_TEST_JSON, /* what its --report-to-json-file writes */
    SLED_BENCH_JSON,
    SLED_BENCH_CSV,
    SLED_BENCH_FORMATS /* count, keep last */
};
/* NULL-terminated, indexed by format: "table", "nccl-tests", … */
extern const char *const sled_bench_format_names[SLED_BENCH_FORMATS + 1];

/* Has the format room for a table that compares algorithms? */
bool sled_bench_format_compares(enum sled_bench_format format);

/* Print. topology is the effective configuration, which JSON embeds. What cannot be written is
 * the stream's error, found by whoever owns it. */
enum sled_status sled_bench_write(const struct sled_bench_table *table,
                                  enum sled_bench_format format, const cJSON *topology,
                                  FILE *stream, struct sled_err *err);

/* A row as JSON has it, of the caller. Members are missing where memory ran out, as sled_json_write
 * tells of the whole tree. */
cJSON *sled_bench_row_json(const struct sled_bench_table *table, const struct sled_bench_row *row);

/*
 * Print a table that compares algorithms as a selection table (a file of kind "selection"): a rule
 * for each run of sizes with one winner. The first has no lower limit and the last no upper one;
 * "source" says what was simulated. Sizes are in ascending order, each with a winner.
 */
enum sled_status sled_bench_write_selection(const struct sled_bench_table *table, FILE *stream,
                                            struct sled_err *err);

#endif
