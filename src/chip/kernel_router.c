/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A router: the scores of n experts for each of m tokens of k elements by a matmul, then the best
 * top_k of them and their weights. One token per partition; scores are held in fp32.
 *
 *     scalar: sigmoid, vector: add the bias that balances load       sigmoid only
 *     with a limit, only the best `limit` of `limit_of` groups of experts are eligible:
 *         vector: max8 of each group and the sum of two              sigmoid: DeepSeek-V3
 *         vector: maximum of each group                              softmax: DeepSeek-V2
 *         vector: max8 and match_replace8 of the groups, threshold, mask all scores
 *     for every 8 of top_k, vector: max8, match_replace8
 *     weights
 *         chosen   exp of the chosen and its sum; divide             gpt-oss, Mixtral
 *         all      exp of all and its sum; of the chosen; divide     Qwen3
 *         sigmoid  gather the scores without bias, sum, divide       DeepSeek-V3
 *
 * Cores share the columns of the matmul, whose scores then go to the cores that share the rows, or
 * rows throughout, whichever is faster. What cores hand to each other is in SBUF and not charged,
 * as between kernels.
 */
#include <inttypes.h>

#include "chip/kernels.h"
#include "chip/parts.h"

/* What cores share, each with all ways of a matmul. */
enum { BY_COLUMNS, BY_ROWS, SHARINGS, MATMUL_WAYS = 4, WAYS = SHARINGS * MATMUL_WAYS };
enum { FOUND_AT_ONCE = 8, FIRST_AGE = 2 };

static struct sled_op *add_vector(const struct sled_chip *chip, const char *name, uint64_t elements,
                                  double rate, double bytes, struct sled_tile *tile)
{
    return sled_tile_vector(
        tile, chip,
        &(struct sled_operands){
            .name = name, .elements = elements, .rate = rate, .sbuf_bytes = bytes});
}

static void add_exponential(const struct sled_chip *chip, uint64_t elements, struct sled_tile *tile)
{
    sled_tile_scalar_sum(
        tile, chip,
        &(struct sled_operands){
            .name = "exp", .elements = elements, .rate = chip->scalar.activation, .sbuf_bytes = 8});
}

/* Find so many of the largest, each 8 by two instructions, and strike them out. */
static void add_largest(const struct sled_chip *chip, uint64_t count, uint64_t elements,
                        struct sled_tile *tile)
{
    add_vector(chip, "max8, match_replace8", elements, chip->vector.max8, 6, tile)->times =
        2 * sled_kernel_pieces(count, FOUND_AT_ONCE);
}

static void add_limit(const struct sled_chip *chip, const struct sled_kernel *kernel,
                      struct sled_tile *tile)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const uint64_t groups = kernel->limit_of;

    if (kernel->scores == SLED_SCORES_SIGMOID) {
        struct sled_op *op =
            add_vector(chip, "max8 of groups", kernel->n / groups, vector->max8, 4, tile);

        /* One for each group, of which none waits for another. */
        op->latency_s += (double)(groups - 1) * op->busy_s;
        op->busy_s *= (double)groups;
        op->sbuf_bytes *= (double)groups;
        add_vector(chip, "sum of two", groups, vector->tensor_tensor.bits32, 12, tile);
    } else {
        add_vector(chip, "max of groups", kernel->n, vector->reduce.bits32, 4, tile);
    }
    add_largest(chip, kernel->limit, groups, tile);
    add_vector(chip, "threshold", groups, vector->copy.bits32, 8, tile);
    add_vector(chip, "mask", kernel->n, vector->tensor_tensor.bits32, 12, tile);
}

static void add_weights(const struct sled_chip *chip, const struct sled_kernel *kernel,
                        struct sled_tile *tile)
{
    const struct sled_vector_spec *vector = &chip->vector;

    if (kernel->scores == SLED_SCORES_SIGMOID) {
        add_vector(chip, "gather", kernel->top_k, vector->copy.bits32, 8, tile);
        add_vector(chip, "sum", kernel->top_k, vector->reduce.bits32, 4, tile);
    } else {
        if (kernel->scores == SLED_SCORES_ALL)
            add_exponential(chip, kernel->n, tile);
        add_exponential(chip, kernel->top_k, tile);
    }
    add_vector(chip, "1/sum", 1, vector->reciprocal, 8, tile);
    add_vector(chip, "scale", kernel->top_k,
               sled_rate_of_two(&vector->copy, SLED_FP32, kernel->out_dtype),
               sled_pass_bytes(SLED_FP32, kernel->out_dtype), tile);
}

/* The choice for a row in each partition. */
static struct sled_tile choose(const struct sled_chip *chip, const struct sled_kernel *kernel)
{
    struct sled_tile tile = {0};

    if (kernel->scores == SLED_SCORES_SIGMOID) {
        sled_tile_scalar(&tile, chip,
                         &(struct sled_operands){.name = "sigmoid",
                                                 .elements = kernel->n,
                                                 .rate = chip->scalar.activation,
                                                 .sbuf_bytes = 8});
        add_vector(chip, "add bias", kernel->n, chip->vector.tensor_tensor.bits32, 12, &tile);
    }
    if (kernel->limit > 0)
        add_limit(chip, kernel, &tile);
    add_largest(chip, kernel->top_k, kernel->n, &tile);
    add_weights(chip, kernel, &tile);
    return tile;
}

static struct sled_kernel matmul_of(const struct sled_kernel *kernel)
{
    struct sled_kernel matmul = *kernel;

    matmul.kind = SLED_KERNEL_MATMUL;
    matmul.out_dtype = SLED_FP32;
    return matmul;
}

static void core_program(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         uint64_t core, uint64_t used, uint32_t way, double stretch,
                         struct sled_instr_stream *stream)
{
    const uint64_t rows = sled_kernel_deal(kernel->m, core, used);
    const enum sled_engine first =
        kernel->scores == SLED_SCORES_SIGMOID ? SLED_ENGINE_SCALAR : SLED_ENGINE_VECTOR;
    struct sled_kernel matmul = matmul_of(kernel);
    const bool columns = way % SHARINGS == BY_COLUMNS;
    uint32_t age = FIRST_AGE;

    if (columns)
        matmul.n = sled_kernel_pieces(kernel->n, used); /* the largest part must fit */
    if (!sled_kernel_matmul.fits(chip, &matmul))
        return;
    if (columns)
        matmul.n = sled_kernel_deal(kernel->n, core, used);
    else
        matmul.m = rows;
    if (matmul.m > 0 && matmul.n > 0)
        age = sled_parts_matmul_way(chip, &matmul, way / SHARINGS, FIRST_AGE, stretch, stream);
    if (rows > 0) {
        const struct sled_tile tile = choose(chip, kernel);

        sled_parts_wait(chip, first, age, stream);
        sled_parts_tiles(&tile, sled_kernel_pieces(rows, chip->sbuf.partitions), age, stream);
    }
    sled_parts_limit(chip, stream);
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    const struct sled_kernel matmul = matmul_of(kernel);

    SLED_TRY(sled_kernel_matmul.check(chip, &matmul, err));
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));
    if (kernel->n > chip->vector.max8_elements)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "router: rows of %" PRIu64 " scores; the vector engine takes at most "
                            "%" PRIu64,
                            kernel->n, chip->vector.max8_elements);
    return SLED_OK;
}

const struct sled_kernel_model sled_kernel_router = {
    .splits = SLED_SPLIT_OWN,
    .ways = WAYS,
    .check = check,
    .core_program = core_program,
    .flops = sled_kernel_matmul_flops,
};
