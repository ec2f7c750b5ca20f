/* SPDX-License-Identifier: Apache-2.0 */
/* E4M3, E5M2 and E2M1: every code, the limits that the specification prints, rounding, saturation.
 */
#include <math.h>
#include <stdbool.h>

#include "base/rng.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/narrow.h"

/* OFP8 v1.0, tables of its two formats; MX v1.0, table of FP4. */
static const struct {
    uint8_t sign, largest, least_normal, largest_subnormal, least_subnormal;
    double value[4];
} limits[SLED_NARROW_FORMATS] = {
    [SLED_NARROW_E4M3] = {0x80, 0x7e, 0x08, 0x07, 0x01, {448, 0x1p-6, 0x1.cp-7, 0x1p-9}},
    [SLED_NARROW_E5M2] = {0x80, 0x7b, 0x04, 0x03, 0x01, {57344, 0x1p-14, 0x1.8p-15, 0x1p-16}},
    [SLED_NARROW_E2M1] = {0x08, 0x07, 0x02, 0x01, 0x01, {6, 1, 0.5, 0.5}},
};

START_TEST(limits_are_those_of_the_specification)
{
    const enum sled_narrow format = (enum sled_narrow)_i;
    const uint8_t code[] = {limits[_i].largest, limits[_i].least_normal,
                            limits[_i].largest_subnormal, limits[_i].least_subnormal};

    for (size_t i = 0; i < SLED_ARRAY_LEN(code); i++) {
        ck_assert_double_eq(sled_narrow_decode(format, code[i]), limits[_i].value[i]);
        ck_assert_double_eq(sled_narrow_decode(format, code[i] | limits[_i].sign),
                            -limits[_i].value[i]);
    }
    ck_assert_double_eq(sled_narrow_max(format), limits[_i].value[0]);
    ck_assert_int_eq(sled_narrow_max_exponent(format), _i == SLED_NARROW_E4M3   ? 8
                                                       : _i == SLED_NARROW_E5M2 ? 15
                                                                                : 2);
}
END_TEST

START_TEST(every_code_comes_back)
{
    const enum sled_narrow format = (enum sled_narrow)_i;
    int finite = 0;

    for (unsigned code = 0; code < sled_narrow_codes(format); code++) {
        const double value = sled_narrow_decode(format, (uint8_t)code);
        const uint8_t back = sled_narrow_encode(format, value);

        finite += isfinite(value);
        if (isnan(value))
            ck_assert_uint_eq(back, 0x7f);
        else
            ck_assert_uint_eq(back, (uint8_t)code);
    }
    ck_assert_int_eq(finite, _i == SLED_NARROW_E4M3 ? 254 : _i == SLED_NARROW_E5M2 ? 248 : 16);
}
END_TEST

START_TEST(infinities_and_nan)
{
    ck_assert(isnan(sled_narrow_decode(SLED_NARROW_E4M3, 0x7f)));
    ck_assert(isnan(sled_narrow_decode(SLED_NARROW_E4M3, 0xff)));
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E4M3, NAN), 0x7f);
    ck_assert(isnan(
        sled_narrow_decode(SLED_NARROW_E4M3, sled_narrow_encode(SLED_NARROW_E4M3, INFINITY))));
    ck_assert(isnan(
        sled_narrow_decode(SLED_NARROW_E4M3, sled_narrow_encode(SLED_NARROW_E4M3, -INFINITY))));

    ck_assert_double_eq(sled_narrow_decode(SLED_NARROW_E5M2, 0x7c), INFINITY);
    ck_assert_double_eq(sled_narrow_decode(SLED_NARROW_E5M2, 0xfc), -INFINITY);
    for (uint8_t code = 0x7d; code <= 0x7f; code++)
        ck_assert(isnan(sled_narrow_decode(SLED_NARROW_E5M2, code)));
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E5M2, -INFINITY), 0xfc);
}
END_TEST

/* All 16 of them, as MX v1.0 prints them; and there is nothing else. */
START_TEST(fp4_is_sixteen_numbers)
{
    static const double value[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};

    ck_assert_uint_eq(sled_narrow_codes(SLED_NARROW_E2M1), 16);
    ck_assert(!sled_narrow_has_nan(SLED_NARROW_E2M1));
    for (uint8_t code = 0; code < 8; code++) {
        ck_assert_double_eq(sled_narrow_decode(SLED_NARROW_E2M1, code), value[code]);
        ck_assert_double_eq(sled_narrow_decode(SLED_NARROW_E2M1, code | 8), -value[code]);
    }
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E2M1, INFINITY), 7);
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E2M1, -INFINITY), 15);
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E2M1, 5), 6);
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E2M1, 0.25), 0);
    ck_assert_uint_eq(sled_narrow_encode(SLED_NARROW_E2M1, 0.75), 2);
}
END_TEST

START_TEST(too_large_saturates)
{
    const enum sled_narrow format = (enum sled_narrow)_i;
    static const double factor[] = {1, 1.01, 1.2, 2, 0x1p300};

    for (size_t i = 0; i < SLED_ARRAY_LEN(factor); i++) {
        const double value = factor[i] * sled_narrow_max(format);

        ck_assert_uint_eq(sled_narrow_encode(format, value), limits[_i].largest);
        ck_assert_uint_eq(sled_narrow_encode(format, -value), limits[_i].largest | limits[_i].sign);
    }
}
END_TEST

/* Half way between two neighbours the even code wins; a hair off, the nearer one. */
START_TEST(ties_go_to_even)
{
    const enum sled_narrow format = (enum sled_narrow)_i;

    for (uint8_t code = 0; code < limits[_i].largest; code++) {
        const double low = sled_narrow_decode(format, code),
                     high = sled_narrow_decode(format, code + 1);
        const double middle = (low + high) / 2;

        ck_assert_uint_eq(sled_narrow_encode(format, middle), code % 2 == 0 ? code : code + 1);
        ck_assert_uint_eq(sled_narrow_encode(format, nextafter(middle, low)), code);
        ck_assert_uint_eq(sled_narrow_encode(format, nextafter(middle, high)), code + 1);
    }
    ck_assert_uint_eq(sled_narrow_encode(format, 0.0), 0);
    ck_assert_uint_eq(sled_narrow_encode(format, -0.0), limits[_i].sign);
    ck_assert_uint_eq(sled_narrow_encode(format, -0x1p-1074), limits[_i].sign);
}
END_TEST

/* No code is nearer than the one chosen. */
START_TEST(the_nearest_is_chosen)
{
    const enum sled_narrow format = (enum sled_narrow)_i;
    struct sled_rng rng;

    sled_rng_init(&rng, 8, (uint64_t)_i);
    for (int n = 0; n < 20000; n++) {
        const double value = ldexp(2 * sled_rng_unit(&rng) - 1, (int)sled_rng_below(&rng, 40) - 24);
        const double error =
            fabs(sled_narrow_decode(format, sled_narrow_encode(format, value)) - value);
        double least = INFINITY;

        for (unsigned code = 0; code < sled_narrow_codes(format); code++)
            least = fmin(least, fabs(sled_narrow_decode(format, (uint8_t)code) - value));
        ck_assert_double_eq(error, least);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("narrow");
    TCase *tc = tcase_create("narrow");

    tcase_add_loop_test(tc, limits_are_those_of_the_specification, 0, SLED_NARROW_FORMATS);
    tcase_add_loop_test(tc, every_code_comes_back, 0, SLED_NARROW_FORMATS);
    tcase_add_test(tc, infinities_and_nan);
    tcase_add_test(tc, fp4_is_sixteen_numbers);
    tcase_add_loop_test(tc, too_large_saturates, 0, SLED_NARROW_FORMATS);
    tcase_add_loop_test(tc, ties_go_to_even, 0, SLED_NARROW_FORMATS);
    tcase_add_loop_test(tc, the_nearest_is_chosen, 0, SLED_NARROW_FORMATS);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
