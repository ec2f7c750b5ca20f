/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rotary position embedding (Su and others, "RoFormer", 2021): the two halves of a row are the
 * coordinates of n / 2 points, each turned by an angle that depends on the token:
 *
 *     vector: a = x times the cosines
 *     vector: b = the halves of x, exchanged, times the sines (of one half negated)
 *     vector: a + b
 *
 * Cosines and sines are tables in SBUF. Exchanging halves is an access pattern and costs nothing.
 * Elements are independent but for their partner, so they are laid over all partitions.
 */
#include <inttypes.h>

#include "chip/kernels.h"

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    (void)chip;
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->out_dtype, err));
    if (kernel->n % 2 != 0)
        return sled_err_set(err, SLED_E_INPUT, "rope: n must be even, got %" PRIu64, kernel->n);
    return SLED_OK;
}

static struct sled_tile make_tile(const struct sled_chip *chip, const struct sled_kernel *kernel,
                                  uint64_t elements)
{
    const struct sled_rates *rates = &chip->vector.tensor_tensor;
    struct sled_operands pass = {
        .name = "cosines",
        .elements = elements,
        .rate = sled_rate(rates, kernel->dtype),
        .sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype) * 3 / 2,
    };
    struct sled_tile tile = {0};

    sled_tile_vector(&tile, chip, &pass);
    pass.name = "sines";
    sled_tile_vector(&tile, chip, &pass);
    pass.name = "add";
    pass.rate = sled_rate_of_two(rates, kernel->dtype, kernel->out_dtype);
    pass.sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->dtype) +
                      sled_pass_bytes(kernel->out_dtype, kernel->out_dtype) / 2;
    sled_tile_vector(&tile, chip, &pass);
    sled_tile_spread(&tile, SLED_TILE_ROOM);
    return tile;
}

const struct sled_kernel_model sled_kernel_rope = {
    .splits = SLED_SPLIT_ROWS,
    .ways = 1,
    .check = check,
    .make_tile = make_tile,
};
