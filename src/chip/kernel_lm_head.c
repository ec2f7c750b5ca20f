/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From hidden states to the next token: a matmul with the whole vocabulary, [m][k] x [k][n], of
 * whose results only the top_k of each row are kept (1: arg max). Scores come in chunks; while one
 * is multiplied, the vector engine looks through the one before, a row per partition:
 *
 *     for every 8 of top_k:  vector: max8 of the chunk
 *                            vector: match_replace8: their places, and they are struck out
 *
 * and at the end through what was found in all chunks of all cores, in the same manner. Cores
 * share the vocabulary, then the rows. What they hand to each other is in SBUF and not charged,
 * as between kernels.
 */
#include <inttypes.h>

#include "chip/kernels.h"
#include "chip/parts.h"

enum { ALL_IN_ALL, FOR_THE_FIRST, WAYS }; /* how a chunk's matmul is programmed, see parts.h */
enum { FOUND_AT_ONCE = 8, FIRST_AGE = 2 };
enum { CHUNK_TILES = 8 }; /* of moving columns, in a chunk: few, and the end is short */

static uint64_t chunk_of(const struct sled_chip *chip)
{
    const uint64_t columns = CHUNK_TILES * chip->tensor.moving_columns;

    return columns < chip->vector.max8_elements ? columns : chip->vector.max8_elements;
}

/* What each row keeps of a chunk, or in the end. */
static uint64_t kept(const struct sled_kernel *kernel)
{
    return sled_kernel_pieces(kernel->top_k, FOUND_AT_ONCE) * FOUND_AT_ONCE;
}

/* Chunks of all cores, at most. */
static uint64_t count_chunks(const struct sled_chip *chip, const struct sled_kernel *kernel,
                             uint64_t used)
{
    return used * sled_kernel_pieces(sled_kernel_pieces(kernel->n, used), chunk_of(chip));
}

static struct sled_kernel matmul_of(const struct sled_kernel *kernel)
{
    struct sled_kernel matmul = *kernel;

    matmul.kind = SLED_KERNEL_MATMUL;
    matmul.out_dtype = SLED_FP32;
    return matmul;
}

/* The largest of so many elements of each of `rows` rows, when the vector engine may go on. */
static void add_largest(const struct sled_chip *chip, const struct sled_kernel *kernel,
                        uint64_t rows, uint64_t elements, uint32_t age,
                        struct sled_instr_stream *stream)
{
    struct sled_tile tile = {0};

    sled_tile_vector(&tile, chip,
                     &(struct sled_operands){.name = "max8, match_replace8",
                                             .elements = elements,
                                             .rate = chip->vector.max8,
                                             .sbuf_bytes = 6})
        ->times = kept(kernel) / FOUND_AT_ONCE * 2;
    sled_parts_wait(chip, SLED_ENGINE_VECTOR, age, stream);
    sled_parts_tiles(&tile, sled_kernel_pieces(rows, chip->sbuf.partitions), age, stream);
}

static void core_program(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         uint64_t core, uint64_t used, uint32_t way, double stretch,
                         struct sled_instr_stream *stream)
{
    const uint64_t rows = sled_kernel_deal(kernel->m, core, used);
    const uint64_t columns = sled_kernel_deal(kernel->n, core, used);
    const uint64_t chunk = chunk_of(chip);
    struct sled_kernel matmul = matmul_of(kernel);
    uint32_t age = FIRST_AGE;

    matmul.n = sled_kernel_pieces(kernel->n, used);
    if (!sled_kernel_matmul.fits(chip, &matmul))
        return;
    for (uint64_t done = 0; done < columns; done += matmul.n) {
        matmul.n = columns - done < chunk ? columns - done : chunk;
        age = sled_parts_matmul(chip, &matmul, way == FOR_THE_FIRST, FIRST_AGE, stretch, stream);
        add_largest(chip, kernel, kernel->m, matmul.n, age, stream);
    }
    if (rows > 0)
        add_largest(chip, kernel, rows, count_chunks(chip, kernel, used) * kept(kernel), age,
                    stream);
    sled_parts_limit(chip, stream);
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    const struct sled_kernel matmul = matmul_of(kernel);
    const uint64_t found = count_chunks(chip, kernel, kernel->cores) * kept(kernel);

    SLED_TRY(sled_kernel_matmul.check(chip, &matmul, err));
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));
    if (found > chip->vector.max8_elements)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "lm_head: the top %" PRIu32 " of all chunks of %" PRIu64
                            " scores are %" PRIu64 "; the vector engine looks through %" PRIu64
                            " at most",
                            kernel->top_k, chunk_of(chip), found, chip->vector.max8_elements);
    return SLED_OK;
}

const struct sled_kernel_model sled_kernel_lm_head = {
    .splits = SLED_SPLIT_OWN,
    .ways = WAYS,
    .check = check,
    .core_program = core_program,
    .flops = sled_kernel_matmul_flops,
};
