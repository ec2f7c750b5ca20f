/* SPDX-License-Identifier: Apache-2.0 */
/* From a comparison of algorithms to the table that would have picked the winners. */
#include <assert.h>
#include <inttypes.h>

#include "base/str.h"
#include "report/bench_formats.h"
#include "report/json.h"

/* The next winner at or after row i; nrows when there is none. */
static size_t next_winner(const struct sled_bench_table *table, size_t i)
{
    while (i < table->nrows && !table->row[i].winner)
        i++;
    return i;
}

static void add_size(cJSON *rule, const char *key, uint64_t bytes)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRIu64 "B", bytes);
    cJSON_AddStringToObject(rule, key, text);
}

/* One rule for the sizes from row first on; returns the row of the first size beyond it. */
static size_t add_rule(const struct sled_bench_table *table, size_t first, cJSON *rules)
{
    const struct sled_bench_row *winner = &table->row[first];
    cJSON *rule = cJSON_CreateObject();
    uint32_t least_ranks, most_ranks;
    size_t next = first;

    do
        next = next_winner(table, next + 1);
    while (next < table->nrows && table->row[next].algorithm == winner->algorithm);

    cJSON_AddStringToObject(rule, "op", sled_coll_kind_names[table->kind]);
    cJSON_AddStringToObject(rule, "memory", table->memory);
    sled_groups_sizes(table->groups, &least_ranks, &most_ranks);
    cJSON_AddNumberToObject(rule, "min_ranks", least_ranks);
    cJSON_AddNumberToObject(rule, "max_ranks", most_ranks);
    if (first != next_winner(table, 0))
        add_size(rule, "from", winner->size_bytes);
    if (next < table->nrows)
        add_size(rule, "below", table->row[next].size_bytes);
    cJSON_AddStringToObject(rule, "algorithm", winner->algorithm);
    cJSON_AddItemToArray(rules, rule);
    return next;
}

static void say_source(const struct sled_bench_table *table, struct sled_str *out)
{
    sled_str_addf(out,
                  "simulated: the fastest algorithm of %s on %s, %u ranks in %u group%s, map %s, "
                  "memory %s, dtype %s, network %s, accuracy %g, at %" PRIu64 " to %" PRIu64
                  " bytes",
                  sled_coll_kind_names[table->kind], table->topology, table->nranks,
                  table->groups->count, table->groups->count == 1 ? "" : "s", table->map,
                  table->memory, table->dtype, table->network, table->accuracy,
                  table->row[0].size_bytes, table->row[table->nrows - 1].size_bytes);
}

enum sled_status sled_bench_write_selection(const struct sled_bench_table *table, FILE *stream,
                                            struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();
    struct sled_str source = SLED_STR_INIT;

    assert(table->compares);
    say_source(table, &source);
    cJSON_AddNumberToObject(tree, "schema_version", 1);
    cJSON_AddStringToObject(tree, "kind", "selection");
    cJSON_AddStringToObject(tree, "name", table->topology);
    cJSON_AddStringToObject(tree, "source", sled_str_text(&source));
    cJSON *rules = cJSON_AddArrayToObject(tree, "rules");
    for (size_t i = next_winner(table, 0); i < table->nrows;)
        i = add_rule(table, i, rules);

    enum sled_status st = sled_str_status(&source, err);
    if (st == SLED_OK)
        st = sled_json_write(tree, stream, err);
    sled_str_finish(&source);
    cJSON_Delete(tree);
    return st;
}
