/* SPDX-License-Identifier: Apache-2.0 */
/* A forward pass for people, and as JSON. */
#include <inttypes.h>

#include "base/vec.h"
#include "report/forward.h"
#include "report/energy.h"
#include "report/json.h"
#include "report/table.h"

static const struct sled_column columns[] = {
    {.title = "phase"},
    {.title = "time", .unit = "(us)", .right = true},
    {.title = "share", .unit = "(%)", .right = true},
    {.title = "network", .unit = "(MB)", .right = true},
    {.title = "memory", .unit = "(MB)", .right = true},
};

static void write_head(const struct sled_forward_facts *f, FILE *stream)
{
    fprintf(stream, "%s%s%s\n", f->workload, f->description[0] == '\0' ? "" : ": ", f->description);
    fprintf(stream, "%s of %s on %s (chip %s): batch %" PRIu64 ", context %" PRIu64, f->phase,
            f->model, f->topology, f->chip, f->batch, f->context);
    if (!f->decode)
        fprintf(stream, ", chunk %" PRIu64, f->chunk);
    fprintf(stream,
            "\nlayout on %" PRIu64 " chips: tp %" PRIu64 ", cp %" PRIu64 ", dp %" PRIu64
            ", pp %" PRIu64 ", replicas %" PRIu64,
            f->chips, f->tp, f->cp, f->dp, f->pp, f->replicas);
    if (f->moe)
        fprintf(stream,
                ", ep %" PRIu64 ", expert tp %" PRIu64 ", redundant experts %" PRIu64 ", %s", f->ep,
                f->expert_tp, f->redundant_experts, f->exchange);
    fprintf(stream, "\nranks %s, overlap %s, collectives on %s", f->order, f->overlap, f->memory);
    if (f->selection != NULL)
        fprintf(stream, " by %s", f->selection);
    if (f->moe)
        fprintf(stream,
                "\nrouting %s, max/mean: ranks %.3f, slots %.3f; with experts in order: ranks "
                "%.3f, slots %.3f",
                f->distribution, f->rank_imbalance, f->slot_imbalance, f->rank_in_order,
                f->slot_in_order);
    fprintf(stream, "\nnetwork %s: %s\n", f->network, f->simulator);
    if (f->accuracy != 0)
        fprintf(stream, "accuracy %g\n", f->accuracy);
}

static void write_memory(const struct sled_forward_facts *f, FILE *stream)
{
    const double gb = 1e-9, missing = sled_forward_missing(f);

    fprintf(stream,
            "\nmemory of the fullest chip: weights %.3f GB, kv cache %.3f GB, activations %.3f GB, "
            "of %.3f GB",
            f->weight_bytes * gb, f->kv_bytes * gb, f->activation_bytes * gb, f->hbm_bytes * gb);
    if (missing > 0)
        fprintf(stream, ": DOES NOT FIT, %.3f GB are missing", missing * gb);
    fputc('\n', stream);
}

static void write_rates(const struct sled_forward_facts *f, const struct sled_forward_summary *s,
                        FILE *stream)
{
    fprintf(stream, "\n%-26s%.3f ms\n",
            f->decode         ? "time per output token"
            : f->context == 0 ? "time to first token"
                              : "time of the chunk",
            s->latency_s * 1e3);
    fprintf(stream, "%-26s%.1f\n", f->decode ? "tokens/s/user" : "prompt tokens/s/user",
            s->tokens_per_s_user);
    fprintf(stream, "%-26s%.1f\n%-26s%.1f\n%-26s%.0f", "tokens/s", s->tokens_per_s, "tokens/s/chip",
            s->tokens_per_s_chip, "tokens/s/MW", s->tokens_per_s_mw);
    if (s->tokens_per_s_mw_provided > 0)
        fprintf(stream, ", %.0f of what must be provided", s->tokens_per_s_mw_provided);
    fputc('\n', stream);
    fprintf(stream, "%-26s%.4g J, %.0f W a chip\n", "energy per token", s->joules_per_token,
            s->watts / (double)f->chips);
    fprintf(stream, "%-26s%.1f %%\n", "exposed communication",
            100 * s->exposed_communication_s / s->time_s);
    fprintf(stream, "%-26s%s, %.1f %%\n", "busiest resource",
            s->busiest[0] == '\0' ? "none" : s->busiest, 100 * s->utilisation);
    fprintf(stream, "%-26s", "engines busy");
    for (int e = 0; e < SLED_ENGINES; e++)
        fprintf(stream, "%s%s %.1f %%", e == 0 ? "" : ", ", sled_engine_names[e],
                100 * s->engine[e]);
    fputc('\n', stream);
}

enum sled_status sled_forward_write_text(const struct sled_forward_facts *facts,
                                         const struct sled_forward_summary *summary, FILE *stream,
                                         struct sled_err *err)
{
    struct sled_text_table table;

    write_head(facts, stream);
    write_memory(facts, stream);
    write_rates(facts, summary, stream);
    fputc('\n', stream);
    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    if (facts->launch_s > 0) {
        sled_text_table_cell(&table, "launch");
        sled_text_table_cellf(&table, "%.3f", facts->launch_s * 1e6);
        sled_text_table_cellf(&table, "%.1f", 100 * facts->launch_s / summary->time_s);
        sled_text_table_cell(&table, "0.00");
        sled_text_table_cell(&table, "0.00");
    }
    for (uint32_t p = 0; p < summary->nphases; p++) {
        const struct sled_forward_phase_sum *phase = &summary->phase[p];

        if (phase->exposed_s == 0 && phase->network_bytes == 0 && phase->memory_bytes == 0)
            continue;
        sled_text_table_cell(&table, phase->name);
        sled_text_table_cellf(&table, "%.3f", phase->exposed_s * 1e6);
        sled_text_table_cellf(&table, "%.1f", 100 * phase->exposed_s / summary->time_s);
        sled_text_table_cellf(&table, "%.2f", phase->network_bytes * 1e-6);
        sled_text_table_cellf(&table, "%.2f", phase->memory_bytes * 1e-6);
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

cJSON *sled_forward_result_json(const struct sled_forward_facts *f,
                                const struct sled_forward_summary *s)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddNumberToObject(item, "chips", (double)f->chips);
    cJSON_AddNumberToObject(item, "launch_ns", f->launch_s * 1e9);
    cJSON_AddNumberToObject(item, "stage_time_ns", s->time_s * 1e9);
    cJSON_AddNumberToObject(item, f->decode ? "time_per_output_token_ns" : "chunk_time_ns",
                            s->latency_s * 1e9);
    cJSON_AddNumberToObject(item, "tokens_per_s", s->tokens_per_s);
    cJSON_AddNumberToObject(item, "tokens_per_s_user", s->tokens_per_s_user);
    cJSON_AddNumberToObject(item, "tokens_per_s_chip", s->tokens_per_s_chip);
    cJSON_AddNumberToObject(item, "tokens_per_s_MW", s->tokens_per_s_mw);
    if (s->tokens_per_s_mw_provided > 0)
        cJSON_AddNumberToObject(item, "tokens_per_s_MW_provided", s->tokens_per_s_mw_provided);
    cJSON_AddNumberToObject(item, "energy_per_token_J", s->joules_per_token);
    cJSON_AddNumberToObject(item, "mean_W", s->watts);
    cJSON_AddNumberToObject(item, "exposed_communication_ns", s->exposed_communication_s * 1e9);
    cJSON_AddStringToObject(item, "busiest", s->busiest);
    cJSON_AddNumberToObject(item, "utilisation", s->utilisation);
    cJSON *engines = cJSON_AddObjectToObject(item, "engine_busy");
    for (int e = 0; e < SLED_ENGINES; e++)
        cJSON_AddNumberToObject(engines, sled_engine_names[e], s->engine[e]);
    sled_energy_add_json(item, &s->energy);
    cJSON *memory = cJSON_AddObjectToObject(item, "memory_of_fullest_chip");
    cJSON_AddNumberToObject(memory, "weights_bytes", f->weight_bytes);
    cJSON_AddNumberToObject(memory, "kv_cache_bytes", f->kv_bytes);
    cJSON_AddNumberToObject(memory, "activations_bytes", f->activation_bytes);
    cJSON_AddNumberToObject(memory, "hbm_bytes", f->hbm_bytes);
    cJSON_AddNumberToObject(memory, "missing_bytes", sled_forward_missing(f));
    cJSON *imbalance = cJSON_AddObjectToObject(item, "max_over_mean");
    cJSON_AddNumberToObject(imbalance, "ranks", f->rank_imbalance);
    cJSON_AddNumberToObject(imbalance, "slots", f->slot_imbalance);
    cJSON_AddNumberToObject(imbalance, "ranks_in_order", f->rank_in_order);
    cJSON_AddNumberToObject(imbalance, "slots_in_order", f->slot_in_order);
    cJSON *phases = cJSON_AddArrayToObject(item, "phases");
    for (uint32_t p = 0; p < s->nphases; p++) {
        cJSON *phase = cJSON_CreateObject();

        cJSON_AddStringToObject(phase, "phase", s->phase[p].name);
        cJSON_AddNumberToObject(phase, "exposed_mean_ns", s->phase[p].exposed_s * 1e9);
        cJSON_AddNumberToObject(phase, "network_bytes", s->phase[p].network_bytes);
        cJSON_AddNumberToObject(phase, "memory_bytes", s->phase[p].memory_bytes);
        cJSON_AddItemToArray(phases, phase);
    }
    return item;
}

enum sled_status sled_forward_write_json(const struct sled_forward_facts *facts,
                                         const struct sled_forward_summary *summary,
                                         const cJSON *config, FILE *stream, struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/forward/1");
    cJSON_AddStringToObject(tree, "simulator", facts->simulator);
    cJSON_AddStringToObject(tree, "network", facts->network);
    cJSON_AddNumberToObject(tree, "accuracy", facts->accuracy);
    if (facts->selection != NULL)
        cJSON_AddStringToObject(tree, "selection", facts->selection);
    cJSON_AddItemToObject(tree, "config", cJSON_Duplicate(config, true));
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    cJSON_AddItemToArray(results, sled_forward_result_json(facts, summary));

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
