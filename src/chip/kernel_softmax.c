/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Softmax of rows, one row per partition:
 *
 *     vector: maximum of the row
 *     scalar: exp(x - maximum) and its sum, or on chips with the accelerated
 *     vector: exponential that does the same in one instruction
 *     vector: 1 / sum
 *     vector: multiply the row by it
 *
 * Where both engines can do the exponential, the faster way for the whole kernel is taken.
 */
#include "chip/kernels.h"

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  bool accelerated)
{
    const struct sled_vector_spec *vector = &chip->vector;
    struct sled_tile tile = {0};

    sled_tile_vector(&tile, chip, sled_rate(&vector->reduce, kernel->dtype), kernel->n);
    if (accelerated)
        sled_tile_vector(&tile, chip, vector->exponential, kernel->n);
    else
        sled_tile_scalar_sum(&tile, chip, chip->scalar.activation, kernel->n);
    sled_tile_vector(&tile, chip, vector->reciprocal, 1);
    sled_tile_vector(&tile, chip, sled_rate_of_two(&vector->copy, kernel->dtype, kernel->out_dtype),
                     kernel->n);
    return tile;
}

static void run(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe)
{
    const uint64_t tiles = sled_kernel_row_tiles(chip, share);
    struct sled_tile tile = make_tile(chip, share, false);

    (void)hbm_s; /* everything is in SBUF */
    sled_pipe_add(pipe, &tile, tiles);
    if (chip->vector.exponential == 0)
        return;

    struct sled_pipe fast = {0};
    tile = make_tile(chip, share, true);
    sled_pipe_add(&fast, &tile, tiles);
    if (sled_pipe_time(&fast) < sled_pipe_time(pipe))
        *pipe = fast;
}

const struct sled_kernel_model sled_kernel_softmax = {
    .check = sled_kernel_check_rows,
    .run = run,
};
