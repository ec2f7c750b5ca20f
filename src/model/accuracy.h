/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured, what we say of it, and how far the two are apart. */
#ifndef SLED_MODEL_ACCURACY_H
#define SLED_MODEL_ACCURACY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/kernel.h"

/* One measurement: kernels that ran one after the other in one program. Texts and kernels are
 * borrowed. */
struct sled_accuracy_row {
    const char *name;
    uint32_t line;                     /* of its file */
    const struct sled_kernel *kernels; /* [nkernels], at least one, in order */
    size_t nkernels;
    uint32_t cores;     /* that the program is launched on, at least those of each kernel */
    double measured_s;  /* above 0 */
    double other_s;     /* of it, measured by itself too: what is no kernel of ours */
    double predicted_s; /* 0 until someone asked a chip; with other_s */
    bool is_bound;      /* the time is only known to be below measured_s */
};

/* Predicted over measured. */
double sled_accuracy_ratio(const struct sled_accuracy_row *row);

/* An error of more than this share is told one by one. */
#define SLED_ACCURACY_LIMIT 0.25

/* Is it a measured time, and the prediction further off than that? */
bool sled_accuracy_is_outside(const struct sled_accuracy_row *row);
/* Is it a bound, and the prediction not below it? */
bool sled_accuracy_is_broken(const struct sled_accuracy_row *row);

/* Of many rows; begin with zeroes. */
struct sled_accuracy_stats {
    size_t times, outside; /* rows that were measured, and of them those outside the limit */
    size_t bounds, broken;
    double error_sum; /* |ratio - 1| over the times */
    double bias_sum;  /* ratio - 1 */
};

void sled_accuracy_add(struct sled_accuracy_stats *stats, const struct sled_accuracy_row *row);

/* Mean absolute percentage error and mean signed error, as shares: 0.1 is 10 %. 0 of no times. */
double sled_accuracy_error(const struct sled_accuracy_stats *stats);
double sled_accuracy_bias(const struct sled_accuracy_stats *stats);

/* Bands by measured time, within which errors have the same causes: starting a kernel, filling and
 * draining it, its steady state. Short to long; each from the end of the one before. */
struct sled_accuracy_band {
    const char *name;
    double below_s; /* INFINITY for the last */
};
enum { SLED_ACCURACY_BANDS = 4 };
extern const struct sled_accuracy_band sled_accuracy_bands[SLED_ACCURACY_BANDS];

/* The band of a measured time. */
size_t sled_accuracy_band(double measured_s);

#endif
