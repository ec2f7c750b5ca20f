/* SPDX-License-Identifier: Apache-2.0 */
/* The search for a common factor. Most resources see one weight, which becomes 1. */
#include "sim/weights.h"

#include <assert.h>
#include <math.h>

enum { LARGEST_UNIT = 16 };

static const double whole_within = 1e-9;

static double rounding(double factor, const double *weight, size_t count)
{
    double error = 0.0;

    for (size_t i = 0; i < count; i++) {
        const double exact = weight[i] * factor;
        error = fmax(error, fabs(round(exact) - exact) / exact);
    }
    return error <= whole_within ? 0.0 : error;
}

struct sled_weight_scale sled_weight_scale(const double *weight, size_t count)
{
    assert(count > 0 && weight[0] > 0);
    struct sled_weight_scale best = {.error = INFINITY};

    for (int unit = 1; unit <= LARGEST_UNIT && best.error > 0; unit++) {
        const double factor = unit / weight[0];
        const double error = rounding(factor, weight, count);

        if (error < best.error)
            best = (struct sled_weight_scale){.factor = factor, .error = error};
    }
    return best;
}

uint32_t sled_weight_times(struct sled_weight_scale scale, double weight)
{
    return (uint32_t)lround(weight * scale.factor);
}
