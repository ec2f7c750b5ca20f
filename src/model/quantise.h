/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to bring numbers to 8 or 4 bits, and the error that each of them makes. */
#ifndef SLED_MODEL_QUANTISE_H
#define SLED_MODEL_QUANTISE_H

#include <stddef.h>

#include "base/err.h"
#include "model/narrow.h"

/* One way. Instances are const and live for the whole process. */
struct sled_quantiser {
    const char *name;
    const char *summary;

    /* What value[count] is after a trip to the format and back, into out[count]. Fails with
     * SLED_E_NOMEM. */
    enum sled_status (*round_trip)(enum sled_narrow format, const float *value, size_t count,
                                   double *out, struct sled_err *err);
};

/* All of them, coarsest first; *count receives their number. Borrowed. */
const struct sled_quantiser *sled_quantisers(size_t *count);

/* Error over some elements: zero it, then add them. All must be finite. */
struct sled_quantise_error {
    double signal;  /* sum of v^2 */
    double noise;   /* sum of (v' - v)^2 */
    uint64_t count; /* elements other than 0 ... */
    uint64_t lost;  /* ... and those of them that became 0 */
};
void sled_quantise_error_add(struct sled_quantise_error *error, double value, double got);

/* Root of noise over signal: 0 is exact, 1 as bad as nothing but zeros. 0 without signal. */
double sled_quantise_error_rms(const struct sled_quantise_error *error);

#endif
