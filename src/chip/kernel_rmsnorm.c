/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root-mean-square normalisation of rows (Zhang and Sennrich, 2019):
 *
 *     scalar: square of every element and their sum
 *     tensor: sum of the parts of a row, by a matrix of ones; only for folded rows
 *     scalar: 1 / sqrt(mean + epsilon)
 *     vector: multiply by that number and by the learned weights, in one instruction
 *             with two tensors (scalar_tensor_tensor)
 *
 * One row lies in one partition. When there are fewer rows than partitions, as in decoding, a row
 * can be folded over several, whose partial sums the tensor engine adds up; the faster of
 * the two layouts is taken.
 */
#include "chip/kernels.h"

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t fold)
{
    const uint64_t elements = sled_kernel_pieces(kernel->n, fold);
    struct sled_tile tile = {0};

    sled_tile_scalar_sum(&tile, chip, chip->scalar.activation, elements);
    if (fold > 1)
        sled_tile_add(&tile, SLED_ENGINE_TENSOR, chip->tensor.min_cycles / chip->tensor.clock_hz,
                      (chip->tensor.min_cycles + chip->tensor.init_cycles) / chip->tensor.clock_hz);
    sled_tile_scalar(&tile, chip, chip->scalar.activation, 1);
    sled_tile_vector(
        &tile, chip,
        sled_rate_of_two(&chip->vector.tensor_tensor, kernel->dtype, kernel->out_dtype), elements);
    return tile;
}

static void run(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe)
{
    const uint64_t fold = chip->sbuf.partitions / share->m;
    struct sled_tile tile = make_tile(chip, share, 1);

    (void)hbm_s; /* everything is in SBUF */
    sled_pipe_add(pipe, &tile, sled_kernel_row_tiles(chip, share));
    if (fold <= 1)
        return;

    struct sled_pipe folded = {0};
    tile = make_tile(chip, share, fold);
    sled_pipe_add(&folded, &tile, 1);
    if (sled_pipe_time(&folded) < sled_pipe_time(pipe))
        *pipe = folded;
}

const struct sled_kernel_model sled_kernel_rmsnorm = {
    .check = sled_kernel_check_rows,
    .run = run,
};
