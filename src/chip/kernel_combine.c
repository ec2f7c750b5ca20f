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

/* Additions that are instructions of their own; of more, each waits for the one before. */
enum { UNROLLED = 16 };

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t elements)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const double row_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype) / 2;
    const struct sled_operands add = {.name = "multiply, add",
                                      .elements = elements,
                                      .rate = vector->tensor_tensor.bits16,
                                      .sbuf_bytes = row_bytes};
    const uint64_t additions = kernel->k - 1;
    const uint64_t unrolled = additions < UNROLLED ? additions : UNROLLED;
    struct sled_tile tile = {0};

    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){.name = "multiply",
                                .elements = elements,
                                .rate = sled_rate_of_two(&vector->copy, kernel->dtype, SLED_FP32),
                                .sbuf_bytes = row_bytes});
    for (uint64_t row = 0; row < unrolled; row++)
        sled_tile_vector(&tile, chip, &add);
    if (unrolled > 0)
        tile.op[tile.nops - 1].times += additions - unrolled;
    sled_tile_spread(&tile, (double)chip->psum.banks);
    return tile;
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const uint64_t fold = share->m < chip->sbuf.partitions ? chip->sbuf.partitions / share->m : 1;

    (void)way;
    (void)stretch; /* everything is in SBUF */
    sled_kernel_cut(chip, share, sled_kernel_pieces(share->n, fold),
                    sled_kernel_row_tiles(chip, share), make_tile, stream);
}

const struct sled_kernel_model sled_kernel_combine = {
    .splits = SLED_SPLIT_COLUMNS | SLED_SPLIT_ROWS,
    .ways = 1,
    .check = sled_kernel_check_rows,
    .program = program,
};
