/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a file of any kind, and checking it. */
#include "config/config.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"
#include "config/chip_file.h"
#include "config/experiment.h"
#include "config/forward_run.h"
#include "config/plan_file.h"
#include "config/plan_read.h"
#include "config/routing_file.h"
#include "config/topology.h"
#include "config/traffic.h"
#include "config/workload.h"

const char *const sled_config_kinds[] = {"chip",      "topology", "model", "workload", "routing",
                                         "selection", "traffic",  "plan",  NULL};
#define KNOWN_KINDS "chip, topology, model, workload, routing, selection, traffic, plan"

/* Where a file may refer to another one, outermost first: contents take the path's place. */
static const char *const references[] = {"/topology",
                                         "/topology/chip",
                                         "/moe_layer/model",
                                         "/moe_layer/routing/record",
                                         "/forward/model",
                                         "/forward/routing/record",
                                         "/chip",
                                         NULL};

/* A file of the wrong version or kind is said to be so before its keys are judged. */
static enum sled_status check_header(struct sled_doc *doc, const char *pointer, const char *kind,
                                     const char **found, struct sled_err *err)
{
    cJSON *node = sled_pointer_get(sled_doc_root(doc), pointer);
    char place[256];

    if (!cJSON_IsObject(node))
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT,
                             "expected an object with \"schema_version\" and \"kind\"");

    const cJSON *version = cJSON_GetObjectItemCaseSensitive(node, "schema_version");
    snprintf(place, sizeof place, "%s/schema_version", pointer);
    if (version == NULL)
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT,
                             "missing key \"schema_version\"; this sledsim reads version 1");
    if (!cJSON_IsNumber(version))
        return sled_doc_fail(doc, place, err, SLED_E_INPUT, "expected the number 1");
    if (version->valuedouble != 1.0)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a file of version %.15g; this sledsim reads version 1",
                             version->valuedouble);

    const cJSON *item = cJSON_GetObjectItemCaseSensitive(node, "kind");
    snprintf(place, sizeof place, "%s/kind", pointer);
    if (item == NULL)
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT,
                             "missing key \"kind\"; known: " KNOWN_KINDS);
    if (!cJSON_IsString(item))
        return sled_doc_fail(doc, place, err, SLED_E_INPUT, "expected one of " KNOWN_KINDS);

    for (size_t i = 0; sled_config_kinds[i] != NULL; i++)
        if (strcmp(sled_config_kinds[i], item->valuestring) == 0)
            *found = sled_config_kinds[i];
    if (*found == NULL) {
        const char *near = sled_suggest(item->valuestring, sled_config_kinds,
                                        SLED_ARRAY_LEN(sled_config_kinds) - 1);

        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "no kind of file \"%s\"%s%s%s known: " KNOWN_KINDS, item->valuestring,
                             near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                             near == NULL ? ";" : "\"?");
    }
    if (kind != NULL && strcmp(kind, *found) != 0)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT, "expected a %s file, found a %s file",
                             kind, *found);
    return SLED_OK;
}

enum sled_status sled_config_require_kind(struct sled_doc *doc, const char *pointer,
                                          const char *kind, struct sled_err *err)
{
    const char *found = NULL;

    return check_header(doc, pointer, kind, &found, err);
}

static enum sled_status read_topology_file(struct sled_config *config, struct sled_err *err)
{
    config->topology = sled_arena_alloc(&config->arena, sizeof *config->topology);
    if (config->topology == NULL)
        return sled_err_nomem(err);
    return sled_config_read_topology(config->doc, "", &config->arena, config->topology, err);
}

static enum sled_status read_workload_file(struct sled_config *config, struct sled_err *err)
{
    config->workload = sled_arena_alloc(&config->arena, sizeof *config->workload);
    if (config->workload == NULL)
        return sled_err_nomem(err);
    return sled_config_read_workload(config->doc, &config->arena, config->workload, err);
}

static enum sled_status read_chip_file(struct sled_config *config, struct sled_err *err)
{
    struct sled_power power;

    return sled_config_read_chip(config->doc, "", &config->arena, &config->chip, &power,
                                 &config->chip_name, err);
}

static enum sled_status read_model_file(struct sled_config *config, struct sled_err *err)
{
    config->model = sled_arena_alloc(&config->arena, sizeof *config->model);
    if (config->model == NULL)
        return sled_err_nomem(err);
    return sled_config_read_model(config->doc, "", &config->arena, config->model, err);
}

static enum sled_status read_selection_file(struct sled_config *config, struct sled_err *err)
{
    config->selection = sled_arena_alloc(&config->arena, sizeof *config->selection);
    if (config->selection == NULL)
        return sled_err_nomem(err);
    return sled_config_read_selection(config->doc, &config->arena, config->selection, err);
}

/* As a plan file: who uses it reads it again. */
static enum sled_status read_routing_file(struct sled_config *config, struct sled_err *err)
{
    struct sled_routing_record record;

    return sled_config_read_routing_file(config->doc, "", &config->arena, &record, err);
}

/* What a plan file is used for is asked of plan_file.h; here it is only checked. */
static enum sled_status read_plan_file(struct sled_config *config, struct sled_err *err)
{
    struct sled_plan_file file = {.path = sled_doc_path(config->doc)};
    const enum sled_status st = sled_plan_read_doc(config->doc, &file, err);

    sled_plan_file_finish(&file);
    return st;
}

static enum sled_status read_doc(const char *kind, struct sled_config *out, struct sled_err *err)
{
    SLED_TRY(check_header(out->doc, "", kind, &out->kind, err));
    if (strcmp(out->kind, "topology") == 0)
        return read_topology_file(out, err);
    if (strcmp(out->kind, "workload") == 0)
        return read_workload_file(out, err);
    if (strcmp(out->kind, "chip") == 0)
        return read_chip_file(out, err);
    if (strcmp(out->kind, "selection") == 0)
        return read_selection_file(out, err);
    if (strcmp(out->kind, "traffic") == 0)
        return sled_config_check_traffic(out->doc, &out->arena, err);
    if (strcmp(out->kind, "model") == 0)
        return read_model_file(out, err);
    if (strcmp(out->kind, "routing") == 0)
        return read_routing_file(out, err);
    return read_plan_file(out, err);
}

enum sled_status sled_config_load(const char *path, const char *const *sets, size_t nsets,
                                  const char *kind, struct sled_config *out, struct sled_err *err)
{
    *out = (struct sled_config){.arena = SLED_ARENA_INIT};
    SLED_TRY(sled_doc_load(path, references, sets, nsets, &out->doc, err));
    return read_doc(kind, out, err);
}

enum sled_status sled_config_read(const struct sled_doc *doc, const char *pointer, const char *kind,
                                  struct sled_config *out, struct sled_err *err)
{
    *out = (struct sled_config){.arena = SLED_ARENA_INIT};
    SLED_TRY(sled_doc_part(doc, pointer, &out->doc, err));
    return read_doc(kind, out, err);
}

static void finish_topology(struct sled_topology *topology)
{
    sled_machine_finish(&topology->machine);
    sled_fabric_finish(&topology->fabric);
}

void sled_config_finish(struct sled_config *config)
{
    if (config->topology != NULL)
        finish_topology(config->topology);
    if (config->workload != NULL)
        finish_topology(&config->workload->topology);
    sled_arena_finish(&config->arena);
    sled_doc_destroy(config->doc);
    *config = (struct sled_config){.arena = SLED_ARENA_INIT};
}

static enum sled_status check_sources(struct sled_config *config, struct sled_err *err)
{
    if (config->topology != NULL)
        return sled_config_topology_sources(config->doc, "", config->topology, err);
    if (config->workload != NULL)
        return sled_config_topology_sources(config->doc, "/topology", &config->workload->topology,
                                            err);
    if (config->chip != NULL)
        return sled_config_chip_sources(config->doc, "", config->chip, err);
    if (config->selection != NULL)
        return sled_field_check_sources(&sled_config_selection_table, config->doc, "", err);
    if (config->model != NULL)
        return sled_field_check_sources(&sled_model_table, config->doc, "/architecture", err);
    return SLED_OK; /* plans, matrices and routings have no numbers of the hardware */
}

static enum sled_status check_forward(const struct sled_config *config, struct sled_err *err)
{
    const enum sled_status st = sled_forward_plan_all(config->workload, err);

    if (st != SLED_OK)
        sled_doc_locate(config->doc, "", err);
    return st;
}

/* A workload is right only if its program can be planned on every memory it names. */
static enum sled_status check_plans(const struct sled_config *config, struct sled_err *err)
{
    const struct sled_workload *workload = config->workload;

    if (workload->kind == SLED_WORKLOAD_FORWARD)
        return check_forward(config, err);
    for (uint32_t i = 0; i < workload->nmemories; i++) {
        struct sled_experiment experiment;
        const enum sled_status st =
            sled_experiment_workload(workload, NULL, workload->memory[i], &experiment, err);

        sled_experiment_finish(&experiment);
        if (st != SLED_OK) {
            sled_doc_locate(config->doc, "", err);
            return st;
        }
    }
    return SLED_OK;
}

/* A plan of another format than ours. */
static enum sled_status check_foreign_plan(const char *path, struct sled_err *err)
{
    struct sled_plan_file file;
    const enum sled_status st = sled_plan_file_load(path, &file, err);

    sled_plan_file_finish(&file);
    return st;
}

enum sled_status sled_config_check(const char *path, bool require_sources, struct sled_err *err)
{
    struct sled_config config;

    if (sled_plan_file_is_msccl(path))
        return check_foreign_plan(path, err);
    enum sled_status st = sled_config_load(path, NULL, 0, NULL, &config, err);

    if (st == SLED_OK && config.workload != NULL)
        st = check_plans(&config, err);
    if (st == SLED_OK && require_sources)
        st = check_sources(&config, err);
    sled_config_finish(&config);
    return st;
}

const struct sled_table *const *sled_config_tables(size_t *count)
{
    static const struct sled_table *tables[64]; /* the same at every call */
    static const struct sled_table *const own[] = {
        &sled_config_topology_table,
        &sled_config_routing_table,
        &sled_config_failed_table,
        &sled_config_chip_table,
        &sled_config_model_table,
        &sled_model_table,
        &sled_config_workload_table,
        &sled_moe_layer_table,
        &sled_forward_table,
        &sled_config_selection_table,
        &sled_config_selection_rule_table,
        &sled_config_traffic_table,
        &sled_config_routing_file_table,
        &sled_config_plan_table,
        &sled_config_transfer_table,
        &sled_config_protocol_table,
        &sled_config_estimate_table,
    };
    size_t nmodels, nfamilies;
    const struct sled_chip_model *const *model = sled_chip_models(&nmodels);
    const struct sled_topo_family *const *family = sled_topo_all(&nfamilies);

    assert(SLED_ARRAY_LEN(own) + nmodels + nfamilies <= SLED_ARRAY_LEN(tables));
    memcpy(tables, own, sizeof own);
    *count = SLED_ARRAY_LEN(own);
    for (size_t i = 0; i < nmodels; i++)
        tables[(*count)++] = model[i]->table;
    for (size_t i = 0; i < nfamilies; i++)
        tables[(*count)++] = family[i]->params;
    return tables;
}
