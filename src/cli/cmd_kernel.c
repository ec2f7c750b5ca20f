/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim kernel NAME`: what one kernel takes on one chip, and what keeps it. */
#include "cli/cmd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "chip/chip.h"
#include "cli/kernel_experts.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "config/config.h"
#include "report/kernel.h"
#include "report/kernel_trace.h"

enum { FORMAT_TABLE, FORMAT_JSON };
static const char *const format_names[] = {"table", "json", NULL};

struct kernel_args {
    const char *name;
    const char *chip;
    struct sled_opt_list sets;
    const char *shape;
    uint64_t heads, kv_heads, move_columns, window, rope, cores;
    bool heads_given, kv_heads_given, move_columns_given, window_given, rope_given;
    bool causal, sinks, latent, fixed_max, from_hbm, launch;
    const char *tokens, *group_limit;
    uint64_t experts, top_k;
    int scores;
    bool top_k_given, scores_given;
    const char *dtype, *weight_dtype, *out_dtype;
    int format;
    const char *trace;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "NAME",
     .offset = offsetof(struct kernel_args, name),
     .help = "kernel, as `sledsim list kernels` prints them"},
};

static const struct sled_opt options[] = {
    {.name = "chip",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .required = true,
     .offset = offsetof(struct kernel_args, chip),
     .help = "chip file"},
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     .offset = offsetof(struct kernel_args, sets),
     .help = "replace a value of the chip file"},
    {.name = "shape",
     .kind = SLED_OPT_TEXT,
     .arg = "MxN[xK]",
     .required = true,
     .offset = offsetof(struct kernel_args, shape),
     .help = "extents, as the kernel's line of `sledsim list kernels` names them"},
    {.name = "heads",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct kernel_args, heads),
     .given_offset = offsetof(struct kernel_args, heads_given),
     .help = "attention: heads of queries; 1 if absent"},
    {.name = "kv-heads",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct kernel_args, kv_heads),
     .given_offset = offsetof(struct kernel_args, kv_heads_given),
     .help = "attention: heads of keys and values; as many as --heads if absent"},
    {.name = "causal",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct kernel_args, causal),
     .help = "attention: the queries are the last of the keys and see none behind them"},
    {.name = "window",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = UINT32_MAX,
     .offset = offsetof(struct kernel_args, window),
     .given_offset = offsetof(struct kernel_args, window_given),
     .help = "attention: a query sees that many keys at most, itself the last; all if absent"},
    {.name = "rope",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct kernel_args, rope),
     .given_offset = offsetof(struct kernel_args, rope_given),
     .help = "attention: elements of queries and keys beyond the K of values, as in MLA"},
    {.name = "latent",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct kernel_args, latent),
     .help = "attention: keys contain the values, and one head of them serves all, as in MLA"},
    {.name = "sinks",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct kernel_args, sinks),
     .help = "attention: softmax over one more score per head, which has no value"},
    {.name = "fixed-max",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct kernel_args, fixed_max),
     .help = "attention: a bound of the scores is known, no maximum need be found"},
    {.name = "move-columns",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct kernel_args, move_columns),
     .given_offset = offsetof(struct kernel_args, move_columns_given),
     .help = "attention: that one instruction moves out of PSUM; a bank if absent"},
    {.name = "tokens",
     .kind = SLED_OPT_TEXT,
     .arg = "N,N,…",
     .offset = offsetof(struct kernel_args, tokens),
     .help = "grouped_mlp: rows of each expert, M in all"},
    {.name = "experts",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct kernel_args, experts),
     .help = "grouped_mlp: experts that the M rows are dealt to evenly"},
    {.name = "top-k",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct kernel_args, top_k),
     .given_offset = offsetof(struct kernel_args, top_k_given),
     .help = "router, lm_head: kept of each row; lm_head: 1 if absent"},
    {.name = "scores",
     .kind = SLED_OPT_CHOICE,
     .arg = "KIND",
     .choices = sled_scores_names,
     .dflt = "chosen",
     .offset = offsetof(struct kernel_args, scores),
     .given_offset = offsetof(struct kernel_args, scores_given),
     .help = "router: softmax over the chosen, over all, or sigmoid"},
    {.name = "group-limit",
     .kind = SLED_OPT_TEXT,
     .arg = "NxG",
     .offset = offsetof(struct kernel_args, group_limit),
     .help = "router: the best N of G groups of experts are eligible; all if absent"},
    {.name = "dtype",
     .letter = 'd',
     .kind = SLED_OPT_TEXT,
     .arg = "TYPE",
     .dflt = "bf16",
     .offset = offsetof(struct kernel_args, dtype),
     .help = "of what comes in, as `sledsim list dtypes`"},
    {.name = "weight-dtype",
     .kind = SLED_OPT_TEXT,
     .arg = "TYPE",
     .offset = offsetof(struct kernel_args, weight_dtype),
     .help = "kernels with weights: of those; as --dtype if absent"},
    {.name = "out-dtype",
     .kind = SLED_OPT_TEXT,
     .arg = "TYPE",
     .dflt = "bf16",
     .offset = offsetof(struct kernel_args, out_dtype),
     .help = "of the result"},
    {.name = "from-hbm",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct kernel_args, from_hbm),
     .help = "kernels with weights: they stream in; attention, but fused: all operands"},
    {.name = "cores",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "1",
     .max = 1024,
     .offset = offsetof(struct kernel_args, cores),
     .help = "of the chip that share the kernel"},
    {.name = "launch",
     .kind = SLED_OPT_FLAG,
     .offset = offsetof(struct kernel_args, launch),
     .help = "tell also what a program of this kernel alone takes beside it"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .offset = offsetof(struct kernel_args, format),
     .help = "of the output"},
    {.name = "trace",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct kernel_args, trace),
     .help = "write the timeline of a core's engines there, for Perfetto"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct kernel_args, output),
     .help = "write there instead of stdout"},
};

static enum sled_status find_kind(const char *name, enum sled_kernel_kind *out,
                                  struct sled_err *err)
{
    for (int i = 0; i < SLED_KERNELS; i++) {
        if (strcmp(sled_kernel_names[i], name) == 0) {
            *out = (enum sled_kernel_kind)i;
            return SLED_OK;
        }
    }
    return sled_opt_refuse("no kernel", name, sled_kernel_names, SLED_KERNELS, err);
}

/* What only some kernels have; the rest would ignore it. */
static enum sled_status check_options(const struct kernel_args *args, enum sled_kernel_kind kind,
                                      uint32_t nextents, struct sled_err *err)
{
    const bool attention = sled_kernel_has_heads(kind);
    const bool has_k = sled_kernel_has_k(kind);

    if (nextents != (has_k ? 3 : 2))
        return sled_err_set(err, SLED_E_USAGE, "--shape \"%s\": %s has %s", args->shape, args->name,
                            has_k ? "three extents, MxNxK" : "two extents, MxN");
    if (!attention && (args->heads_given || args->kv_heads_given || args->causal ||
                       args->window_given || args->rope_given || args->latent || args->sinks ||
                       args->fixed_max || args->move_columns_given))
        return sled_err_set(
            err, SLED_E_USAGE,
            "--heads, --kv-heads, --causal, --window, --rope, --latent, --sinks, --fixed-max and "
            "--move-columns are for attention, not for %s",
            args->name);
    if (kind != SLED_KERNEL_GROUPED_MLP && (args->tokens != NULL || args->experts > 0))
        return sled_err_set(err, SLED_E_USAGE,
                            "--tokens and --experts are for grouped_mlp, not for %s", args->name);
    if (kind != SLED_KERNEL_ROUTER && (args->scores_given || args->group_limit != NULL))
        return sled_err_set(err, SLED_E_USAGE,
                            "--scores and --group-limit are for router, not for %s", args->name);
    if (kind != SLED_KERNEL_ROUTER && kind != SLED_KERNEL_LM_HEAD && args->top_k_given)
        return sled_err_set(err, SLED_E_USAGE, "--top-k is for router and lm_head, not for %s",
                            args->name);
    if (kind == SLED_KERNEL_ROUTER && !args->top_k_given)
        return sled_err_set(err, SLED_E_USAGE, "router needs --top-k, the experts of each row");
    if (kind == SLED_KERNEL_EMBEDDING && args->from_hbm)
        return sled_err_set(err, SLED_E_USAGE,
                            "--from-hbm: the table of embedding always is there");
    if (!attention && !sled_kernel_has_weights(kind) && args->from_hbm)
        return sled_err_set(err, SLED_E_USAGE, "--from-hbm: the operands of %s are in SBUF",
                            args->name);
    if (!sled_kernel_has_weights(kind) && args->weight_dtype != NULL)
        return sled_err_set(err, SLED_E_USAGE,
                            "--weight-dtype is for kernels with weights, not for %s", args->name);
    return SLED_OK;
}

/* What is kept of each row. */
static enum sled_status read_choice(const struct kernel_args *args, struct sled_kernel *out,
                                    struct sled_err *err)
{
    static const struct sled_cli_range range = {
        .least = 2, .most = 2, .min = 1, .max = 65536, .example = "4x8"};
    uint64_t limit[2] = {0};
    uint32_t count;

    if (args->group_limit != NULL)
        SLED_TRY(sled_cli_sizes("group-limit", args->group_limit, &range, limit, &count, err));
    out->top_k = args->top_k_given ? (uint32_t)args->top_k : 1;
    out->scores = (enum sled_scores)args->scores;
    out->limit = (uint32_t)limit[0];
    out->limit_of = (uint32_t)limit[1];
    return SLED_OK;
}

/* *tokens is for the caller to free, whatever happens. */
static enum sled_status read_request(const struct kernel_args *args, struct sled_kernel *out,
                                     uint64_t **tokens, struct sled_err *err)
{
    static const struct sled_cli_range range = {
        .least = 2, .most = 3, .min = 0, .max = UINT32_MAX, .example = "8192x8192x128"};
    uint64_t extent[3] = {0};
    uint32_t nextents;

    *out = (struct sled_kernel){.causal = args->causal,
                                .move_columns = args->move_columns,
                                .window = args->window,
                                .rope = args->rope,
                                .latent = args->latent,
                                .sinks = args->sinks,
                                .fixed_max = args->fixed_max,
                                .weights_from_hbm = args->from_hbm,
                                .cores = (uint32_t)args->cores};
    SLED_TRY(find_kind(args->name, &out->kind, err));
    SLED_TRY(sled_cli_sizes("shape", args->shape, &range, extent, &nextents, err));
    SLED_TRY(check_options(args, out->kind, nextents, err));
    out->m = extent[0];
    out->n = extent[1];
    out->k = extent[2];
    if (sled_kernel_has_heads(out->kind)) {
        out->heads = args->heads_given ? (uint32_t)args->heads : 1;
        out->kv_heads = args->kv_heads_given ? (uint32_t)args->kv_heads : out->heads;
    }
    if (out->kind == SLED_KERNEL_ROUTER || out->kind == SLED_KERNEL_LM_HEAD)
        SLED_TRY(read_choice(args, out, err));
    if (out->kind == SLED_KERNEL_GROUPED_MLP)
        SLED_TRY(sled_cli_experts(args->tokens, args->experts, out->m, tokens, &out->groups, err));
    out->tokens = *tokens;
    SLED_TRY(sled_dtype_parse(args->dtype, &out->dtype, err));
    SLED_TRY(sled_dtype_parse(args->out_dtype, &out->out_dtype, err));
    out->weight_dtype = out->dtype;
    return args->weight_dtype == NULL
               ? SLED_OK
               : sled_dtype_parse(args->weight_dtype, &out->weight_dtype, err);
}

static enum sled_status run_traced(const struct kernel_args *args, const struct sled_chip *chip,
                                   const struct sled_kernel *kernel, struct sled_kernel_cost *cost,
                                   struct sled_err *err)
{
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->trace, err));

    const struct sled_kernel_trace trace = {
        .arg = out.stream, .slice = sled_kernel_trace_slice, .repeat = sled_kernel_trace_repeat};
    sled_kernel_trace_begin(args->name, out.stream);
    enum sled_status st = sled_chip_kernel_traced(chip, kernel, &trace, cost, err);
    sled_kernel_trace_end(out.stream);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st;
}

static enum sled_status write_report(const struct kernel_args *args,
                                     const struct sled_config *config,
                                     const struct sled_kernel_report *report, struct sled_err *err)
{
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st =
        args->format == FORMAT_JSON
            ? sled_kernel_write_json(report, sled_doc_root(config->doc), out.stream, err)
            : sled_kernel_write_text(report, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st;
}

static enum sled_status run_kernel(const struct kernel_args *args, const struct sled_config *config,
                                   const struct sled_kernel *kernel, struct sled_err *err)
{
    const struct sled_chip *chip = config->chip;
    struct sled_kernel_cost cost;
    double launch_s;
    const struct sled_kernel_report report = {
        .chip = config->chip_name,
        .chip_cores = sled_chip_cores(chip),
        .peak_flops =
            sled_chip_peak_flops(chip, kernel->dtype) / sled_chip_cores(chip) * kernel->cores,
        .kernel = kernel,
        .cost = &cost,
        .launch_s = args->launch ? &launch_s : NULL,
    };

    SLED_TRY(args->trace != NULL ? run_traced(args, chip, kernel, &cost, err)
                                 : sled_chip_kernel(chip, kernel, &cost, err));
    if (args->launch)
        launch_s = sled_chip_launch(chip, kernel, 1, kernel->cores);
    return write_report(args, config, &report, err);
}

static enum sled_status run_on_chip(const struct kernel_args *args,
                                    const struct sled_kernel *kernel, struct sled_err *err)
{
    struct sled_config config;

    enum sled_status st =
        sled_config_load(args->chip, args->sets.items, args->sets.count, "chip", &config, err);
    if (st == SLED_OK)
        st = run_kernel(args, &config, kernel, err);
    sled_config_finish(&config);
    return st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct kernel_args *args = opaque;
    uint64_t *tokens = NULL;
    struct sled_kernel kernel;

    enum sled_status st = read_request(args, &kernel, &tokens, err);
    if (st == SLED_OK)
        st = run_on_chip(args, &kernel, err);
    free(tokens);
    return st;
}

const struct sled_cmd sled_cmd_kernel = {
    .name = "kernel",
    .summary = "time one kernel on one chip, engine by engine",
    .description =
        "Runs the instruction stream of a kernel on the engines of a core: how long it takes, how\n"
        "busy each engine is, and which one bounds it. `sledsim list kernels` names the extents.\n"
        "\n"
        "A trace shows one row per engine; open it at ui.perfetto.dev. Rounds of a loop that\n"
        "repeat exactly are drawn once and counted in the row \"repeats\".\n",
    .examples =
        "sledsim kernel matmul --chip topologies/chips/trainium3.json --shape 4096x4096x4096 \\\n"
        "        --dtype mxfp8 --cores 8\n"
        "sledsim kernel attention --chip topologies/chips/trainium3.json \\\n"
        "        --shape 131072x131072x128 --causal --from-hbm --trace attention.json\n",
    .args = SLED_OPT_TABLE(struct kernel_args, operands, options),
    .run = run,
};
