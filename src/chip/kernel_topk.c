/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The k largest scores of each row and their softmax weights: a router's choice of experts. One
 * row per partition. The vector engine finds 8 at a time:
 *
 *     for every 8 of k:  vector: max8 of the row
 *                        vector: match_replace8: their places, and they are struck out
 *     scalar: exp of the k scores and its sum
 *     vector: 1 / sum, then multiply
 *
 * Both 8-wide instructions take one cycle per element of the row, as the NKI reference says.
 */
#include <inttypes.h>

#include "chip/kernels.h"

enum { FOUND_AT_ONCE = 8 };

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    if (kernel->k > kernel->n)
        return sled_err_set(err, SLED_E_INPUT,
                            "topk: k must be at most the %" PRIu64 " scores of a row, got %" PRIu64,
                            kernel->n, kernel->k);
    if (kernel->n > chip->vector.max8_elements)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "topk of rows of %" PRIu64 " scores; the vector engine takes at most "
                            "%" PRIu64,
                            kernel->n, chip->vector.max8_elements);
    return sled_kernel_check_rows(chip, kernel, err);
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const double bytes = sled_pass_bytes(share->dtype, share->dtype);
    struct sled_tile tile = {0};

    (void)way;
    (void)stretch; /* everything is in SBUF */
    sled_tile_vector(&tile, chip,
                     &(struct sled_operands){.name = "max8, match_replace8",
                                             .elements = share->n,
                                             .rate = vector->max8,
                                             .sbuf_bytes = bytes * 3 / 4})
        ->times = 2 * sled_kernel_pieces(share->k, FOUND_AT_ONCE);
    sled_tile_scalar_sum(&tile, chip,
                         &(struct sled_operands){.name = "exp",
                                                 .elements = share->k,
                                                 .rate = chip->scalar.activation,
                                                 .sbuf_bytes = bytes});
    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){
            .name = "1/sum", .elements = 1, .rate = vector->reciprocal, .sbuf_bytes = 8});
    sled_tile_vector(&tile, chip,
                     &(struct sled_operands){.name = "scale",
                                             .elements = share->k,
                                             .rate = sled_rate(&vector->copy, share->dtype),
                                             .sbuf_bytes = bytes});
    sled_tile_spread(&tile, sled_kernel_rows_that_fit(chip, share));
    sled_stream_add(stream, &tile, sled_kernel_row_tiles(chip, share));
}

const struct sled_kernel_model sled_kernel_topk = {
    .splits = SLED_SPLIT_ROWS,
    .ways = 1,
    .check = check,
    .program = program,
};
