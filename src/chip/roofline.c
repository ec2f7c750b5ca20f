/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chip by its published ceilings (Williams, Waterman and Patterson, "Roofline", CACM 52(4),
 * 2009): a kernel takes a fixed launch and then as long as the slower of its arithmetic and its
 * traffic,
 *
 *     launch + max(flops / (share x peak), bytes / (share x bandwidth))
 *
 * each ceiling at the share that large kernels reach. Every operand comes from the chip's memory
 * and every result goes there, once; caches only make that true. Other arithmetic than that of
 * matmuls hides behind the traffic, but for the exponentials of attention, which wait for one
 * product and hold up another:
 *
 *     launch + max(flops / (share x peak) + exponentials / rate, bytes / (share x bandwidth))
 *
 * For chips whose inside we do not know, and to hold measurements
 * against.
 */
#include <inttypes.h>
#include <math.h>

#include "chip/model.h"
#include "chip/spec.h"

static enum sled_status check(const struct sled_chip *chip, struct sled_err *err)
{
    for (int t = 0; t < SLED_DTYPES; t++)
        if (chip->roofline.matmul[t].peak > 0)
            return SLED_OK;
    return sled_err_set_at(err, SLED_E_INPUT, "/matmul", "the chip multiplies no number format");
}

static double memory_rate(const struct sled_chip *chip)
{
    return chip->roofline.memory.share * chip->roofline.memory.bytes_per_s;
}

static double kernel_rate(const struct sled_chip *chip)
{
    const double most = chip->roofline.memory.kernel_bytes_per_s;

    return most > 0 ? fmin(most, memory_rate(chip)) : memory_rate(chip);
}

/* Threads copy: there are no descriptors to write, and none is too small. Those of kernels read and
 * write for themselves. */
static void ports(const struct sled_chip *chip, struct sled_chip_ports *out)
{
    const struct sled_roofline_copy *copy = &chip->roofline.copy;

    *out = (struct sled_chip_ports){
        .hbm_bytes_per_s = memory_rate(chip),
        .sbuf_bytes_per_s = chip->roofline.cache_bytes_per_s,
        .dma_engines = (uint32_t)copy->engines,
        .dma_engine_bytes_per_s = copy->engine_bytes_per_s,
        .dma_descriptor_floor_s = 0,
        .dma_descriptor_bytes = UINT64_MAX,
        .dma_start_s = copy->start_s,
        .clock_hz = chip->roofline.clock_hz,
        .direct_kernels = true,
        .reduce_dma_weight = copy->accumulate_weight,
    };
}

static double peak_flops(const struct sled_chip *chip, enum sled_dtype dtype)
{
    return chip->roofline.matmul[dtype].peak;
}

static void headline(const struct sled_chip *chip, struct sled_chip_headline *out)
{
    double flops[SLED_DTYPES];

    for (int t = 0; t < SLED_DTYPES; t++)
        flops[t] = peak_flops(chip, (enum sled_dtype)t);
    *out = (struct sled_chip_headline){
        .format = sled_chip_fastest(flops),
        .hbm_bytes = chip->roofline.memory.capacity_bytes,
        .hbm_bytes_per_s = chip->roofline.memory.bytes_per_s,
        .link_bytes_per_s = chip->roofline.link_bytes_per_s,
    };
    out->flops = flops[out->format];
}

static uint32_t cores(const struct sled_chip *chip)
{
    (void)chip;
    return 1;
}

static double launch(const struct sled_chip *chip, const struct sled_kernel *kernels,
                     size_t nkernels, uint32_t cores)
{
    (void)chip;
    (void)kernels;
    (void)nkernels;
    (void)cores;
    return 0;
}

/* [rows][columns] in memory; microscaled groups lie along a row. */
static double bytes(uint64_t rows, uint64_t columns, enum sled_dtype dtype)
{
    return (double)rows * (double)sled_dtype_bits(dtype, columns) / 8;
}

/* Flop/s at which operands of this format are multiplied. */
static double matmul_rate(const struct sled_chip *chip, enum sled_dtype dtype)
{
    return chip->roofline.matmul[dtype].share * chip->roofline.matmul[dtype].peak;
}

static enum sled_status check_matmul(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                     struct sled_err *err)
{
    const enum sled_dtype operand[] = {kernel->dtype, kernel->weight_dtype};

    for (int i = 0; i < 2; i++)
        if (matmul_rate(chip, operand[i]) == 0)
            return sled_err_set(err, SLED_E_UNSUPPORTED, "this chip multiplies no %s",
                                sled_dtype_names[operand[i]]);
    if (!kernel->weights_from_hbm)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "a roofline chip keeps no weights in SRAM; stream them from hbm");
    return SLED_OK;
}

static enum sled_status check_attention(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel, struct sled_err *err)
{
    if (chip->roofline.matmul[kernel->dtype].peak == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "this chip multiplies no %s",
                            sled_dtype_names[kernel->dtype]);
    if (!kernel->weights_from_hbm)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "a roofline chip keeps no keys and values in SRAM; stream them from "
                            "hbm");
    return SLED_OK;
}

/* Queries, keys and values; every sequence that is decoded has its own. */
static double attention_read(const struct sled_kernel *kernel)
{
    const bool decoding = kernel->kind == SLED_KERNEL_DECODE_ATTENTION;
    const uint64_t contexts = decoding ? kernel->m : 1;
    const uint64_t context = sled_kernel_context(kernel);
    const uint64_t seen = decoding || context == kernel->n      ? context
                          : context + kernel->m - 1 < kernel->n ? context + kernel->m - 1
                                                                : kernel->n;

    return kernel->heads * bytes(kernel->m, sled_kernel_head_depth(kernel), kernel->dtype) +
           (double)kernel->kv_heads * (double)contexts * (double)seen *
               sled_kernel_key_bytes(kernel);
}

/* A scale of fp32 for every k elements of a row. */
static double scale_bytes(const struct sled_kernel *kernel)
{
    const uint64_t groups = kernel->n / kernel->k + (kernel->n % kernel->k != 0);

    return bytes(kernel->m, groups, SLED_FP32);
}

/* Weights of the experts that have tokens; what is between their matmuls stays in caches. */
static double expert_bytes(const struct sled_kernel *kernel)
{
    double total = 0;

    for (uint32_t e = 0; e < kernel->groups; e++)
        if (kernel->tokens[e] > 0)
            total += bytes(2 * kernel->k, kernel->n, kernel->weight_dtype) +
                     bytes(kernel->n, kernel->k, kernel->weight_dtype);
    return total;
}

/* Bytes that a kernel reads and writes. */
static enum sled_status traffic(const struct sled_kernel *kernel, double *out, struct sled_err *err)
{
    const uint64_t m = kernel->m, n = kernel->n, k = kernel->k;
    double read;
    uint64_t written = n; /* elements of a row of the result */

    switch (kernel->kind) {
    case SLED_KERNEL_MATMUL:
        read = bytes(m, k, kernel->dtype) + bytes(n, k, kernel->weight_dtype);
        break;
    case SLED_KERNEL_ROUTER: /* scores stay in caches */
    case SLED_KERNEL_LM_HEAD:
        read = bytes(m, k, kernel->dtype) + bytes(n, k, kernel->weight_dtype);
        written = 2 * (uint64_t)kernel->top_k; /* and an index that is as wide */
        break;
    case SLED_KERNEL_QUANTIZE:
    case SLED_KERNEL_SOFTMAX:
    case SLED_KERNEL_RMSNORM:
    case SLED_KERNEL_ROPE:
    case SLED_KERNEL_EMBEDDING:
        read = bytes(m, n, kernel->dtype);
        break;
    case SLED_KERNEL_QUANTIZE_TENSOR: /* the scale is known when all has been read */
        read = 2 * bytes(m, n, kernel->dtype);
        break;
    case SLED_KERNEL_QUANTIZE_GROUP: /* its scales count as read: they take as long */
        read = bytes(m, n, kernel->dtype) + scale_bytes(kernel);
        break;
    case SLED_KERNEL_DEQUANTIZE:
        read = bytes(m, n, kernel->dtype) +
               (sled_dtype_is_mx(kernel->dtype) ? 0 : scale_bytes(kernel));
        break;
    case SLED_KERNEL_SWIGLU:
        read = bytes(m, 2 * n, kernel->dtype);
        break;
    case SLED_KERNEL_GROUPED_MLP:
        read = bytes(m, n, kernel->dtype) + expert_bytes(kernel);
        break;
    case SLED_KERNEL_COMBINE:
        read = (double)k * bytes(m, n, kernel->dtype);
        break;
    case SLED_KERNEL_ATTENTION:
    case SLED_KERNEL_DECODE_ATTENTION:
        read = attention_read(kernel);
        written = kernel->heads * k;
        break;
    case SLED_KERNEL_TOPK:
        read = bytes(m, n, kernel->dtype);
        written = 2 * k; /* a weight and an index that is as wide */
        break;
    default:
        return sled_err_set(err, SLED_E_UNSUPPORTED, "the roofline model times no %s",
                            sled_kernel_names[kernel->kind]);
    }
    *out = read + bytes(m, written, kernel->out_dtype);
    return SLED_OK;
}

static enum sled_status kernel_cost(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                    const struct sled_kernel_trace *trace,
                                    struct sled_kernel_cost *out, struct sled_err *err)
{
    if (trace != NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "a roofline chip has no instructions to trace");

    const struct sled_roofline_spec *spec = &chip->roofline;
    struct sled_kernel_cost cost = {0};
    double start_s = spec->launch_s;

    SLED_TRY(traffic(kernel, &cost.hbm_bytes, err));
    if (sled_kernel_has_weights(kernel->kind)) {
        SLED_TRY(check_matmul(chip, kernel, err));
        start_s += spec->matmul_start_s;
        cost.flops = (kernel->kind == SLED_KERNEL_GROUPED_MLP ? 6 : 2) * (double)kernel->m *
                     (double)kernel->n * (double)kernel->k;
        cost.busy_s[SLED_ENGINE_TENSOR] =
            cost.flops /
            fmin(matmul_rate(chip, kernel->dtype), matmul_rate(chip, kernel->weight_dtype));
    }
    if (sled_kernel_has_heads(kernel->kind)) {
        SLED_TRY(check_attention(chip, kernel, err));
        cost.flops = sled_kernel_attention_flops(kernel);
        cost.busy_s[SLED_ENGINE_TENSOR] =
            cost.flops / (spec->attention.share * spec->matmul[kernel->dtype].peak) +
            sled_kernel_pairs(kernel) / spec->attention.exponentials_per_s;
    }
    cost.busy_s[SLED_ENGINE_DMA] = cost.hbm_bytes / kernel_rate(chip);
    cost.bound = cost.busy_s[SLED_ENGINE_TENSOR] > cost.busy_s[SLED_ENGINE_DMA] ? SLED_ENGINE_TENSOR
                                                                                : SLED_ENGINE_DMA;
    cost.time_s = start_s + cost.busy_s[cost.bound];
    *out = cost;
    return SLED_OK;
}

const struct sled_chip_model sled_chip_roofline = {
    .name = "roofline",
    .summary = "published peaks, the shares of them that kernels reach, a fixed launch",
    .table = &sled_roofline_table,
    .check = check,
    .ports = ports,
    .headline = headline,
    .cores = cores,
    .peak_flops = peak_flops,
    .launch = launch,
    .kernel = kernel_cost,
};
