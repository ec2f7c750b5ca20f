/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel on NeuronCores: what all kernels have in common. The request is cut into
 * shares for the cores, and the share of the busiest core decides the time.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "base/vec.h"
#include "chip/kernels.h"

static const struct sled_kernel_model *const models[SLED_KERNELS] = {
    [SLED_KERNEL_MATMUL] = &sled_kernel_matmul,   [SLED_KERNEL_QUANTIZE] = &sled_kernel_quantize,
    [SLED_KERNEL_SOFTMAX] = &sled_kernel_softmax, [SLED_KERNEL_SWIGLU] = &sled_kernel_swiglu,
    [SLED_KERNEL_RMSNORM] = &sled_kernel_rmsnorm, [SLED_KERNEL_TOPK] = &sled_kernel_topk,
    [SLED_KERNEL_COMBINE] = &sled_kernel_combine,
};

enum sled_status sled_kernel_check_plain(const struct sled_kernel *kernel, enum sled_dtype dtype,
                                         struct sled_err *err)
{
    if (sled_dtype_is_mx(dtype))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s works on fp32, bf16, fp16 and fp8, not on %s",
                            sled_kernel_names[kernel->kind], sled_dtype_names[dtype]);
    return SLED_OK;
}

enum sled_status sled_kernel_check_rows(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel, struct sled_err *err)
{
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));

    const uint64_t bytes =
        sled_dtype_bytes(kernel->dtype, kernel->n) + sled_dtype_bytes(kernel->out_dtype, kernel->n);
    if ((double)bytes > chip->sbuf.partition_bytes)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "a row of %" PRIu64 " elements and its result need %" PRIu64
                            " bytes, more than the %.0f of an sbuf partition",
                            kernel->n, bytes, chip->sbuf.partition_bytes);
    return SLED_OK;
}

uint64_t sled_kernel_pieces(uint64_t total, uint64_t piece)
{
    return total / piece + (total % piece != 0);
}

void sled_kernel_run_folded(const struct sled_chip *chip, const struct sled_kernel *share,
                            sled_tile_maker *make_tile, struct sled_pipe *pipe)
{
    const uint64_t elements = sled_kernel_pieces(share->m * share->n, chip->sbuf.partitions);
    const uint64_t size = (uint64_t)(chip->psum.bank_bytes / 4);

    if (elements >= size) {
        const struct sled_tile full = make_tile(chip, share, size);
        sled_pipe_add(pipe, &full, elements / size);
    }
    if (elements % size != 0) {
        const struct sled_tile partial = make_tile(chip, share, elements % size);
        sled_pipe_add(pipe, &partial, 1);
    }
}

uint64_t sled_kernel_row_tiles(const struct sled_chip *chip, const struct sled_kernel *share)
{
    return sled_kernel_pieces(share->m, chip->sbuf.partitions);
}

/*
 * Cost when `used` of the kernel's cores share the extent that *extent (m or n of *share) names,
 * in parts that differ by at most one; a core whose part is empty idles like the unused ones.
 * The time is infinite when a part does not fit its core.
 */
static void split_cost(const struct sled_chip *chip, const struct sled_kernel_model *model,
                       uint64_t used, struct sled_kernel *share, uint64_t *extent,
                       struct sled_kernel_cost *out)
{
    const uint64_t whole = *extent;
    const struct {
        uint64_t cores, extent;
    } part[] = {
        {whole % used, whole / used + 1},
        {whole < used ? 0 : used - whole % used, whole / used},
    };

    *out = (struct sled_kernel_cost){0};
    for (size_t p = 0; p < SLED_ARRAY_LEN(part); p++) {
        if (part[p].cores == 0)
            continue;
        *extent = part[p].extent;
        if (model->fits != NULL && !model->fits(chip, share))
            out->time_s = INFINITY;
        if (model->hbm_bytes != NULL)
            out->hbm_bytes += (double)part[p].cores * model->hbm_bytes(share);
    }
    for (size_t p = 0; p < SLED_ARRAY_LEN(part); p++) {
        struct sled_pipe pipe = {0};

        if (part[p].cores == 0)
            continue;
        *extent = part[p].extent;
        model->run(chip, share, out->hbm_bytes / chip->hbm.bytes_per_s, &pipe);
        out->time_s = fmax(out->time_s, sled_pipe_time(&pipe));
        for (int e = 0; e < SLED_ENGINES; e++)
            out->busy_s[e] += pipe.busy_s[e] * (double)part[p].cores / share->cores;
    }
    *extent = whole;
}

enum sled_status sled_neuroncore_kernel(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel,
                                        struct sled_kernel_cost *out, struct sled_err *err)
{
    const struct sled_kernel_model *model = models[kernel->kind];

    SLED_TRY(model->check(chip, kernel, err));

    struct sled_kernel share = *kernel;
    struct sled_kernel_cost best = {.time_s = INFINITY};

    /* Ties go to columns, whose weights are read once, and to more cores. Fewer can be faster:
     * shares by rows that all stream the same weights crowd the HBM. */
    for (uint64_t used = kernel->cores; used >= 1; used--) {
        struct sled_kernel_cost cost;

        if (model->splits_columns) {
            split_cost(chip, model, used, &share, &share.n, &cost);
            if (cost.time_s < best.time_s)
                best = cost;
        }
        split_cost(chip, model, used, &share, &share.m, &cost);
        if (cost.time_s < best.time_s)
            best = cost;
    }

    assert(isfinite(best.time_s));
    for (int e = 1; e < SLED_ENGINES; e++)
        if (best.busy_s[e] > best.busy_s[best.bound])
            best.bound = (enum sled_engine)e;
    if (kernel->kind == SLED_KERNEL_MATMUL)
        best.flops = 2 * (double)kernel->m * (double)kernel->n * (double)kernel->k;
    *out = best;
    return SLED_OK;
}
