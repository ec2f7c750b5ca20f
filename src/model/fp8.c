/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of E4M3 and E5M2 to numbers and back. */
#include "model/fp8.h"

#include <assert.h>
#include <math.h>

const char *const sled_fp8_names[SLED_FP8_FORMATS + 1] = {
    [SLED_FP8_E4M3] = "e4m3",
    [SLED_FP8_E5M2] = "e5m2",
};

static const struct layout {
    int mantissa_bits;
    int least_exponent; /* of the normal numbers; subnormals share it */
    uint8_t largest;    /* code of the largest finite value */
    uint8_t infinity;   /* code, the NaN where the format has no infinity */
} layouts[SLED_FP8_FORMATS] = {
    [SLED_FP8_E4M3] = {3, -6, 0x7e, 0x7f},
    [SLED_FP8_E5M2] = {2, -14, 0x7b, 0x7c},
};

enum { SIGN = 0x80, NOT_A_NUMBER = 0x7f };

double sled_fp8_max(enum sled_fp8 format)
{
    assert(format < SLED_FP8_FORMATS);
    return sled_fp8_decode(format, layouts[format].largest);
}

int sled_fp8_max_exponent(enum sled_fp8 format)
{
    return ilogb(sled_fp8_max(format));
}

double sled_fp8_decode(enum sled_fp8 format, uint8_t code)
{
    assert(format < SLED_FP8_FORMATS);
    const struct layout *layout = &layouts[format];
    const int magnitude = code & ~SIGN;
    const double sign = (code & SIGN) != 0 ? -1 : 1;

    if (magnitude > layout->largest)
        return copysign(magnitude == layout->infinity && magnitude != NOT_A_NUMBER ? INFINITY : NAN,
                        sign);

    const int hidden = 1 << layout->mantissa_bits;
    const int exponent = magnitude >> layout->mantissa_bits; /* biased, 0: subnormal */
    const int mantissa = magnitude % hidden + (exponent > 0 ? hidden : 0);
    const int shift = exponent > 0 ? exponent - 1 : 0;

    return sign * ldexp(mantissa, layout->least_exponent + shift - layout->mantissa_bits);
}

/*
 * Between two powers of two, codes are evenly spaced and consecutive, and so they are across a
 * power of two: a mantissa that rounds up to the next one is the next code without further ado.
 */
uint8_t sled_fp8_encode(enum sled_fp8 format, double value)
{
    assert(format < SLED_FP8_FORMATS);
    const struct layout *layout = &layouts[format];
    const int sign = signbit(value) ? SIGN : 0;

    if (isnan(value))
        return NOT_A_NUMBER;
    if (isinf(value))
        return (uint8_t)(sign | layout->infinity);
    if (fabs(value) >= sled_fp8_max(format))
        return (uint8_t)(sign | layout->largest);
    if (value == 0)
        return (uint8_t)sign;

    const int exponent = ilogb(value);
    const int binade = exponent > layout->least_exponent ? exponent - layout->least_exponent : 0;
    const double steps =
        ldexp(fabs(value), layout->mantissa_bits - layout->least_exponent - binade);

    return (uint8_t)(sign | ((binade << layout->mantissa_bits) + (int)nearbyint(steps)));
}
