/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel on NeuronCores: what all kernels have in common. The request is cut into
 * shares for the cores, and the share of the busiest core decides the time.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chip/core.h"
#include "chip/kernels.h"

static const struct sled_kernel_model *const models[SLED_KERNELS] = {
    [SLED_KERNEL_MATMUL] = &sled_kernel_matmul,
    [SLED_KERNEL_QUANTIZE] = &sled_kernel_quantize,
    [SLED_KERNEL_QUANTIZE_TENSOR] = &sled_kernel_quantize_tensor,
    [SLED_KERNEL_QUANTIZE_GROUP] = &sled_kernel_quantize_group,
    [SLED_KERNEL_DEQUANTIZE] = &sled_kernel_dequantize,
    [SLED_KERNEL_SOFTMAX] = &sled_kernel_softmax,
    [SLED_KERNEL_SWIGLU] = &sled_kernel_swiglu,
    [SLED_KERNEL_GROUPED_MLP] = &sled_kernel_grouped_mlp,
    [SLED_KERNEL_RMSNORM] = &sled_kernel_rmsnorm,
    [SLED_KERNEL_TOPK] = &sled_kernel_topk,
    [SLED_KERNEL_ROUTER] = &sled_kernel_router,
    [SLED_KERNEL_ROPE] = &sled_kernel_rope,
    [SLED_KERNEL_COMBINE] = &sled_kernel_combine,
    [SLED_KERNEL_EMBEDDING] = &sled_kernel_embedding,
    [SLED_KERNEL_LM_HEAD] = &sled_kernel_lm_head,
    [SLED_KERNEL_ATTENTION] = &sled_kernel_attention,
    [SLED_KERNEL_DECODE_ATTENTION] = &sled_kernel_decode_attention,
    [SLED_KERNEL_FUSED_ATTENTION] = &sled_kernel_fused_attention,
};

const struct sled_kernel_model *sled_kernel_model_of(enum sled_kernel_kind kind)
{
    return models[kind];
}

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

uint64_t sled_kernel_deal(uint64_t total, uint64_t core, uint64_t used)
{
    return total / used + (core < total % used);
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
    case SLED_SPLIT_OWN:
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
    uint64_t part;  /* the one that takes longest */
};

/* The cores that the runs of a kernel are tried on. */
struct bench {
    const struct sled_chip *chip;
    const struct sled_kernel *kernel;
    struct sled_instr_stream stream;
    struct sled_core_result *result; /* [parts], owned */
};

/* Parts of a run: those of one extent come in two sizes, others one for each core. */
static uint64_t count_parts(const struct run *run)
{
    return run->split == SLED_SPLIT_OWN ? run->used : 2;
}

static struct part get_part(const struct sled_kernel *kernel, const struct run *run, uint64_t p)
{
    if (run->split == SLED_SPLIT_OWN)
        return (struct part){.cores = 1};

    const uint64_t whole = extent_of(kernel, run->split);

    if (p == 0)
        return (struct part){whole % run->used, whole / run->used + 1};
    return (struct part){whole < run->used ? 0 : run->used - whole % run->used, whole / run->used};
}

/* The program of a share, into the bench's stream, which stays empty where this way is none. */
static void make_program(struct bench *bench, const struct sled_kernel *share,
                         const struct run *run, uint64_t p, double stretch)
{
    const struct sled_kernel_model *model = models[share->kind];

    sled_stream_clear(&bench->stream);
    if (run->split == SLED_SPLIT_OWN)
        model->core_program(bench->chip, share, p, run->used, run->way, stretch, &bench->stream);
    else if (model->make_tile != NULL)
        sled_kernel_fold(bench->chip, share, model->make_tile, &bench->stream);
    else
        model->program(bench->chip, share, run->way, stretch, &bench->stream);
}

/* Run one part. Returns false where this way is none, or does not fit the core. */
static bool run_part(struct bench *bench, const struct run *run, uint64_t p, double stretch,
                     const struct sled_kernel_trace *trace, struct sled_core_result *out)
{
    const struct sled_kernel_model *model = models[bench->kernel->kind];
    struct sled_kernel share = *bench->kernel;

    if (run->split != SLED_SPLIT_OWN)
        give_part(&share, run->split, run->used, get_part(bench->kernel, run, p).extent);
    if (model->fits != NULL && !model->fits(bench->chip, &share))
        return false;
    make_program(bench, &share, run, p, stretch);
    if (bench->stream.status != SLED_OK)
        return false;
    if (bench->stream.count == 0) { /* of its own parts, a kernel may leave some empty */
        *out = (struct sled_core_result){0};
        return run->split == SLED_SPLIT_OWN && p > 0;
    }
    sled_core_run(bench->chip, &bench->stream, trace, out);
    return true;
}

/* Add what it costs the cores that shared the keys to merge what they found. */
static void add_merge(struct bench *bench, uint64_t used, struct sled_kernel_cost *cost)
{
    const struct sled_kernel *kernel = bench->kernel;
    struct sled_core_result result;

    sled_stream_clear(&bench->stream);
    models[kernel->kind]->merge(bench->chip, kernel, used, &bench->stream);
    if (bench->stream.count == 0) /* out of memory */
        return;
    sled_core_run(bench->chip, &bench->stream, NULL, &result);
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
static bool try_run(struct bench *bench, struct run *run)
{
    const struct sled_kernel *kernel = bench->kernel;
    const uint64_t nparts = count_parts(run);
    struct sled_kernel_cost *cost = &run->cost;

    *cost = (struct sled_kernel_cost){0};
    for (uint64_t p = 0; p < nparts; p++) {
        const struct part part = get_part(kernel, run, p);

        if (part.cores == 0)
            continue;
        if (!run_part(bench, run, p, 1, NULL, &bench->result[p]))
            return false;
        cost->hbm_bytes += (double)part.cores * bench->result[p].hbm_bytes;
    }

    const double hbm_s = cost->hbm_bytes / hbm_rate(bench->chip, run->used);
    for (uint64_t p = nparts; p-- > 0;) {
        const struct part part = get_part(kernel, run, p);
        struct sled_core_result *result = &bench->result[p];

        if (part.cores == 0)
            continue;

        const double dma_s = result->busy_s[SLED_ENGINE_DMA];
        const double stretch = dma_s > 0 ? fmax(1, hbm_s / dma_s) : 1;

        if (stretch > 1)
            run_part(bench, run, p, stretch, NULL, result);
        if (result->time_s >= cost->time_s) {
            run->stretch = stretch;
            run->part = p;
        }
        cost->time_s = fmax(cost->time_s, result->time_s);
        cost->sbuf_bytes += (double)part.cores * result->sbuf_bytes;
        for (int e = 0; e < SLED_ENGINES; e++)
            cost->busy_s[e] += result->busy_s[e] * (double)part.cores / kernel->cores;
    }
    if (run->split == SLED_SPLIT_KEYS && run->used > 1)
        add_merge(bench, run->used, cost);
    return true;
}

static void find_fastest(struct bench *bench, struct run *best)
{
    const struct sled_kernel_model *model = models[bench->kernel->kind];
    static const enum sled_split splits[] = {SLED_SPLIT_OWN, SLED_SPLIT_HEADS, SLED_SPLIT_COLUMNS,
                                             SLED_SPLIT_ROWS, SLED_SPLIT_KEYS};

    /* Ties go to columns, whose weights are read once, and to more cores. Fewer can be faster:
     * shares by rows that all stream the same weights crowd the HBM. */
    for (uint64_t used = bench->kernel->cores; used >= 1; used--) {
        for (size_t s = 0; s < SLED_ARRAY_LEN(splits); s++) {
            for (uint32_t way = 0; way < model->ways && model->splits & splits[s]; way++) {
                struct run run = {.split = splits[s], .used = used, .way = way};

                if (try_run(bench, &run) && run.cost.time_s < best->cost.time_s)
                    *best = run;
            }
        }
    }
}

/* Find the fastest run, and trace it. */
static enum sled_status run_bench(struct bench *bench, const struct sled_kernel_trace *trace,
                                  struct run *best)
{
    struct sled_core_result result;

    find_fastest(bench, best);
    if (bench->stream.status != SLED_OK)
        return bench->stream.status;
    assert(isfinite(best->cost.time_s));
    if (trace != NULL)
        run_part(bench, best, best->part, best->stretch, trace, &result);
    return bench->stream.status;
}

enum sled_status sled_neuroncore_kernel(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel,
                                        const struct sled_kernel_trace *trace,
                                        struct sled_kernel_cost *out, struct sled_err *err)
{
    const struct sled_kernel_model *model = models[kernel->kind];
    struct bench bench = {.chip = chip, .kernel = kernel, .stream = SLED_INSTR_STREAM(err)};
    struct run best = {.cost = {.time_s = INFINITY}};

    SLED_TRY(model->check(chip, kernel, err));
    SLED_TRY(sled_vec_alloc(&bench.result, (size_t)kernel->cores + 1, err));
    const enum sled_status st = run_bench(&bench, trace, &best);
    free(bench.result);
    sled_stream_finish(&bench.stream);
    SLED_TRY(st);

    struct sled_kernel_cost *cost = &best.cost;
    for (int e = 1; e < SLED_ENGINES; e++)
        if (cost->busy_s[e] > cost->busy_s[cost->bound])
            cost->bound = (enum sled_engine)e;
    if (model->flops != NULL)
        cost->flops = model->flops(kernel);
    *out = *cost;
    return SLED_OK;
}
