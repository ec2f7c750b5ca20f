/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim layouts: try layouts and batches of a forward workload, and print the best. */
#include "cli/cmd.h"

#include <stdlib.h>

#include "base/cpus.h"
#include "base/vec.h"
#include "cli/layouts_pool.h"
#include "cli/output.h"
#include "config/config.h"
#include "report/layouts.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };
static const char *const format_names[] = {"table", "json", "csv", NULL};

struct layouts_args {
    const char *file;
    struct sled_opt_list sets;
    const char *table;
    uint64_t top, jobs;
    int rank;
    int network;
    double accuracy;
    int format;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "FILE",
     .offset = offsetof(struct layouts_args, file),
     .help = "workload file, of a forward pass"},
};

static const struct sled_opt options[] = {
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     .offset = offsetof(struct layouts_args, sets),
     .help = "override a value of the workload, its topology, chip or model"},
    {.name = "table",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct layouts_args, table),
     .help = "selection table: picks algorithms and protocols in place of the workload's"},
    {.name = "top",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "10",
     .min = 1,
     .max = 1000000,
     .offset = offsetof(struct layouts_args, top),
     .help = "rows of a table, the fronts' excepted"},
    {.name = "rank",
     .kind = SLED_OPT_CHOICE,
     .arg = "FIGURE",
     .choices = sled_layout_rank_names,
     .dflt = "tokens_per_s_chip",
     .offset = offsetof(struct layouts_args, rank),
     .help = "what the best have most of"},
    {.name = "jobs",
     .letter = 'j',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 1024,
     .offset = offsetof(struct layouts_args, jobs),
     .help = "processes at once; as many as it may use processors if absent"},
    {.name = "network",
     .kind = SLED_OPT_CHOICE,
     .arg = "ENGINE",
     .choices = sled_network_names,
     .dflt = "fluid",
     .offset = offsetof(struct layouts_args, network),
     .help = "who shares bandwidth"},
    {.name = "accuracy",
     .kind = SLED_OPT_RATIO,
     .arg = "E",
     .dflt = "0.001",
     .max = 0.1,
     .offset = offsetof(struct layouts_args, accuracy),
     .help = "fluid: let a completion be off by this part of its duration; 0 is exact"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .offset = offsetof(struct layouts_args, format),
     .help = "of the output"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct layouts_args, output),
     .help = "write there instead of stdout"},
};

static enum sled_status write_rows(const struct layouts_args *args, struct sled_config *config,
                                   const struct sled_layout_row *rows, size_t n,
                                   const size_t *order, FILE *stream, struct sled_err *err)
{
    const struct sled_workload *workload = config->workload;
    const struct sled_layouts_title title = {
        .workload = workload->name,
        .description = workload->description,
        .model = workload->model.name,
        .topology = workload->topology.name,
        .chip = workload->topology.chip_name,
        .phase = sled_pass_phase_names[workload->forward.phase],
        .network = sled_network_names[args->network],
        .simulator = sled_sim_describe(),
        .accuracy = args->accuracy,
        .context = workload->forward.context,
        .chunk = workload->forward.chunk,
        .overlaps = workload->search.overlap.count > 1,
        .orders = workload->search.order.count > 1,
    };

    if (args->format == FORMAT_JSON)
        return sled_layouts_write_json(&title, rows, n, order, sled_doc_root(config->doc), stream,
                                       err);
    if (args->format == FORMAT_CSV)
        return sled_layouts_write_csv(&title, rows, n, order, stream, err);
    return sled_layouts_write_text(&title, rows, n, order, (size_t)args->top, stream, err);
}

static enum sled_status run_job(const struct layouts_args *args, struct sled_config *config,
                                struct sled_layouts_job *job, FILE *stream, struct sled_err *err)
{
    struct sled_layout_row *rows = NULL;
    size_t *order = NULL;

    enum sled_status st = sled_vec_alloc(&rows, job->n, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&order, job->n, err);
    if (st == SLED_OK)
        st = sled_layouts_run(job, rows, err);
    if (st == SLED_OK) {
        sled_layouts_mark_fronts(rows, job->n);
        st = sled_layouts_rank(rows, job->n, (enum sled_layout_rank)args->rank, order, err);
    }
    if (st == SLED_OK)
        st = write_rows(args, config, rows, job->n, order, stream, err);
    free(rows);
    free(order);
    return st;
}

static enum sled_status run_loaded(const struct layouts_args *args, struct sled_config *config,
                                   const struct sled_selection *selection, struct sled_err *err)
{
    const struct sled_workload *workload = config->workload;
    struct sled_layout_choice *choices;
    struct sled_layouts_job job = {
        .workload = workload,
        .selection = selection,
        .network = (enum sled_network_kind)args->network,
        .accuracy = args->network == SLED_NETWORK_FLUID ? args->accuracy : 0,
        .workers = args->jobs == 0 ? sled_cpus() : (uint32_t)args->jobs,
    };
    struct sled_output out;

    if (workload->kind != SLED_WORKLOAD_FORWARD)
        return sled_doc_fail(config->doc, "/workload", err, SLED_E_INPUT,
                             "layouts are of a \"forward\" workload, found \"%s\"",
                             sled_workload_names[workload->kind]);
    if (!workload->has_search)
        return sled_doc_fail(
            config->doc, "", err, SLED_E_INPUT,
            "missing key \"search\": what layouts to try; --set '/search={}' tries "
            "the usual ones");
    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st =
        sled_layout_search_list(&workload->search, &workload->model, &workload->forward,
                                workload->topology.fabric.nchips, &choices, &job.n, err);
    if (st == SLED_OK && job.n == 0)
        st = sled_doc_fail(config->doc, "/search", err, SLED_E_INPUT,
                           "no layout: no tp x cp x pp divides a number of chips");
    if (st == SLED_OK) {
        job.choice = choices;
        st = run_job(args, config, &job, out.stream, err);
        free(choices);
    }
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct layouts_args *args = opaque;
    struct sled_config config, table = {0};

    enum sled_status st =
        sled_config_load(args->file, args->sets.items, args->sets.count, "workload", &config, err);
    if (st == SLED_OK && args->table != NULL)
        st = sled_config_load(args->table, NULL, 0, "selection", &table, err);
    if (st == SLED_OK)
        st = run_loaded(args, &config, table.selection, err);
    sled_config_finish(&table);
    sled_config_finish(&config);
    return st;
}

const struct sled_cmd sled_cmd_layouts = {
    .name = "layouts",
    .summary = "find the best layouts of a model",
    .description =
        "Simulates a forward workload in every layout and batch that its \"search\" names and\n"
        "prints the best, what each waits for, and the Pareto fronts: those that no other\n"
        "beats both in tokens/s/user and in tokens/s per chip, or per megawatt. Layouts that\n"
        "do not fit the memory, or cannot be, are listed with the reason.\n",
    .examples =
        "sledsim layouts workloads/layouts-gpt-oss-120b-trn3.json\n"
        "sledsim layouts workloads/layouts-gpt-oss-120b-trn3.json --rank tokens_per_s_MW \\\n"
        "    --set /search/batch=[64,256] --format csv -o layouts.csv\n",
    .args = SLED_OPT_TABLE(struct layouts_args, operands, options),
    .run = run,
};
