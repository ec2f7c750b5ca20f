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
 * Result tiles are copied out of PSUM by the vector engine, or by it and the scalar engine side by
 * side, whichever is faster. Weights that come from HBM arrive in panels as wide as their tile,
 * each read once.
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

/* Weights as they stream in: a panel is what stays in or passes through the array at a time. */
struct panels {
    double column_bytes;
    uint64_t tiles_each; /* that use one panel */
    uint64_t tiles;
    double pieces; /* at most, in which a panel is taken */
};

enum { MOST_AHEAD = SLED_TILE_AGES - 4 }; /* what remains is for the steps after the weights */

/*
 * A tile that needs `part` of a transfer of weights. A tile that brings all of a panel follows it
 * piece by piece, of at most one slab of k each and no smaller than what takes a descriptor longer
 * than its floor: fill, the slower of the two, drain.
 */
static void add_weights(const struct sled_chip *chip, const struct panels *panels, double bytes,
                        double part, double multiply_s, double stretch, struct sled_tile *tile)
{
    struct sled_op *move = sled_tile_dma(tile, chip, "weights", bytes, part, stretch);
    const double smallest_s = sled_dma_time(chip, 0) * stretch;
    const double pieces = fmin(panels->pieces, fmax(1, move->busy_s / smallest_s));

    if (part == 1)
        move->latency_s =
            fmax(move->busy_s, multiply_s) - multiply_s + fmin(move->busy_s, multiply_s) / pieces;

    /* Asked for so many tiles ahead that it is there in time, if SBUF has the room. */
    const double step_s = fmax(multiply_s, move->busy_s);
    const double wait_s = chip->dma.dge_s + chip->dma.start_s + move->busy_s;
    const double ahead = fmin(MOST_AHEAD, fmax(2, ceil(wait_s / step_s) + 1));
    const double room = floor(core_sbuf_bytes(chip) / (bytes * part));
    tile->age += (uint32_t)fmin(room, ahead);
}

/* The result leaves PSUM, which holds fp32; by the vector engine, or by both that can copy. */
static void add_evacuation(const struct sled_chip *chip, const struct sled_kernel *share,
                           uint64_t columns, bool shared, struct sled_tile *tile)
{
    const enum sled_dtype out = sled_dtype_is_mx(share->out_dtype) ? SLED_BF16 : share->out_dtype;
    const double vector_rate = sled_rate_of_two(&chip->vector.copy, SLED_FP32, out);
    const double scalar_rate = sled_rate_of_two(&chip->scalar.copy, SLED_FP32, out);
    const double vector_speed = vector_rate * chip->vector.clock_hz;
    const double scalar_speed = scalar_rate * chip->scalar.clock_hz;
    struct sled_operands copy = {
        .name = "copy result",
        .elements = columns,
        .rate = vector_rate,
        .sbuf_bytes = sled_pass_bytes(out, out) / 2,
    };

    if (shared)
        copy.elements =
            (uint64_t)ceil((double)columns * vector_speed / (vector_speed + scalar_speed));
    sled_tile_vector(tile, chip, &copy);
    copy.elements = columns - copy.elements;
    copy.rate = scalar_rate;
    if (copy.elements > 0)
        sled_tile_scalar(tile, chip, &copy)->beside = true;
    if (sled_dtype_is_mx(share->out_dtype)) {
        tile->age++;
        sled_tile_vector(
            tile, chip,
            &(struct sled_operands){.name = "quantize",
                                    .elements = columns,
                                    .rate = chip->vector.quantize_mx,
                                    .sbuf_bytes = sled_pass_bytes(SLED_BF16, share->out_dtype)});
    }
}

/* The parts of a program that all its tiles have in common. */
struct plan {
    const struct sled_chip *chip;
    const struct sled_kernel *share;
    struct panels panels;
    double macs, stretch;
    uint64_t slabs;
    bool weights_stationary, shared;
};

/* bytes of weights come with the tile, as `part` of a transfer; none if 0. */
static struct sled_tile make_tile(const struct plan *plan, uint64_t stationary, uint64_t moving,
                                  double bytes, double part)
{
    const struct sled_tensor_spec *tensor = &plan->chip->tensor;
    const double columns = (double)stationary;
    const double load = columns / tensor->load_speedup;
    const double multiply =
        fmax(fmin(tensor->min_cycles, columns), (double)moving) / fmin(1, plan->macs);
    const double busy_s = (double)plan->slabs * fmax(multiply, load) / tensor->clock_hz;
    struct sled_tile tile = {0};

    if (bytes > 0)
        add_weights(plan->chip, &plan->panels, bytes, part, busy_s, plan->stretch, &tile);
    sled_tile_add(
        &tile, &(struct sled_op){
                   .engine = SLED_ENGINE_TENSOR,
                   .name = "multiply",
                   .busy_s = busy_s,
                   .latency_s = busy_s + (tensor->init_cycles + load) / tensor->clock_hz,
                   .sbuf_bytes = (double)plan->slabs * (columns + (double)moving) *
                                 (double)tensor->rows * fmax(1, plan->macs) *
                                 sled_pass_bytes(plan->share->dtype, plan->share->weight_dtype) / 2,
                   .times = 1,
               });
    tile.age++;
    add_evacuation(plan->chip, plan->share, moving, plan->shared, &tile);
    return tile;
}

/* A tile brings no weights of its own: it must not overtake the one that brings them. */
static void follow(const struct sled_tile *first, struct sled_tile *tile)
{
    uint32_t ahead = 0;

    for (uint32_t i = 0; i < first->nops && ahead == 0; i++)
        if (first->op[i].engine == SLED_ENGINE_TENSOR)
            ahead = first->op[i].age;
    for (uint32_t i = 0; i < tile->nops; i++)
        tile->op[i].age += ahead;
}

/*
 * Add the tiles. Where several use a panel of weights, the first panel comes with the first tile
 * and the others each bring a part of the panels ahead; else every tile brings its own.
 */
static void add_tiles(const struct plan *plan, const struct cut *stationary,
                      const struct cut *moving, struct sled_instr_stream *stream)
{
    const struct panels *panels = &plan->panels;
    const struct cut *panel = plan->weights_stationary ? stationary : moving;
    const double first_bytes = panels->column_bytes * (double)panel->size[0];
    const double rest_panels = (double)(panels->tiles / panels->tiles_each - 1);
    const double rest_bytes = panels->column_bytes * (double)plan->share->n - first_bytes;
    struct sled_tile first = {0};

    for (int s = 0; s < 2; s++) {
        for (int m = 0; m < 2; m++) {
            const double own_bytes =
                panels->column_bytes *
                (double)(plan->weights_stationary ? stationary->size[s] : moving->size[m]);
            uint64_t count = stationary->count[s] * moving->count[m];
            double bytes = own_bytes, part = 1;

            if (count == 0)
                continue;
            if (panels->tiles_each > 1) {
                if (s == 0 && m == 0) {
                    first = make_tile(plan, stationary->size[0], moving->size[0], first_bytes, 1);
                    sled_stream_add(stream, &first, 1);
                    count--;
                }
                bytes = rest_panels > 0 ? rest_bytes / rest_panels : 0;
                part = rest_panels / (double)(panels->tiles - 1);
            }
            struct sled_tile tile =
                make_tile(plan, stationary->size[s], moving->size[m], bytes, part);
            if (bytes == 0)
                follow(&first, &tile);
            sled_stream_add(stream, &tile, count);
        }
    }
}

enum { WEIGHTS_STATIONARY = 1, SHARED_EVACUATION = 2, WAYS = 4 };

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const struct sled_tensor_spec *tensor = &chip->tensor;
    const bool weights_stationary = way & WEIGHTS_STATIONARY;
    const double macs = pair_macs(chip, share->dtype, share->weight_dtype);
    const uint64_t depth = tensor->rows * (macs > 1 ? (uint64_t)macs : 1);
    const struct cut stationary =
        cut_extent(weights_stationary ? share->n : share->m, tensor->columns);
    const struct cut moving =
        cut_extent(weights_stationary ? share->m : share->n, tensor->moving_columns);
    const uint64_t nstationary = stationary.count[0] + stationary.count[1];
    const uint64_t nmoving = moving.count[0] + moving.count[1];
    struct plan plan = {
        .chip = chip,
        .share = share,
        .macs = macs,
        .stretch = stretch,
        .slabs = sled_kernel_pieces(share->k, depth),
        .weights_stationary = weights_stationary,
        .shared = way & SHARED_EVACUATION,
    };

    plan.panels = (struct panels){
        .column_bytes = share->weights_from_hbm ? weight_bytes(share) / (double)share->n : 0,
        .tiles_each = weights_stationary ? nmoving : nstationary,
        .tiles = nstationary * nmoving,
        .pieces = (double)plan.slabs,
    };
    add_tiles(&plan, &stationary, &moving, stream);
}

double sled_kernel_matmul_flops(const struct sled_kernel *kernel)
{
    return 2 * (double)kernel->m * (double)kernel->n * (double)kernel->k;
}

const struct sled_kernel_model sled_kernel_matmul = {
    .splits = SLED_SPLIT_COLUMNS | SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = check,
    .fits = fits,
    .program = program,
    .flops = sled_kernel_matmul_flops,
};
