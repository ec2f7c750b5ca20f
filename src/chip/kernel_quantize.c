/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a wide format to a narrow one.
 *
 * Microscaled formats need, per group of 32, the largest magnitude, a power of two from it,
 * a division and a cast. A chip with the quantize_mx instruction does all of it in one pass of
 * the vector engine over 16-bit data (fp32 is cast first). Others need a sequence:
 *
 *     vector: absmax of each group (tensor_reduce)
 *     vector: scale = its power of two; inverse = 1 / scale          per group
 *     vector: multiply by the inverse, broadcast over the group (tensor_tensor)
 *     scalar: cast to 8 bits, which the two-tensor fast mode cannot do on the way out
 *
 * Unscaled formats take one pass: multiply by a scale that is known beforehand, and cast.
 * Elements are independent but for their group, so they are laid over all partitions.
 */
#include "chip/kernels.h"

enum { GROUP = 32 };

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    (void)chip;
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    if (sled_dtype_is_mx(kernel->out_dtype) && sled_dtype_element_bits(kernel->out_dtype) != 8)
        return sled_err_set(
            err, SLED_E_UNSUPPORTED,
            "no engine quantizes to %s: it is for weights made beforehand; use mxfp8",
            sled_dtype_names[kernel->out_dtype]);
    return SLED_OK;
}

static void add_pass(const struct sled_chip *chip, const char *name, double rate, uint64_t elements,
                     double bytes, struct sled_tile *tile)
{
    sled_tile_vector(tile, chip,
                     &(struct sled_operands){
                         .name = name, .elements = elements, .rate = rate, .sbuf_bytes = bytes});
}

static void add_microscaled(const struct sled_chip *chip, const struct sled_kernel *kernel,
                            uint64_t elements, struct sled_tile *tile)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const double wide_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype);
    const double narrow_bytes = sled_pass_bytes(kernel->dtype, kernel->out_dtype);

    if (vector->quantize_mx > 0) {
        if (sled_dtype_element_bits(kernel->dtype) != 16)
            add_pass(chip, "cast", sled_rate_of_two(&vector->copy, kernel->dtype, SLED_BF16),
                     elements, sled_pass_bytes(kernel->dtype, SLED_BF16), tile);
        add_pass(chip, "quantize", vector->quantize_mx, elements,
                 sled_pass_bytes(SLED_BF16, kernel->out_dtype), tile);
        return;
    }

    const uint64_t groups = sled_kernel_pieces(elements, GROUP);

    add_pass(chip, "absmax", sled_rate(&vector->reduce, kernel->dtype), elements, wide_bytes / 2,
             tile);
    add_pass(chip, "scale", vector->copy.bits32, groups, 8, tile);
    add_pass(chip, "1/scale", vector->reciprocal, groups, 8, tile);
    add_pass(chip, "multiply", sled_rate(&vector->tensor_tensor, kernel->dtype), elements,
             wide_bytes, tile);
    sled_tile_scalar(tile, chip,
                     &(struct sled_operands){
                         .name = "cast",
                         .elements = elements,
                         .rate = sled_rate_of_two(&chip->scalar.copy, kernel->dtype, SLED_FP8),
                         .sbuf_bytes = narrow_bytes});
}

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t elements)
{
    struct sled_tile tile = {0};

    if (sled_dtype_is_mx(kernel->out_dtype))
        add_microscaled(chip, kernel, elements, &tile);
    else
        add_pass(chip, "scale, cast",
                 sled_rate_of_two(&chip->vector.copy, kernel->dtype, kernel->out_dtype), elements,
                 sled_pass_bytes(kernel->dtype, kernel->out_dtype), &tile);
    sled_tile_spread(&tile, SLED_TILE_ROOM);
    return tile;
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    (void)way;
    (void)stretch; /* everything is in SBUF */

    struct sled_kernel padded = *share;
    if (sled_dtype_is_mx(share->out_dtype)) /* a row ends with a whole group */
        padded.n = sled_kernel_pieces(share->n, GROUP) * GROUP;
    sled_kernel_fold(chip, &padded, make_tile, stream);
}

const struct sled_kernel_model sled_kernel_quantize = {
    .splits = SLED_SPLIT_COLUMNS | SLED_SPLIT_ROWS,
    .ways = 1,
    .check = check,
    .program = program,
};
