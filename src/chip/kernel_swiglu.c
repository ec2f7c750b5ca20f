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

    sled_tile_scalar(&tile, chip, chip->scalar.activation, elements);
    sled_tile_vector(
        &tile, chip,
        sled_rate_of_two(&chip->vector.tensor_tensor, kernel->dtype, kernel->out_dtype), elements);
    return tile;
}

static void run(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe)
{
    (void)hbm_s; /* everything is in SBUF */
    sled_kernel_run_folded(chip, share, make_tile, pipe);
}

const struct sled_kernel_model sled_kernel_swiglu = {
    .splits_columns = true,
    .check = check,
    .run = run,
};
