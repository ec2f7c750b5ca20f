/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of 32 elements under a shared power of two. */
#include "model/mx.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SCALE_BIAS = 127, SCALE_NAN = 255 };

size_t sled_mx_groups(size_t count)
{
    return count / SLED_MX_GROUP + (count % SLED_MX_GROUP != 0);
}

double sled_mx_scale(uint8_t code)
{
    return code == SCALE_NAN ? NAN : ldexp(1, code - SCALE_BIAS);
}

static bool any_nan(const float *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(value[i]))
            return true;
    return false;
}

/* The largest float is below 2^128, so that no scale exceeds the largest code. */
static uint8_t choose_scale(enum sled_narrow format, const float *value, size_t count)
{
    float largest = 0;

    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            largest = fmaxf(largest, fabsf(value[i]));
    if (largest == 0)
        return 0;

    const int exponent = ilogb(largest) - sled_narrow_max_exponent(format);

    return exponent < -SCALE_BIAS ? 0 : (uint8_t)(exponent + SCALE_BIAS);
}

void sled_mx_quantise(enum sled_narrow format, const float *value, size_t count, uint8_t *scale,
                      uint8_t *element)
{
    for (size_t first = 0; first < count; first += SLED_MX_GROUP) {
        const size_t size = count - first < SLED_MX_GROUP ? count - first : SLED_MX_GROUP;
        const uint8_t code = choose_scale(format, &value[first], size);

        if (!sled_narrow_has_nan(format) && any_nan(&value[first], size)) {
            scale[first / SLED_MX_GROUP] = SCALE_NAN;
            memset(&element[first], 0, size);
            continue;
        }
        scale[first / SLED_MX_GROUP] = code;
        for (size_t i = first; i < first + size; i++)
            element[i] = sled_narrow_encode(format, value[i] / sled_mx_scale(code));
    }
}

void sled_mx_dequantise(enum sled_narrow format, const uint8_t *scale, const uint8_t *element,
                        size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = sled_mx_scale(scale[i / SLED_MX_GROUP]) * sled_narrow_decode(format, element[i]);
}
