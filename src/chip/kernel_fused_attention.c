/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer's attention in one kernel: queries, keys and values of m tokens by one matrix
 * multiplication, causal self-attention on them, and the projection back to the n elements of a
 * token. What lies between stays in SBUF; weights are there too or stream in from HBM. Microscaled
 * operands are quantized as they leave PSUM.
 *
 * Cores share the heads. Each projects the results of its own heads, which leaves as many
 * partial sums as there are cores; adding them up is a collective's work and not part of this.
 */
#include <math.h>

#include "chip/kernels.h"

/* The three kernels that this one is made of. */
struct parts {
    struct sled_kernel qkv, attention, projection;
};

static struct parts parts_of(const struct sled_kernel *whole)
{
    struct parts parts = {.qkv = *whole, .attention = *whole, .projection = *whole};

    parts.qkv.kind = SLED_KERNEL_MATMUL;
    parts.qkv.n = (whole->heads + 2 * (uint64_t)whole->kv_heads) * whole->k;
    parts.qkv.k = whole->n;
    parts.qkv.weight_dtype = whole->dtype;
    parts.qkv.out_dtype = whole->dtype;
    parts.attention.kind = SLED_KERNEL_ATTENTION;
    parts.attention.n = whole->m;
    parts.attention.causal = true;
    parts.attention.weights_from_hbm = false;
    parts.attention.out_dtype = sled_dtype_is_mx(whole->dtype) ? SLED_BF16 : whole->dtype;
    parts.projection.kind = SLED_KERNEL_MATMUL;
    parts.projection.n = whole->n;
    parts.projection.k = whole->heads * whole->k;
    parts.projection.weight_dtype = whole->dtype;
    return parts;
}

/* Of the two kinds of parts. */
enum { ATTENTION_WAYS = 6, MATMUL_WAYS = 4, WAYS = ATTENTION_WAYS * MATMUL_WAYS };

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const struct parts parts = parts_of(share);

    sled_kernel_matmul.program(chip, &parts.qkv, way / ATTENTION_WAYS, stretch, stream);
    const size_t before = stream->count;
    sled_stream_join(stream);
    sled_kernel_attention.program(chip, &parts.attention, way % ATTENTION_WAYS, 1, stream);
    if (stream->count == before) { /* attention has no such way */
        sled_stream_clear(stream);
        return;
    }
    sled_stream_join(stream);
    sled_kernel_matmul.program(chip, &parts.projection, way / ATTENTION_WAYS, stretch, stream);
}

/* Tokens and their queries, keys, values and results are all there in the middle of it. */
static bool fits(const struct sled_chip *chip, const struct sled_kernel *share)
{
    const struct parts parts = parts_of(share);
    const double weights_bytes =
        share->weights_from_hbm
            ? 0
            : (double)(sled_dtype_bytes(share->dtype, parts.qkv.k) * parts.qkv.n +
                       sled_dtype_bytes(share->dtype, parts.projection.k) * parts.projection.n);
    const double heads = 2 * ((double)share->heads + share->kv_heads);
    const double bytes =
        weights_bytes + heads * (double)share->m * (double)sled_dtype_bytes(share->dtype, share->k);

    return bytes <= chip->sbuf.partition_bytes * (double)chip->sbuf.partitions;
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    struct sled_kernel causal = *kernel;
    struct sled_kernel largest = *kernel;

    causal.causal = true;
    causal.n = causal.m;
    causal.weights_from_hbm = true; /* what must fit is checked below */
    SLED_TRY(sled_kernel_attention.check(chip, &causal, err));
    largest.kv_heads = (uint32_t)sled_kernel_pieces(kernel->kv_heads, kernel->cores);
    largest.heads = kernel->heads / kernel->kv_heads * largest.kv_heads;
    if (!fits(chip, &largest))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "fused_attention: what lies between its parts does not fit the sbuf "
                            "of a core; use fewer tokens, or more cores");
    return SLED_OK;
}

static double flops(const struct sled_kernel *kernel)
{
    const struct parts parts = parts_of(kernel);

    return sled_kernel_matmul.flops(&parts.qkv) + sled_kernel_attention.flops(&parts.attention) +
           sled_kernel_matmul.flops(&parts.projection);
}

const struct sled_kernel_model sled_kernel_fused_attention = {
    .splits = SLED_SPLIT_HEADS,
    .ways = WAYS,
    .check = check,
    .fits = fits,
    .program = program,
    .flops = flops,
};
