/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel costs: time, engines, bytes and what bounds it. */
#ifndef SLED_REPORT_KERNEL_H
#define SLED_REPORT_KERNEL_H

#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "model/kernel.h"

/* One kernel on one chip; all borrowed. */
struct sled_kernel_report {
    const char *chip;
    uint32_t chip_cores;
    double peak_flops; /* of the kernel's cores in its format */
    const struct sled_kernel *kernel;
    const struct sled_kernel_cost *cost;
    const double *launch_s; /* of a program of it alone, beside it; NULL: not asked */
};

/* Errors of the stream are found by its owner; SLED_E_NOMEM. */
enum sled_status sled_kernel_write_text(const struct sled_kernel_report *report, FILE *stream,
                                        struct sled_err *err);
/* config is the effective configuration of the chip, embedded. */
enum sled_status sled_kernel_write_json(const struct sled_kernel_report *report,
                                        const cJSON *config, FILE *stream, struct sled_err *err);

/* Add what is asked to item, a JSON object: the kernel, its shape and formats. */
void sled_kernel_add_request(const struct sled_kernel *kernel, cJSON *item);

#endif
