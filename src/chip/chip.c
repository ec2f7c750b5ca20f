/* SPDX-License-Identifier: Apache-2.0 */
/* From a chip to its model. */
#include "chip/chip.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "chip/model.h"
#include "chip/spec.h"
#include "model/mx.h"

/* Beyond this, products of two extents times bits would leave 64 bits. */
static const uint64_t max_extent = UINT64_C(1) << 24;

static const struct sled_chip_model *const models[] = {
    &sled_chip_neuroncore,
    &sled_chip_roofline,
};

const struct sled_chip_model *const *sled_chip_models(size_t *count)
{
    *count = SLED_ARRAY_LEN(models);
    return models;
}

const struct sled_chip_model *sled_chip_model_find(const char *name, struct sled_err *err)
{
    char known[32 * SLED_ARRAY_LEN(models)] = "";
    size_t len = 0;

    for (size_t i = 0; i < SLED_ARRAY_LEN(models); i++) {
        if (strcmp(name, models[i]->name) == 0)
            return models[i];
        len += (size_t)snprintf(known + len, sizeof known - len, "%s%s", i == 0 ? "" : ", ",
                                models[i]->name);
        assert(len < sizeof known);
    }
    sled_err_set(err, SLED_E_INPUT, "no chip model \"%s\"; known: %s", name, known);
    return NULL;
}

const struct sled_chip_model *sled_chip_model_of(const struct sled_chip *chip)
{
    return chip->model;
}

enum sled_status sled_chip_read(const struct sled_chip_model *model, struct sled_doc *doc,
                                const char *pointer, struct sled_arena *arena,
                                const struct sled_chip **out, struct sled_err *err)
{
    struct sled_chip *chip = sled_arena_alloc(arena, sizeof *chip);

    if (chip == NULL)
        return sled_err_nomem(err);
    SLED_TRY(sled_field_read(model->table, doc, pointer, arena, chip, err));
    chip->model = model;
    if (sled_chip_check(chip, err) != SLED_OK) {
        sled_doc_locate(doc, pointer, err);
        return err->code;
    }
    *out = chip;
    return SLED_OK;
}

enum sled_status sled_chip_check(const struct sled_chip *chip, struct sled_err *err)
{
    return chip->model->check(chip, err);
}

void sled_chip_ports(const struct sled_chip *chip, struct sled_chip_ports *out)
{
    chip->model->ports(chip, out);
}

void sled_chip_headline(const struct sled_chip *chip, struct sled_chip_headline *out)
{
    chip->model->headline(chip, out);
}

enum sled_dtype sled_chip_fastest(const double flops[SLED_DTYPES])
{
    enum sled_dtype fastest = (enum sled_dtype)0;

    for (int t = 1; t < SLED_DTYPES; t++)
        if (flops[t] > flops[fastest])
            fastest = (enum sled_dtype)t;
    return fastest;
}

uint32_t sled_chip_cores(const struct sled_chip *chip)
{
    return chip->model->cores(chip);
}

double sled_chip_peak_flops(const struct sled_chip *chip, enum sled_dtype dtype)
{
    assert(dtype < SLED_DTYPES);
    return chip->model->peak_flops(chip, dtype);
}

double sled_chip_launch(const struct sled_chip *chip, const struct sled_kernel *kernels,
                        size_t nkernels, uint32_t cores)
{
    assert(nkernels > 0);
    return chip->model->launch(chip, kernels, nkernels, cores);
}

static enum sled_status check_extent(const struct sled_kernel *kernel, const char *name,
                                     uint64_t extent, struct sled_err *err)
{
    if (extent < 1 || extent > max_extent)
        return sled_err_set(err, SLED_E_INPUT, "%s: %s must be 1 to %" PRIu64 ", got %" PRIu64,
                            sled_kernel_names[kernel->kind], name, max_extent, extent);
    return SLED_OK;
}

static enum sled_status check_heads(const struct sled_kernel *kernel, struct sled_err *err)
{
    const char *name = sled_kernel_names[kernel->kind];

    if (kernel->heads < 1 || kernel->kv_heads < 1 || kernel->heads % kernel->kv_heads != 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: heads must be a multiple of kv heads, both at least 1, got "
                            "%" PRIu32 " and %" PRIu32,
                            name, kernel->heads, kernel->kv_heads);
    if (kernel->causal && kernel->kind == SLED_KERNEL_DECODE_ATTENTION)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: a single query sees all keys; causal says nothing", name);
    if (kernel->causal && kernel->m > kernel->n)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: causal queries are the last of the keys, so m must be at most "
                            "n = %" PRIu64 ", got %" PRIu64,
                            name, kernel->n, kernel->m);
    if (kernel->window > 0 && kernel->kind == SLED_KERNEL_ATTENTION && !kernel->causal)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: a window reaches back from each query, so it needs causal", name);
    if (kernel->latent && kernel->kv_heads != 1)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: one head of latent keys serves all heads, got %" PRIu32
                            " kv heads",
                            name, kernel->kv_heads);
    if ((kernel->latent || kernel->rope > 0) && kernel->kind == SLED_KERNEL_FUSED_ATTENTION)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s: latent keys and rope elements are for attention and "
                            "decode_attention",
                            name);
    if (kernel->fixed_max && kernel->kind == SLED_KERNEL_DECODE_ATTENTION)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s: a fixed maximum is for attention and fused_attention", name);
    return SLED_OK;
}

/* The elements that share a scale. */
static enum sled_status check_group(const struct sled_kernel *kernel, struct sled_err *err)
{
    const char *name = sled_kernel_names[kernel->kind];
    const bool dequantize = kernel->kind == SLED_KERNEL_DEQUANTIZE;

    if (dequantize && sled_dtype_element_bits(kernel->dtype) > 8)
        return sled_err_set(err, SLED_E_INPUT, "%s: from fp8, mxfp8 or mxfp4, got %s", name,
                            sled_dtype_names[kernel->dtype]);
    if (dequantize && sled_dtype_is_mx(kernel->dtype)) {
        if (kernel->k != SLED_MX_GROUP)
            return sled_err_set(err, SLED_E_INPUT,
                                "%s: %d elements of %s share a scale, got k = %" PRIu64, name,
                                SLED_MX_GROUP, sled_dtype_names[kernel->dtype], kernel->k);
    } else if (kernel->k > kernel->n) {
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: k elements of a row of %" PRIu64
                            " share a scale, got k = %" PRIu64,
                            name, kernel->n, kernel->k);
    }
    return SLED_OK;
}

/* Rows of the experts. */
static enum sled_status check_tokens(const struct sled_kernel *kernel, struct sled_err *err)
{
    const char *name = sled_kernel_names[kernel->kind];
    uint64_t rows = 0;

    if (kernel->groups < 1 || kernel->tokens == NULL)
        return sled_err_set(err, SLED_E_INPUT, "%s: there must be an expert", name);
    for (uint32_t e = 0; e < kernel->groups; e++) {
        if (kernel->tokens[e] > kernel->m - rows) /* so that no sum leaves 64 bits */
            return sled_err_set(err, SLED_E_INPUT,
                                "%s: the tokens of the experts exceed the %" PRIu64 " rows", name,
                                kernel->m);
        rows += kernel->tokens[e];
    }
    if (rows < kernel->m)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: the tokens of the experts add up to %" PRIu64 ", but there are "
                            "%" PRIu64 " rows",
                            name, rows, kernel->m);
    return SLED_OK;
}

/* What is kept of each row, and the groups of experts that it is chosen from. */
static enum sled_status check_top(const struct sled_kernel *kernel, struct sled_err *err)
{
    const char *name = sled_kernel_names[kernel->kind];
    const uint64_t limit_of = kernel->limit_of;

    if (kernel->top_k < 1 || kernel->top_k > kernel->n)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: the top 1 to %" PRIu64 " of a row can be kept, got %" PRIu32, name,
                            kernel->n, kernel->top_k);
    if (kernel->limit == 0 && limit_of == 0)
        return SLED_OK;
    if (kernel->limit < 1 || kernel->limit > limit_of || kernel->n % limit_of != 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: some of the equal groups of %" PRIu64 " experts can be eligible, "
                            "got %" PRIu32 " of %" PRIu64 " groups",
                            name, kernel->n, kernel->limit, limit_of);
    if (kernel->n / limit_of * kernel->limit < kernel->top_k)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: %" PRIu32 " groups of %" PRIu64 " experts are fewer than the top "
                            "%" PRIu32,
                            name, kernel->limit, kernel->n / limit_of, kernel->top_k);
    return SLED_OK;
}

static enum sled_status check_request(const struct sled_chip *chip,
                                      const struct sled_kernel *kernel, struct sled_err *err)
{
    const uint32_t cores = sled_chip_cores(chip);

    assert(kernel->kind < SLED_KERNELS);
    SLED_TRY(check_extent(kernel, "m", kernel->m, err));
    SLED_TRY(check_extent(kernel, "n", kernel->n, err));
    if (sled_kernel_has_k(kernel->kind))
        SLED_TRY(check_extent(kernel, "k", kernel->k, err));
    if (kernel->cores < 1 || kernel->cores > cores)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s on %" PRIu32 " cores, but the chip has 1 to %" PRIu32 " to give",
                            sled_kernel_names[kernel->kind], kernel->cores, cores);
    switch (kernel->kind) {
    case SLED_KERNEL_QUANTIZE_GROUP:
    case SLED_KERNEL_DEQUANTIZE:
        return check_group(kernel, err);
    case SLED_KERNEL_ROUTER:
    case SLED_KERNEL_LM_HEAD:
        return check_top(kernel, err);
    case SLED_KERNEL_GROUPED_MLP:
        return check_tokens(kernel, err);
    default:
        return sled_kernel_has_heads(kernel->kind) ? check_heads(kernel, err) : SLED_OK;
    }
}

enum sled_status sled_chip_kernel_traced(const struct sled_chip *chip,
                                         const struct sled_kernel *kernel,
                                         const struct sled_kernel_trace *trace,
                                         struct sled_kernel_cost *out, struct sled_err *err)
{
    SLED_TRY(check_request(chip, kernel, err));
    return chip->model->kernel(chip, kernel, trace, out, err);
}

enum sled_status sled_chip_kernel(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  struct sled_kernel_cost *out, struct sled_err *err)
{
    return sled_chip_kernel_traced(chip, kernel, NULL, out, err);
}
