/* SPDX-License-Identifier: Apache-2.0 */
/* What `sledsim bench` does: load what the command line names, run, write. */
#include "cli/bench_command.h"

#include "cli/bench_perform.h"
#include "cli/bench_run.h"
#include "cli/output.h"

/* Opened before the runs, so that what cannot be written is known before the work. */
struct outputs {
    struct sled_output result;
    struct sled_output selection; /* only with --write-table */
};

static enum sled_status open_outputs(const struct bench_args *args, struct outputs *out,
                                     struct sled_err *err)
{
    SLED_TRY(sled_output_open(&out->result, args->output, err));
    if (args->write_table != NULL)
        return sled_output_open(&out->selection, args->write_table, err);
    return SLED_OK;
}

static enum sled_status write_outputs(const struct bench_args *args,
                                      const struct sled_bench_table *table, const cJSON *topology,
                                      struct outputs *out, struct sled_err *err)
{
    SLED_TRY(sled_bench_write(table, (enum sled_bench_format)args->format, topology,
                              out->result.stream, err));
    if (args->write_table != NULL) {
        SLED_TRY(sled_bench_write_selection(table, out->selection.stream, err));
        SLED_TRY(sled_output_commit(&out->selection, err));
    }
    return sled_output_commit(&out->result, err);
}

static enum sled_status run_and_write(void *ctx, const struct bench *bench,
                                      struct sled_bench_table *table, const cJSON *topology,
                                      struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    struct outputs out = {0};

    (void)ctx;
    enum sled_status st = open_outputs(args, &out, err);
    if (st == SLED_OK)
        st = bench_run(bench, table, err);
    if (st == SLED_OK)
        st = write_outputs(args, table, topology, &out, err);
    sled_output_finish(&out.selection);
    sled_output_finish(&out.result);
    return st;
}

enum sled_status bench_command(const void *opaque, struct sled_err *err)
{
    const struct bench_args *args = opaque;
    struct bench bench;
    struct sled_config topology;

    SLED_TRY(bench_begin(args, &bench, err));
    enum sled_status st = sled_config_load(args->topology, args->sets.items, args->sets.count,
                                           "topology", &topology, err);
    if (st == SLED_OK)
        st = bench_perform(&bench, &topology, run_and_write, NULL, err);
    sled_config_finish(&topology);
    return st;
}
