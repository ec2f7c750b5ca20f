/* SPDX-License-Identifier: Apache-2.0 */
/* Running the point of a sweep. */
#include "cli/sweep_point.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/bench_perform.h"
#include "cli/bench_run.h"
#include "cli/forward.h"
#include "cli/layer_run.h"
#include "cli/sweep_request.h"
#include "report/json.h"
#include "sim/sim.h"

const char *sweep_point_part(struct sled_doc *doc)
{
    return cJSON_GetObjectItemCaseSensitive(sled_doc_root(doc), "workload") != NULL ? "/workload"
                                                                                    : "/topology";
}

enum sled_status sweep_point_load(struct sled_doc *doc, struct sled_config *out,
                                  struct sled_err *err)
{
    const char *part = sweep_point_part(doc);

    return sled_config_read(doc, part, part + 1, out, err);
}

/* The base with its part as it was read, defaults and all. */
static enum sled_status add_config(struct sled_doc *doc, struct sled_config *config,
                                   struct sled_str *out, struct sled_err *err)
{
    cJSON *tree = cJSON_Duplicate(sled_doc_root(doc), true);
    cJSON *part = cJSON_Duplicate(sled_doc_root(config->doc), true);

    if (tree == NULL || part == NULL ||
        !cJSON_ReplaceItemInObjectCaseSensitive(tree, sweep_point_part(doc) + 1, part)) {
        cJSON_Delete(part);
        cJSON_Delete(tree);
        return sled_err_nomem(err);
    }
    sled_str_add(out, "\"config\":");
    sled_canonical_json(tree, out);
    cJSON_Delete(tree);
    return sled_str_status(out, err);
}

static enum sled_status add_rows(const cJSON *rows, struct sled_str *out, struct sled_err *err)
{
    sled_str_add(out, ",\"rows\":");
    SLED_TRY(sled_json_add_line(rows, out, err));
    return sled_str_status(out, err);
}

static enum sled_status run_bench(void *ctx, const struct bench *bench,
                                  struct sled_bench_table *table, const cJSON *topology,
                                  struct sled_err *err)
{
    struct sled_str *out = ctx;

    (void)topology; /* it is in the configuration */
    SLED_TRY(bench_run(bench, table, err));

    cJSON *rows = cJSON_CreateArray();
    for (size_t i = 0; i < table->nrows; i++)
        cJSON_AddItemToArray(rows, sled_bench_row_json(table, &table->row[i]));
    const enum sled_status st = add_rows(rows, out, err);
    cJSON_Delete(rows);
    return st;
}

static enum sled_status run_layer(const struct run_args *args, const struct sled_workload *workload,
                                  const struct sled_selection *selection, struct sled_str *out,
                                  struct sled_err *err)
{
    cJSON *rows = cJSON_CreateArray();
    enum sled_status st = SLED_OK;

    for (uint32_t i = 0; i < workload->nmemories && st == SLED_OK; i++) {
        struct sled_layer_run run = {.memory = NULL};

        st = layer_run(workload, selection, workload->memory[i],
                       (enum sled_network_kind)args->network, args->accuracy, &run, err);
        if (st == SLED_OK)
            cJSON_AddItemToArray(rows, sled_layer_run_json(&run));
        free(run.phase);
    }
    if (st == SLED_OK)
        st = add_rows(rows, out, err);
    cJSON_Delete(rows);
    return st;
}

static enum sled_status run_forward(const struct run_args *args,
                                    const struct sled_workload *workload,
                                    const struct sled_selection *selection, struct sled_str *out,
                                    struct sled_err *err)
{
    const struct sled_cli_engine engine = {(enum sled_network_kind)args->network, args->accuracy,
                                           NULL, selection};
    struct sled_forward_facts facts;
    struct sled_forward_summary summary;

    enum sled_status st = sled_cli_forward_run(workload, &engine, &facts, &summary, err);
    if (st == SLED_OK) {
        cJSON *rows = cJSON_CreateArray();

        cJSON_AddItemToArray(rows, sled_forward_result_json(&facts, &summary));
        st = add_rows(rows, out, err);
        cJSON_Delete(rows);
    }
    free(summary.phase);
    return st;
}

static enum sled_status run_workload(const struct run_args *args,
                                     const struct sled_workload *workload, struct sled_str *out,
                                     struct sled_err *err)
{
    struct sled_config table = {0};
    enum sled_status st = SLED_OK;

    if (args->table != NULL)
        st = sled_config_load(args->table, NULL, 0, "selection", &table, err);
    if (st == SLED_OK)
        st = workload->kind == SLED_WORKLOAD_FORWARD
                 ? run_forward(args, workload, table.selection, out, err)
                 : run_layer(args, workload, table.selection, out, err);
    sled_config_finish(&table);
    return st;
}

enum sled_status sweep_point_run(struct sled_doc *doc, struct sled_config *config,
                                 struct sled_str *out, struct sled_err *err)
{
    struct sweep_request request;

    enum sled_status st = sweep_request_read(doc, &request, err);
    if (st == SLED_OK)
        st = add_config(doc, config, out, err);
    if (st == SLED_OK && request.command == SWEEP_RUN) {
        st = run_workload(&request.run, config->workload, out, err);
        if (st == SLED_E_INPUT)
            sled_doc_locate(config->doc, "", err);
    } else if (st == SLED_OK) {
        struct bench bench;

        st = bench_begin(&request.bench, &bench, err);
        if (st == SLED_OK)
            st = bench_perform(&bench, config, run_bench, out, err);
    }
    sweep_request_finish(&request);
    return st == SLED_OK ? SLED_OK : sweep_request_blame(doc, st, err);
}

static enum sled_status do_nothing(void *ctx, const struct bench *bench,
                                   struct sled_bench_table *table, const cJSON *topology,
                                   struct sled_err *err)
{
    (void)ctx;
    (void)bench;
    (void)table;
    (void)topology;
    (void)err;
    return SLED_OK;
}

static enum sled_status check_request(struct sled_doc *doc, const struct sweep_request *request,
                                      struct sled_err *err)
{
    struct sled_config config;
    struct bench bench;

    if (request->command == SWEEP_BENCH)
        SLED_TRY(bench_begin(&request->bench, &bench, err));
    enum sled_status st = sweep_point_load(doc, &config, err);
    if (st == SLED_OK && request->command == SWEEP_BENCH)
        st = bench_perform(&bench, &config, do_nothing, NULL, err);
    sled_config_finish(&config);
    return st;
}

enum sled_status sweep_point_check(struct sled_doc *doc, struct sled_err *err)
{
    struct sweep_request request;
    struct sled_err why = SLED_ERR_INIT;

    enum sled_status st = sweep_request_read(doc, &request, &why);
    if (st == SLED_OK)
        st = check_request(doc, &request, &why);
    sweep_request_finish(&request);
    if (st == SLED_OK || st == SLED_E_UNSUPPORTED)
        return SLED_OK;
    if (st == SLED_E_USAGE) /* of a command line, that is; here it is a file */
        why.code = SLED_E_INPUT;
    *err = why;
    return err->code;
}

/* The contents of files that a benchmark reads besides its topology. */
static enum sled_status add_files(const struct bench_args *args, struct sled_key *key,
                                  struct sled_err *err)
{
    const bool groups = args->groups != NULL && strncmp(args->groups, "div:", 4) != 0 &&
                        strncmp(args->groups, "mod:", 4) != 0;
    const char *const files[] = {groups ? args->groups : NULL, args->matrix, args->plan};

    for (size_t i = 0; i < SLED_ARRAY_LEN(files); i++)
        if (files[i] != NULL)
            SLED_TRY(sled_key_add_file(key, files[i], err));
    if (!bench_args_auto(args))
        return SLED_OK;

    char *table;
    SLED_TRY(bench_selection_path(args, &table, err));
    const enum sled_status st = sled_key_add_file(key, table, err);
    free(table);
    return st;
}

enum sled_status sweep_point_key(struct sled_doc *doc, struct sled_key *key, struct sled_err *err)
{
    struct sweep_request request;
    struct sled_str config = SLED_STR_INIT;

    sled_key_add(key, SLEDSIM_VERSION);
    sled_key_add(key, sled_sim_describe());
    enum sled_status st = sweep_request_read(doc, &request, err);
    if (st == SLED_OK) {
        sled_canonical_json(sled_doc_root(doc), &config);
        st = sled_str_status(&config, err);
    }
    if (st == SLED_OK) {
        sled_key_add(key, sled_str_text(&config));
        if (request.command == SWEEP_BENCH)
            st = add_files(&request.bench, key, err);
        else if (request.run.table != NULL)
            st = sled_key_add_file(key, request.run.table, err);
    }
    sweep_request_finish(&request);
    sled_str_finish(&config);
    return st;
}

uint64_t sweep_point_ranks(struct sled_doc *doc)
{
    cJSON *ranks = sled_pointer_get(sled_doc_root(doc), "/ranks");

    if (ranks == NULL)
        ranks = sled_pointer_get(sled_doc_root(doc), "/workload/moe_layer/ranks");
    return cJSON_IsNumber(ranks) ? (uint64_t)ranks->valuedouble : 0;
}
