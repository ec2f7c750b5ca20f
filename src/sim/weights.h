/* SPDX-License-Identifier: Apache-2.0 */
/* Fractional weights for a solver that counts: how often a route names a link. */
#ifndef SLED_SIM_WEIGHTS_H
#define SLED_SIM_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A factor that makes all weights of one resource nearly whole; multiplying its
 * capacity by the same factor leaves every share as it was. The smallest weight becomes 1,
 * or the least whole number up to 16 that makes the others whole within 1e-9, or else the
 * number up to 16 with the least error.
 */
struct sled_weight_scale {
    double factor;
    double error; /* largest relative rounding of a weight; 0 when whole within 1e-9 */
};

/* weight[count] are positive and ascending, count >= 1. */
struct sled_weight_scale sled_weight_scale(const double *weight, size_t count);

/* The whole number that a weight becomes. */
uint32_t sled_weight_times(struct sled_weight_scale scale, double weight);

#endif
