/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the main job, and its JSON. */
#include "report/layer.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/units.h"
#include "base/vec.h"
#include "report/energy.h"
#include "report/json.h"
#include "report/table.h"

static const struct sled_column phase_columns[] = {
    {.title = "phase"},
    {.title = "start", .unit = "(us)", .right = true},
    {.title = "end", .unit = "(us)", .right = true},
    {.title = "min", .unit = "(us)", .right = true},
    {.title = "mean", .unit = "(us)", .right = true},
    {.title = "max", .unit = "(us)", .right = true},
    {.title = "network", .unit = "(MB)", .right = true},
    {.title = "memory", .unit = "(MB)", .right = true},
    {.title = "used", .unit = "(%)", .right = true},
    {.title = "busiest resource"},
};

static double mean_watts(const struct sled_layer_run *run)
{
    return run->time_s > 0 ? run->energy.total_j / run->time_s : 0;
}

static void write_energy(const struct sled_layer_run *run, FILE *stream)
{
    char energy[32], watts[32];

    fprintf(stream, "energy %s, mean %s:",
            sled_units_format(run->energy.total_j, SLED_DIM_ENERGY, energy, sizeof energy),
            sled_units_format(mean_watts(run), SLED_DIM_POWER, watts, sizeof watts));
    sled_energy_write_shares(&run->energy, stream);
    fputc('\n', stream);
}

static enum sled_status write_run(const struct sled_layer_run *run, FILE *stream,
                                  struct sled_err *err)
{
    struct sled_text_table table;

    fprintf(stream, "\ncollectives on %s: %.3f us\n", run->memory, run->time_s * 1e6);
    sled_text_table_init(&table, phase_columns, SLED_ARRAY_LEN(phase_columns));
    for (uint32_t p = 0; p < run->nphases; p++) {
        const struct sled_phase_summary *phase = &run->phase[p];

        sled_text_table_cell(&table, phase->name);
        sled_text_table_cellf(&table, "%.3f", phase->start_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", phase->end_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", phase->min_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", phase->mean_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", phase->max_s * 1e6);
        sled_text_table_cellf(&table, "%.2f", phase->network_bytes * 1e-6);
        sled_text_table_cellf(&table, "%.2f", phase->memory_bytes * 1e-6);
        sled_text_table_cellf(&table, "%.1f", phase->utilisation * 100);
        sled_text_table_cell(&table, phase->busiest);
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    write_energy(run, stream);
    return st;
}

/* Mean exposed time of each phase, first against last memory. */
static enum sled_status write_comparison(const struct sled_layer_run *a,
                                         const struct sled_layer_run *b, FILE *stream,
                                         struct sled_err *err)
{
    const struct sled_column columns[] = {
        {.title = "side by side"},
        {.title = a->memory, .unit = "(us)", .right = true},
        {.title = b->memory, .unit = "(us)", .right = true},
        {.title = "ratio", .right = true},
    };
    struct sled_text_table table;

    fputc('\n', stream);
    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (uint32_t p = 0; p <= a->nphases; p++) {
        const bool total = p == a->nphases;
        const double a_s = total ? a->time_s : a->phase[p].mean_s;
        const double b_s = total ? b->time_s : b->phase[p].mean_s;

        sled_text_table_cell(&table, total ? "whole layer" : a->phase[p].name);
        sled_text_table_cellf(&table, "%.3f", a_s * 1e6);
        sled_text_table_cellf(&table, "%.3f", b_s * 1e6);
        if (b_s > 0)
            sled_text_table_cellf(&table, "%.3f", a_s / b_s);
        else
            sled_text_table_cell(&table, "-");
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

enum sled_status sled_layer_write_text(const struct sled_layer_title *title,
                                       const struct sled_layer_run *runs, size_t nruns,
                                       FILE *stream, struct sled_err *err)
{
    fprintf(stream,
            "%s%s%s\n"
            "model %s on %s (chip %s): %" PRIu64 " ranks, %" PRIu64 " tokens each, routing %s\n"
            "token rows per rank: min %.0f, mean %.1f, max %.0f (max/mean %.3f)\n",
            title->workload, title->description[0] == '\0' ? "" : ": ", title->description,
            title->model, title->topology, title->chip, title->ranks, title->tokens_per_rank,
            title->distribution, title->load_min, title->load_mean, title->load_max,
            title->load_mean > 0 ? title->load_max / title->load_mean : 0.0);
    if (title->skewed)
        fprintf(stream, "max/mean of slots %.3f; with experts in order: ranks %.3f, slots %.3f\n",
                title->slot_imbalance, title->rank_in_order, title->slot_in_order);
    fprintf(stream, "network %s: %s\n", title->network, title->simulator);
    if (title->accuracy != 0)
        fprintf(stream, "accuracy %g\n", title->accuracy);
    if (title->selection != NULL)
        fprintf(stream, "exchanges by %s\n", title->selection);
    for (size_t i = 0; i < nruns; i++)
        SLED_TRY(write_run(&runs[i], stream, err));
    for (size_t i = 1; i < nruns; i++)
        SLED_TRY(write_comparison(&runs[0], &runs[i], stream, err));
    return SLED_OK;
}

static cJSON *phase_json(const struct sled_phase_summary *phase)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "phase", phase->name);
    cJSON_AddNumberToObject(item, "start_ns", phase->start_s * 1e9);
    cJSON_AddNumberToObject(item, "end_ns", phase->end_s * 1e9);
    cJSON_AddNumberToObject(item, "exposed_min_ns", phase->min_s * 1e9);
    cJSON_AddNumberToObject(item, "exposed_mean_ns", phase->mean_s * 1e9);
    cJSON_AddNumberToObject(item, "exposed_max_ns", phase->max_s * 1e9);
    cJSON_AddNumberToObject(item, "network_bytes", phase->network_bytes);
    cJSON_AddNumberToObject(item, "memory_bytes", phase->memory_bytes);
    cJSON_AddStringToObject(item, "busiest", phase->busiest);
    cJSON_AddNumberToObject(item, "utilisation", phase->utilisation);
    return item;
}

cJSON *sled_layer_run_json(const struct sled_layer_run *run)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "memory", run->memory);
    cJSON_AddNumberToObject(item, "time_ns", run->time_s * 1e9);
    cJSON_AddNumberToObject(item, "weight_error", run->weight_error);
    cJSON_AddNumberToObject(sled_energy_add_json(item, &run->energy), "mean_W", mean_watts(run));
    cJSON *phases = cJSON_AddArrayToObject(item, "phases");
    for (uint32_t p = 0; p < run->nphases; p++)
        cJSON_AddItemToArray(phases, phase_json(&run->phase[p]));
    return item;
}

enum sled_status sled_layer_write_json(const struct sled_layer_title *title,
                                       const struct sled_layer_run *runs, size_t nruns,
                                       const cJSON *config, FILE *stream, struct sled_err *err)
{
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/layer/1");
    cJSON_AddStringToObject(tree, "simulator", title->simulator);
    cJSON_AddStringToObject(tree, "network", title->network);
    cJSON_AddNumberToObject(tree, "accuracy", title->accuracy);
    if (title->selection != NULL)
        cJSON_AddStringToObject(tree, "selection", title->selection);
    cJSON_AddItemToObject(tree, "config", cJSON_Duplicate(config, true));
    cJSON *load = cJSON_AddObjectToObject(tree, "rows_per_rank");
    cJSON_AddNumberToObject(load, "min", title->load_min);
    cJSON_AddNumberToObject(load, "mean", title->load_mean);
    cJSON_AddNumberToObject(load, "max", title->load_max);
    cJSON *imbalance = cJSON_AddObjectToObject(tree, "max_over_mean");
    cJSON_AddNumberToObject(imbalance, "ranks",
                            title->load_mean > 0 ? title->load_max / title->load_mean : 0.0);
    cJSON_AddNumberToObject(imbalance, "slots", title->slot_imbalance);
    cJSON_AddNumberToObject(imbalance, "ranks_in_order", title->rank_in_order);
    cJSON_AddNumberToObject(imbalance, "slots_in_order", title->slot_in_order);
    cJSON *results = cJSON_AddArrayToObject(tree, "results");
    for (size_t i = 0; i < nruns; i++)
        cJSON_AddItemToArray(results, sled_layer_run_json(&runs[i]));

    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
