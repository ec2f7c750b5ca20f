/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of narrow formats to numbers and back. */
#include "model/narrow.h"

#include <assert.h>
#include <math.h>

const char *const sled_narrow_names[SLED_NARROW_FORMATS + 1] = {
    [SLED_NARROW_E4M3] = "e4m3",
    [SLED_NARROW_E5M2] = "e5m2",
    [SLED_NARROW_E2M1] = "e2m1",
};

static const struct layout {
    int mantissa_bits;
    int least_exponent; /* of the normal numbers; subnormals share it */
    uint8_t largest;    /* code of the largest finite value */
    uint8_t infinity;   /* code; the NaN, or the largest, where the format has no infinity */
    uint8_t sign;       /* its bit */
} layouts[SLED_NARROW_FORMATS] = {
    [SLED_NARROW_E4M3] = {3, -6, 0x7e, 0x7f, 0x80},
    [SLED_NARROW_E5M2] = {2, -14, 0x7b, 0x7c, 0x80},
    [SLED_NARROW_E2M1] = {1, 0, 0x07, 0x07, 0x08},
};

enum { NOT_A_NUMBER = 0x7f };

double sled_narrow_max(enum sled_narrow format)
{
    assert(format < SLED_NARROW_FORMATS);
    return sled_narrow_decode(format, layouts[format].largest);
}

int sled_narrow_max_exponent(enum sled_narrow format)
{
    return ilogb(sled_narrow_max(format));
}

unsigned sled_narrow_codes(enum sled_narrow format)
{
    assert(format < SLED_NARROW_FORMATS);
    return 2U * layouts[format].sign;
}

bool sled_narrow_has_nan(enum sled_narrow format)
{
    assert(format < SLED_NARROW_FORMATS);
    return layouts[format].largest < layouts[format].sign - 1;
}

double sled_narrow_decode(enum sled_narrow format, uint8_t code)
{
    assert(format < SLED_NARROW_FORMATS);
    const struct layout *layout = &layouts[format];
    assert(code < sled_narrow_codes(format));
    const int magnitude = code & ~layout->sign;
    const double sign = (code & layout->sign) != 0 ? -1 : 1;

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
uint8_t sled_narrow_encode(enum sled_narrow format, double value)
{
    assert(format < SLED_NARROW_FORMATS);
    const struct layout *layout = &layouts[format];
    const int sign = signbit(value) ? layout->sign : 0;

    if (isnan(value)) {
        assert(sled_narrow_has_nan(format));
        return NOT_A_NUMBER;
    }
    if (isinf(value))
        return (uint8_t)(sign | layout->infinity);
    if (fabs(value) >= sled_narrow_max(format))
        return (uint8_t)(sign | layout->largest);
    if (value == 0)
        return (uint8_t)sign;

    const int exponent = ilogb(value);
    const int binade = exponent > layout->least_exponent ? exponent - layout->least_exponent : 0;
    const double steps =
        ldexp(fabs(value), layout->mantissa_bits - layout->least_exponent - binade);

    return (uint8_t)(sign | ((binade << layout->mantissa_bits) + (int)nearbyint(steps)));
}
