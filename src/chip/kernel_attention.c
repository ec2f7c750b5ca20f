/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention of many queries, and decoding, over the blocks of attention_tile.h. Causal and windowed
 * attention leave out the blocks that no query of a tile may see.
 *
 * Decoding has one query per sequence and head. Queries that share keys and values are too few for
 * a tile, so one tile holds several such groups; each has instructions of its own on the tensor
 * engine, which leave their rows in PSUM beside each other, and softmax handles them together.
 *
 * Few sequences with few heads would leave cores idle. These share the keys instead
 * (flash-decoding, Dao and others, 2023): each core has a result of its own part, a maximum and a
 * sum; each then gets the rows that it is to put together from all the others, and weights and adds
 * them up.
 */
#include <inttypes.h>
#include <math.h>

#include "chip/attention_tile.h"
#include "chip/kernels.h"

/* Who does the exponential, and blocks that are shorter than PSUM has room for: few of them take
 * turns better when there are more. */
enum { BY_SCALAR, BY_VECTOR, EXPONENTIALS, HALVINGS = 3, WAYS = EXPONENTIALS * HALVINGS };

/* As the NKI Library's attention_cte has it: keys of a section, which lie in SBUF while all queries
 * pass by; tiles of queries that come in one transfer. */
enum { SECTION = 8192, QUERY_TILES = 8 };

/* Tiles of queries by the steps of keys that they see. */
struct tally {
    uint64_t blocks;                         /* whole ones, that are not the last */
    uint64_t last[SLED_ATTENTION_STEPS + 1]; /* by steps of the last block */
};

/* Add `count` tiles that see so many steps, the last ones of theirs or not. */
static void tally_add(struct tally *tally, uint64_t steps, uint64_t block, bool last,
                      uint64_t count)
{
    const uint64_t whole = last ? (steps - 1) / block : sled_kernel_pieces(steps, block);

    tally->blocks += count * whole;
    if (last)
        tally->last[steps - whole * block] += count;
}

static void add_tiles(const struct sled_attention_plan *plan, const struct tally *tally,
                      uint64_t block, struct sled_instr_stream *stream)
{
    const uint64_t step = plan->chip->sbuf.partitions;
    const struct sled_tile inner = sled_attention_tile(plan, block * step, false);

    sled_stream_add(stream, &inner, tally->blocks);
    for (uint64_t steps = block; steps > 0; steps--) {
        const struct sled_tile last = sled_attention_tile(plan, steps * step, true);

        sled_stream_add(stream, &last, tally->last[steps]);
    }
}

/* Keys from `first` to before `end`. */
struct keys {
    uint64_t first, end;
};

/* What tile t of queries looks at, in whole tiles of keys as the tensor engine takes them. Tiles
 * are dealt to the cores in turn, from the last, which sees all keys. */
static struct keys seen_by(const struct sled_attention_plan *plan, uint64_t t)
{
    const struct sled_kernel *share = plan->share;
    const uint64_t piece = plan->chip->tensor.moving_columns;
    const uint64_t hidden = share->causal ? t * share->cores * plan->queries : 0;
    const uint64_t end = hidden < share->n ? share->n - hidden : 1;
    const uint64_t context = sled_kernel_context(share);
    /* The first and the last query of a tile see windows that lie apart. */
    const uint64_t most = share->causal ? context + plan->queries - 1 : context;
    const uint64_t whole = sled_kernel_pieces(end, piece) * piece;

    return (struct keys){.first = end > most ? (end - most) / piece * piece : 0,
                         .end = whole < share->n ? whole : share->n};
}

/* All tiles of queries on the keys of one section, for each of the heads that share them. */
static struct tally tally_section(const struct sled_attention_plan *plan, struct keys section,
                                  uint64_t block)
{
    const uint64_t tiles = sled_kernel_pieces(plan->share->m, plan->chip->sbuf.partitions);
    const uint64_t heads = plan->share->heads / plan->share->kv_heads;
    struct tally tally = {0};

    for (uint64_t t = 0; t < tiles; t++) {
        const struct keys seen = seen_by(plan, t);
        const uint64_t first = seen.first > section.first ? seen.first : section.first;
        const uint64_t end = seen.end < section.end ? seen.end : section.end;

        if (first < end)
            tally_add(&tally, sled_kernel_pieces(end - first, plan->chip->sbuf.partitions), block,
                      seen.end == end, heads);
    }
    return tally;
}

static bool any(const struct tally *tally)
{
    uint64_t tiles = tally->blocks;

    for (uint64_t steps = 1; steps <= SLED_ATTENTION_STEPS; steps++)
        tiles += tally->last[steps];
    return tiles > 0;
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const uint64_t rows = chip->sbuf.partitions;
    const uint64_t tiles = sled_kernel_pieces(share->m, rows) * (share->heads / share->kv_heads);
    const uint64_t together = tiles < QUERY_TILES ? tiles : QUERY_TILES;
    const uint64_t block =
        sled_attention_steps(chip, way % EXPONENTIALS == BY_VECTOR) >> way / EXPONENTIALS;
    const struct sled_attention_plan plan = {
        .chip = chip,
        .share = share,
        .by_vector = way % EXPONENTIALS == BY_VECTOR,
        .queries = share->m < rows ? share->m : rows,
        .groups = 1,
        .together = share->weights_from_hbm ? together : 0,
        .stretch = stretch,
    };

    if (block == 0 || (plan.by_vector && chip->vector.exponential == 0))
        return;
    for (uint64_t first = 0; first < share->n; first += SECTION) {
        const uint64_t length = share->n - first < SECTION ? share->n - first : SECTION;
        const struct tally tally =
            tally_section(&plan, (struct keys){.first = first, .end = first + length}, block);
        const struct sled_tile load = sled_attention_section(&plan, length);

        for (uint32_t head = 0; head < share->kv_heads && any(&tally); head++) {
            if (share->weights_from_hbm)
                sled_stream_add(stream, &load, 1);
            sled_stream_join(stream);
            add_tiles(&plan, &tally, block, stream);
        }
    }
}

static void decode_program(const struct sled_chip *chip, const struct sled_kernel *share,
                           uint32_t way, double stretch, struct sled_instr_stream *stream)
{
    const uint64_t group = share->heads / share->kv_heads;
    const uint64_t ngroups = share->m * share->kv_heads;
    const uint64_t most = chip->sbuf.partitions / group;
    const uint64_t block =
        sled_attention_steps(chip, way % EXPONENTIALS == BY_VECTOR) >> way / EXPONENTIALS;
    struct sled_attention_plan plan = {
        .chip = chip,
        .share = share,
        .by_vector = way % EXPONENTIALS == BY_VECTOR,
        .loads = share->weights_from_hbm,
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
        plan.together = share->weights_from_hbm ? 1 : 0;
        plan.queries = groups[i] * group;
        tally_add(&tally, sled_kernel_pieces(sled_kernel_context(share), chip->sbuf.partitions),
                  block, true, count[i]);
        add_tiles(&plan, &tally, block, stream);
    }
}

static void decode_merge(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         uint64_t cores, struct sled_instr_stream *stream)
{
    const uint64_t rows = sled_kernel_pieces(kernel->m * kernel->heads, cores);
    const uint64_t lanes = chip->sbuf.partitions;
    const double bytes =
        4 * (double)(cores - 1) * (double)(rows < lanes ? rows : lanes) * (double)(kernel->k + 2);
    const struct sled_operands factor = {
        .name = "factors", .elements = cores, .rate = chip->scalar.activation, .sbuf_bytes = 8};
    const struct sled_operands add = {.name = "multiply, add",
                                      .elements = kernel->k + 1,
                                      .rate = chip->vector.tensor_tensor.bits32,
                                      .sbuf_bytes = 12};
    struct sled_tile tile = {0};

    sled_tile_dma(&tile, chip, "partial results", bytes, 1, 1)->hbm_bytes = 0; /* from SBUF */
    tile.age++;
    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){
            .name = "max", .elements = cores, .rate = chip->vector.reduce.bits32, .sbuf_bytes = 4});
    sled_tile_scalar(&tile, chip, &factor);
    tile.age++;
    sled_tile_vector(&tile, chip, &add)->times = cores;
    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){
            .name = "1/sum", .elements = 1, .rate = chip->vector.reciprocal, .sbuf_bytes = 8});
    sled_tile_vector(&tile, chip,
                     &(struct sled_operands){
                         .name = "scale",
                         .elements = kernel->k,
                         .rate = sled_rate_of_two(&chip->vector.copy, SLED_FP32, kernel->out_dtype),
                         .sbuf_bytes = sled_pass_bytes(SLED_FP32, kernel->out_dtype)});
    sled_stream_add(stream, &tile, sled_kernel_pieces(rows, lanes));
}

/* Queries, keys, values and result of a core, when none of them are in HBM. */
static bool fits(const struct sled_chip *chip, const struct sled_kernel *share)
{
    const double keys = (double)share->n * share->kv_heads * sled_kernel_key_bytes(share);
    const double queries = (double)share->m * share->heads *
                           (double)(sled_dtype_bits(share->dtype, sled_kernel_head_depth(share)) +
                                    sled_dtype_bits(share->dtype, share->k)) /
                           8;

    return share->weights_from_hbm ||
           keys + queries <= chip->sbuf.partition_bytes * (double)chip->sbuf.partitions;
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    const char *name = sled_kernel_names[kernel->kind];
    const double macs = chip->tensor.macs[kernel->dtype];

    if (macs == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "the tensor engine of this chip takes no %s",
                            sled_dtype_names[kernel->dtype]);
    if (sled_dtype_is_mx(kernel->dtype) && chip->vector.quantize_mx == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s in %s quantizes its weights, and this chip has no quantize_mx",
                            name, sled_dtype_names[kernel->dtype]);
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));
    if ((double)(kernel->k + kernel->fixed_max) > chip->psum.bank_bytes / 4)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%s: the result of a head is added up in a bank of psum, which holds "
                            "%.0f elements%s, got %" PRIu64,
                            name, chip->psum.bank_bytes / 4,
                            kernel->fixed_max ? ", one of them the sum" : "", kernel->k);
    if (sled_attention_steps(chip, false) == 0)
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
    if (kernel->heads / kernel->kv_heads > chip->sbuf.partitions)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "decode_attention: at most %" PRIu64 " heads can share keys and "
                            "values, got %" PRIu32,
                            chip->sbuf.partitions, kernel->heads / kernel->kv_heads);
    return SLED_OK;
}

const struct sled_kernel_model sled_kernel_attention = {
    .splits = SLED_SPLIT_HEADS | SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = check,
    .fits = fits,
    .program = program,
    .flops = sled_kernel_attention_flops,
};

const struct sled_kernel_model sled_kernel_decode_attention = {
    .splits = SLED_SPLIT_HEADS | SLED_SPLIT_ROWS | SLED_SPLIT_KEYS,
    .ways = WAYS,
    .check = decode_check,
    .fits = fits,
    .program = decode_program,
    .merge = decode_merge,
    .flops = sled_kernel_attention_flops,
};
