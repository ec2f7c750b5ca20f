/* SPDX-License-Identifier: Apache-2.0 */
/* Costs of kernels of one chip, each asked for once. */
#ifndef SLED_CONFIG_KERNEL_COSTS_H
#define SLED_CONFIG_KERNEL_COSTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "chip/chip.h"
#include "model/program.h"

struct sled_kernel_costs {
    const struct sled_chip *chip; /* borrowed */
    struct sled_program known;    /* private: its kernels, with costs */
};

/* What sled_chip_kernel says. Errors as it has, SLED_E_NOMEM. */
enum sled_status sled_kernel_costs_get(struct sled_kernel_costs *costs,
                                       const struct sled_kernel *kernel,
                                       struct sled_kernel_cost *out, struct sled_err *err);

/* Accepts one with nothing but a chip. */
void sled_kernel_costs_finish(struct sled_kernel_costs *costs);

#endif
