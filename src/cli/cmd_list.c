/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim list [KIND]`: what can be named in files and on the command line. */
#include "cli/cmd.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/doc.h"
#include "base/str.h"
#include "base/vec.h"
#include "cli/datafiles.h"
#include "coll/coll.h"
#include "config/plan_file.h"
#include "model/dtype.h"
#include "model/kernel.h"
#include "report/json.h"
#include "report/table.h"
#include "sim/sim.h"
#include "topo/topo.h"

struct list_args {
    const char *kind;
    int format;
};

enum { FORMAT_TABLE, FORMAT_JSON };
static const char *const format_names[] = {"table", "json", NULL};

static const struct sled_operand operands[] = {
    {.name = "KIND",
     .offset = offsetof(struct list_args, kind),
     .optional = true,
     .help = "what to list; the kinds themselves when absent"},
};

static const struct sled_opt options[] = {
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .offset = offsetof(struct list_args, format),
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .help = "of the output"},
};

/* The listing under construction: the same items as text and as JSON. */
struct listing {
    struct sled_text_table table;
    cJSON *items;
    bool failed; /* memory ran out */
};

static void add_item(struct listing *list, const char *name, const char *summary)
{
    cJSON *item = cJSON_CreateObject();

    sled_text_table_cell(&list->table, name);
    sled_text_table_cell(&list->table, summary);
    if (!cJSON_AddItemToArray(list->items, item) ||
        cJSON_AddStringToObject(item, "name", name) == NULL ||
        cJSON_AddStringToObject(item, "summary", summary) == NULL)
        list->failed = true;
}

static enum sled_status add_algorithms(struct listing *list, struct sled_err *err)
{
    size_t n;
    const struct sled_coll_algo *const *algo = sled_coll_all(&n);

    for (size_t i = 0; i < n; i++) {
        struct sled_str name = SLED_STR_INIT;

        sled_str_addf(&name, "%s/%s", sled_coll_kind_names[algo[i]->kind], algo[i]->name);
        add_item(list, sled_str_text(&name), algo[i]->summary);
        const enum sled_status st = sled_str_status(&name, err);
        sled_str_finish(&name);
        SLED_TRY(st);
    }
    return SLED_OK;
}

static enum sled_status add_families(struct listing *list, struct sled_err *err)
{
    size_t n;
    const struct sled_topo_family *const *family = sled_topo_all(&n);

    (void)err;
    for (size_t i = 0; i < n; i++)
        add_item(list, family[i]->name, family[i]->summary);
    return SLED_OK;
}

static const char *text_at(struct sled_doc *doc, const char *pointer)
{
    const cJSON *text = sled_pointer_get(sled_doc_root(doc), pointer);

    return cJSON_IsString(text) ? text->valuestring : "";
}

/* One file and what its "description" says. */
static enum sled_status add_file(struct listing *list, const char *path, struct sled_err *err)
{
    struct sled_doc *doc;

    SLED_TRY(sled_doc_load(path, NULL, NULL, 0, &doc, err));
    add_item(list, path, text_at(doc, "/description"));
    sled_doc_destroy(doc);
    return SLED_OK;
}

/* A plan as "operation/name, ranks", and its description where it has one. */
static enum sled_status add_plan(struct listing *list, const char *path, struct sled_err *err)
{
    struct sled_plan_file plan;
    struct sled_str text = SLED_STR_INIT;
    enum sled_status st = sled_plan_file_load(path, &plan, err);

    if (st == SLED_OK) {
        sled_str_addf(&text, "%s/%s, %u ranks%s%s", sled_coll_kind_names[plan.kind], plan.name,
                      plan.nranks, plan.description[0] == '\0' ? "" : ": ", plan.description);
        add_item(list, path, sled_str_text(&text));
        st = sled_str_status(&text, err);
    }
    sled_str_finish(&text);
    sled_plan_file_finish(&plan);
    return st;
}

/* Is it a file of that kind? Plans and selection tables lie side by side. */
static enum sled_status is_of_kind(const char *path, const char *kind, bool *out,
                                   struct sled_err *err)
{
    struct sled_doc *doc;

    if (sled_plan_file_is_msccl(path)) {
        *out = strcmp(kind, "plan") == 0;
        return SLED_OK;
    }
    SLED_TRY(sled_doc_load(path, NULL, NULL, 0, &doc, err));
    *out = strcmp(text_at(doc, "/kind"), kind) == 0;
    sled_doc_destroy(doc);
    return SLED_OK;
}

static enum sled_status add_plan_file(struct listing *list, const char *path, struct sled_err *err)
{
    bool plan;

    SLED_TRY(is_of_kind(path, "plan", &plan, err));
    return plan ? add_plan(list, path, err) : SLED_OK;
}

static enum sled_status add_selection_file(struct listing *list, const char *path,
                                           struct sled_err *err)
{
    bool selection;

    SLED_TRY(is_of_kind(path, "selection", &selection, err));
    return selection ? add_file(list, path, err) : SLED_OK;
}

static enum sled_status add_files(struct listing *list, const char *folder,
                                  enum sled_status (*add)(struct listing *list, const char *path,
                                                          struct sled_err *err),
                                  struct sled_err *err)
{
    struct sled_datafiles files;
    enum sled_status st = sled_datafiles_init(&files, folder, err);

    for (size_t i = 0; st == SLED_OK && i < files.count; i++)
        st = add(list, files.path[i], err);
    sled_datafiles_finish(&files);
    return st;
}

static enum sled_status add_topologies(struct listing *list, struct sled_err *err)
{
    return add_files(list, "topologies", add_file, err);
}

static enum sled_status add_chips(struct listing *list, struct sled_err *err)
{
    return add_files(list, "topologies/chips", add_file, err);
}

static enum sled_status add_plans(struct listing *list, struct sled_err *err)
{
    return add_files(list, "collectives", add_plan_file, err);
}

static enum sled_status add_selections(struct listing *list, struct sled_err *err)
{
    return add_files(list, "collectives", add_selection_file, err);
}

static enum sled_status add_workloads(struct listing *list, struct sled_err *err)
{
    return add_files(list, "workloads", add_file, err);
}

static enum sled_status add_sweeps(struct listing *list, struct sled_err *err)
{
    return add_files(list, "workloads/sweeps", add_file, err);
}

static enum sled_status add_models(struct listing *list, struct sled_err *err)
{
    return add_files(list, "workloads/models", add_file, err);
}

static enum sled_status add_kernels(struct listing *list, struct sled_err *err)
{
    static const char *const summaries[SLED_KERNELS] = {
        [SLED_KERNEL_MATMUL] = "[m][k] x [k][n] -> [m][n], weights in SBUF or streamed from HBM",
        [SLED_KERNEL_QUANTIZE] = "[m][n] to another format, microscaled along n",
        [SLED_KERNEL_QUANTIZE_TENSOR] = "[m][n] to another format, one scale from the largest",
        [SLED_KERNEL_QUANTIZE_GROUP] = "[m][n] to another format, a scale for every k along n",
        [SLED_KERNEL_DEQUANTIZE] = "[m][n] from 8 or 4 bits, a scale for every k along n",
        [SLED_KERNEL_SOFTMAX] = "[m][n], along n",
        [SLED_KERNEL_SWIGLU] = "[m][2n] -> [m][n], gated activation",
        [SLED_KERNEL_GROUPED_MLP] =
            "[m][n] -> gated [m][k] -> [m][n], rows dealt to experts with weights of their own",
        [SLED_KERNEL_RMSNORM] = "[m][n], along n",
        [SLED_KERNEL_ROUTER] = "[m][k] x [k][n] scores -> top k experts of each row, weights",
        [SLED_KERNEL_ROPE] = "[m][n], the halves of each row rotated by position",
        [SLED_KERNEL_TOPK] = "the k largest of n scores in each of m rows, with softmax weights",
        [SLED_KERNEL_COMBINE] = "the weighted sum of k rows of n for each of m tokens",
        [SLED_KERNEL_EMBEDDING] = "m rows of n, by token from a table in HBM",
        [SLED_KERNEL_LM_HEAD] = "[m][k] x [k][n], n the vocabulary -> top k of each row",
        [SLED_KERNEL_ATTENTION] = "m queries on n keys and values of k elements, per head",
        [SLED_KERNEL_DECODE_ATTENTION] = "m sequences of one query each, on n keys of their own",
        [SLED_KERNEL_FUSED_ATTENTION] =
            "[m][n] -> QKV, causal attention, projection -> [m][n], k elements a head",
    };

    (void)err;
    for (int i = 0; i < SLED_KERNELS; i++)
        add_item(list, sled_kernel_names[i], summaries[i]);
    return SLED_OK;
}

static enum sled_status add_networks(struct listing *list, struct sled_err *err)
{
    static const char *const summaries[SLED_NETWORKS] = {
        [SLED_NETWORK_FLUID] =
            "our max-min solver on SimGrid's clock; exact or to a given accuracy",
        [SLED_NETWORK_SIMGRID] = "SimGrid's max-min solver on a generated platform",
    };

    (void)err;
    for (int i = 0; i < SLED_NETWORKS; i++)
        add_item(list, sled_network_names[i], summaries[i]);
    return SLED_OK;
}

static enum sled_status add_dtypes(struct listing *list, struct sled_err *err)
{
    (void)err;
    for (int i = 0; i < SLED_DTYPES; i++) {
        const enum sled_dtype dtype = (enum sled_dtype)i;
        char summary[64];

        /* Over many elements, so that the scales of a group are shared by all of it. */
        snprintf(summary, sizeof summary, "%g bits per element, scales included",
                 (double)sled_dtype_bits(dtype, 4096) / 4096);
        add_item(list, sled_dtype_names[i], summary);
    }
    return SLED_OK;
}

static const struct kind {
    const char *name;
    const char *title; /* of the column that explains an item */
    const char *summary;
    enum sled_status (*add)(struct listing *list, struct sled_err *err);
} kinds[] = {
    {"algorithms", "summary", "collective algorithms, as operation/name", add_algorithms},
    {"chips", "description", "chip files", add_chips},
    {"dtypes", "summary", "number formats", add_dtypes},
    {"families", "summary", "topology families: what builds a fabric", add_families},
    {"kernels", "summary", "compute kernels", add_kernels},
    {"models", "description", "model files", add_models},
    {"networks", "summary", "network engines: who shares bandwidth", add_networks},
    {"plans", "description", "plan files: algorithms of your own", add_plans},
    {"selections", "description", "selection tables: which algorithm serves which size",
     add_selections},
    {"sweeps", "description", "sweep files", add_sweeps},
    {"topologies", "description", "topology files", add_topologies},
    {"workloads", "description", "workload files", add_workloads},
};

static enum sled_status add_kinds(struct listing *list, struct sled_err *err)
{
    (void)err;
    for (size_t i = 0; i < SLED_ARRAY_LEN(kinds); i++)
        add_item(list, kinds[i].name, kinds[i].summary);
    return SLED_OK;
}

/* What `sledsim list` without KIND lists. */
static const struct kind all_kinds = {"kinds", "summary", "", add_kinds};

static const struct kind *find_kind(const char *name, struct sled_err *err)
{
    const char *names[SLED_ARRAY_LEN(kinds)];

    if (name == NULL)
        return &all_kinds;
    for (size_t i = 0; i < SLED_ARRAY_LEN(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
        names[i] = kinds[i].name;
    }
    sled_opt_refuse("list: no kind", name, names, SLED_ARRAY_LEN(names), err);
    return NULL;
}

static enum sled_status write_json(const struct listing *list, const struct kind *kind,
                                   struct sled_err *err)
{
    cJSON *root = cJSON_CreateObject();
    enum sled_status st = SLED_OK;

    if (cJSON_AddStringToObject(root, "schema", "sledsim-list/1") == NULL ||
        cJSON_AddStringToObject(root, "kind", kind->name) == NULL ||
        !cJSON_AddItemReferenceToObject(root, "items", list->items))
        st = sled_err_nomem(err);
    if (st == SLED_OK)
        st = sled_json_write(root, stdout, err);
    cJSON_Delete(root);
    return st;
}

static enum sled_status run(const void *data, struct sled_err *err)
{
    const struct list_args *args = data;
    const struct kind *kind = find_kind(args->kind, err);

    if (kind == NULL)
        return err->code;

    const struct sled_column columns[] = {{.title = "name"}, {.title = kind->title}};
    struct listing list = {.items = cJSON_CreateArray()};
    sled_text_table_init(&list.table, columns, SLED_ARRAY_LEN(columns));

    enum sled_status st = kind->add(&list, err);
    if (st == SLED_OK && list.failed)
        st = sled_err_nomem(err);
    if (st == SLED_OK && args->format == FORMAT_JSON)
        st = write_json(&list, kind, err);
    else if (st == SLED_OK)
        st = sled_text_table_write(&list.table, stdout, err);

    sled_text_table_finish(&list.table);
    cJSON_Delete(list.items);
    return st;
}

const struct sled_cmd sled_cmd_list = {
    .name = "list",
    .summary = "list what can be named in files and commands",
    .description = "Files are those in the data folder ($SLEDSIM_DATADIR, else the installed one)\n"
                   "and, before them, those in the current folder if it has topologies/.\n",
    .examples = "sledsim list\n"
                "sledsim list topologies\n"
                "sledsim list algorithms --format json\n",
    .args = SLED_OPT_TABLE(struct list_args, operands, options),
    .run = run,
};
