/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel on NeuronCores: what all kernels have in common. The request is cut into
 * shares for the cores, and the share of the busiest core decides the time.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "base/vec.h"
#include "chip/core.h"
#include "chip/kernels.h"

static const struct sled_kernel_model *const models[SLED_KERNELS] = {
    [SLED_KERNEL_MATMUL] = &sled_kernel_matmul,
    [SLED_KERNEL_QUANTIZE] = &sled_kernel_quantize,
    [SLED_KERNEL_SOFTMAX] = &sled_kernel_softmax,
    [SLED_KERNEL_SWIGLU] = &sled_kernel_swiglu,
    [SLED_KERNEL_RMSNORM] = &sled_kernel_rmsnorm,
    [SLED_KERNEL_TOPK] = &sled_kernel_topk,
    [SLED_KERNEL_ROPE] = &sled_kernel_rope,
    [SLED_KERNEL_COMBINE] = &sled_kernel_combine,
    [SLED_KERNEL_ATTENTION] = &sled_kernel_attention,
    [SLED_KERNEL_DECODE_ATTENTION] = &sled_kernel_decode_attention,
    [SLED_KERNEL_FUSED_ATTENTION] = &sled_kernel_fused_attention,
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

static uint64_t row_bytes(const struct sled_kernel *kernel)
{
    return sled_dtype_bytes(kernel->dtype, kernel->n) +
           sled_dtype_bytes(kernel->out_dtype, kernel->n);
}

double sled_kernel_rows_that_fit(const struct sled_chip *chip, const struct sled_kernel *share)
{
    return floor(chip->sbuf.partition_bytes / (double)row_bytes(share));
}

enum sled_status sled_kernel_check_rows(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel, struct sled_err *err)
{
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));

    const uint64_t bytes = row_bytes(kernel);
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

void sled_kernel_cut(const struct sled_chip *chip, const struct sled_kernel *share,
                     uint64_t elements, uint64_t rows, sled_tile_maker *make_tile,
                     struct sled_instr_stream *stream)
{
    const uint64_t size = (uint64_t)(chip->psum.bank_bytes / 4);

    if (elements >= size) {
        const struct sled_tile full = make_tile(chip, share, size);
        sled_stream_add(stream, &full, rows * (elements / size));
    }
    if (elements % size != 0) {
        const struct sled_tile partial = make_tile(chip, share, elements % size);
        sled_stream_add(stream, &partial, rows);
    }
}

void sled_kernel_fold(const struct sled_chip *chip, const struct sled_kernel *share,
                      sled_tile_maker *make_tile, struct sled_instr_stream *stream)
{
    sled_kernel_cut(chip, share, sled_kernel_pieces(share->m * share->n, chip->sbuf.partitions), 1,
                    make_tile, stream);
}

uint64_t sled_kernel_row_tiles(const struct sled_chip *chip, const struct sled_kernel *share)
{
    return sled_kernel_pieces(share->m, chip->sbuf.partitions);
}

/* What a split gives each core: `whole` of something in parts that differ by at most one. */
struct part {
    uint64_t cores, extent;
};

static void give_part(struct sled_kernel *share, enum sled_split split, uint64_t used,
                      uint64_t extent)
{
    share->cores = 1;
    switch (split) {
    case SLED_SPLIT_ROWS:
        share->m = extent;
        share->cores = (uint32_t)used;
        break;
    case SLED_SPLIT_COLUMNS:
        share->n = extent;
        break;
    case SLED_SPLIT_HEADS:
        share->heads = share->heads / share->kv_heads * (uint32_t)extent;
        share->kv_heads = (uint32_t)extent;
        break;
    case SLED_SPLIT_KEYS:
        share->n = extent;
        share->window = 0; /* the extent is of those inside it */
        break;
    }
}

static uint64_t extent_of(const struct sled_kernel *kernel, enum sled_split split)
{
    return split == SLED_SPLIT_ROWS      ? kernel->m
           : split == SLED_SPLIT_COLUMNS ? kernel->n
           : split == SLED_SPLIT_KEYS    ? sled_kernel_context(kernel)
                                         : kernel->kv_heads;
}

/* One way to run a kernel: programs for the cores of each part. */
struct run {
    struct sled_kernel_cost cost;
    enum sled_split split;
    uint64_t used;
    uint32_t way;
    double stretch; /* of DMA on the cores with the largest share */
};

/* What runs them: a core of the chip, and the stream that is filled for each. */
struct runner {
    const struct sled_chip *chip;
    struct sled_instr_stream stream;
};

/* Run one share. Returns false where this way is none, or does not fit the core. */
static bool run_share(struct runner *runner, const struct sled_kernel *share, uint32_t way,
                      double stretch, const struct sled_kernel_trace *trace,
                      struct sled_core_result *out)
{
    const struct sled_kernel_model *model = models[share->kind];
    const struct sled_chip *chip = runner->chip;
    struct sled_instr_stream *stream = &runner->stream;

    if (model->fits != NULL && !model->fits(chip, share))
        return false;
    sled_stream_clear(stream);
    if (model->make_tile != NULL)
        sled_kernel_fold(chip, share, model->make_tile, stream);
    else
        model->program(chip, share, way, stretch, stream);
    if (stream->count == 0)
        return false;
    sled_core_run(chip, stream, trace, out);
    return true;
}

/* Add what it costs the cores that shared the keys to merge what they found. */
static void add_merge(struct runner *runner, const struct sled_kernel *kernel, uint64_t used,
                      struct sled_kernel_cost *cost)
{
    struct sled_core_result result;

    sled_stream_clear(&runner->stream);
    models[kernel->kind]->merge(runner->chip, kernel, used, &runner->stream);
    if (runner->stream.count == 0) /* out of memory */
        return;
    sled_core_run(runner->chip, &runner->stream, NULL, &result);
    cost->time_s += result.time_s;
    cost->sbuf_bytes += (double)used * result.sbuf_bytes;
    for (int e = 0; e < SLED_ENGINES; e++)
        cost->busy_s[e] += result.busy_s[e] * (double)used / kernel->cores;
}

/* What HBM has for so many cores: they fill stacks, and reach theirs. */
static double hbm_rate(const struct sled_chip *chip, uint64_t cores)
{
    return fmin(chip->hbm.bytes_per_s,
                (double)sled_kernel_pieces(cores, chip->stack.cores) * chip->stack.bytes_per_s);
}

/*
 * Cost when `used` of the kernel's cores share it, filled into run; false where it cannot be. A
 * core whose part is empty idles like the unused ones. Each part runs twice where it uses HBM: at
 * the full rate of its DMA engines to see what it asks for, then slowed down to what HBM has for
 * all.
 */
static bool try_run(struct runner *runner, const struct sled_kernel *kernel, struct run *run)
{
    const uint64_t whole = extent_of(kernel, run->split);
    const uint64_t used = run->used;
    const struct part part[] = {
        {whole % used, whole / used + 1},
        {whole < used ? 0 : used - whole % used, whole / used},
    };
    struct sled_kernel share[2] = {*kernel, *kernel};
    struct sled_core_result result[2] = {0};
    struct sled_kernel_cost *cost = &run->cost;

    *cost = (struct sled_kernel_cost){0};
    for (size_t p = 0; p < SLED_ARRAY_LEN(part); p++) {
        if (part[p].cores == 0)
            continue;
        give_part(&share[p], run->split, used, part[p].extent);
        if (!run_share(runner, &share[p], run->way, 1, NULL, &result[p]))
            return false;
        cost->hbm_bytes += (double)part[p].cores * result[p].hbm_bytes;
    }

    const double hbm_s = cost->hbm_bytes / hbm_rate(runner->chip, used);
    for (size_t p = SLED_ARRAY_LEN(part); p-- > 0;) {
        const double stretch = result[p].busy_s[SLED_ENGINE_DMA] > 0
                                   ? fmax(1, hbm_s / result[p].busy_s[SLED_ENGINE_DMA])
                                   : 1;

        if (part[p].cores == 0)
            continue;
        if (stretch > 1)
            run_share(runner, &share[p], run->way, stretch, NULL, &result[p]);
        run->stretch = stretch;
        cost->time_s = fmax(cost->time_s, result[p].time_s);
        cost->sbuf_bytes += (double)part[p].cores * result[p].sbuf_bytes;
        for (int e = 0; e < SLED_ENGINES; e++)
            cost->busy_s[e] += result[p].busy_s[e] * (double)part[p].cores / kernel->cores;
    }
    if (run->split == SLED_SPLIT_KEYS && used > 1)
        add_merge(runner, kernel, used, cost);
    return true;
}

static void find_fastest(struct runner *runner, const struct sled_kernel *kernel, struct run *best)
{
    const struct sled_kernel_model *model = models[kernel->kind];
    static const enum sled_split splits[] = {SLED_SPLIT_HEADS, SLED_SPLIT_COLUMNS, SLED_SPLIT_ROWS,
                                             SLED_SPLIT_KEYS};

    /* Ties go to columns, whose weights are read once, and to more cores. Fewer can be faster:
     * shares by rows that all stream the same weights crowd the HBM. */
    for (uint64_t used = kernel->cores; used >= 1; used--) {
        for (size_t s = 0; s < SLED_ARRAY_LEN(splits); s++) {
            for (uint32_t way = 0; way < model->ways && model->splits & splits[s]; way++) {
                struct run run = {.split = splits[s], .used = used, .way = way};

                if (try_run(runner, kernel, &run) && run.cost.time_s < best->cost.time_s)
                    *best = run;
            }
        }
    }
}

static void trace_largest(struct runner *runner, const struct sled_kernel *kernel,
                          const struct run *run, const struct sled_kernel_trace *trace)
{
    struct sled_kernel largest = *kernel;
    struct sled_core_result result;

    give_part(&largest, run->split, run->used,
              sled_kernel_pieces(extent_of(kernel, run->split), run->used));
    run_share(runner, &largest, run->way, run->stretch, trace, &result);
}

enum sled_status sled_neuroncore_kernel(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel,
                                        const struct sled_kernel_trace *trace,
                                        struct sled_kernel_cost *out, struct sled_err *err)
{
    const struct sled_kernel_model *model = models[kernel->kind];

    SLED_TRY(model->check(chip, kernel, err));

    struct runner runner = {.chip = chip, .stream = SLED_INSTR_STREAM(err)};
    struct run best = {.cost = {.time_s = INFINITY}};

    find_fastest(&runner, kernel, &best);
    if (trace != NULL && runner.stream.status == SLED_OK)
        trace_largest(&runner, kernel, &best, trace);
    const enum sled_status status = runner.stream.status;
    sled_stream_finish(&runner.stream);
    if (status != SLED_OK)
        return status;

    struct sled_kernel_cost *cost = &best.cost;
    assert(isfinite(cost->time_s));
    for (int e = 1; e < SLED_ENGINES; e++)
        if (cost->busy_s[e] > cost->busy_s[cost->bound])
            cost->bound = (enum sled_engine)e;
    if (model->flops != NULL)
        cost->flops = model->flops(kernel);
    *out = *cost;
    return SLED_OK;
}
