/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/attention_tile.h"

#include <math.h>

#include "chip/kernels.h"

/* Tiles that a transfer is asked for ahead: it takes longer to start than a tile to pass. */
enum { LOADS_AHEAD = 3 };

static uint64_t depth_of(const struct sled_chip *chip, enum sled_dtype dtype)
{
    return chip->tensor.rows * (uint64_t)fmax(1, chip->tensor.macs[dtype]);
}

/* Banks that tiles of so many keys need: three are under way between scores and weights, one more
 * where the vector engine does all there is to do. */
static double banks_needed(const struct sled_chip *chip, bool by_vector, uint64_t keys)
{
    const double score_tiles = by_vector ? 4 : 3;
    const double score_banks =
        ceil((double)(keys * chip->psum.result_bytes) / chip->psum.bank_bytes);
    const double weight_banks = ceil((double)keys * 2 / chip->psum.bank_bytes);

    return score_tiles * score_banks + weight_banks + 1;
}

uint64_t sled_attention_steps(const struct sled_chip *chip, bool by_vector)
{
    uint64_t steps = SLED_ATTENTION_STEPS;

    while (steps > 0 &&
           banks_needed(chip, by_vector, steps * chip->sbuf.partitions) > (double)chip->psum.banks)
        steps--;
    return steps;
}

static void add_tensor(const struct sled_attention_plan *plan, const char *name, double cycles,
                       double sbuf_bytes, struct sled_tile *tile)
{
    const struct sled_tensor_spec *tensor = &plan->chip->tensor;

    sled_tile_add(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_TENSOR,
                            .name = name,
                            .busy_s = cycles / tensor->clock_hz,
                            .latency_s = (cycles + tensor->init_cycles) / tensor->clock_hz,
                            .sbuf_bytes = sbuf_bytes,
                            .times = 1,
                        });
}

/* One number per row. */
static struct sled_operands per_row(const char *name, double rate)
{
    return (struct sled_operands){.name = name, .elements = 1, .rate = rate, .sbuf_bytes = 8};
}

static void add_scores(const struct sled_attention_plan *plan, uint64_t keys,
                       struct sled_tile *tile)
{
    const struct sled_kernel *share = plan->share;
    const struct sled_tensor_spec *tensor = &plan->chip->tensor;
    double beside = 1;

    if (sled_dtype_is_mx(share->dtype))
        while (2 * beside <= (double)tensor->row_tiles &&
               (double)depth_of(plan->chip, share->dtype) / (2 * beside) >= (double)share->k)
            beside *= 2;
    add_tensor(plan, "scores",
               (double)(plan->groups * keys) / beside / fmin(1, tensor->macs[share->dtype]),
               (double)(plan->groups * keys + plan->queries) *
                   (double)sled_dtype_bits(share->dtype, share->k) / 8,
               tile);
}

static void add_softmax(const struct sled_attention_plan *plan, uint64_t keys,
                        struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_rates *reduce = &chip->vector.reduce;
    const struct sled_operands largest = {
        .name = "max",
        .elements = keys,
        .rate = chip->psum.result_bytes == 2 ? reduce->bits16 : reduce->bits32,
    };
    const struct sled_operands running = per_row("running max", chip->vector.copy.bits32);
    const struct sled_operands factor = per_row("factor", chip->scalar.activation);
    const struct sled_operands exponential = {
        .name = "exp",
        .elements = keys,
        .rate = plan->by_vector ? chip->vector.exponential : chip->scalar.activation,
        .sbuf_bytes = 2,
    };

    sled_tile_vector(tile, chip, &largest);
    tile->age++;
    sled_tile_vector(tile, chip, &running);
    if (plan->by_vector) /* it would wait for itself */
        tile->age++;
    if (plan->by_vector)
        sled_tile_vector(tile, chip, &exponential);
    else
        sled_tile_scalar_sum(tile, chip, &exponential);
    sled_tile_scalar(tile, chip, &factor)->beside = true;
}

/* Keys behind the last query that may be seen, in the block on the diagonal. */
static void add_mask(const struct sled_attention_plan *plan, struct sled_tile *tile)
{
    const struct sled_gpsimd_spec *gpsimd = &plan->chip->gpsimd;
    const double columns = (double)plan->chip->sbuf.partitions;
    const double busy_s = (gpsimd->start_cycles + columns) / gpsimd->clock_hz;

    sled_tile_add(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_GPSIMD,
                            .name = "mask",
                            .busy_s = busy_s,
                            .latency_s = busy_s,
                            .sbuf_bytes = 4 * columns * (double)plan->queries,
                            .times = 1,
                        });
}

/* Transposed weights go to SBUF, by moves of independent instructions. */
static void add_moves(const struct sled_attention_plan *plan, uint64_t keys, struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const uint64_t bank_columns = (uint64_t)(chip->psum.bank_bytes / 2);
    const uint64_t most = plan->share->move_columns > 0 ? plan->share->move_columns : bank_columns;
    const uint64_t columns = most < keys ? most : keys;
    const uint64_t moves = sled_kernel_pieces(keys, columns);
    /* The vector engine reads 16-bit data from PSUM no faster than 32-bit data. */
    const struct sled_operands move = {
        .name = "move",
        .elements = columns,
        .rate = plan->by_vector ? chip->scalar.copy.bits16 : chip->vector.copy.bits32,
        .sbuf_bytes = sled_dtype_is_mx(plan->share->dtype)
                          ? 2
                          : sled_pass_bytes(plan->share->dtype, plan->share->dtype) / 2,
    };
    struct sled_op *op =
        plan->by_vector ? sled_tile_scalar(tile, chip, &move) : sled_tile_vector(tile, chip, &move);

    op->latency_s += (double)(moves - 1) * op->busy_s;
    op->busy_s *= (double)moves;
    op->sbuf_bytes *= (double)moves;
}

static void add_values(const struct sled_attention_plan *plan, uint64_t keys,
                       struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_kernel *share = plan->share;
    const struct sled_tensor_spec *tensor = &chip->tensor;
    const uint64_t slabs = sled_kernel_pieces(keys, depth_of(chip, share->dtype));
    const double stationary = (double)(plan->queries / plan->groups);
    /* One operand is in PSUM, so they take as long as 16-bit data in SBUF. */
    const struct sled_operands accumulate = {.name = "accumulate",
                                             .elements = share->k,
                                             .rate = chip->vector.tensor_tensor.bits16,
                                             .sbuf_bytes = 8};
    const struct sled_operands sum = per_row("running sum", chip->vector.tensor_tensor.bits32);

    add_tensor(plan, "values",
               (double)(slabs * plan->groups) *
                   fmax(fmin(tensor->min_cycles, stationary), (double)share->k) /
                   fmin(1, tensor->macs[share->dtype]),
               (double)keys * ((double)(share->k * plan->groups) + stationary) *
                   sled_dtype_element_bits(share->dtype) / 8,
               tile);
    sled_tile_vector(tile, chip, &accumulate);
    sled_tile_vector(tile, chip, &sum)->beside = true;
}

static void add_finish(const struct sled_attention_plan *plan, struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_kernel *share = plan->share;
    const struct sled_operands inverse = per_row("1/sum", chip->vector.reciprocal);
    const struct sled_operands scale = {
        .name = "scale",
        .elements = share->k,
        .rate = sled_rate_of_two(&chip->vector.copy, SLED_FP32, share->out_dtype),
        .sbuf_bytes = sled_pass_bytes(SLED_FP32, share->out_dtype),
    };

    tile->age++;
    sled_tile_vector(tile, chip, &inverse);
    tile->age++;
    sled_tile_vector(tile, chip, &scale);
    if (plan->load_part > 0)
        sled_tile_store(tile, chip, "result",
                        (double)(plan->queries * share->k) *
                            sled_dtype_element_bits(share->out_dtype) / 8,
                        plan->stretch);
}

struct sled_tile sled_attention_tile(const struct sled_attention_plan *plan, uint64_t keys,
                                     bool last)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_kernel *share = plan->share;
    struct sled_tile tile = {0};

    if (plan->load_part > 0) {
        const double element_bytes = (double)sled_dtype_bits(share->dtype, share->k) / 8;

        sled_tile_dma(&tile, chip, "keys, values",
                      2 * (double)(keys * plan->groups) * element_bytes, plan->load_part,
                      plan->stretch);
        if (last)
            sled_tile_dma(&tile, chip, "queries",
                          SLED_ATTENTION_QUERY_TILES * (double)plan->queries * element_bytes,
                          1.0 / SLED_ATTENTION_QUERY_TILES, plan->stretch);
        tile.age += LOADS_AHEAD;
    }
    add_scores(plan, keys, &tile);
    tile.age++;
    add_softmax(plan, keys, &tile);
    if (last && share->causal)
        add_mask(plan, &tile);
    tile.age++;
    add_tensor(plan, "transpose", (double)keys, 2 * (double)(keys * plan->queries), &tile);
    add_moves(plan, keys, &tile);
    if (sled_dtype_is_mx(share->dtype))
        sled_tile_vector(
            &tile, chip,
            &(struct sled_operands){.name = "quantize",
                                    .elements = keys,
                                    .rate = chip->vector.quantize_mx,
                                    .sbuf_bytes = sled_pass_bytes(SLED_BF16, share->dtype)});
    tile.age++;
    add_values(plan, keys, &tile);
    if (last)
        add_finish(plan, &tile);
    return tile;
}
