/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matrix multiplication on the tensor engine.
 *
 *     DMA: weight panel ──► tensor: slabs of k, accumulated in PSUM ──► vector and scalar: copy
 *
 * One instruction multiplies a stationary operand [depth][<= 128 columns] that sits in the
 * array by a moving operand [depth][<= 512 columns] that streams through it. depth is 128 rows
 * times the multiply-adds per element (1 in bf16, 2 in fp8, 4 in MX). It takes
 *
 *     max(min(64, stationary columns), moving columns) cycles
 *
 * and 1 / macs times that in formats slower than one multiply-add per cycle (fp32: 4 times).
 * This is the cost that the NKI reference gives for nc_matmul. The next stationary operand loads
 * in the background. Partial tiles cost what their columns cost, partial depths a whole
 * instruction. Either operand may be the stationary one; the faster choice is taken.
 *
 * After idling, the engine runs at a share of its speed at first (dI/dt throttling).
 *
 * Result tiles are copied out of PSUM by the vector and the scalar engine side by side. Weights
 * that come from HBM arrive in panels as wide as their tile, each read once.
 */
#include <inttypes.h>
#include <math.h>

#include "chip/kernels.h"

/* One of the two ways to place the operands. */
struct placement {
    uint64_t stationary, moving; /* columns of each operand */
    bool weights_stationary;
};

/* An extent cut into tiles: equal ones, then a smaller one for what is left (or none). */
struct cut {
    uint64_t count[2], size[2];
};

static struct cut cut_extent(uint64_t extent, uint64_t size)
{
    if (extent < size)
        return (struct cut){.count = {1, 0}, .size = {extent, 0}};
    return (struct cut){.count = {extent / size, extent % size != 0},
                        .size = {size, extent % size}};
}

/* Multiply-adds per element and cycle for a pair of operands: the slower one's. 0: cannot. */
static double pair_macs(const struct sled_chip *chip, enum sled_dtype a, enum sled_dtype b)
{
    if (sled_dtype_is_mx(a) != sled_dtype_is_mx(b) || (a == SLED_FP32) != (b == SLED_FP32))
        return 0;
    return fmin(chip->tensor.macs[a], chip->tensor.macs[b]);
}

static double weight_bytes(const struct sled_kernel *kernel)
{
    /* Microscaled groups lie along k, so a column is the unit that is rounded up. */
    return (double)sled_dtype_bits(kernel->weight_dtype, kernel->k) * (double)kernel->n / 8;
}

static double streamed_bytes(const struct sled_kernel *share)
{
    return share->weights_from_hbm ? weight_bytes(share) : 0;
}

static double core_sbuf_bytes(const struct sled_chip *chip)
{
    return chip->sbuf.partition_bytes * (double)chip->sbuf.partitions;
}

static bool fits(const struct sled_chip *chip, const struct sled_kernel *share)
{
    return share->weights_from_hbm || weight_bytes(share) <= core_sbuf_bytes(chip);
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    const enum sled_dtype operand[] = {kernel->dtype, kernel->weight_dtype};

    for (int i = 0; i < 2; i++)
        if (chip->tensor.macs[operand[i]] == 0)
            return sled_err_set(err, SLED_E_UNSUPPORTED,
                                "the tensor engine of this chip takes no %s",
                                sled_dtype_names[operand[i]]);
    if (pair_macs(chip, kernel->dtype, kernel->weight_dtype) == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "the tensor engine cannot multiply %s by %s: fp32 goes with fp32, "
                            "microscaled with microscaled",
                            sled_dtype_names[kernel->dtype],
                            sled_dtype_names[kernel->weight_dtype]);
    if (sled_dtype_is_mx(kernel->out_dtype))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "a matmul cannot write %s: its result must be quantized by a kernel",
                            sled_dtype_names[kernel->out_dtype]);

    struct sled_kernel widest = *kernel;
    widest.n = sled_kernel_pieces(kernel->n, kernel->cores);
    if (!fits(chip, &widest))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%.0f bytes of weights for each of %" PRIu32
                            " cores do not fit the %.0f of its sbuf; stream them from hbm",
                            weight_bytes(&widest), kernel->cores, core_sbuf_bytes(chip));
    return SLED_OK;
}

/* Time of `work_s` at full speed when the engine has to ramp up first. */
static double ramped(const struct sled_tensor_spec *tensor, double work_s)
{
    const double slow_work_s = fmin(work_s, tensor->ramp_s * tensor->ramp_share);

    return slow_work_s / tensor->ramp_share + (work_s - slow_work_s);
}

/* Descriptors that each DMA engine of a core handles when every partition gets one. */
static double descriptors_per_engine(const struct sled_chip *chip)
{
    return (double)chip->sbuf.partitions / (double)(chip->dma.engines / chip->cores);
}

/*
 * Time in which a core's DMA engines bring `bytes` of weights. They are laid out in HBM as kernels
 * want them: one contiguous row per partition, so a descriptor is as large as the panel
 * allows, and one that is too small takes the floor.
 */
static double panel_time(const struct sled_chip *chip, double bytes)
{
    const double row_bytes = bytes / (double)chip->sbuf.partitions;

    return descriptors_per_engine(chip) *
           fmax(chip->dma.descriptor_floor_s, row_bytes / chip->dma.engine_bytes_per_s);
}

/* Pieces in which a panel can arrive, of at most one slab each, without paying the floor of a
 * descriptor more often: a mean, so it need not be whole. */
static double panel_pieces(const struct sled_chip *chip, double panel_s, uint64_t slabs)
{
    const double smallest_s = descriptors_per_engine(chip) * chip->dma.descriptor_floor_s;

    return fmin((double)slabs, fmax(1, panel_s / smallest_s));
}

/* Add `count` tiles of stationary x moving columns; evacuation is shared between two engines so
 * that they finish together, the first tile going to the vector engine. */
static void add_tiles(const struct sled_chip *chip, const struct sled_kernel *share, double mm_s,
                      uint64_t moving, uint64_t count, struct sled_pipe *pipe)
{
    struct sled_tile by_vector = {0}, by_scalar = {0};

    if (count == 0)
        return;
    sled_tile_add(&by_vector, SLED_ENGINE_TENSOR, mm_s, mm_s);
    sled_tile_add(&by_scalar, SLED_ENGINE_TENSOR, mm_s, mm_s);
    /* PSUM holds fp32. */
    sled_tile_vector(&by_vector, chip,
                     sled_rate_of_two(&chip->vector.copy, SLED_FP32, share->out_dtype), moving);
    sled_tile_scalar(&by_scalar, chip,
                     sled_rate_of_two(&chip->scalar.copy, SLED_FP32, share->out_dtype), moving);

    const double vector_s = by_vector.busy_s[SLED_ENGINE_VECTOR];
    const double scalar_s = by_scalar.busy_s[SLED_ENGINE_SCALAR];
    const uint64_t vectors = (uint64_t)ceil((double)count * scalar_s / (vector_s + scalar_s));

    sled_pipe_add(pipe, &by_vector, vectors);
    sled_pipe_add(pipe, &by_scalar, count - vectors);
}

/* The array is filled once, and the engine ramps up over what comes first. */
static void add_ramp(const struct sled_tensor_spec *tensor, uint64_t stationary,
                     struct sled_pipe *pipe)
{
    const double fill_cycles = tensor->init_cycles + (double)stationary / tensor->load_speedup;
    const double work_s = pipe->first.busy_s[SLED_ENGINE_TENSOR];
    const double first_s = ramped(tensor, work_s);

    pipe->first.busy_s[SLED_ENGINE_TENSOR] = first_s;
    pipe->first.latency_s += fill_cycles / tensor->clock_hz + first_s - work_s;
    pipe->busy_s[SLED_ENGINE_TENSOR] = ramped(tensor, pipe->busy_s[SLED_ENGINE_TENSOR]);
}

/*
 * Weights stream in by panels, at what the core's DMA engines can do or what HBM can give. The
 * first tile follows its panel piece by piece: fill, the slower of the two, drain.
 */
static void add_stream(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                       const struct cut *panels, uint64_t slabs, struct sled_pipe *pipe)
{
    const double column_bytes = weight_bytes(share) / (double)share->n;
    const double full_s = panel_time(chip, column_bytes * (double)panels->size[0]);
    const double rest_s = panel_time(chip, column_bytes * (double)panels->size[1]);
    const double alone_s = (double)panels->count[0] * full_s + (double)panels->count[1] * rest_s;
    const double stream_s = fmax(alone_s, hbm_s);
    const double panel_s = full_s * stream_s / alone_s;
    const double tile_s = pipe->first.busy_s[SLED_ENGINE_TENSOR];

    pipe->busy_s[SLED_ENGINE_DMA] = stream_s;
    pipe->first.busy_s[SLED_ENGINE_DMA] = panel_s;
    pipe->first.latency_s += chip->dma.dge_s + chip->dma.start_s + fmax(panel_s, tile_s) - tile_s +
                             fmin(panel_s, tile_s) / panel_pieces(chip, panel_s, slabs);
}

static void run_placed(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                       const struct placement *place, struct sled_pipe *pipe)
{
    const struct sled_tensor_spec *tensor = &chip->tensor;
    const double macs = pair_macs(chip, share->dtype, share->weight_dtype);
    const uint64_t depth = tensor->rows * (macs > 1 ? (uint64_t)macs : 1);
    const uint64_t slabs = sled_kernel_pieces(share->k, depth);
    const struct cut stationary = cut_extent(place->stationary, tensor->columns);
    const struct cut moving = cut_extent(place->moving, tensor->moving_columns);

    for (int s = 0; s < 2; s++) {
        for (int m = 0; m < 2; m++) {
            const double columns = (double)stationary.size[s];
            const double multiply =
                fmax(fmin(tensor->min_cycles, columns), (double)moving.size[m]) / fmin(1, macs);
            const double load = columns / tensor->load_speedup;
            const double mm_s = (double)slabs * fmax(multiply, load) / tensor->clock_hz;

            add_tiles(chip, share, mm_s, moving.size[m], stationary.count[s] * moving.count[m],
                      pipe);
        }
    }
    add_ramp(tensor, stationary.size[0], pipe);
    if (share->weights_from_hbm)
        add_stream(chip, share, hbm_s, place->weights_stationary ? &stationary : &moving, slabs,
                   pipe);
}

static void run(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe)
{
    const struct placement placement[] = {
        {.stationary = share->n, .moving = share->m, .weights_stationary = true},
        {.stationary = share->m, .moving = share->n, .weights_stationary = false},
    };
    struct sled_pipe other = {0};

    run_placed(chip, share, hbm_s, &placement[0], pipe);
    run_placed(chip, share, hbm_s, &placement[1], &other);
    if (sled_pipe_time(&other) < sled_pipe_time(pipe))
        *pipe = other;
}

const struct sled_kernel_model sled_kernel_matmul = {
    .splits_columns = true,
    .check = check,
    .fits = fits,
    .hbm_bytes = streamed_bytes,
    .run = run,
};
