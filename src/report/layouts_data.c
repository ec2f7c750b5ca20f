/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts as CSV and JSON. */
#include "base/vec.h"
#include "report/csv.h"
#include "report/json.h"
#include "report/layouts.h"

static const char *const outcome_names[] = {[SLED_LAYOUT_RAN] = "ran",
                                            [SLED_LAYOUT_NO_ROOM] = "no_room",
                                            [SLED_LAYOUT_REFUSED] = "refused"};

static const char *const titles[] = {
    "workload",
    "model",
    "topology",
    "phase",
    "outcome",
    "chips",
    "tp",
    "cp",
    "dp",
    "pp",
    "replicas",
    "ep",
    "expert_tp",
    "redundant_experts",
    "exchange",
    "overlap",
    "order",
    "collectives",
    "batch",
    "latency_ns",
    "tokens_per_s_user",
    "tokens_per_s_chip",
    "tokens_per_s_MW",
    "tokens_per_s_MW_provided",
    "exposed_communication",
    "most_time_in",
    "most_share",
    "busiest",
    "utilisation",
    "front_chip",
    "front_MW",
    "missing_bytes",
    "reason",
};
enum { MEASURED = 12 }; /* titles between batch and missing_bytes */

static void write_csv_row(const struct sled_layouts_title *title, const struct sled_layout_row *row,
                          struct sled_csv *csv)
{
    const uint64_t numbers[] = {row->chips, row->tp,        row->cp,
                                row->dp,    row->pp,        row->replicas,
                                row->ep,    row->expert_tp, row->redundant_experts};

    sled_csv_text(csv, title->workload);
    sled_csv_text(csv, title->model);
    sled_csv_text(csv, title->topology);
    sled_csv_text(csv, title->phase);
    sled_csv_text(csv, outcome_names[row->outcome]);
    for (size_t i = 0; i < SLED_ARRAY_LEN(numbers); i++)
        sled_csv_count(csv, numbers[i]);
    sled_csv_text(csv, row->exchange);
    sled_csv_text(csv, row->overlap);
    sled_csv_text(csv, row->order);
    sled_csv_text(csv, row->collectives);
    sled_csv_count(csv, row->batch);
    if (row->outcome == SLED_LAYOUT_RAN) {
        sled_csv_number(csv, row->latency_s * 1e9);
        sled_csv_number(csv, row->tokens_per_s_user);
        sled_csv_number(csv, row->tokens_per_s_chip);
        sled_csv_number(csv, row->tokens_per_s_mw);
        if (row->tokens_per_s_mw_provided > 0)
            sled_csv_number(csv, row->tokens_per_s_mw_provided);
        else
            sled_csv_text(csv, "");
        sled_csv_number(csv, row->exposed);
        sled_csv_text(csv, row->most);
        sled_csv_number(csv, row->most_share);
        sled_csv_text(csv, row->busiest);
        sled_csv_number(csv, row->utilisation);
        sled_csv_text(csv, row->front_chip ? "yes" : "no");
        sled_csv_text(csv, row->front_mw ? "yes" : "no");
    } else {
        for (int i = 0; i < MEASURED; i++)
            sled_csv_text(csv, "");
    }
    sled_csv_number(csv, row->missing_bytes);
    sled_csv_text(csv, row->reason);
    sled_csv_end_row(csv);
}

enum sled_status sled_layouts_write_csv(const struct sled_layouts_title *title,
                                        const struct sled_layout_row *rows, size_t n,
                                        const size_t *order, FILE *stream, struct sled_err *err)
{
    struct sled_csv csv = SLED_CSV_INIT(stream);

    (void)err;
    for (size_t i = 0; i < SLED_ARRAY_LEN(titles); i++)
        sled_csv_text(&csv, titles[i]);
    sled_csv_end_row(&csv);
    for (size_t i = 0; i < n; i++)
        write_csv_row(title, &rows[order[i]], &csv);
    return SLED_OK;
}

static cJSON *row_json(const struct sled_layout_row *row)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "outcome", outcome_names[row->outcome]);
    cJSON_AddNumberToObject(item, "chips", (double)row->chips);
    cJSON_AddNumberToObject(item, "tp", (double)row->tp);
    cJSON_AddNumberToObject(item, "cp", (double)row->cp);
    cJSON_AddNumberToObject(item, "dp", (double)row->dp);
    cJSON_AddNumberToObject(item, "pp", (double)row->pp);
    cJSON_AddNumberToObject(item, "replicas", (double)row->replicas);
    cJSON_AddNumberToObject(item, "ep", (double)row->ep);
    cJSON_AddNumberToObject(item, "expert_tp", (double)row->expert_tp);
    cJSON_AddNumberToObject(item, "redundant_experts", (double)row->redundant_experts);
    cJSON_AddStringToObject(item, "exchange", row->exchange);
    cJSON_AddStringToObject(item, "overlap", row->overlap);
    cJSON_AddStringToObject(item, "order", row->order);
    cJSON_AddStringToObject(item, "collectives", row->collectives);
    cJSON_AddNumberToObject(item, "batch", (double)row->batch);
    if (row->outcome == SLED_LAYOUT_NO_ROOM)
        cJSON_AddNumberToObject(item, "missing_bytes", row->missing_bytes);
    if (row->outcome == SLED_LAYOUT_REFUSED)
        cJSON_AddStringToObject(item, "reason", row->reason);
    if (row->outcome != SLED_LAYOUT_RAN)
        return item;
    cJSON_AddNumberToObject(item, "latency_ns", row->latency_s * 1e9);
    cJSON_AddNumberToObject(item, "tokens_per_s_user", row->tokens_per_s_user);
    cJSON_AddNumberToObject(item, "tokens_per_s_chip", row->tokens_per_s_chip);
    cJSON_AddNumberToObject(item, "tokens_per_s_MW", row->tokens_per_s_mw);
    if (row->tokens_per_s_mw_provided > 0)
        cJSON_AddNumberToObject(item, "tokens_per_s_MW_provided", row->tokens_per_s_mw_provided);
    cJSON_AddNumberToObject(item, "exposed_communication", row->exposed);
    cJSON_AddStringToObject(item, "most_time_in", row->most);
    cJSON_AddNumberToObject(item, "most_share", row->most_share);
    cJSON_AddStringToObject(item, "busiest", row->busiest);
    cJSON_AddNumberToObject(item, "utilisation", row->utilisation);
    cJSON_AddBoolToObject(item, "front_chip", row->front_chip);
    cJSON_AddBoolToObject(item, "front_MW", row->front_mw);
    return item;
}

enum sled_status sled_layouts_write_json(const struct sled_layouts_title *title,
                                         const struct sled_layout_row *rows, size_t n,
                                         const size_t *order, const cJSON *config, FILE *stream,
                                         struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/layouts/1");
    cJSON_AddStringToObject(tree, "simulator", title->simulator);
    cJSON_AddStringToObject(tree, "network", title->network);
    cJSON_AddNumberToObject(tree, "accuracy", title->accuracy);
    cJSON_AddItemToObject(tree, "config", cJSON_Duplicate(config, true));
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(results, row_json(&rows[order[i]]));

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
