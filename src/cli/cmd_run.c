/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim run: simulate a workload file and print where the time goes. */
#include "cli/cmd.h"

#include <stdlib.h>

#include "cli/forward.h"
#include "cli/layer_run.h"
#include "cli/output.h"
#include "cli/run_args.h"
#include "config/config.h"
#include "config/experiment.h"
#include "report/layer.h"
#include "sim/sim.h"

enum { FORMAT_TABLE, FORMAT_JSON };
static const char *const format_names[] = {"table", "json", NULL};

static const struct sled_operand operands[] = {
    {.name = "FILE", .offset = offsetof(struct run_args, file), .help = "workload file"},
};

static const struct sled_opt options[] = {
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     .offset = offsetof(struct run_args, sets),
     .help = "override a value of the workload, its topology, chip or model"},
    {.name = "table",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct run_args, table),
     .help = "selection table: picks algorithms and protocols in place of the workload's"},
    {.name = "network",
     .kind = SLED_OPT_CHOICE,
     .arg = "ENGINE",
     .choices = sled_network_names,
     .dflt = "fluid",
     .offset = offsetof(struct run_args, network),
     .help = "who shares bandwidth"},
    {.name = "accuracy",
     .kind = SLED_OPT_RATIO,
     .arg = "E",
     .dflt = "0",
     .max = 0.1,
     .offset = offsetof(struct run_args, accuracy),
     .help = "fluid: let a completion be off by this part of its duration; 0 is exact"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .offset = offsetof(struct run_args, format),
     .help = "of the output"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct run_args, output),
     .help = "write there instead of stdout"},
};

static enum sled_status write_runs(const struct run_args *args, struct sled_config *config,
                                   const struct sled_selection *selection,
                                   const struct sled_layer_run *runs, FILE *stream,
                                   struct sled_err *err)
{
    const struct sled_workload *workload = config->workload;
    struct sled_layer_title title = {
        .workload = workload->name,
        .description = workload->description,
        .model = workload->model.name,
        .topology = workload->topology.name,
        .chip = workload->topology.chip_name,
        .selection = selection == NULL ? NULL : selection->name,
        .network = sled_network_names[args->network],
        .simulator = sled_sim_describe(),
        .accuracy = args->accuracy,
        .ranks = workload->layer.ranks,
        .tokens_per_rank = workload->layer.tokens_per_rank,
    };

    struct sled_experiment_balance balance;

    SLED_TRY(sled_experiment_balance(workload, &balance, err));
    title.distribution = balance.distribution;
    title.load_min = balance.placed.min_rows;
    title.load_mean = balance.placed.mean_rows;
    title.load_max = balance.placed.max_rows;
    title.skewed = workload->layer.routing.distribution != SLED_TOKENS_UNIFORM;
    title.slot_imbalance = balance.placed.slots;
    title.rank_in_order = balance.in_order.holders;
    title.slot_in_order = balance.in_order.slots;
    if (args->format == FORMAT_JSON)
        return sled_layer_write_json(&title, runs, workload->nmemories, sled_doc_root(config->doc),
                                     stream, err);
    return sled_layer_write_text(&title, runs, workload->nmemories, stream, err);
}

static enum sled_status run_forward(const struct run_args *args, struct sled_config *config,
                                    const struct sled_selection *selection, struct sled_err *err)
{
    struct sled_forward_facts facts;
    struct sled_forward_summary summary;
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    const struct sled_cli_engine engine = {(enum sled_network_kind)args->network, args->accuracy,
                                           NULL, selection};
    enum sled_status st = sled_cli_forward_run(config->workload, &engine, &facts, &summary, err);
    if (st == SLED_OK)
        st = args->format == FORMAT_JSON
                 ? sled_forward_write_json(&facts, &summary, sled_doc_root(config->doc), out.stream,
                                           err)
                 : sled_forward_write_text(&facts, &summary, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    free(summary.phase);
    return st;
}

static enum sled_status run_layer(const struct run_args *args, struct sled_config *config,
                                  const struct sled_selection *selection, struct sled_err *err)
{
    const struct sled_workload *workload = config->workload;
    struct sled_layer_run runs[SLED_MEMORIES] = {0};
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st = SLED_OK;
    for (uint32_t i = 0; i < workload->nmemories && st == SLED_OK; i++)
        st = layer_run(workload, selection, workload->memory[i],
                       (enum sled_network_kind)args->network, args->accuracy, &runs[i], err);
    if (st == SLED_OK)
        st = write_runs(args, config, selection, runs, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    for (uint32_t i = 0; i < SLED_MEMORIES; i++)
        free(runs[i].phase);
    return st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct run_args *args = opaque;
    struct sled_config config, table = {0};

    enum sled_status st =
        sled_config_load(args->file, args->sets.items, args->sets.count, "workload", &config, err);
    if (st == SLED_OK && args->table != NULL)
        st = sled_config_load(args->table, NULL, 0, "selection", &table, err);
    if (st == SLED_OK) {
        st = config.workload->kind == SLED_WORKLOAD_FORWARD
                 ? run_forward(args, &config, table.selection, err)
                 : run_layer(args, &config, table.selection, err);
        if (st == SLED_E_INPUT || st == SLED_E_UNSUPPORTED) /* the file, not its output */
            sled_doc_locate(config.doc, "", err);
    }
    sled_config_finish(&table);
    sled_config_finish(&config);
    return st;
}

const struct sled_cmd sled_cmd_run = {
    .name = "run",
    .summary = "simulate a workload and print where the time goes",
    .description =
        "Runs the workload once per memory it names and prints, phase by phase, the time over\n"
        "chips, the bytes moved and the busiest resource; then the memories side by side.\n"
        "\"min mean max\" are over chips, from the end of a chip's earlier phases to the end of\n"
        "this one; network is bytes between chips, memory bytes between HBM and SRAM.\n"
        "\n"
        "With --table, a selection table says how collectives run, with the costs of the "
        "protocols\n"
        "that it has, as NCCL's and DeepEP's.\n",
    .examples = "sledsim run workloads/deepseek-v3-ep144-decode.json\n"
                "sledsim run workloads/deepseek-v3-ep144-decode.json \\\n"
                "    --set /topology/ultraserver/planes/switches=8 --format json\n",
    .args = SLED_OPT_TABLE(struct run_args, operands, options),
    .run = run,
};
