/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/attention_tile.h"

#include <math.h>

#include "chip/attention_parts.h"
#include "chip/kernels.h"

/* Tiles that transfers are asked for ahead: of keys and values as many as hide how long DMA takes
 * to start, of queries as the NKI Library's attention_cte does. */
enum { KEYS_AHEAD = 5, QUERIES_AHEAD = 2 };

static uint64_t depth_of(const struct sled_chip *chip, enum sled_dtype dtype)
{
    return chip->tensor.rows * (uint64_t)fmax(1, chip->tensor.macs[dtype]);
}

/* Banks that tiles of so many keys need: three are under way between scores and weights, one more
 * where the vector engine does all there is to do. With a fixed maximum, weights are not transposed
 * and the results of two tiles of queries take their place. */
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

static double bytes_of_keys(const struct sled_attention_plan *plan, uint64_t keys)
{
    return (double)(keys * plan->groups) * sled_kernel_key_bytes(plan->share);
}

static void add_loads(const struct sled_attention_plan *plan, uint64_t keys, bool last,
                      struct sled_tile *tile)
{
    const struct sled_chip *chip = plan->chip;
    const double together = (double)plan->together;
    const double query_bytes =
        (double)sled_dtype_bits(plan->share->dtype, sled_kernel_head_depth(plan->share)) / 8;

    if (plan->loads)
        sled_tile_ask(tile, chip, "keys, values", 1);
    if (last)
        sled_tile_ask(tile, chip, "queries", 1 / together)->beside = plan->loads;
    if (plan->loads)
        sled_tile_move(tile, chip, "keys, values", bytes_of_keys(plan, keys), 1, plan->stretch);
    if (last)
        sled_tile_move(tile, chip, "queries", together * (double)plan->queries * query_bytes,
                       1 / together, plan->stretch);
    tile->age += plan->loads ? KEYS_AHEAD : QUERIES_AHEAD;
}

struct sled_tile sled_attention_section(const struct sled_attention_plan *plan, uint64_t keys)
{
    struct sled_tile tile = {.ahead = true}; /* two sections fit SBUF */

    sled_tile_dma(&tile, plan->chip, "keys, values", bytes_of_keys(plan, keys), 1, plan->stretch);
    return tile;
}

static void add_store(const struct sled_attention_plan *plan, struct sled_tile *tile)
{
    const double bytes = (double)(plan->queries * plan->share->k) *
                         sled_dtype_element_bits(plan->share->out_dtype) / 8;

    sled_tile_store(tile, plan->chip, "result", bytes, plan->stretch);
}

/* Either operand may be the moving one: rows of the other fill the array while it passes. */
static void add_scores(const struct sled_attention_plan *plan, uint64_t keys,
                       struct sled_tile *tile)
{
    const struct sled_kernel *share = plan->share;
    const struct sled_tensor_spec *tensor = &plan->chip->tensor;
    const double columns = (double)tensor->columns;
    const double moving = share->fixed_max
                              ? ceil((double)keys / columns) *
                                    fmax(fmin(tensor->min_cycles, columns), (double)plan->queries)
                              : (double)(plan->groups * keys);
    const uint64_t depth = sled_kernel_head_depth(share);
    const uint64_t slabs = sled_kernel_pieces(depth, depth_of(plan->chip, share->dtype));
    double beside = 1;

    if (sled_dtype_is_mx(share->dtype))
        while (2 * beside <= (double)tensor->row_tiles &&
               (double)depth_of(plan->chip, share->dtype) / (2 * beside) >= (double)depth)
            beside *= 2;
    add_tensor(plan, "scores",
               (double)slabs * moving / beside / fmin(1, tensor->macs[share->dtype]),
               (double)(plan->groups * keys + plan->queries) *
                   (double)sled_dtype_bits(share->dtype, depth) / 8,
               tile);
}

static void add_values(const struct sled_attention_plan *plan, uint64_t keys,
                       struct sled_tile *tile)
{
    const struct sled_kernel *share = plan->share;
    const struct sled_tensor_spec *tensor = &plan->chip->tensor;
    const uint64_t slabs = sled_kernel_pieces(keys, depth_of(plan->chip, share->dtype));
    const uint64_t columns = share->k + (share->fixed_max ? 1 : 0);
    const double stationary = (double)(plan->queries / plan->groups);

    add_tensor(plan, "values",
               (double)(slabs * plan->groups) *
                   fmax(fmin(tensor->min_cycles, stationary), (double)columns) /
                   fmin(1, tensor->macs[share->dtype]),
               (double)keys * ((double)(columns * plan->groups) + stationary) *
                   sled_dtype_element_bits(share->dtype) / 8,
               tile);
}

struct sled_tile sled_attention_tile(const struct sled_attention_plan *plan, uint64_t keys,
                                     bool last)
{
    const struct sled_chip *chip = plan->chip;
    const struct sled_kernel *share = plan->share;
    /* PSUM, which is scarce, is what the ages go by; queries and results in SBUF are small. */
    struct sled_tile tile = {.room = SLED_TILE_ROOM};

    if (plan->together > 0)
        add_loads(plan, keys, last, &tile);
    add_scores(plan, keys, &tile);
    tile.age++;
    if (share->fixed_max)
        sled_attention_fixed_softmax(plan, keys, &tile);
    else
        sled_attention_running_softmax(plan, keys, &tile);
    if (last && share->causal) {
        tile.age++;
        sled_attention_mask(plan, sled_kernel_context(share) < share->n ? 2 : 1, &tile);
    }
    tile.age++;
    if (!share->fixed_max) {
        add_tensor(plan, "transpose", (double)keys / chip->tensor.transpose_speedup,
                   2 * (double)(keys * plan->queries), &tile);
        sled_attention_moves(plan, keys, &tile);
        tile.age++;
    }
    add_values(plan, keys, &tile);
    if (!share->fixed_max)
        sled_attention_accumulate(plan, &tile);
    if (last) {
        tile.age++;
        sled_attention_divide(plan, &tile);
        if (plan->together > 0)
            add_store(plan, &tile);
    }
    return tile;
}
