/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of a few kernels that is launched by itself, as measurements of kernels are. Beside
 * them it takes
 *
 *     start ──► load of what the first takes in ──► kernels ──► store of what the last leaves ──►
 * end
 *
 * Inside a longer program the activations are in SBUF already and none of this is paid. Weights
 * that stream in wait for no activations: their first transfer starts with the load, so that the
 * start of a transfer is paid once, in their kernel's time.
 *
 * Matmuls contract over partitions, so a few rows are loaded with each of them spread over all
 * partitions, a descriptor for every piece: short pieces, which cost the floor of a descriptor. As
 * many rows as there are partitions, or more, lie one in each, and so do results.
 */
#include <math.h>

#include "chip/kernels.h"

/* Rows of activations in HBM. */
struct block {
    uint64_t rows, columns;
    enum sled_dtype dtype;
};

static struct block taken_in(const struct sled_kernel *kernel)
{
    struct block in = {kernel->m, kernel->n, kernel->dtype};

    switch (kernel->kind) {
    case SLED_KERNEL_MATMUL:
    case SLED_KERNEL_ROUTER:
    case SLED_KERNEL_LM_HEAD:
        in.columns = kernel->k;
        break;
    case SLED_KERNEL_EMBEDDING: /* tokens */
        in.columns = 1;
        in.dtype = SLED_FP32; /* as wide as their numbers */
        break;
    case SLED_KERNEL_SWIGLU:
        in.columns = 2 * kernel->n;
        break;
    case SLED_KERNEL_COMBINE:
        in.rows = kernel->m * kernel->k;
        break;
    case SLED_KERNEL_ATTENTION:
        in.rows = kernel->heads * kernel->m + 2 * kernel->kv_heads * kernel->n;
        in.columns = kernel->k;
        break;
    case SLED_KERNEL_DECODE_ATTENTION:
        in.rows = kernel->m * (kernel->heads + 2 * kernel->kv_heads * kernel->n);
        in.columns = kernel->k;
        break;
    default:
        break;
    }
    return in;
}

static struct block left_behind(const struct sled_kernel *kernel)
{
    struct block out = {kernel->m, kernel->n, kernel->out_dtype};

    switch (kernel->kind) {
    case SLED_KERNEL_ROUTER:
    case SLED_KERNEL_LM_HEAD:
        out.columns = 2 * (uint64_t)kernel->top_k;
        break;
    case SLED_KERNEL_TOPK:
        out.columns = 2 * kernel->k; /* a weight and an index that is as wide */
        break;
    case SLED_KERNEL_ATTENTION:
    case SLED_KERNEL_DECODE_ATTENTION:
        out.rows = kernel->heads * kernel->m;
        out.columns = kernel->k;
        break;
    default:
        break;
    }
    return out;
}

/* Does the kernel move its activations itself? */
static bool is_in_hbm(const struct sled_kernel *kernel)
{
    return sled_kernel_has_heads(kernel->kind) && kernel->kind != SLED_KERNEL_FUSED_ATTENTION &&
           kernel->weights_from_hbm;
}

static bool streams_weights(const struct sled_kernel *kernel)
{
    return sled_kernel_has_weights(kernel->kind) && kernel->weights_from_hbm;
}

/* Until the first byte of a transfer. */
static double start_s(const struct sled_chip *chip)
{
    return chip->dma.dge_s + chip->dma.start_s;
}

/* Move a block by the DMA engines of the cores, each row in so many pieces. */
static double move_s(const struct sled_chip *chip, const struct block *block, double pieces,
                     uint32_t cores)
{
    const struct sled_dma_spec *dma = &chip->dma;
    const double engines = (double)dma->engines / (double)chip->cores * cores;
    const double piece_bytes = (double)sled_dtype_bytes(block->dtype, block->columns) / pieces;

    return (double)block->rows * pieces *
           fmax(dma->descriptor_floor_s, piece_bytes / dma->engine_bytes_per_s) / engines;
}

/* Descriptors that a whole row takes. */
static double whole_row(const struct sled_chip *chip, const struct block *block)
{
    return ceil((double)sled_dtype_bytes(block->dtype, block->columns) /
                chip->dma.descriptor_bytes);
}

double sled_neuroncore_launch(const struct sled_chip *chip, const struct sled_kernel *kernels,
                              size_t nkernels, uint32_t cores)
{
    const struct sled_kernel *first = &kernels[0], *last = &kernels[nkernels - 1];
    const struct block in = taken_in(first), out = left_behind(last);
    double time_s = chip->launch.time_s + (cores > 1 ? chip->launch.shared_s : 0);

    const uint64_t partitions = chip->sbuf.partitions;
    bool streams = false;

    for (size_t k = 0; k < nkernels; k++)
        streams = streams || streams_weights(&kernels[k]);
    if (!is_in_hbm(first))
        time_s += (streams ? 0 : start_s(chip)) +
                  move_s(chip, &in,
                         in.rows < partitions ? (double)partitions : whole_row(chip, &in), cores);
    if (!is_in_hbm(last))
        time_s += start_s(chip) + move_s(chip, &out, whole_row(chip, &out), cores);
    return time_s;
}
