/* SPDX-License-Identifier: Apache-2.0 */
/* Everything between the arguments of a benchmark and its runs. */
#include "cli/bench_perform.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/datafiles.h"
#include "cli/parse.h"
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

enum sled_status bench_selection_path(const struct bench_args *args, char **out,
                                      struct sled_err *err)
{
    if (args->table == NULL)
        return sled_datafiles_find("collectives/neuron.json", out, err);
    *out = strdup(args->table);
    return *out == NULL ? sled_err_nomem(err) : SLED_OK;
}

/* The selection table that was named, or the shipped one of the home case. */
static enum sled_status load_selection(const struct bench_args *args, struct sled_config *out,
                                       struct sled_err *err)
{
    char *path;

    SLED_TRY(bench_selection_path(args, &path, err));
    const enum sled_status st = sled_config_load(path, NULL, 0, "selection", out, err);
    free(path);
    return st;
}

/* Place the ranks, and hand over all that is the same for every size. */
static enum sled_status use_ready(struct bench *bench, const cJSON *topology, bench_use *use,
                                  void *ctx, struct sled_err *err)
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

    const enum sled_status st = use(ctx, bench, &table, topology, err);
    sled_bench_table_finish(&table);
    return st;
}

static enum sled_status perform(struct bench *bench, struct sled_config *topology,
                                struct sled_config *selection, bench_use *use, void *ctx,
                                struct sled_err *err)
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
        st = use_ready(bench, sled_doc_root(topology->doc), use, ctx, err);
    bench_place_finish(&place);
    return st;
}

/* A plan knows how many ranks it is for, where nothing else says how many there are. */
static enum sled_status perform_plan(struct bench *bench, struct sled_config *topology,
                                     struct sled_config *selection, bench_use *use, void *ctx,
                                     struct sled_err *err)
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
        st = perform(bench, topology, selection, use, ctx, err);
    }
    sled_plan_file_finish(&plan);
    return st;
}

enum sled_status bench_begin(const struct bench_args *args, struct bench *out, struct sled_err *err)
{
    *out = (struct bench){
        .args = args,
        .memory = args->sb2sb ? SLED_MEMORY_SBUF : (enum sled_memory)args->memory,
    };
    SLED_TRY(sled_cli_op(args->op, &out->kind, err));
    SLED_TRY(bench_args_check(args, out->kind, err));
    return sled_cli_elem_bytes(args->dtype, &out->elem_bytes, err);
}

enum sled_status bench_perform(struct bench *bench, struct sled_config *topology, bench_use *use,
                               void *ctx, struct sled_err *err)
{
    struct sled_config selection = {0};

    const enum sled_status st = bench->args->plan == NULL
                                    ? perform(bench, topology, &selection, use, ctx, err)
                                    : perform_plan(bench, topology, &selection, use, ctx, err);
    sled_config_finish(&selection);
    return st;
}
