/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim accuracy … --topology FILE`: the collectives of the files, as bench would time them. */
#include "cli/accuracy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "cli/datafiles.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "config/config.h"
#include "config/experiment.h"
#include "config/measured_collective.h"
#include "report/accuracy_collective.h"
#include "report/bench.h"
#include "sim/sim.h"

/* What all rows are run on; borrowed. */
struct setup {
    const struct accuracy_args *args;
    const struct sled_topology *topology;
    const struct sled_selection *selection;
    uint32_t elem_bytes; /* of rows that do not say it */
    uint32_t *chips;     /* [nchips]: rank r is on chip r */
};

static enum sled_status locate(const struct sled_measured_collectives *measured,
                               const struct sled_collective_row *row, struct sled_err *err)
{
    if (err->file[0] == '\0') {
        snprintf(err->file, sizeof err->file, "%s", measured->path);
        err->line = row->line;
        err->column = row->column;
    }
    return err->code;
}

static enum sled_status simulate(const struct setup *setup,
                                 const struct sled_experiment_group *group, const char *algorithm,
                                 double *time_s, struct sled_err *err)
{
    struct sled_bench_row row = {0};
    struct sled_experiment experiment;
    struct sled_result *result = NULL;

    enum sled_status st =
        sled_experiment_collectives(setup->topology, group, 1, algorithm,
                                    (enum sled_memory)setup->args->memory, 0, &experiment, err);
    if (st == SLED_OK) {
        const struct sled_sim_spec spec = {.machine = &setup->topology->machine,
                                           .program = &experiment.program,
                                           .network = SLED_NETWORK_FLUID};

        st = sled_sim_run(&spec, &result, err);
        if (st == SLED_OK)
            st = sled_bench_row_fill(spec.machine, spec.program, result, &row, err);
    }
    *time_s = row.time_s;
    sled_result_destroy(result);
    sled_experiment_finish(&experiment);
    return st;
}

static enum sled_status predict_row(const struct setup *setup, struct sled_collective_row *row,
                                    struct sled_err *err)
{
    const uint32_t elem_bytes = row->elem_bytes > 0 ? row->elem_bytes : setup->elem_bytes;
    struct sled_experiment_group group = {
        .req = {.kind = row->op,
                .nranks = row->ranks,
                .nelems = row->size_bytes / elem_bytes,
                .elem_bytes = elem_bytes,
                .commutative = true},
        .chip_of_rank = setup->chips,
    };
    const struct sled_selection_site site = sled_selection_site_of(setup->topology, setup->chips);
    const struct sled_selection_rule *rule;

    if (row->op == SLED_COLL_ALL_TO_ALL_V)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "all_to_all_v needs a matrix, which no such file has");
    if (row->ranks > setup->topology->fabric.nchips)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%" PRIu32 " ranks need as many chips, \"%s\" "
                            "has %" PRIu32,
                            row->ranks, setup->topology->name, setup->topology->fabric.nchips);
    if (row->size_bytes % elem_bytes != 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%" PRIu64 " bytes are no multiple of elements of %" PRIu32 " bytes",
                            row->size_bytes, elem_bytes);
    SLED_TRY(sled_selection_pick(setup->selection, &group.req, &site,
                                 (enum sled_memory)setup->args->memory, &rule, err));
    SLED_TRY(sled_selection_apply(setup->selection, rule, &site, &group.req, &group.has_protocol,
                                  &group.protocol, err));
    row->algorithm = rule->algorithm;
    row->rule = rule->label;
    return simulate(setup, &group, rule->algorithm, &row->predicted_s, err);
}

static enum sled_status predict_file(const struct setup *setup, const char *path,
                                     struct sled_measured_collectives *measured,
                                     struct sled_collective_file *file, struct sled_err *err)
{
    const struct accuracy_args *args = setup->args;
    struct sled_measured_hint hint = {.op = SLED_COLL_KINDS, .ranks = (uint32_t)args->ranks};

    if (args->op != NULL)
        SLED_TRY(sled_cli_op(args->op, &hint.op, err));
    SLED_TRY(sled_measured_collectives_load(path, &hint, measured, err));
    for (size_t r = 0; r < measured->nrows; r++)
        if (predict_row(setup, &measured->rows[r], err) != SLED_OK)
            return locate(measured, &measured->rows[r], err);
    *file = (struct sled_collective_file){.path = path,
                                          .provenance = measured->comments,
                                          .nlines = measured->ncomments,
                                          .rows = measured->rows,
                                          .nrows = measured->nrows};
    return SLED_OK;
}

static enum sled_status write_report(const struct accuracy_args *args, const cJSON *topology,
                                     const struct sled_collective_report *report, FILE *stream,
                                     struct sled_err *err)
{
    switch (args->format) {
    case ACCURACY_JSON:
        return sled_collective_write_json(report, topology, stream, err);
    case ACCURACY_CSV:
        sled_collective_write_csv(report, stream);
        return SLED_OK;
    default:
        return sled_collective_write_text(report, (enum sled_accuracy_show)args->show, stream, err);
    }
}

static enum sled_status run_files(const struct setup *setup, const cJSON *topology,
                                  struct sled_measured_collectives *measured,
                                  struct sled_collective_file *files, struct sled_err *err)
{
    const struct accuracy_args *args = setup->args;
    const struct sled_collective_report report = {
        .topology = setup->topology->name,
        .selection = setup->selection->name,
        .memory = sled_memory_names[args->memory],
        .simulator = sled_sim_describe(),
        .files = files,
        .nfiles = args->files.count,
    };
    const struct sled_collective_filter all = {0};
    struct sled_accuracy_stats stats;
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st = SLED_OK;
    for (size_t f = 0; f < args->files.count && st == SLED_OK; f++)
        st = predict_file(setup, args->files.items[f], &measured[f], &files[f], err);
    if (st == SLED_OK)
        st = write_report(args, topology, &report, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    SLED_TRY(st);
    sled_collective_sum(&report, &all, &stats);
    return accuracy_judge_error(args, &stats, err);
}

static enum sled_status run_loaded(struct setup *setup, const cJSON *topology, struct sled_err *err)
{
    const size_t nfiles = setup->args->files.count;
    const uint32_t nchips = setup->topology->fabric.nchips;
    struct sled_measured_collectives *measured = NULL;
    struct sled_collective_file *files = NULL;

    enum sled_status st = sled_vec_alloc(&setup->chips, nchips, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&measured, nfiles, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&files, nfiles, err);
    for (uint32_t c = 0; st == SLED_OK && c < nchips; c++)
        setup->chips[c] = c;
    if (st == SLED_OK)
        st = run_files(setup, topology, measured, files, err);
    for (size_t f = 0; measured != NULL && f < nfiles; f++)
        sled_measured_collectives_finish(&measured[f]);
    free(measured);
    free(files);
    free(setup->chips);
    return st;
}

enum sled_status accuracy_collectives(const struct accuracy_args *args, struct sled_err *err)
{
    struct setup setup = {.args = args};
    struct sled_config topology, selection = {0};
    char *shipped = NULL;

    SLED_TRY(sled_cli_elem_bytes(args->dtype, &setup.elem_bytes, err));
    if (args->table == NULL)
        SLED_TRY(sled_datafiles_find("collectives/neuron.json", &shipped, err));
    enum sled_status st = sled_config_load(args->topology, args->sets.items, args->sets.count,
                                           "topology", &topology, err);
    if (st == SLED_OK)
        st = sled_config_load(shipped != NULL ? shipped : args->table, NULL, 0, "selection",
                              &selection, err);
    if (st == SLED_OK) {
        setup.topology = topology.topology;
        setup.selection = selection.selection;
        st = run_loaded(&setup, sled_doc_root(topology.doc), err);
    }
    sled_config_finish(&selection);
    sled_config_finish(&topology);
    free(shipped);
    return st;
}
