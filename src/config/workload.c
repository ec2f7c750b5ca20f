/* SPDX-License-Identifier: Apache-2.0 */
/* What a model file and a workload file contain. */
#include "config/workload.h"

#include <stdio.h>
#include <string.h>

#include "coll/coll.h"
#include "config/routing_file.h"
#include "config/topology.h"

struct model_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    cJSON *architecture;
};

static const struct sled_field model_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct model_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct model_file, kind),
     .doc = "\"model\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct model_file, name),
     .doc = "what results call the model"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct model_file, description),
     .doc = "one line for people"},
    {.key = "architecture",
     .type = SLED_FIELD_ANY,
     .offset = offsetof(struct model_file, architecture),
     .doc = "its dimensions"},
};
const struct sled_table sled_config_model_table =
    SLED_TABLE("model", struct model_file, model_fields, "a model file");

struct workload_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    cJSON *topology;
    const char *workload;
    cJSON *moe_layer, *forward;
    struct sled_layout_search search;
    bool has_search;
};

const char *const sled_workload_names[SLED_WORKLOADS + 1] = {
    [SLED_WORKLOAD_MOE_LAYER] = "moe_layer", [SLED_WORKLOAD_FORWARD] = "forward"};

static const struct sled_field workload_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct workload_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct workload_file, kind),
     .doc = "\"workload\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct workload_file, name),
     .doc = "what results call the workload"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct workload_file, description),
     .doc = "one line for people"},
    {.key = "topology",
     .type = SLED_FIELD_ANY,
     .offset = offsetof(struct workload_file, topology),
     .doc = "path of the topology file, relative to this file"},
    {.key = "workload",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct workload_file, workload),
     .doc = "generator of the program; the key of its parameters: \"moe_layer\", \"forward\""},
    {.key = "moe_layer",
     .type = SLED_FIELD_ANY,
     .optional = true,
     .offset = offsetof(struct workload_file, moe_layer),
     .doc = "parameters of moe_layer"},
    {.key = "forward",
     .type = SLED_FIELD_ANY,
     .optional = true,
     .offset = offsetof(struct workload_file, forward),
     .doc = "parameters of forward"},
    {.key = "search",
     .type = SLED_FIELD_OBJECT,
     .optional = true,
     .sub = &sled_layout_search_table,
     .offset = offsetof(struct workload_file, search),
     .present_offset = offsetof(struct workload_file, has_search),
     .doc = "forward: what the command layouts tries"},
};
const struct sled_table sled_config_workload_table =
    SLED_TABLE("workload", struct workload_file, workload_fields, "a workload file");

enum sled_status sled_config_read_model(struct sled_doc *doc, const char *pointer,
                                        struct sled_arena *arena, struct sled_model *out,
                                        struct sled_err *err)
{
    struct model_file file;
    char place[256], moe[256];

    SLED_TRY(sled_config_require_kind(doc, pointer, "model", err));
    SLED_TRY(sled_field_read(&sled_config_model_table, doc, pointer, arena, &file, err));
    snprintf(place, sizeof place, "%s/architecture", pointer);
    snprintf(moe, sizeof moe, "%s/architecture/moe", pointer);
    SLED_TRY(sled_field_read(&sled_model_table, doc, place, arena, out, err));
    out->name = out->moe.name = file.name;
    out->moe.hidden = out->hidden;
    if (out->has_moe && sled_moe_model_check(&out->moe, err) != SLED_OK)
        sled_doc_locate(doc, moe, err);
    else if (sled_model_check(out, err) != SLED_OK)
        sled_doc_locate(doc, place, err);
    return err->code;
}

static enum sled_status read_memories(struct sled_doc *doc, struct sled_workload *out,
                                      struct sled_err *err)
{
    const size_t count = out->layer.memory.count; /* all different, so out->memory has room */

    if (count == 0)
        return sled_doc_fail(doc, "/moe_layer/memory", err, SLED_E_INPUT,
                             "expected at least one memory, found none");
    for (size_t i = 0; i < count; i++) {
        enum sled_memory memory;

        if (sled_moe_layer_memory(&out->layer, i, &memory, err) != SLED_OK) {
            sled_doc_locate(doc, "/moe_layer", err);
            return err->code;
        }
        for (size_t j = 0; j < i; j++)
            if (out->memory[j] == memory)
                return sled_doc_fail(doc, "/moe_layer/memory", err, SLED_E_INPUT,
                                     "\"%s\" is listed twice", sled_memory_names[memory]);
        out->memory[i] = memory;
    }
    out->nmemories = (uint32_t)count;
    return SLED_OK;
}

/* The algorithm named at pointer/key is known. */
static enum sled_status check_algorithm(struct sled_doc *doc, const char *pointer, const char *key,
                                        enum sled_coll_kind kind, const char *name,
                                        struct sled_err *err)
{
    char place[128];

    if (sled_coll_find(kind, name, err) != NULL)
        return SLED_OK;
    snprintf(place, sizeof place, "%s/%s", pointer, key);
    sled_doc_locate(doc, place, err);
    return err->code;
}

static enum sled_status read_moe_layer(struct sled_doc *doc, struct sled_arena *arena,
                                       struct sled_workload *out, struct sled_err *err)
{
    struct sled_moe_layer *layer = &out->layer;

    SLED_TRY(sled_field_read(&sled_moe_layer_table, doc, "/moe_layer", arena, layer, err));
    SLED_TRY(sled_config_read_model(doc, "/moe_layer/model", arena, &out->model, err));
    if (!out->model.has_moe)
        return sled_doc_fail(doc, "/moe_layer/model", err, SLED_E_INPUT,
                             "%s has no layer with experts", out->model.name);
    SLED_TRY(sled_config_attach_record(doc, "/moe_layer/routing", arena, &layer->routing, err));
    SLED_TRY(read_memories(doc, out, err));
    SLED_TRY(check_algorithm(doc, "/moe_layer/dispatch", "algorithm", SLED_COLL_ALL_TO_ALL_V,
                             layer->dispatch.algorithm, err));
    SLED_TRY(check_algorithm(doc, "/moe_layer/combine", "algorithm", SLED_COLL_ALL_TO_ALL_V,
                             layer->combine.algorithm, err));
    if (layer->ranks > out->topology.fabric.nchips)
        return sled_doc_fail(doc, "/moe_layer/ranks", err, SLED_E_INPUT,
                             "%llu ranks need as many chips, \"%s\" has %u",
                             (unsigned long long)layer->ranks, out->topology.name,
                             out->topology.fabric.nchips);
    if (sled_moe_layer_check(&out->model.moe, layer, err) != SLED_OK)
        sled_doc_locate(doc, "/moe_layer", err);
    return err->code;
}

static enum sled_status read_forward(struct sled_doc *doc, struct sled_arena *arena,
                                     struct sled_workload *out, struct sled_err *err)
{
    struct sled_forward *forward = &out->forward;
    const struct sled_forward_algorithms *names = &forward->algorithms;
    static const char place[] = "/forward/algorithms";

    SLED_TRY(sled_field_read(&sled_forward_table, doc, "/forward", arena, forward, err));
    SLED_TRY(sled_config_read_model(doc, "/forward/model", arena, &out->model, err));
    SLED_TRY(sled_config_attach_record(doc, "/forward/routing", arena, &forward->routing, err));
    SLED_TRY(
        check_algorithm(doc, place, "all_reduce", SLED_COLL_ALL_REDUCE, names->all_reduce, err));
    SLED_TRY(
        check_algorithm(doc, place, "all_gather", SLED_COLL_ALL_GATHER, names->all_gather, err));
    SLED_TRY(check_algorithm(doc, place, "reduce_scatter", SLED_COLL_REDUCE_SCATTER,
                             names->reduce_scatter, err));
    SLED_TRY(check_algorithm(doc, place, "dispatch", SLED_COLL_ALL_TO_ALL_V, names->dispatch, err));
    SLED_TRY(check_algorithm(doc, place, "combine", SLED_COLL_ALL_TO_ALL_V, names->combine, err));
    SLED_TRY(check_algorithm(doc, place, "send", SLED_COLL_ALL_TO_ALL_V, names->send, err));
    if (sled_forward_check(&out->model, forward, err) != SLED_OK) {
        sled_doc_locate(doc, "/forward", err);
        return err->code;
    }
    if (sled_forward_chips(forward) > out->topology.fabric.nchips)
        return sled_doc_fail(doc, "/forward/layout", err, SLED_E_INPUT,
                             "tp x cp x dp x pp x replicas = %llu ranks need as many chips, "
                             "\"%s\" has %u",
                             (unsigned long long)sled_forward_chips(forward), out->topology.name,
                             out->topology.fabric.nchips);
    return SLED_OK;
}

static enum sled_status read_search(struct sled_doc *doc, const struct workload_file *file,
                                    struct sled_workload *out, struct sled_err *err)
{
    out->has_search = file->has_search;
    out->search = file->search;
    if (!file->has_search)
        return SLED_OK;
    if (out->kind != SLED_WORKLOAD_FORWARD)
        return sled_doc_fail_key(doc, "/search", err, SLED_E_INPUT,
                                 "only a \"forward\" workload can be searched for layouts");
    if (sled_layout_search_check(&out->search, err) != SLED_OK)
        sled_doc_locate(doc, "/search", err);
    return err->code;
}

static enum sled_status (*const readers[SLED_WORKLOADS])(struct sled_doc *, struct sled_arena *,
                                                         struct sled_workload *,
                                                         struct sled_err *) = {
    [SLED_WORKLOAD_MOE_LAYER] = read_moe_layer, [SLED_WORKLOAD_FORWARD] = read_forward};

enum sled_status sled_config_read_workload(struct sled_doc *doc, struct sled_arena *arena,
                                           struct sled_workload *out, struct sled_err *err)
{
    struct workload_file file;
    int kind = 0;

    SLED_TRY(sled_field_read(&sled_config_workload_table, doc, "", arena, &file, err));
    out->name = file.name;
    out->description = file.description == NULL ? "" : file.description;
    while (kind < SLED_WORKLOADS && strcmp(file.workload, sled_workload_names[kind]) != 0)
        kind++;
    if (kind == SLED_WORKLOADS)
        return sled_doc_fail(doc, "/workload", err, SLED_E_INPUT,
                             "no workload \"%s\"; known: moe_layer, forward", file.workload);
    if ((kind == SLED_WORKLOAD_FORWARD ? file.forward : file.moe_layer) == NULL)
        return sled_doc_fail(doc, "", err, SLED_E_INPUT,
                             "missing key \"%s\": the parameters of the workload",
                             sled_workload_names[kind]);
    out->kind = (enum sled_workload_kind)kind;
    SLED_TRY(read_search(doc, &file, out, err));
    SLED_TRY(sled_config_require_kind(doc, "/topology", "topology", err));
    SLED_TRY(sled_config_read_topology(doc, "/topology", arena, &out->topology, err));
    return readers[kind](doc, arena, out, err);
}
