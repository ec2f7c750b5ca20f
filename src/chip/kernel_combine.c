/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weighted sum of k rows for each token: what its experts sent back becomes its next
 * hidden state. A token lies in one partition, so that a weight is one number per partition:
 *
 *     vector: multiply the first row by its weight (tensor_scalar), result to PSUM
 *     for every further row:
 *     vector: multiply it by its weight and add to the sum, in one instruction with two
 *             tensors (scalar_tensor_tensor)
 *
 * Sums are held in fp32 in PSUM, a bank at a time; the last instruction writes the result to
 * SBUF. With one operand in PSUM, an instruction with two tensors takes as long as on 16-bit data
 * in SBUF, says the NKI reference. Columns are independent: where there are fewer tokens than
 * partitions, a token is folded over several.
 */
#include "chip/kernels.h"

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t elements)
{
    const struct sled_vector_spec *vector = &chip->vector;
    struct sled_tile tile = {0};

    sled_tile_vector(&tile, chip, sled_rate_of_two(&vector->copy, kernel->dtype, SLED_FP32),
                     elements);
    for (uint64_t row = 1; row < kernel->k; row++)
        sled_tile_vector(&tile, chip, vector->tensor_tensor.bits16, elements);
    return tile;
}

static void run(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe)
{
    const uint64_t fold = share->m < chip->sbuf.partitions ? chip->sbuf.partitions / share->m : 1;
    const uint64_t elements = sled_kernel_pieces(share->n, fold);
    const uint64_t size = (uint64_t)(chip->psum.bank_bytes / 4);
    const uint64_t row_tiles = sled_kernel_row_tiles(chip, share);

    (void)hbm_s; /* everything is in SBUF */
    if (elements >= size) {
        const struct sled_tile full = make_tile(chip, share, size);
        sled_pipe_add(pipe, &full, row_tiles * (elements / size));
    }
    if (elements % size != 0) {
        const struct sled_tile partial = make_tile(chip, share, elements % size);
        sled_pipe_add(pipe, &partial, row_tiles);
    }
}

const struct sled_kernel_model sled_kernel_combine = {
    .splits_columns = true,
    .check = sled_kernel_check_rows,
    .run = run,
};
