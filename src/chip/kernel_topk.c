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

static void run(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe)
{
    const struct sled_vector_spec *vector = &chip->vector;
    struct sled_tile tile = {0};

    (void)hbm_s; /* everything is in SBUF */
    for (uint64_t found = 0; found < share->k; found += FOUND_AT_ONCE) {
        sled_tile_vector(&tile, chip, vector->max8, share->n);
        sled_tile_vector(&tile, chip, vector->max8, share->n);
    }
    sled_tile_scalar_sum(&tile, chip, chip->scalar.activation, share->k);
    sled_tile_vector(&tile, chip, vector->reciprocal, 1);
    sled_tile_vector(&tile, chip, sled_rate(&vector->copy, share->dtype), share->k);
    sled_pipe_add(pipe, &tile, sled_kernel_row_tiles(chip, share));
}

const struct sled_kernel_model sled_kernel_topk = {
    .check = check,
    .run = run,
};
