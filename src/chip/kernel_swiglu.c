/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SwiGLU: silu(gate) x up (Shazeer, "GLU Variants Improve Transformer", 2020). The
 * scalar engine has silu in its table of functions, the vector engine multiplies. Elements
 * are independent, so they are laid over all partitions.
 */
#include "chip/kernels.h"

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    (void)chip;
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    return sled_kernel_check_plain(kernel, kernel->out_dtype, err);
}

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t elements)
{
    struct sled_tile tile = {0};

    sled_tile_scalar(&tile, chip,
                     &(struct sled_operands){
                         .name = "silu",
                         .elements = elements,
                         .rate = chip->scalar.activation,
                         .sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype),
                     });
    sled_tile_vector(
        &tile, chip,
        &(struct sled_operands){
            .name = "multiply",
            .elements = elements,
            .rate = sled_rate_of_two(&chip->vector.tensor_tensor, kernel->dtype, kernel->out_dtype),
            .sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype) +
                          sled_pass_bytes(kernel->out_dtype, kernel->out_dtype) / 2,
        });
    sled_tile_spread(&tile, SLED_TILE_ROOM);
    return tile;
}

const struct sled_kernel_model sled_kernel_swiglu = {
    .splits = SLED_SPLIT_COLUMNS | SLED_SPLIT_ROWS,
    .ways = 1,
    .check = check,
    .make_tile = make_tile,
};
