/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim topo: what a topology is, before anything runs on it; several side by side. */
#include "cli/cmd.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/units.h"
#include "base/vec.h"
#include "cli/output.h"
#include "config/config.h"
#include "model/metrics.h"
#include "report/fabric_dot.h"
#include "report/json.h"
#include "report/table.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_DOT };
static const char *const format_names[] = {"table", "json", "dot", NULL};

struct topo_args {
    struct sled_opt_list files;
    struct sled_opt_list sets;
    int format;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "FILE",
     .offset = offsetof(struct topo_args, files),
     .many = true,
     .help = "topology files, printed side by side"},
};

static const struct sled_opt options[] = {
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     .offset = offsetof(struct topo_args, sets),
     .help = "override a value of every file"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .offset = offsetof(struct topo_args, format),
     .help = "of the output; dot takes one file"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct topo_args, output),
     .help = "write there instead of stdout"},
};

/* One file and what was computed of it. */
struct view {
    struct sled_config config;
    struct sled_metrics metrics;
    struct sled_chip_headline headline;
};

/* A line of the table: a number of every view, printed in a unit of its own. */
struct property {
    const char *title;
    double (*get)(const struct view *view);
    enum sled_dim dim;
    bool ratio; /* of the first to the second file makes sense */
};

static const struct sled_fabric *fabric_of(const struct view *view)
{
    return &view->config.topology->fabric;
}

static double get_chips(const struct view *v)
{
    return fabric_of(v)->nchips;
}
static double get_sleds(const struct view *v)
{
    return fabric_of(v)->nsleds;
}
static double get_racks(const struct view *v)
{
    return fabric_of(v)->nracks;
}
static double get_nodes(const struct view *v)
{
    return fabric_of(v)->nnodes - fabric_of(v)->nchips;
}
static double get_links(const struct view *v)
{
    return fabric_of(v)->nlinks;
}
static double get_flops(const struct view *v)
{
    return v->headline.flops * get_chips(v);
}
static double get_hbm(const struct view *v)
{
    return v->headline.hbm_bytes * get_chips(v);
}
static double get_hbm_bandwidth(const struct view *v)
{
    return v->headline.hbm_bytes_per_s * get_chips(v);
}
static double get_link_bandwidth(const struct view *v)
{
    return v->headline.link_bytes_per_s;
}
static double get_injection(const struct view *v)
{
    return v->metrics.injection_bytes_per_s;
}
static double get_bisection(const struct view *v)
{
    return v->metrics.bisection_bytes_per_s;
}
static double get_pair_min(const struct view *v)
{
    return v->metrics.pair_bandwidth_min;
}
static double get_pair_max(const struct view *v)
{
    return v->metrics.pair_bandwidth_max;
}
static double get_latency_min(const struct view *v)
{
    return v->metrics.latency_min_s;
}
static double get_latency_mean(const struct view *v)
{
    return v->metrics.latency_mean_s;
}
static double get_latency_max(const struct view *v)
{
    return v->metrics.latency_max_s;
}
static double get_sled_hops(const struct view *v)
{
    return v->metrics.max_sled_hops;
}

static const struct property properties[] = {
    {"chips", get_chips, SLED_DIM_RATIO, true},
    {"sleds", get_sleds, SLED_DIM_RATIO, false},
    {"racks", get_racks, SLED_DIM_RATIO, false},
    {"switches (parallel ones are one)", get_nodes, SLED_DIM_RATIO, false},
    {"links (one direction each)", get_links, SLED_DIM_RATIO, false},
    {"peak of the fastest format", get_flops, SLED_DIM_FLOPS, true},
    {"HBM capacity", get_hbm, SLED_DIM_BYTES, true},
    {"HBM bandwidth", get_hbm_bandwidth, SLED_DIM_BANDWIDTH, true},
    {"link headline per chip, both ways", get_link_bandwidth, SLED_DIM_BANDWIDTH, true},
    {"injection per chip, one way", get_injection, SLED_DIM_BANDWIDTH, true},
    {"bisection, one way", get_bisection, SLED_DIM_BANDWIDTH, true},
    {"lone pair of chips, least", get_pair_min, SLED_DIM_BANDWIDTH, true},
    {"lone pair of chips, most", get_pair_max, SLED_DIM_BANDWIDTH, true},
    {"route latency, least", get_latency_min, SLED_DIM_TIME, true},
    {"route latency, mean", get_latency_mean, SLED_DIM_TIME, true},
    {"route latency, most", get_latency_max, SLED_DIM_TIME, true},
    {"most hops between two sleds", get_sled_hops, SLED_DIM_RATIO, false},
};

static void print_value(struct sled_text_table *table, const struct property *property,
                        double value)
{
    char text[32];

    if (property->dim == SLED_DIM_RATIO)
        sled_text_table_cellf(table, "%.0f", value);
    else if (property->get == get_hbm) /* of a pod, in the unit data sheets use */
        sled_text_table_cellf(table, "%.0f GiB", value / (1 << 30));
    else
        sled_text_table_cell(table, sled_units_format(value, property->dim, text, sizeof text));
}

static void print_hops(struct sled_text_table *table, const struct view *views, size_t nviews,
                       bool ratio)
{
    uint32_t most = 0;

    for (size_t i = 0; i < nviews; i++)
        if (views[i].metrics.max_hops > most)
            most = views[i].metrics.max_hops;
    for (uint32_t hops = 0; hops <= most; hops++) {
        sled_text_table_cellf(table, "pairs of chips %u hops apart", hops);
        for (size_t i = 0; i < nviews; i++)
            sled_text_table_cellf(table, "%llu",
                                  (unsigned long long)views[i].metrics.hop_pairs[hops]);
        if (ratio)
            sled_text_table_cell(table, "");
    }
}

static void print_texts(struct sled_text_table *table, const char *title,
                        const char *(*get)(const struct view *), const struct view *views,
                        size_t nviews, bool ratio)
{
    sled_text_table_cell(table, title);
    for (size_t i = 0; i < nviews; i++)
        sled_text_table_cell(table, get(&views[i]));
    if (ratio)
        sled_text_table_cell(table, "");
}

static const char *get_family(const struct view *v)
{
    return v->config.topology->family->name;
}
static const char *get_chip(const struct view *v)
{
    return v->config.topology->chip_name;
}
static const char *get_format(const struct view *v)
{
    return sled_dtype_names[v->headline.format];
}
static const char *get_cut(const struct view *v)
{
    return v->metrics.bisection_axis;
}

static enum sled_status write_text(const struct view *views, size_t nviews, FILE *stream,
                                   struct sled_err *err)
{
    const bool ratio = nviews == 2;
    struct sled_column *columns;
    struct sled_text_table table;

    SLED_TRY(sled_vec_alloc(&columns, nviews + 2, err));
    columns[0] = (struct sled_column){.title = "topology"};
    for (size_t i = 0; i < nviews; i++)
        columns[i + 1] =
            (struct sled_column){.title = views[i].config.topology->name, .right = true};
    columns[nviews + 1] = (struct sled_column){.title = "ratio", .right = true};

    sled_text_table_init(&table, columns, nviews + (ratio ? 2 : 1));
    print_texts(&table, "family", get_family, views, nviews, ratio);
    print_texts(&table, "chip", get_chip, views, nviews, ratio);
    print_texts(&table, "fastest format", get_format, views, nviews, ratio);
    for (size_t p = 0; p < SLED_ARRAY_LEN(properties); p++) {
        const struct property *property = &properties[p];

        sled_text_table_cell(&table, property->title);
        for (size_t i = 0; i < nviews; i++)
            print_value(&table, property, property->get(&views[i]));
        if (!ratio)
            continue;
        if (property->ratio && property->get(&views[1]) > 0)
            sled_text_table_cellf(&table, "%.3f",
                                  property->get(&views[0]) / property->get(&views[1]));
        else
            sled_text_table_cell(&table, "");
    }
    print_texts(&table, "bisection cuts axis", get_cut, views, nviews, ratio);
    print_hops(&table, views, nviews, ratio);
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    free(columns);
    return st;
}

static void add_place(cJSON *item, const char *key, uint32_t value)
{
    if (value != SLED_NONE)
        cJSON_AddNumberToObject(item, key, value);
}

static cJSON *node_json(const struct sled_node *node)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "name", node->name);
    cJSON_AddStringToObject(item, "kind", node->kind == SLED_NODE_CHIP ? "chip" : "switch");
    add_place(item, "pod", node->pod);
    add_place(item, "rack", node->rack);
    add_place(item, "sled", node->sled);
    add_place(item, "slot", node->slot);
    cJSON_AddNumberToObject(item, "members", node->members);
    cJSON_AddNumberToObject(item, "failed_members", node->failed_members);
    cJSON_AddNumberToObject(item, "latency_ns", node->latency_s * 1e9);
    return item;
}

static cJSON *link_json(const struct sled_fabric *fabric, uint32_t id)
{
    const struct sled_link *link = &fabric->link[id];
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "src", fabric->node[link->src].name);
    cJSON_AddStringToObject(item, "dst", fabric->node[link->dst].name);
    cJSON_AddStringToObject(item, "level", sled_level_name(link->level));
    cJSON_AddStringToObject(item, "medium", sled_medium_name(link->medium));
    cJSON_AddNumberToObject(item, "lanes", link->lanes);
    cJSON_AddNumberToObject(item, "bandwidth_Bps", sled_link_bandwidth(fabric, id));
    cJSON_AddNumberToObject(item, "latency_ns", link->latency_s * 1e9);
    return item;
}

static cJSON *view_json(const struct view *view)
{
    const struct sled_topology *topology = view->config.topology;
    const struct sled_fabric *fabric = &topology->fabric;
    const struct sled_metrics *metrics = &view->metrics;
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "topology", topology->name);
    cJSON_AddStringToObject(item, "family", topology->family->name);
    cJSON_AddStringToObject(item, "chip", topology->chip_name);
    cJSON_AddNumberToObject(item, "chips", fabric->nchips);
    cJSON_AddNumberToObject(item, "sleds", fabric->nsleds);
    cJSON_AddNumberToObject(item, "racks", fabric->nracks);
    cJSON_AddStringToObject(item, "fastest_format", get_format(view));
    cJSON_AddNumberToObject(item, "peak_flops", get_flops(view));
    cJSON_AddNumberToObject(item, "hbm_bytes", get_hbm(view));
    cJSON_AddNumberToObject(item, "hbm_Bps", get_hbm_bandwidth(view));
    cJSON_AddNumberToObject(item, "chip_link_both_ways_Bps", get_link_bandwidth(view));
    cJSON_AddNumberToObject(item, "injection_Bps", metrics->injection_bytes_per_s);
    cJSON_AddNumberToObject(item, "bisection_Bps", metrics->bisection_bytes_per_s);
    cJSON_AddStringToObject(item, "bisection_axis", metrics->bisection_axis);
    cJSON_AddNumberToObject(item, "pair_min_Bps", metrics->pair_bandwidth_min);
    cJSON_AddNumberToObject(item, "pair_max_Bps", metrics->pair_bandwidth_max);
    cJSON_AddNumberToObject(item, "latency_min_ns", metrics->latency_min_s * 1e9);
    cJSON_AddNumberToObject(item, "latency_mean_ns", metrics->latency_mean_s * 1e9);
    cJSON_AddNumberToObject(item, "latency_max_ns", metrics->latency_max_s * 1e9);
    cJSON_AddNumberToObject(item, "max_sled_hops", metrics->max_sled_hops);
    cJSON *hops = cJSON_AddArrayToObject(item, "pairs_by_hops");
    for (uint32_t h = 0; h <= metrics->max_hops; h++)
        cJSON_AddItemToArray(hops, cJSON_CreateNumber((double)metrics->hop_pairs[h]));
    cJSON *nodes = cJSON_AddArrayToObject(item, "nodes");
    for (uint32_t n = 0; n < fabric->nnodes; n++)
        cJSON_AddItemToArray(nodes, node_json(&fabric->node[n]));
    cJSON *links = cJSON_AddArrayToObject(item, "links");
    for (uint32_t l = 0; l < fabric->nlinks; l++)
        cJSON_AddItemToArray(links, link_json(fabric, l));
    cJSON_AddItemToObject(item, "config", cJSON_Duplicate(sled_doc_root(view->config.doc), true));
    return item;
}

static enum sled_status write_json(const struct view *views, size_t nviews, FILE *stream,
                                   struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/topo/1");
    cJSON *list = cJSON_AddArrayToObject(tree, "topologies");
    for (size_t i = 0; i < nviews; i++)
        cJSON_AddItemToArray(list, view_json(&views[i]));
    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}

static enum sled_status load(const struct topo_args *args, struct view *views, struct sled_err *err)
{
    for (size_t i = 0; i < args->files.count; i++) {
        SLED_TRY(sled_config_load(args->files.items[i], args->sets.items, args->sets.count,
                                  "topology", &views[i].config, err));
        SLED_TRY(sled_metrics_compute(&views[i].config.topology->fabric, &views[i].metrics, err));
        sled_chip_headline(views[i].config.topology->chip, &views[i].headline);
    }
    return SLED_OK;
}

static enum sled_status write_views(const struct topo_args *args, const struct view *views,
                                    FILE *stream, struct sled_err *err)
{
    switch (args->format) {
    case FORMAT_JSON:
        return write_json(views, args->files.count, stream, err);
    case FORMAT_DOT:
        sled_fabric_write_dot(fabric_of(&views[0]), views[0].config.topology->name, stream);
        return SLED_OK;
    default:
        return write_text(views, args->files.count, stream, err);
    }
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct topo_args *args = opaque;
    struct view *views;
    struct sled_output out;

    if (args->format == FORMAT_DOT && args->files.count != 1)
        return sled_err_set(err, SLED_E_USAGE, "--format dot takes one file, found %zu",
                            args->files.count);
    SLED_TRY(sled_vec_alloc(&views, args->files.count, err));
    enum sled_status st = load(args, views, err);
    if (st == SLED_OK) {
        st = sled_output_open(&out, args->output, err);
        if (st == SLED_OK) {
            st = write_views(args, views, out.stream, err);
            if (st == SLED_OK)
                st = sled_output_commit(&out, err);
            sled_output_finish(&out);
        }
    }
    for (size_t i = 0; i < args->files.count; i++)
        sled_config_finish(&views[i].config);
    free(views);
    return st;
}

const struct sled_cmd sled_cmd_topo = {
    .name = "topo",
    .summary = "describe topologies, side by side",
    .description =
        "Prints counts, capacities, bisection and routes of each topology; with two files, their\n"
        "ratio too. A hop is a switch or forwarding chip between two chips.\n",
    .examples =
        "sledsim topo topologies/trn3-ultraserver.json topologies/trn2-ultraserver-64.json\n"
        "sledsim topo topologies/trn2-16.json --format dot | neato -Tsvg > trn2-16.svg\n",
    .args = SLED_OPT_TABLE(struct topo_args, operands, options),
    .run = run,
};
