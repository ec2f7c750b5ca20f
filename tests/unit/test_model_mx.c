/* SPDX-License-Identifier: Apache-2.0 */
/* Microscaling bit by bit, and the errors of the ways to quantise. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/mx.h"
#include "model/quantise.h"

enum { GROUP = SLED_MX_GROUP };

/* A group whose first value is `value` and whose others are 0. */
static void quantise_one(enum sled_narrow format, float value, uint8_t *scale, uint8_t *element)
{
    float group[GROUP] = {value};
    uint8_t code[GROUP];

    sled_mx_quantise(format, group, GROUP, scale, code);
    *element = code[0];
    for (size_t i = 1; i < GROUP; i++)
        ck_assert_uint_eq(code[i], 0);
}

START_TEST(scales_are_powers_of_two)
{
    for (int code = 0; code < 255; code++)
        ck_assert_double_eq(sled_mx_scale((uint8_t)code), pow(2, code - 127));
    ck_assert(isnan(sled_mx_scale(255)));
}
END_TEST

/* Scale and element by hand: floor(log2 max|v|) - 8 for E4M3, - 15 for E5M2, plus the bias. */
START_TEST(bits_are_those_of_the_specification)
{
    static const struct {
        enum sled_narrow format;
        float value;
        uint8_t scale, element;
    } cases[] = {
        {SLED_NARROW_E4M3, 1.0f, 119, 0x78}, /* 256 x 2^-8 */
        {SLED_NARROW_E4M3, -1.75f, 119, 0xfe},
        {SLED_NARROW_E4M3, 1.8125f, 119, 0x7e}, /* 464: half way to what is no number */
        {SLED_NARROW_E4M3, 1.999f, 119, 0x7e},  /* 511.7 saturates to 448 */
        {SLED_NARROW_E4M3, 2.0f, 120, 0x78},
        {SLED_NARROW_E4M3, 448.0f, 127, 0x7e},
        {SLED_NARROW_E4M3, FLT_MAX, 246, 0x7e},
        {SLED_NARROW_E4M3, 0x1p-119f, 0, 0x78}, /* the least scale ... */
        {SLED_NARROW_E4M3, 0x1p-120f, 0, 0x70}, /* ... and below it, elements shrink */
        {SLED_NARROW_E4M3, 0x1p-136f, 0, 0x01}, /* least subnormal element */
        {SLED_NARROW_E4M3, 0x1p-137f, 0, 0x00}, /* a tie, to even */
        {SLED_NARROW_E4M3, 0x1p-149f, 0, 0x00}, /* least subnormal float */
        {SLED_NARROW_E4M3, 0.0f, 0, 0x00},
        {SLED_NARROW_E5M2, 1.0f, 112, 0x78}, /* 32768 x 2^-15 */
        {SLED_NARROW_E5M2, -1.75f, 112, 0xfb},
        {SLED_NARROW_E5M2, 1.99f, 112, 0x7b},
        {SLED_NARROW_E5M2, FLT_MAX, 239, 0x7b},
        {SLED_NARROW_E5M2, 0x1p-143f, 0, 0x01},
        {SLED_NARROW_E5M2, 0x1p-144f, 0, 0x00},
        {SLED_NARROW_E2M1, 1.0f, 125, 0x06}, /* 4 x 2^-2 */
        {SLED_NARROW_E2M1, -1.5f, 125, 0x0f},
        {SLED_NARROW_E2M1, 1.25f, 125, 0x06},  /* 5: a tie, to even */
        {SLED_NARROW_E2M1, 1.999f, 125, 0x07}, /* 7.996 saturates to 6 */
        {SLED_NARROW_E2M1, 2.0f, 126, 0x06},
        {SLED_NARROW_E2M1, FLT_MAX, 252, 0x07},
        {SLED_NARROW_E2M1, 0x1p-125f, 0, 0x06}, /* the least scale */
        {SLED_NARROW_E2M1, 0x1p-128f, 0, 0x01},
        {SLED_NARROW_E2M1, 0x1p-129f, 0, 0x00},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        uint8_t scale, element;

        quantise_one(cases[i].format, cases[i].value, &scale, &element);
        ck_assert_msg(scale == cases[i].scale && element == cases[i].element,
                      "%s of %a: scale %u element 0x%02x", sled_narrow_names[cases[i].format],
                      (double)cases[i].value, scale, element);
    }
}
END_TEST

/* What is not finite stays so and does not disturb its group. */
START_TEST(infinities_and_nan_do_not_choose_the_scale)
{
    const float value[4] = {3.0f, INFINITY, -INFINITY, NAN};

    for (int f = 0; f < SLED_NARROW_FORMATS; f++) {
        const enum sled_narrow format = (enum sled_narrow)f;
        uint8_t scale, element[4];
        double back[4];

        sled_mx_quantise(format, value, 4, &scale, element);
        sled_mx_dequantise(format, &scale, element, 4, back);
        ck_assert(isnan(back[3]));
        if (!sled_narrow_has_nan(format)) { /* the NaN takes its group along */
            ck_assert_uint_eq(scale, 255);
            ck_assert(isnan(back[0]));
            sled_mx_quantise(format, value, 3, &scale, element);
            sled_mx_dequantise(format, &scale, element, 3, back);
            ck_assert_double_eq(back[0], 3);
            ck_assert_double_eq(back[1], 6 * sled_mx_scale(scale));
            ck_assert_double_eq(back[2], -6 * sled_mx_scale(scale));
            continue;
        }
        ck_assert_double_eq(back[0], 3);
        if (format == SLED_NARROW_E5M2) {
            ck_assert_double_eq(back[1], INFINITY);
            ck_assert_double_eq(back[2], -INFINITY);
        } else {
            ck_assert(isnan(back[1]) && isnan(back[2]));
        }
        sled_mx_quantise(format, &value[1], 3, &scale, element);
        ck_assert_uint_eq(scale, 0);
    }
}
END_TEST

START_TEST(a_nan_scale_makes_all_nan)
{
    const uint8_t scale = 255, element[3] = {0x00, 0x38, 0x7b};
    double back[3];

    sled_mx_dequantise(SLED_NARROW_E5M2, &scale, element, 3, back);
    for (size_t i = 0; i < 3; i++)
        ck_assert(isnan(back[i]));
}
END_TEST

static void draw(struct sled_rng *rng, float *value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        value[i] = ldexpf((float)(2 * sled_rng_unit(rng) - 1), (int)sled_rng_below(rng, 60) - 30);
}

/* A group is alone with its scale: the same bits beside any others, and in a partial group. */
START_TEST(groups_are_independent)
{
    enum { COUNT = 3 * GROUP + 5 };
    struct sled_rng rng;
    float value[COUNT];
    uint8_t scale[4], element[COUNT];

    ck_assert_uint_eq(sled_mx_groups(COUNT), 4);
    ck_assert_uint_eq(sled_mx_groups(GROUP), 1);
    ck_assert_uint_eq(sled_mx_groups(0), 0);
    sled_rng_init(&rng, 32, 0);
    draw(&rng, value, COUNT);
    sled_mx_quantise(SLED_NARROW_E4M3, value, COUNT, scale, element);
    for (size_t g = 0; g < 4; g++) {
        const size_t size = g < 3 ? GROUP : 5;
        uint8_t alone_scale, alone[GROUP];

        sled_mx_quantise(SLED_NARROW_E4M3, &value[g * GROUP], size, &alone_scale, alone);
        ck_assert_uint_eq(alone_scale, scale[g]);
        ck_assert_mem_eq(alone, &element[g * GROUP], size);
    }
}
END_TEST

/* Times a power of two, only the scale changes; what was quantised once stays as it is; and an
 * error is at most half a step of the element or, where it saturates, an eighth of the value. */
START_TEST(properties_hold)
{
    struct sled_rng rng;

    sled_rng_init(&rng, 33, (uint64_t)_i);
    for (int n = 0; n < 500; n++) {
        const enum sled_narrow format = (enum sled_narrow)(n % SLED_NARROW_FORMATS);
        const int mantissa_bits = format == SLED_NARROW_E4M3   ? 3
                                  : format == SLED_NARROW_E5M2 ? 2
                                                               : 1;
        float value[GROUP], larger[GROUP], again[GROUP];
        uint8_t scale, element[GROUP], other_scale, other[GROUP];
        double back[GROUP];

        draw(&rng, value, GROUP);
        sled_mx_quantise(format, value, GROUP, &scale, element);
        sled_mx_dequantise(format, &scale, element, GROUP, back);
        for (size_t i = 0; i < GROUP; i++) {
            const double least = sled_mx_scale(scale) * sled_narrow_decode(format, 1);

            larger[i] = ldexpf(value[i], 5);
            again[i] = (float)back[i];
            ck_assert_double_le(fabs(back[i] - value[i]),
                                fmax(least / 2, fabs(value[i]) * ldexp(1, -mantissa_bits - 1) *
                                                    (fabs(value[i]) > fabs(back[i]) ? 2 : 1)));
        }
        sled_mx_quantise(format, larger, GROUP, &other_scale, other);
        ck_assert_uint_eq(other_scale, scale + 5);
        ck_assert_mem_eq(other, element, GROUP);
        sled_mx_quantise(format, again, GROUP, &other_scale, other);
        ck_assert_uint_eq(other_scale, scale);
        ck_assert_mem_eq(other, element, GROUP);
    }
}
END_TEST

static struct sled_quantise_error trip(const struct sled_quantiser *quantiser, const float *value,
                                       size_t first, size_t count)
{
    struct sled_quantise_error error = {0};
    struct sled_err err = SLED_ERR_INIT;
    double got[64];

    ck_assert_uint_le(count, SLED_ARRAY_LEN(got));
    ck_assert_int_eq(quantiser->round_trip(SLED_NARROW_E4M3, value, count, got, &err), SLED_OK);
    for (size_t i = first; i < count; i++)
        sled_quantise_error_add(&error, value[i], got[i]);
    return error;
}

/* Two groups, an outlier in the first: a cast saturates it, one scale for all loses everything
 * else, a scale for each group loses the first and keeps the second. */
START_TEST(an_outlier_spoils_what_shares_its_scale)
{
    float value[2 * GROUP];
    size_t n;
    const struct sled_quantiser *quantiser = sled_quantisers(&n);

    ck_assert_uint_eq(n, 3);
    for (size_t i = 0; i < SLED_ARRAY_LEN(value); i++)
        value[i] = 1.0f + (float)i / 64;
    value[0] = 1e7f;

    const struct sled_quantise_error cast = trip(&quantiser[0], value, 0, 1);
    const struct sled_quantise_error absmax = trip(&quantiser[1], value, 1, 2 * GROUP);
    const struct sled_quantise_error near = trip(&quantiser[2], value, 1, GROUP);
    const struct sled_quantise_error far = trip(&quantiser[2], value, GROUP, 2 * GROUP);

    ck_assert_double_eq_tol(sled_quantise_error_rms(&cast), 1 - 448 / 1e7, 1e-12);
    ck_assert_double_eq(sled_quantise_error_rms(&absmax), 1);
    ck_assert_uint_eq(absmax.lost, absmax.count);
    ck_assert_uint_eq(near.lost, GROUP - 1);
    ck_assert_uint_eq(far.lost, 0);
    ck_assert_double_lt(sled_quantise_error_rms(&far), 1.0 / 16);
}
END_TEST

START_TEST(zeros_are_exact_and_no_signal_is_no_error)
{
    const float value[GROUP] = {0};
    size_t n;
    const struct sled_quantiser *quantiser = sled_quantisers(&n);

    for (size_t i = 0; i < n; i++) {
        const struct sled_quantise_error error = trip(&quantiser[i], value, 0, GROUP);

        ck_assert_double_eq(error.noise, 0);
        ck_assert_uint_eq(error.count, 0);
        ck_assert_double_eq(sled_quantise_error_rms(&error), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mx");
    TCase *tc = tcase_create("mx");

    tcase_add_test(tc, scales_are_powers_of_two);
    tcase_add_test(tc, bits_are_those_of_the_specification);
    tcase_add_test(tc, infinities_and_nan_do_not_choose_the_scale);
    tcase_add_test(tc, a_nan_scale_makes_all_nan);
    tcase_add_test(tc, groups_are_independent);
    tcase_add_loop_test(tc, properties_hold, 0, 8);
    tcase_add_test(tc, an_outlier_spoils_what_shares_its_scale);
    tcase_add_test(tc, zeros_are_exact_and_no_signal_is_no_error);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
