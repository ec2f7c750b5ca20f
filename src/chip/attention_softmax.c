/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/attention_parts.h"

#include <math.h>

#include "chip/kernels.h"

/* One number per row, on the vector or scalar engine. */
static struct sled_operands per_row(const char *name, double rate)
{
    return (struct sled_operands){.name = name, .elements = 1, .rate = rate, .sbuf_bytes = 8};
}

static struct sled_op *add_gpsimd(const struct sled_attention_plan *plan, const char *name,
                                  double columns, double sbuf_bytes, struct sled_tile *tile)
{
    const struct sled_gpsimd_spec *gpsimd = &plan->chip->gpsimd;
    const double busy_s = (gpsimd->start_cycles + columns) / gpsimd->clock_hz;

    sled_tile_add(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_GPSIMD,
                            .name = name,
                            .busy_s = busy_s,
                            .latency_s = busy_s,
                            .sbuf_bytes = sbuf_bytes,
                            .times = 1,
                        });
    return &tile->op[tile->nops - 1];
}

/* A number per row that the running softmax keeps. Where the vector engine has the exponential to
 * do, the idle GPSIMD keeps it, as the NKI Library's attention for Trainium3 has it. */
static struct sled_op *add_kept(const struct sled_attention_plan *plan, const char *name,
                                double vector_rate, struct sled_tile *tile)
{
    const struct sled_operands number = per_row(name, vector_rate);

    return plan->by_vector
               ? add_gpsimd(plan, name, 1, number.sbuf_bytes * (double)plan->queries, tile)
               : sled_tile_vector(tile, plan->chip, &number);
}

/* Move the transposed weights out of PSUM, in instructions of so many columns. */
static struct sled_operands move_of(const struct sled_attention_plan *plan, uint64_t keys)
{
    const struct sled_chip *chip = plan->chip;
    const uint64_t bank_columns = (uint64_t)(chip->psum.bank_bytes / 2);
    const uint64_t most = plan->share->move_columns > 0 ? plan->share->move_columns : bank_columns;

    return (struct sled_operands){
        .name = "move",
        .elements = most < keys ? most : keys,
        /* The vector engine reads 16-bit data from PSUM no faster than 32-bit data. */
        .rate = plan->by_vector ? chip->scalar.copy.bits16 : chip->vector.copy.bits32,
        .sbuf_bytes = sled_dtype_is_mx(plan->share->dtype)
                          ? 2
                          : sled_pass_bytes(plan->share->dtype, plan->share->dtype) / 2,
    };
}

/*
 * Keys whose maximum the vector engine finds, of a block. The scalar engine finds it too where it
 * can reduce; they share the block so that both have as much to do, all else included.
 */
static uint64_t vector_part(const struct sled_attention_plan *plan, uint64_t keys, double rate)
{
    const struct sled_chip *chip = plan->chip;

    if (!plan->by_vector || chip->scalar.reduce == 0)
        return keys;

    const double lanes = (double)chip->sbuf.partitions;
    const double vector_s = lanes / chip->vector.clock_hz; /* per element and rate */
    const double scalar_s = lanes / chip->scalar.clock_hz;
    const double vector_other =
        vector_s / chip->vector.exponential +
        (sled_dtype_is_mx(plan->share->dtype) ? vector_s / chip->vector.quantize_mx : 0);
    const double accumulate_s =
        (double)plan->share->k * vector_s / chip->vector.tensor_tensor.bits16;
    const double scalar_other = scalar_s / chip->scalar.copy.bits16;
    const double readout_s =
        (chip->scalar.accumulate_cycles + chip->scalar.min_cycles) / chip->scalar.clock_hz;
    const double all_scalar = (double)keys * (scalar_other + scalar_s / chip->scalar.reduce) +
                              readout_s - (double)keys * vector_other - accumulate_s;
    const double part = all_scalar / (scalar_s / chip->scalar.reduce + vector_s / rate);

    return (uint64_t)fmin((double)keys, fmax(0, round(part)));
}

static void add_maximum(const struct sled_attention_plan *plan, uint64_t keys,
                        struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_rates *reduce = &chip->vector.reduce;
    struct sled_operands largest = {
        .name = "max",
        .rate = chip->psum.result_bytes == 2 ? reduce->bits16 : reduce->bits32,
    };

    largest.elements = vector_part(plan, keys, largest.rate);
    const uint64_t rest = keys - largest.elements;
    if (largest.elements > 0)
        sled_tile_vector(tile, chip, &largest);
    if (rest > 0) {
        struct sled_op *op = sled_tile_scalar_sum(
            tile, chip,
            &(struct sled_operands){.name = "max", .elements = rest, .rate = chip->scalar.reduce});
        op->beside = largest.elements > 0;
    }
}

void sled_attention_running_softmax(const struct sled_attention_plan *plan, uint64_t keys,
                                    struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_operands factor = per_row("factor", chip->scalar.activation);
    const struct sled_operands exponential = {
        .name = "exp",
        .elements = keys,
        .rate = plan->by_vector ? chip->vector.exponential : chip->scalar.activation,
        .sbuf_bytes = 2,
    };

    add_maximum(plan, keys, tile);
    tile->age++;
    add_kept(plan, "running max", chip->vector.copy.bits32, tile);
    if (plan->by_vector) { /* it would wait for itself */
        tile->age++;
        sled_tile_vector(tile, chip, &exponential);
    } else {
        sled_tile_scalar_sum(tile, chip, &exponential);
    }
    sled_tile_scalar(tile, chip, &factor)->beside = true;
}

void sled_attention_fixed_softmax(const struct sled_attention_plan *plan, uint64_t keys,
                                  struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_operands exponential = {
        .name = "exp",
        .elements = sled_kernel_pieces(keys * plan->queries, chip->sbuf.partitions),
        .rate = plan->by_vector ? chip->vector.exponential : chip->scalar.activation,
        .sbuf_bytes = (double)sled_dtype_element_bits(plan->share->dtype) / 8,
    };

    if (plan->by_vector)
        sled_tile_vector(tile, chip, &exponential);
    else
        sled_tile_scalar(tile, chip, &exponential);
}

void sled_attention_mask(const struct sled_attention_plan *plan, uint64_t edges,
                         struct sled_tile *tile)
{
    const double columns = (double)plan->chip->tensor.moving_columns;

    add_gpsimd(plan, "mask", columns, 4 * columns * (double)plan->queries, tile)->times = edges;
}

void sled_attention_moves(const struct sled_attention_plan *plan, uint64_t keys,
                          struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_operands move = move_of(plan, keys);
    const double moves = (double)sled_kernel_pieces(keys, move.elements);
    struct sled_op *op =
        plan->by_vector ? sled_tile_scalar(tile, chip, &move) : sled_tile_vector(tile, chip, &move);

    op->latency_s += (moves - 1) * op->busy_s; /* they are independent */
    op->busy_s *= moves;
    op->sbuf_bytes *= moves;
    if (sled_dtype_is_mx(plan->share->dtype)) {
        tile->age++;
        sled_tile_vector(
            tile, chip,
            &(struct sled_operands){.name = "quantize",
                                    .elements = keys,
                                    .rate = chip->vector.quantize_mx,
                                    .sbuf_bytes = sled_pass_bytes(SLED_BF16, plan->share->dtype)});
    }
}

void sled_attention_accumulate(const struct sled_attention_plan *plan, struct sled_tile *tile)
{
    const struct sled_vector_spec *vector = &plan->chip->vector;
    /* One operand is in PSUM, so they take as long as 16-bit data in SBUF. */
    const struct sled_operands accumulate = {.name = "accumulate",
                                             .elements = plan->share->k,
                                             .rate = vector->tensor_tensor.bits16,
                                             .sbuf_bytes = 8};

    sled_tile_vector(tile, plan->chip, &accumulate);
    add_kept(plan, "running sum", vector->tensor_tensor.bits32, tile)->beside = true;
}

void sled_attention_divide(const struct sled_attention_plan *plan, struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_kernel *share = plan->share;
    const struct sled_operands sink = per_row("sink", chip->scalar.activation);
    const struct sled_operands add = per_row("add sink", chip->vector.tensor_tensor.bits32);
    const struct sled_operands inverse = per_row("1/sum", chip->vector.reciprocal);
    const struct sled_operands scale = {
        .name = "scale",
        .elements = share->k,
        .rate = sled_rate_of_two(&chip->vector.copy, SLED_FP32, share->out_dtype),
        .sbuf_bytes = sled_pass_bytes(SLED_FP32, share->out_dtype),
    };

    if (share->sinks) { /* exp(sink - maximum) */
        sled_tile_scalar(tile, chip, &sink);
        tile->age++;
        sled_tile_vector(tile, chip, &add);
    }
    sled_tile_vector(tile, chip, &inverse);
    tile->age++;
    sled_tile_vector(tile, chip, &scale);
}
