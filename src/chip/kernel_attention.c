/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flash attention (Dao and others, 2022), over blocks of 128 queries and up to 1,024 keys:
 *
 *     tensor: scores = queries x keys, to PSUM
 *     vector: maximum of each row, and the running one
 *     scalar: exp(score - maximum) and its sum, or on chips with the accelerated
 *     vector: exponential that does the same
 *     scalar: the factor by which the running maximum changed what is there already
 *     tensor: transpose the weights, so that keys lie along the partitions
 *     vector (scalar, where the vector engine has the exponential): copy them out of PSUM
 *     vector: quantize them, for a microscaled product
 *     tensor: weights x values, to PSUM
 *     vector: rescale the running result and sum, add the new ones; divide after the last block
 *
 * Causal attention leaves out the blocks that no query of a tile may see, and masks the last one
 * (GPSIMD). Keys and values that come from HBM are used by up to 16 tiles of queries each time,
 * those of the heads that share them included.
 *
 * A product over a head's few elements fills only a part of the array's depth. Microscaled ones
 * that short run side by side in row tiles. In fp8 the depth is twice as large as that of bf16,
 * and half of it stays empty in scores = queries x keys; weights x values fills it.
 *
 * Decoding has one query per sequence and head. Queries that share keys and values are too few for
 * a tile, so one tile holds several such groups; each has instructions of its own on the tensor
 * engine, which leave their rows in PSUM beside each other, and softmax handles them together.
 */
#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "chip/kernels.h"

enum {
    KEY_STEP = 128,   /* keys that a transpose takes */
    MOST_STEPS = 8,   /* of a block */
    QUERY_TILES = 16, /* that come together, and use keys and values while they are in SBUF */
    LOADS_AHEAD = 3,  /* tiles: a transfer takes longer to start than a tile to pass */
};

/* Who does the exponential, and blocks that are shorter than PSUM has room for: few of them take
 * turns better when there are more. */
enum { BY_SCALAR, BY_VECTOR, EXPONENTIALS, HALVINGS = 3, WAYS = EXPONENTIALS * HALVINGS };

struct plan {
    const struct sled_chip *chip;
    const struct sled_kernel *share;
    bool by_vector;   /* who does the exponential */
    uint64_t queries; /* of a tile: its rows */
    uint64_t groups;  /* of queries that share keys and values, in a tile */
    double load_part; /* of keys and values, that one tile bears; 0: they are in SBUF */
    double stretch;
};

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

/* Keys of a block: as many as PSUM has room for. 0: not even one step. */
static uint64_t block_steps(const struct sled_chip *chip, bool by_vector)
{
    uint64_t steps = MOST_STEPS;

    while (steps > 0 && banks_needed(chip, by_vector, steps * KEY_STEP) > (double)chip->psum.banks)
        steps--;
    return steps;
}

static void add_tensor(const struct plan *plan, const char *name, double cycles, double sbuf_bytes,
                       struct sled_tile *tile)
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

static void add_scores(const struct plan *plan, uint64_t keys, struct sled_tile *tile)
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

static void add_softmax(const struct plan *plan, uint64_t keys, struct sled_tile *tile)
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
static void add_mask(const struct plan *plan, struct sled_tile *tile)
{
    const struct sled_gpsimd_spec *gpsimd = &plan->chip->gpsimd;
    const double busy_s = (gpsimd->start_cycles + KEY_STEP) / gpsimd->clock_hz;

    sled_tile_add(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_GPSIMD,
                            .name = "mask",
                            .busy_s = busy_s,
                            .latency_s = busy_s,
                            .sbuf_bytes = 4 * KEY_STEP * (double)plan->queries,
                            .times = 1,
                        });
}

/* Transposed weights go to SBUF, by moves of independent instructions. */
static void add_moves(const struct plan *plan, uint64_t keys, struct sled_tile *tile)
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

static void add_values(const struct plan *plan, uint64_t keys, struct sled_tile *tile)
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

static void add_finish(const struct plan *plan, struct sled_tile *tile)
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

static struct sled_tile make_tile(const struct plan *plan, uint64_t keys, bool last)
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
                          QUERY_TILES * (double)plan->queries * element_bytes, 1.0 / QUERY_TILES,
                          plan->stretch);
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

/* Add `count` tiles of queries for each number of steps of keys that they see. */
struct tally {
    uint64_t blocks;               /* whole ones, that are not the last */
    uint64_t last[MOST_STEPS + 1]; /* by steps of the last block */
};

static void tally_add(struct tally *tally, uint64_t steps, uint64_t block, uint64_t count)
{
    const uint64_t blocks = (steps - 1) / block;

    tally->blocks += count * blocks;
    tally->last[steps - blocks * block] += count;
}

static void add_tiles(const struct plan *plan, const struct tally *tally, uint64_t block,
                      struct sled_instr_stream *stream)
{
    const struct sled_tile inner = make_tile(plan, block * KEY_STEP, false);

    sled_stream_add(stream, &inner, tally->blocks);
    for (uint64_t steps = block; steps > 0; steps--) {
        const struct sled_tile last = make_tile(plan, steps * KEY_STEP, true);

        sled_stream_add(stream, &last, tally->last[steps]);
    }
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const uint64_t rows = chip->sbuf.partitions;
    const uint64_t tiles = sled_kernel_pieces(share->m, rows);
    const uint64_t sharing = share->heads / share->kv_heads * tiles;
    const uint64_t block = block_steps(chip, way % EXPONENTIALS == BY_VECTOR) >> way / EXPONENTIALS;
    const struct plan plan = {
        .chip = chip,
        .share = share,
        .by_vector = way % EXPONENTIALS == BY_VECTOR,
        .queries = share->m < rows ? share->m : rows,
        .groups = 1,
        .load_part = share->weights_from_hbm ? 1 / fmin(QUERY_TILES, (double)sharing) : 0,
        .stretch = stretch,
    };
    struct tally tally = {0};

    if (block == 0 || (plan.by_vector && chip->vector.exponential == 0))
        return;
    for (uint64_t t = 0; t < tiles; t++) {
        /* Tiles are dealt to the cores in turn, from the last, which sees all keys. */
        const uint64_t hidden = share->causal ? t * share->cores * rows : 0;
        const uint64_t seen = hidden < share->n ? share->n - hidden : 1;

        tally_add(&tally, sled_kernel_pieces(seen, KEY_STEP), block, share->heads);
    }
    add_tiles(&plan, &tally, block, stream);
}

static void decode_program(const struct sled_chip *chip, const struct sled_kernel *share,
                           uint32_t way, double stretch, struct sled_instr_stream *stream)
{
    const uint64_t group = share->heads / share->kv_heads;
    const uint64_t ngroups = share->m * share->kv_heads;
    const uint64_t most = chip->sbuf.partitions / group;
    const uint64_t block = block_steps(chip, way % EXPONENTIALS == BY_VECTOR) >> way / EXPONENTIALS;
    struct plan plan = {
        .chip = chip,
        .share = share,
        .by_vector = way % EXPONENTIALS == BY_VECTOR,
        .load_part = share->weights_from_hbm ? 1 : 0,
        .stretch = stretch,
    };
    /* Full tiles of groups, then one with the groups that are left. */
    const uint64_t count[] = {ngroups / most, ngroups % most != 0};
    const uint64_t groups[] = {most, ngroups % most};

    if (block == 0 || (plan.by_vector && chip->vector.exponential == 0))
        return;
    for (int i = 0; i < 2; i++) {
        struct tally tally = {0};

        if (count[i] == 0)
            continue;
        plan.groups = groups[i];
        plan.queries = groups[i] * group;
        tally_add(&tally, sled_kernel_pieces(share->n, KEY_STEP), block, count[i]);
        add_tiles(&plan, &tally, block, stream);
    }
}

/* Queries, keys, values and result of a core, when none of them are in HBM. */
static bool fits(const struct sled_chip *chip, const struct sled_kernel *share)
{
    const double keys = 2 * (double)share->n * share->kv_heads;
    const double queries = 2 * (double)share->m * share->heads;
    const double bytes = (keys + queries) * (double)sled_dtype_bits(share->dtype, share->k) / 8;

    return share->weights_from_hbm ||
           bytes <= chip->sbuf.partition_bytes * (double)chip->sbuf.partitions;
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    const char *name = sled_kernel_names[kernel->kind];
    const double macs = chip->tensor.macs[kernel->dtype];

    if (kernel->heads < 1 || kernel->kv_heads < 1 || kernel->heads % kernel->kv_heads != 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: heads must be a multiple of kv heads, both at least 1, got "
                            "%" PRIu32 " and %" PRIu32,
                            name, kernel->heads, kernel->kv_heads);
    if (kernel->causal && kernel->m > kernel->n)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s: causal queries are the last of the keys, so m must be at most "
                            "n = %" PRIu64 ", got %" PRIu64,
                            name, kernel->n, kernel->m);
    if (macs == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "the tensor engine of this chip takes no %s",
                            sled_dtype_names[kernel->dtype]);
    if (sled_dtype_is_mx(kernel->dtype) && chip->vector.quantize_mx == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s in %s quantizes its weights, and this chip has no quantize_mx",
                            name, sled_dtype_names[kernel->dtype]);
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));
    if (kernel->k > chip->sbuf.partitions)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s: a head may have %" PRIu64 " elements, one per partition, got "
                            "%" PRIu64,
                            name, chip->sbuf.partitions, kernel->k);
    if (block_steps(chip, false) == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s needs more than the %" PRIu64 " psum banks of this chip", name,
                            chip->psum.banks);

    struct sled_kernel widest = *kernel;
    widest.m = sled_kernel_pieces(kernel->m, kernel->cores);
    if (!fits(chip, &widest))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s: queries, keys and values of a core do not fit its sbuf; stream "
                            "them from hbm",
                            name);
    return SLED_OK;
}

static enum sled_status decode_check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                     struct sled_err *err)
{
    SLED_TRY(check(chip, kernel, err));
    if (kernel->causal)
        return sled_err_set(err, SLED_E_INPUT,
                            "decode_attention: a single query sees all keys; causal says nothing");
    if (kernel->heads / kernel->kv_heads > chip->sbuf.partitions)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "decode_attention: at most %" PRIu64 " heads can share keys and "
                            "values, got %" PRIu32,
                            chip->sbuf.partitions, kernel->heads / kernel->kv_heads);
    return SLED_OK;
}

/* Two products over k for each pair of a query and a key that it sees. */
static double flops(const struct sled_kernel *kernel)
{
    const double m = (double)kernel->m;
    const double pairs =
        kernel->causal ? m * ((double)kernel->n - (m - 1) / 2) : m * (double)kernel->n;

    return 4 * pairs * (double)kernel->k * kernel->heads;
}

const struct sled_kernel_model sled_kernel_attention = {
    .splits = SLED_SPLIT_HEADS | SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = check,
    .fits = fits,
    .program = program,
    .flops = flops,
};

const struct sled_kernel_model sled_kernel_decode_attention = {
    .splits = SLED_SPLIT_HEADS | SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = decode_check,
    .fits = fits,
    .program = decode_program,
    .flops = flops,
};
