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

enum { ONE_ROW_A_PARTITION, FOLDED, WAYS };

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t fold)
{
    const struct sled_tensor_spec *tensor = &chip->tensor;
    const uint64_t elements = sled_kernel_pieces(kernel->n, fold);
    struct sled_tile tile = {0};

    sled_tile_scalar_sum(&tile, chip,
                         &(struct sled_operands){
                             .name = "square, sum",
                             .elements = elements,
                             .rate = chip->scalar.activation,
                             .sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype) / 2,
                         });
    if (fold > 1)
        sled_tile_add(
            &tile, &(struct sled_op){
                       .engine = SLED_ENGINE_TENSOR,
                       .name = "sum of parts",
                       .busy_s = tensor->min_cycles / tensor->clock_hz,
                       .latency_s = (tensor->min_cycles + tensor->init_cycles) / tensor->clock_hz,
                       .times = 1,
                   });
    sled_tile_scalar(
        &tile, chip,
        &(struct sled_operands){
            .name = "1/sqrt", .elements = 1, .rate = chip->scalar.activation, .sbuf_bytes = 8});
    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){
            .name = "scale",
            .elements = elements,
            .rate = sled_rate_of_two(&chip->vector.tensor_tensor, kernel->dtype, kernel->out_dtype),
            .sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype) +
                          sled_pass_bytes(kernel->out_dtype, kernel->out_dtype) / 2,
        });
    sled_tile_spread(&tile, sled_kernel_rows_that_fit(chip, kernel));
    return tile;
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const uint64_t fold = way == FOLDED ? chip->sbuf.partitions / share->m : 1;

    (void)stretch; /* everything is in SBUF */
    if (way == FOLDED && fold <= 1)
        return;

    const struct sled_tile tile = make_tile(chip, share, fold);
    sled_stream_add(stream, &tile, sled_kernel_row_tiles(chip, share));
}

const struct sled_kernel_model sled_kernel_rmsnorm = {
    .splits = SLED_SPLIT_ROWS,
    .ways = WAYS,
    .check = sled_kernel_check_rows,
    .program = program,
};
