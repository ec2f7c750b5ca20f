/* SPDX-License-Identifier: Apache-2.0 */
/* Names of kernels and engines, as files, tables and traces spell them. */
#include "model/kernel.h"

const char *const sled_engine_names[SLED_ENGINES + 1] = {
    [SLED_ENGINE_TENSOR] = "tensor", [SLED_ENGINE_VECTOR] = "vector",
    [SLED_ENGINE_SCALAR] = "scalar", [SLED_ENGINE_GPSIMD] = "gpsimd",
    [SLED_ENGINE_SYNC] = "sync",     [SLED_ENGINE_DMA] = "dma",
};

const char *const sled_kernel_names[SLED_KERNELS + 1] = {
    [SLED_KERNEL_MATMUL] = "matmul",
    [SLED_KERNEL_QUANTIZE] = "quantize",
    [SLED_KERNEL_QUANTIZE_TENSOR] = "quantize_tensor",
    [SLED_KERNEL_QUANTIZE_GROUP] = "quantize_group",
    [SLED_KERNEL_DEQUANTIZE] = "dequantize",
    [SLED_KERNEL_SOFTMAX] = "softmax",
    [SLED_KERNEL_SWIGLU] = "swiglu",
    [SLED_KERNEL_GROUPED_MLP] = "grouped_mlp",
    [SLED_KERNEL_RMSNORM] = "rmsnorm",
    [SLED_KERNEL_TOPK] = "topk",
    [SLED_KERNEL_ROUTER] = "router",
    [SLED_KERNEL_ROPE] = "rope",
    [SLED_KERNEL_COMBINE] = "combine",
    [SLED_KERNEL_EMBEDDING] = "embedding",
    [SLED_KERNEL_LM_HEAD] = "lm_head",
    [SLED_KERNEL_ATTENTION] = "attention",
    [SLED_KERNEL_DECODE_ATTENTION] = "decode_attention",
    [SLED_KERNEL_FUSED_ATTENTION] = "fused_attention",
};

const char *const sled_scores_names[SLED_SCORES + 1] = {
    [SLED_SCORES_CHOSEN] = "chosen",
    [SLED_SCORES_ALL] = "all",
    [SLED_SCORES_SIGMOID] = "sigmoid",
};

bool sled_kernel_has_k(enum sled_kernel_kind kind)
{
    switch (kind) {
    case SLED_KERNEL_QUANTIZE:
    case SLED_KERNEL_QUANTIZE_TENSOR:
    case SLED_KERNEL_SOFTMAX:
    case SLED_KERNEL_SWIGLU:
    case SLED_KERNEL_RMSNORM:
    case SLED_KERNEL_ROPE:
    case SLED_KERNEL_EMBEDDING:
        return false;
    default:
        return true;
    }
}

bool sled_kernel_has_weights(enum sled_kernel_kind kind)
{
    return kind == SLED_KERNEL_MATMUL || kind == SLED_KERNEL_GROUPED_MLP ||
           kind == SLED_KERNEL_ROUTER || kind == SLED_KERNEL_LM_HEAD;
}

bool sled_kernel_has_heads(enum sled_kernel_kind kind)
{
    return kind == SLED_KERNEL_ATTENTION || kind == SLED_KERNEL_DECODE_ATTENTION ||
           kind == SLED_KERNEL_FUSED_ATTENTION;
}

uint64_t sled_kernel_context(const struct sled_kernel *kernel)
{
    return kernel->window > 0 && kernel->window < kernel->n ? kernel->window : kernel->n;
}

uint64_t sled_kernel_head_depth(const struct sled_kernel *kernel)
{
    return kernel->k + kernel->rope;
}

double sled_kernel_key_bytes(const struct sled_kernel *kernel)
{
    const double key = (double)sled_dtype_bits(kernel->dtype, sled_kernel_head_depth(kernel)) / 8;
    const double value = (double)sled_dtype_bits(kernel->dtype, kernel->k) / 8;

    return kernel->latent ? key : key + value;
}

double sled_kernel_attention_flops(const struct sled_kernel *kernel)
{
    return 2 * sled_kernel_pairs(kernel) * (double)(sled_kernel_head_depth(kernel) + kernel->k);
}

double sled_kernel_pairs(const struct sled_kernel *kernel)
{
    const uint64_t most = sled_kernel_context(kernel);
    const double all = (double)kernel->heads * (double)kernel->m * (double)most;

    if (!kernel->causal)
        return all;

    /* Of the first queries, each sees one key more than the one before, and none sees `most`. */
    const uint64_t before = kernel->n - kernel->m + 1; /* that the first one sees */
    const uint64_t growing = most > before ? most - before : 0;
    const double fewer = (double)(growing < kernel->m ? growing : kernel->m);

    return all - kernel->heads * fewer * ((double)most - (double)before - (fewer - 1) / 2);
}
