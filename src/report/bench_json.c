/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmarks as JSON, with the configuration that led to them. */
#include "report/bench_formats.h"
#include "report/json.h"

static cJSON *config_json(const struct sled_bench_table *table, const cJSON *topology)
{
    cJSON *config = cJSON_CreateObject();

    cJSON_AddStringToObject(config, "op", sled_coll_kind_names[table->kind]);
    cJSON_AddStringToObject(config, "algorithm", table->algorithm);
    if (table->selection != NULL)
        cJSON_AddStringToObject(config, "selection", table->selection);
    if (table->channels != 0)
        cJSON_AddNumberToObject(config, "channels", table->channels);
    if (table->chunks != 0)
        cJSON_AddNumberToObject(config, "chunks", table->chunks);
    cJSON_AddStringToObject(config, "memory", table->memory);
    cJSON_AddStringToObject(config, "dtype", table->dtype);
    cJSON_AddStringToObject(config, "network", table->network);
    cJSON_AddNumberToObject(config, "accuracy", table->accuracy);
    cJSON_AddStringToObject(config, "map", table->map);
    cJSON *chips = cJSON_AddArrayToObject(config, "chip_of_rank");
    for (uint32_t r = 0; r < table->nranks; r++)
        cJSON_AddItemToArray(chips, cJSON_CreateNumber(table->chip_of_rank[r]));
    cJSON *groups = cJSON_AddArrayToObject(config, "groups");
    for (uint32_t g = 0; g < table->groups->count; g++) {
        cJSON *ranks = cJSON_CreateArray();

        for (uint32_t i = table->groups->begin[g]; i < table->groups->begin[g + 1]; i++)
            cJSON_AddItemToArray(ranks, cJSON_CreateNumber(table->groups->rank[i]));
        cJSON_AddItemToArray(groups, ranks);
    }
    cJSON_AddItemToObject(config, "topology", cJSON_Duplicate(topology, true));
    return config;
}

static void add_stats(cJSON *item, const struct sled_bench_stats *stats)
{
    cJSON_AddNumberToObject(item, "store_ns", stats->store_s * 1e9);
    cJSON_AddNumberToObject(item, "issue_ns", stats->issue_s * 1e9);
    cJSON_AddNumberToObject(item, "service_ns", stats->service_s * 1e9);
    cJSON_AddNumberToObject(item, "latency_ns", stats->latency_s * 1e9);
    cJSON_AddNumberToObject(item, "load_ns", stats->load_s * 1e9);
    cJSON *levels = cJSON_AddArrayToObject(item, "levels");
    for (int l = 0; l < SLED_LEVELS; l++) {
        const struct sled_level_use *use = &stats->level[l];

        if (use->links == 0)
            continue;
        cJSON *level = cJSON_CreateObject();
        cJSON_AddStringToObject(level, "level", sled_level_names[l]);
        cJSON_AddNumberToObject(level, "links", use->links);
        cJSON_AddNumberToObject(level, "bytes", use->bytes);
        cJSON_AddNumberToObject(level, "utilisation_mean", use->mean);
        cJSON_AddNumberToObject(level, "utilisation_most", use->most);
        cJSON_AddItemToArray(levels, level);
    }
}

static void add_measured(cJSON *item, const struct sled_bench_table *table,
                         const struct sled_bench_row *row)
{
    if (table->compares)
        cJSON_AddBoolToObject(item, "winner", row->winner);
    cJSON_AddNumberToObject(item, "group_ranks", row->ranks);
    cJSON_AddNumberToObject(item, "transfers", (double)row->transfers);
    cJSON_AddNumberToObject(item, "moved_bytes", (double)row->moved_bytes);
    cJSON_AddNumberToObject(item, "time_ns", row->time_s * 1e9);
    cJSON_AddNumberToObject(item, "time_min_ns", row->time_min_s * 1e9);
    cJSON_AddNumberToObject(item, "time_mean_ns", row->time_mean_s * 1e9);
    cJSON_AddNumberToObject(item, "algbw_Bps", row->algbw_bytes_per_s);
    cJSON_AddNumberToObject(item, "busbw_Bps", row->busbw_bytes_per_s);
    cJSON_AddNumberToObject(item, "bound_ns", row->bound_s * 1e9);
    cJSON_AddStringToObject(item, "busiest", row->busiest);
    cJSON_AddNumberToObject(item, "utilisation", row->utilisation);
    cJSON_AddNumberToObject(item, "weight_error", row->weight_error);
    add_stats(item, &row->stats);
}

cJSON *sled_bench_row_json(const struct sled_bench_table *table, const struct sled_bench_row *row)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "op", sled_coll_kind_names[table->kind]);
    cJSON_AddStringToObject(item, "algorithm", row->algorithm);
    if (row->rule != NULL)
        cJSON_AddStringToObject(item, "rule", row->rule);
    cJSON_AddStringToObject(item, "memory", table->memory);
    cJSON_AddStringToObject(item, "network", table->network);
    cJSON_AddNumberToObject(item, "ranks", table->nranks);
    cJSON_AddNumberToObject(item, "groups", table->groups->count);
    cJSON_AddNumberToObject(item, "size_bytes", (double)row->size_bytes);
    if (row->left_out[0] != '\0')
        cJSON_AddStringToObject(item, "left_out", row->left_out);
    else
        add_measured(item, table, row);
    return item;
}

enum sled_status sled_bench_write_json(const struct sled_bench_table *table, const cJSON *topology,
                                       FILE *stream, struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/bench/1");
    cJSON_AddStringToObject(tree, "simulator", table->simulator);
    cJSON_AddItemToObject(tree, "config", config_json(table, topology));
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    for (size_t i = 0; i < table->nrows; i++)
        cJSON_AddItemToArray(results, sled_bench_row_json(table, &table->row[i]));

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
