/* SPDX-License-Identifier: Apache-2.0 */
/* What `sledsim bench` does: load what the command line names, run, write. */
#include "cli/bench_command.h"

#include <assert.h>
#include <stdlib.h>

#include "base/str.h"
#include "cli/bench_run.h"
#include "cli/datafiles.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "coll/coll.h"
#include "sim/sim.h"

/* Which of several algorithms is meant? */
static enum sled_status ask_for_algorithm(const struct bench_args *args, enum sled_coll_kind kind,
                                          struct sled_err *err)
{
    size_t count;
    const struct sled_coll_algo *const *all = sled_coll_all(&count);
    struct sled_str names = SLED_STR_INIT;

    for (size_t i = 0; i < count; i++)
        if (all[i]->kind == kind)
            sled_str_addf(&names, "%s, ", all[i]->name);
    sled_str_add(&names, "auto, all");
    enum sled_status st = sled_str_status(&names, err);
    if (st == SLED_OK)
        st = sled_err_set(err, SLED_E_USAGE,
                          "%s has several algorithms, say which with --algorithm: %s", args->op,
                          sled_str_text(&names));
    sled_str_finish(&names);
    return st;
}

/* The algorithm asked for, or the only one that there is. */
static enum sled_status choose_algorithm(const struct bench_args *args, enum sled_coll_kind kind,
                                         const struct sled_coll_algo **out, struct sled_err *err)
{
    size_t count;
    const struct sled_coll_algo *const *all = sled_coll_all(&count);

    if (args->algorithm != NULL) {
        *out = sled_coll_find(kind, args->algorithm, err);
        return *out == NULL ? err->code : SLED_OK;
    }

    const struct sled_coll_algo *only = NULL;
    for (size_t i = 0; i < count; i++) {
        if (all[i]->kind != kind)
            continue;
        if (only != NULL)
            return ask_for_algorithm(args, kind, err);
        only = all[i];
    }
    assert(only != NULL && "every operation has an algorithm");
    *out = only;
    return SLED_OK;
}

/* The selection table that was named, or the shipped one of the home case. */
static enum sled_status load_selection(const struct bench_args *args, struct sled_config *out,
                                       struct sled_err *err)
{
    if (args->table != NULL)
        return sled_config_load(args->table, NULL, 0, "selection", out, err);

    char *path;
    SLED_TRY(sled_datafiles_find("collectives/neuron.json", &path, err));
    const enum sled_status st = sled_config_load(path, NULL, 0, "selection", out, err);
    free(path);
    return st;
}

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

static enum sled_status run_and_write(const struct bench *bench, const cJSON *topology,
                                      struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    const bool by_matrix = bench->kind == SLED_COLL_ALL_TO_ALL_V;
    struct sled_bench_table table = {
        .kind = bench->kind,
        .algorithm = bench->plan != NULL   ? bench->plan->name
                     : bench->algo != NULL ? bench->algo->name
                                           : args->algorithm,
        .selection = bench->selection != NULL ? bench->selection->name : NULL,
        .compares = bench_args_all(args),
        .channels = (uint32_t)args->channels,
        .chunks = (uint32_t)args->chunks,
        .memory = sled_memory_names[bench->memory],
        .dtype = by_matrix ? "bytes" : args->dtype,
        .elem_bytes = by_matrix ? 1 : bench->elem_bytes,
        .network = sled_network_names[args->network],
        .simulator = sled_sim_describe(),
        .accuracy = args->accuracy,
        .stats = args->stats,
        .topology = bench->topology->name,
        .map = args->map,
        .chip_of_rank = bench->place->chip_of_rank,
        .nranks = bench->place->nranks,
        .groups = &bench->place->groups,
    };
    struct outputs out = {0};

    enum sled_status st = open_outputs(args, &out, err);
    if (st == SLED_OK)
        st = bench_run(bench, &table, err);
    if (st == SLED_OK)
        st = write_outputs(args, &table, topology, &out, err);
    sled_output_finish(&out.selection);
    sled_output_finish(&out.result);
    sled_bench_table_finish(&table);
    return st;
}

static enum sled_status run_loaded(struct bench *bench, struct sled_config *topology,
                                   struct sled_config *selection, struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    struct bench_place place;

    bench->topology = topology->topology;
    if (bench->plan != NULL && bench->plan->nranks > bench->topology->fabric.nchips)
        return sled_err_set(
            err, SLED_E_UNSUPPORTED, "--plan %s: %u ranks need as many chips, \"%s\" has %u",
            args->plan, bench->plan->nranks, bench->topology->name, bench->topology->fabric.nchips);
    if (bench_args_auto(args)) {
        SLED_TRY(load_selection(args, selection, err));
        bench->selection = selection->selection;
    } else if (bench->plan == NULL && !bench_args_all(args)) {
        SLED_TRY(choose_algorithm(args, bench->kind, &bench->algo, err));
    }
    enum sled_status st = bench_place_init(&place, args, &bench->topology->fabric, err);
    bench->place = &place;
    for (uint32_t g = 0; st == SLED_OK && bench->plan != NULL && g < place.groups.count; g++)
        st = sled_plan_file_serves(bench->plan, bench->kind, sled_groups_size(&place.groups, g),
                                   err);
    if (st == SLED_OK)
        st = run_and_write(bench, sled_doc_root(topology->doc), err);
    bench_place_finish(&place);
    return st;
}

static enum sled_status run_on_topology(struct bench *bench, struct sled_err *err)
{
    const struct bench_args *args = bench->args;
    struct sled_config topology, selection = {0};

    enum sled_status st = sled_config_load(args->topology, args->sets.items, args->sets.count,
                                           "topology", &topology, err);
    if (st == SLED_OK)
        st = run_loaded(bench, &topology, &selection, err);
    sled_config_finish(&selection);
    sled_config_finish(&topology);
    return st;
}

/* A plan knows how many ranks it is for, where nothing else says how many there are. */
static enum sled_status run_plan(struct bench *bench, struct sled_err *err)
{
    struct bench_args args = *bench->args;
    struct sled_plan_file plan;
    enum sled_status st = sled_plan_file_load(args.plan, &plan, err);

    if (st == SLED_OK) {
        if (!args.ranks_given && args.groups == NULL && !bench_args_lists_chips(&args)) {
            args.ranks = plan.nranks;
            args.ranks_given = true;
        }
        bench->args = &args;
        bench->plan = &plan;
        st = run_on_topology(bench, err);
    }
    sled_plan_file_finish(&plan);
    return st;
}

enum sled_status bench_command(const void *opaque, struct sled_err *err)
{
    const struct bench_args *args = opaque;
    struct bench bench = {
        .args = args,
        .memory = args->sb2sb ? SLED_MEMORY_SBUF : (enum sled_memory)args->memory,
    };

    SLED_TRY(sled_cli_op(args->op, &bench.kind, err));
    SLED_TRY(bench_args_check(args, bench.kind, err));
    SLED_TRY(sled_cli_elem_bytes(args->dtype, &bench.elem_bytes, err));
    return args->plan == NULL ? run_on_topology(&bench, err) : run_plan(&bench, err);
}
