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

enum { BY_SCALAR, BY_VECTOR, WAYS };

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const struct sled_operands scores = {
        .name = "max",
        .elements = share->n,
        .rate = sled_rate(&vector->reduce, share->dtype),
        .sbuf_bytes = sled_pass_bytes(share->dtype, share->dtype) / 2,
    };
    struct sled_operands pass = {
        .name = "exp",
        .elements = share->n,
        .rate = way == BY_VECTOR ? vector->exponential : chip->scalar.activation,
        .sbuf_bytes = sled_pass_bytes(share->dtype, share->dtype),
    };
    struct sled_tile tile = {0};

    (void)stretch; /* everything is in SBUF */
    if (way == BY_VECTOR && vector->exponential == 0)
        return;
    sled_tile_vector(&tile, chip, &scores);
    if (way == BY_VECTOR)
        sled_tile_vector(&tile, chip, &pass);
    else
        sled_tile_scalar_sum(&tile, chip, &pass);
    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){
            .name = "1/sum", .elements = 1, .rate = vector->reciprocal, .sbuf_bytes = 8});
    pass.name = "scale";
    pass.rate = sled_rate_of_two(&vector->copy, share->dtype, share->out_dtype);
    pass.sbuf_bytes = sled_pass_bytes(share->dtype, share->out_dtype);
    sled_tile_vector(&tile, chip, &pass);
    sled_tile_spread(&tile, sled_kernel_rows_that_fit(chip, share));
    sled_stream_add(stream, &tile, sled_kernel_row_tiles(chip, share));
}

const struct sled_kernel_model sled_kernel_softmax = {
    .splits = SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = sled_kernel_check_rows,
    .program = program,
};
