/* SPDX-License-Identifier: Apache-2.0 */
/* E4M3 and E5M2: every code, the limits that the specification prints, rounding, saturation. */
#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/fp8.h"

/* OFP8 v1.0, tables of the two formats. */
static const struct {
    uint8_t largest, least_normal, largest_subnormal, least_subnormal;
    double value[4];
} limits[SLED_FP8_FORMATS] = {
    [SLED_FP8_E4M3] = {0x7e, 0x08, 0x07, 0x01, {448, 0x1p-6, 0x1.cp-7, 0x1p-9}},
    [SLED_FP8_E5M2] = {0x7b, 0x04, 0x03, 0x01, {57344, 0x1p-14, 0x1.8p-15, 0x1p-16}},
};

START_TEST(limits_are_those_of_the_specification)
{
    const enum sled_fp8 format = (enum sled_fp8)_i;
    const uint8_t code[] = {limits[_i].largest, limits[_i].least_normal,
                            limits[_i].largest_subnormal, limits[_i].least_subnormal};

    for (size_t i = 0; i < SLED_ARRAY_LEN(code); i++) {
        ck_assert_double_eq(sled_fp8_decode(format, code[i]), limits[_i].value[i]);
        ck_assert_double_eq(sled_fp8_decode(format, code[i] | 0x80), -limits[_i].value[i]);
    }
    ck_assert_double_eq(sled_fp8_max(format), limits[_i].value[0]);
    ck_assert_int_eq(sled_fp8_max_exponent(format), format == SLED_FP8_E4M3 ? 8 : 15);
}
END_TEST

START_TEST(every_code_comes_back)
{
    const enum sled_fp8 format = (enum sled_fp8)_i;
    int finite = 0;

    for (int code = 0; code < 256; code++) {
        const double value = sled_fp8_decode(format, (uint8_t)code);
        const uint8_t back = sled_fp8_encode(format, value);

        finite += isfinite(value);
        if (isnan(value))
            ck_assert_uint_eq(back, 0x7f);
        else
            ck_assert_uint_eq(back, (uint8_t)code);
    }
    ck_assert_int_eq(finite, format == SLED_FP8_E4M3 ? 254 : 248);
}
END_TEST

START_TEST(infinities_and_nan)
{
    ck_assert(isnan(sled_fp8_decode(SLED_FP8_E4M3, 0x7f)));
    ck_assert(isnan(sled_fp8_decode(SLED_FP8_E4M3, 0xff)));
    ck_assert_uint_eq(sled_fp8_encode(SLED_FP8_E4M3, NAN), 0x7f);
    ck_assert(isnan(sled_fp8_decode(SLED_FP8_E4M3, sled_fp8_encode(SLED_FP8_E4M3, INFINITY))));
    ck_assert(isnan(sled_fp8_decode(SLED_FP8_E4M3, sled_fp8_encode(SLED_FP8_E4M3, -INFINITY))));

    ck_assert_double_eq(sled_fp8_decode(SLED_FP8_E5M2, 0x7c), INFINITY);
    ck_assert_double_eq(sled_fp8_decode(SLED_FP8_E5M2, 0xfc), -INFINITY);
    for (uint8_t code = 0x7d; code <= 0x7f; code++)
        ck_assert(isnan(sled_fp8_decode(SLED_FP8_E5M2, code)));
    ck_assert_uint_eq(sled_fp8_encode(SLED_FP8_E5M2, -INFINITY), 0xfc);
}
END_TEST

START_TEST(too_large_saturates)
{
    const enum sled_fp8 format = (enum sled_fp8)_i;
    static const double factor[] = {1, 1.01, 1.2, 2, 0x1p300};

    for (size_t i = 0; i < SLED_ARRAY_LEN(factor); i++) {
        const double value = factor[i] * sled_fp8_max(format);

        ck_assert_uint_eq(sled_fp8_encode(format, value), limits[_i].largest);
        ck_assert_uint_eq(sled_fp8_encode(format, -value), limits[_i].largest | 0x80);
    }
}
END_TEST

/* Half way between two neighbours the even code wins; a hair off, the nearer one. */
START_TEST(ties_go_to_even)
{
    const enum sled_fp8 format = (enum sled_fp8)_i;

    for (uint8_t code = 0; code < limits[_i].largest; code++) {
        const double low = sled_fp8_decode(format, code), high = sled_fp8_decode(format, code + 1);
        const double middle = (low + high) / 2;

        ck_assert_uint_eq(sled_fp8_encode(format, middle), code % 2 == 0 ? code : code + 1);
        ck_assert_uint_eq(sled_fp8_encode(format, nextafter(middle, low)), code);
        ck_assert_uint_eq(sled_fp8_encode(format, nextafter(middle, high)), code + 1);
    }
    ck_assert_uint_eq(sled_fp8_encode(format, 0.0), 0);
    ck_assert_uint_eq(sled_fp8_encode(format, -0.0), 0x80);
    ck_assert_uint_eq(sled_fp8_encode(format, -0x1p-1074), 0x80);
}
END_TEST

/* No code is nearer than the one chosen. */
START_TEST(the_nearest_is_chosen)
{
    const enum sled_fp8 format = (enum sled_fp8)_i;
    struct sled_rng rng;

    sled_rng_init(&rng, 8, (uint64_t)_i);
    for (int n = 0; n < 20000; n++) {
        const double value = ldexp(2 * sled_rng_unit(&rng) - 1, (int)sled_rng_below(&rng, 40) - 24);
        const double error = fabs(sled_fp8_decode(format, sled_fp8_encode(format, value)) - value);
        double least = INFINITY;

        for (int code = 0; code < 256; code++)
            least = fmin(least, fabs(sled_fp8_decode(format, (uint8_t)code) - value));
        ck_assert_double_eq(error, least);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fp8");
    TCase *tc = tcase_create("fp8");

    tcase_add_loop_test(tc, limits_are_those_of_the_specification, 0, SLED_FP8_FORMATS);
    tcase_add_loop_test(tc, every_code_comes_back, 0, SLED_FP8_FORMATS);
    tcase_add_test(tc, infinities_and_nan);
    tcase_add_loop_test(tc, too_large_saturates, 0, SLED_FP8_FORMATS);
    tcase_add_loop_test(tc, ties_go_to_even, 0, SLED_FP8_FORMATS);
    tcase_add_loop_test(tc, the_nearest_is_chosen, 0, SLED_FP8_FORMATS);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
