/* SPDX-License-Identifier: Apache-2.0 */
/* A program without steps is a set of kernels already. */
#include "config/kernel_costs.h"

enum sled_status sled_kernel_costs_get(struct sled_kernel_costs *costs,
                                       const struct sled_kernel *kernel,
                                       struct sled_kernel_cost *out, struct sled_err *err)
{
    const uint32_t before = costs->known.nkernels;
    uint32_t id;

    SLED_TRY(sled_program_add_kernel(&costs->known, kernel, &id, err));
    if (id == before &&
        sled_chip_kernel(costs->chip, kernel, &costs->known.kernel[id].cost, err) != SLED_OK) {
        sled_program_drop_kernel(&costs->known);
        return err->code;
    }
    *out = costs->known.kernel[id].cost;
    return SLED_OK;
}

void sled_kernel_costs_finish(struct sled_kernel_costs *costs)
{
    sled_program_finish(&costs->known);
}
