/* SPDX-License-Identifier: Apache-2.0 */
#include "report/kernel.h"

#include <inttypes.h>

#include "base/vec.h"
#include "report/json.h"
#include "report/table.h"

static uint32_t count_busy(const struct sled_kernel *kernel)
{
    uint32_t busy = 0;

    for (uint32_t e = 0; e < kernel->groups; e++)
        busy += kernel->tokens[e] > 0;
    return busy;
}

static void write_request(const struct sled_kernel_report *report, FILE *stream)
{
    const struct sled_kernel *kernel = report->kernel;

    fprintf(stream, "%s on %s, %" PRIu32 " of %" PRIu32 " cores\n", sled_kernel_names[kernel->kind],
            report->chip, kernel->cores, report->chip_cores);
    fprintf(stream, "m %" PRIu64 ", n %" PRIu64, kernel->m, kernel->n);
    if (kernel->k > 0)
        fprintf(stream, ", k %" PRIu64, kernel->k);
    if (kernel->heads > 0)
        fprintf(stream, ", heads %" PRIu32 "/%" PRIu32 "%s", kernel->heads, kernel->kv_heads,
                kernel->causal ? ", causal" : "");
    if (kernel->window > 0)
        fprintf(stream, ", window %" PRIu64, kernel->window);
    if (kernel->rope > 0)
        fprintf(stream, ", rope %" PRIu64, kernel->rope);
    fputs(kernel->latent ? ", latent" : "", stream);
    fputs(kernel->sinks ? ", sinks" : "", stream);
    fputs(kernel->fixed_max ? ", fixed maximum" : "", stream);
    if (kernel->top_k > 0)
        fprintf(stream, ", top %" PRIu32, kernel->top_k);
    if (kernel->kind == SLED_KERNEL_ROUTER)
        fprintf(stream, ", scores %s", sled_scores_names[kernel->scores]);
    if (kernel->limit > 0)
        fprintf(stream, ", of %" PRIu32 " in %" PRIu32 " groups", kernel->limit, kernel->limit_of);
    if (kernel->groups > 0)
        fprintf(stream, ", experts %" PRIu32 ", %" PRIu32 " of them with rows", kernel->groups,
                count_busy(kernel));
    fprintf(stream, "; %s", sled_dtype_names[kernel->dtype]);
    if (kernel->weight_dtype != kernel->dtype)
        fprintf(stream, " x %s", sled_dtype_names[kernel->weight_dtype]);
    fprintf(stream, " -> %s%s\n", sled_dtype_names[kernel->out_dtype],
            kernel->weights_from_hbm ? ", from hbm" : "");
}

enum sled_status sled_kernel_write_text(const struct sled_kernel_report *report, FILE *stream,
                                        struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "engine"},
        {.title = "busy", .unit = "(us)", .right = true},
        {.title = "busy", .unit = "(%)", .right = true},
    };
    const struct sled_kernel_cost *cost = report->cost;
    struct sled_text_table table;

    write_request(report, stream);
    fprintf(stream, "\ntime        %.3f us\n", cost->time_s * 1e6);
    if (report->launch_s != NULL)
        fprintf(stream, "launch      %.3f us, %.3f us in all\n", *report->launch_s * 1e6,
                (*report->launch_s + cost->time_s) * 1e6);
    if (cost->flops > 0 && report->peak_flops > 0)
        fprintf(stream, "rate        %.1f TFLOPS, %.1f %% of the peak of its cores\n",
                cost->flops / cost->time_s / 1e12,
                100 * cost->flops / cost->time_s / report->peak_flops);
    fprintf(stream, "hbm         %.3f MB\nsbuf        %.3f MB\nbound by    %s\n\n",
            cost->hbm_bytes / 1e6, cost->sbuf_bytes / 1e6, sled_engine_names[cost->bound]);

    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (int e = 0; e < SLED_ENGINES; e++) {
        sled_text_table_cell(&table, sled_engine_names[e]);
        sled_text_table_cellf(&table, "%.3f", cost->busy_s[e] * 1e6);
        sled_text_table_cellf(&table, "%.1f", 100 * cost->busy_s[e] / cost->time_s);
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

static void add_choice(const struct sled_kernel *kernel, cJSON *item)
{
    if (kernel->top_k > 0)
        cJSON_AddNumberToObject(item, "top_k", kernel->top_k);
    if (kernel->kind == SLED_KERNEL_ROUTER) {
        cJSON_AddStringToObject(item, "scores", sled_scores_names[kernel->scores]);
        cJSON_AddNumberToObject(item, "limit", kernel->limit);
        cJSON_AddNumberToObject(item, "limit_of", kernel->limit_of);
    }
}

static void add_tokens(const struct sled_kernel *kernel, cJSON *item)
{
    if (kernel->groups == 0)
        return;

    cJSON *tokens = cJSON_AddArrayToObject(item, "tokens");
    for (uint32_t e = 0; e < kernel->groups; e++)
        cJSON_AddItemToArray(tokens, cJSON_CreateNumber((double)kernel->tokens[e]));
}

void sled_kernel_add_request(const struct sled_kernel *kernel, cJSON *item)
{
    cJSON_AddStringToObject(item, "kernel", sled_kernel_names[kernel->kind]);
    cJSON_AddNumberToObject(item, "m", (double)kernel->m);
    cJSON_AddNumberToObject(item, "n", (double)kernel->n);
    cJSON_AddNumberToObject(item, "k", (double)kernel->k);
    cJSON_AddNumberToObject(item, "heads", kernel->heads);
    cJSON_AddNumberToObject(item, "kv_heads", kernel->kv_heads);
    cJSON_AddBoolToObject(item, "causal", kernel->causal);
    cJSON_AddNumberToObject(item, "move_columns", (double)kernel->move_columns);
    cJSON_AddNumberToObject(item, "window", (double)kernel->window);
    cJSON_AddBoolToObject(item, "sinks", kernel->sinks);
    cJSON_AddNumberToObject(item, "rope", (double)kernel->rope);
    cJSON_AddBoolToObject(item, "latent", kernel->latent);
    cJSON_AddBoolToObject(item, "fixed_max", kernel->fixed_max);
    add_choice(kernel, item);
    add_tokens(kernel, item);
    cJSON_AddStringToObject(item, "dtype", sled_dtype_names[kernel->dtype]);
    cJSON_AddStringToObject(item, "weight_dtype", sled_dtype_names[kernel->weight_dtype]);
    cJSON_AddStringToObject(item, "out_dtype", sled_dtype_names[kernel->out_dtype]);
    cJSON_AddBoolToObject(item, "from_hbm", kernel->weights_from_hbm);
    cJSON_AddNumberToObject(item, "cores", kernel->cores);
}

enum sled_status sled_kernel_write_json(const struct sled_kernel_report *report,
                                        const cJSON *config, FILE *stream, struct sled_err *err)
{
    const struct sled_kernel_cost *cost = report->cost;
    cJSON *tree = cJSON_CreateObject();

    cJSON_AddStringToObject(tree, "schema", "sledsim/kernel/1");
    cJSON_AddStringToObject(tree, "chip", report->chip);
    sled_kernel_add_request(report->kernel, cJSON_AddObjectToObject(tree, "request"));
    cJSON_AddNumberToObject(tree, "time_ns", cost->time_s * 1e9);
    if (report->launch_s != NULL)
        cJSON_AddNumberToObject(tree, "launch_ns", *report->launch_s * 1e9);
    cJSON_AddNumberToObject(tree, "flops", cost->flops);
    cJSON_AddNumberToObject(tree, "peak_flops_per_s", report->peak_flops);
    cJSON_AddNumberToObject(tree, "hbm_bytes", cost->hbm_bytes);
    cJSON_AddNumberToObject(tree, "sbuf_bytes", cost->sbuf_bytes);
    cJSON_AddStringToObject(tree, "bound_by", sled_engine_names[cost->bound]);
    cJSON *engines = cJSON_AddArrayToObject(tree, "engines");
    for (int e = 0; e < SLED_ENGINES; e++) {
        cJSON *engine = cJSON_CreateObject();

        cJSON_AddStringToObject(engine, "engine", sled_engine_names[e]);
        cJSON_AddNumberToObject(engine, "busy_ns", cost->busy_s[e] * 1e9);
        cJSON_AddNumberToObject(engine, "busy_fraction", cost->busy_s[e] / cost->time_s);
        cJSON_AddItemToArray(engines, engine);
    }
    cJSON_AddItemToObject(tree, "config", cJSON_Duplicate(config, true));
    const enum sled_status st = sled_json_write(tree, stream, err);
    cJSON_Delete(tree);
    return st;
}
