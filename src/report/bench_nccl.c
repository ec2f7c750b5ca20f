/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of nccl-tests (its src/util.cu), which scripts take apart by its 13 fields a line.
 * A run of ours is one figure: it stands in both halves, and #wrong is N/A as there without
 * validation, because simulated transfers carry no values.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "report/bench_formats.h"

/* What nccl-tests calls an element type. */
static const char *type_name(const char *dtype)
{
    static const char *const names[][2] = {
        {"fp32", "float"}, {"bf16", "bfloat16"}, {"fp16", "half"},
        {"fp8", "f8e4m3"}, {"bytes", "uint8"},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(names); i++)
        if (strcmp(names[i][0], dtype) == 0)
            return names[i][1];
    assert(false && "type that bench accepts");
    return dtype;
}

static bool reduces(enum sled_coll_kind kind)
{
    return kind == SLED_COLL_ALL_REDUCE || kind == SLED_COLL_REDUCE_SCATTER;
}

/* Its "count" is the argument of the call: where blocks are gathered or dealt, one block. */
static uint64_t count_argument(const struct sled_bench_table *table,
                               const struct sled_bench_row *row)
{
    const uint64_t nelems = row->size_bytes / table->elem_bytes;

    switch (table->kind) {
    case SLED_COLL_ALL_GATHER:
    case SLED_COLL_REDUCE_SCATTER:
    case SLED_COLL_ALL_TO_ALL:
    case SLED_COLL_ALL_TO_ALL_V:
        return sled_block(nelems, row->ranks, 0).count;
    default:
        return nelems;
    }
}

/* In `width` characters with as many decimals as fit, at most two; from 10^(width + 1) on as a
 * power of ten. */
static void write_number(double value, int width, FILE *stream)
{
    int digits = 0; /* before the point */

    for (double limit = 1; value >= limit; limit *= 10)
        digits++;
    if (digits > width)
        fprintf(stream, "  %*.*e", width, width >= 7 ? 1 : 0, value);
    else
        fprintf(stream, "  %*.*f", width,
                digits < width - 2   ? 2
                : digits < width - 1 ? 1
                                     : 0,
                value);
}

static void write_half(const struct sled_bench_row *row, FILE *stream)
{
    write_number(row->time_s * 1e6, 7, stream);
    write_number(row->algbw_bytes_per_s * 1e-9, 6, stream);
    write_number(row->busbw_bytes_per_s * 1e-9, 6, stream);
    fputs("    N/A", stream); /* a blank less than the title has, as there */
}

static void write_header(FILE *stream)
{
    static const char titles[] = "# %10s  %12s  %8s  %6s  %6s  %7s  %6s  %6s  %6s  %7s  %6s  %6s"
                                 "  %6s \n";

    fprintf(stream, "#\n# %10s  %12s  %8s  %6s  %6s%23s%31s%10s\n", "", "", "", "", "",
            "out-of-place", "in-place", "");
    fprintf(stream, titles, "size", "count", "type", "redop", "root", "time", "algbw", "busbw",
            "#wrong", "time", "algbw", "busbw", "#wrong");
    fprintf(stream, titles, "(B)", "(elements)", "", "", "", "(us)", "(GB/s)", "(GB/s)", "", "(us)",
            "(GB/s)", "(GB/s)", "");
}

enum sled_status sled_bench_write_nccl_tests(const struct sled_bench_table *table,
                                             const cJSON *topology, FILE *stream,
                                             struct sled_err *err)
{
    (void)topology;
    (void)err;
    sled_bench_write_heading(table, stream);
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        if (row->rule != NULL && (i == 0 || row->rule != row[-1].rule))
            fprintf(stream, "# %s from size %" PRIu64 ", by %s\n", row->algorithm, row->size_bytes,
                    row->rule);
    }
    write_header(stream);
    for (size_t i = 0; i < table->nrows; i++) {
        const struct sled_bench_row *row = &table->row[i];

        fprintf(stream, "%12" PRIu64 "  %12" PRIu64 "  %8s  %6s  %6d", row->size_bytes,
                count_argument(table, row), type_name(table->dtype),
                reduces(table->kind) ? "sum" : "none", table->kind == SLED_COLL_BROADCAST ? 0 : -1);
        write_half(row, stream);
        write_half(row, stream);
        fputc('\n', stream);
    }
    fprintf(stream,
            "# Out of bounds values : 0 OK\n"
            "# Avg bus bandwidth    : %g \n"
            "#\n",
            sled_bench_mean_busbw(table) * 1e-9);
    return SLED_OK;
}
