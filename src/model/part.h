/* SPDX-License-Identifier: Apache-2.0 */
/* A part of something longer: a program that was run, and how often it came. */
#ifndef SLED_MODEL_PART_H
#define SLED_MODEL_PART_H

#include "model/program.h"
#include "model/result.h"

struct sled_part {
    const struct sled_program *program; /* with plans and costs; borrowed */
    struct sled_result *result;
    double *start_s; /* [nchips]: when each chip began */
    uint32_t times;
};

#endif
