/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a platform, byte by byte, and how fractional weights become whole ones. */
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "sim/platform_xml.h"
#include "sim/weights.h"

START_TEST(text_is_exact)
{
    const double link_bytes_per_s[] = {640e9, 0, 1e12 / 3};
    const uint32_t variants[] = {1, 2};
    const struct sled_platform_hop hop[] = {{0, 1}, {2, 3}, {0, 1}, {2, 1}};
    const struct sled_platform_route route[] = {
        {.src_chip = 0, .dst_chip = 1, .variant = 0, .first_hop = 0, .nhops = 2},
        {.src_chip = 0, .dst_chip = 1, .variant = 1, .first_hop = 2, .nhops = 1},
        {.src_chip = 0, .dst_chip = 0, .variant = 0, .first_hop = 3, .nhops = 1},
    };
    const struct sled_platform platform = {.nchips = 2,
                                           .variants = variants,
                                           .link_bytes_per_s = link_bytes_per_s,
                                           .nlinks = SLED_ARRAY_LEN(link_bytes_per_s),
                                           .route = route,
                                           .nroutes = SLED_ARRAY_LEN(route),
                                           .hop = hop};
    struct sled_str text = SLED_STR_INIT;
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_platform_write(&platform, &text, &err), SLED_OK);
    ck_assert_str_eq(
        sled_str_text(&text),
        "<?xml version=\"1.0\"?>\n"
        "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
        "<platform version=\"4.1\">\n"
        "<zone id=\"fabric\" routing=\"Full\">\n"
        "<host id=\"control\" speed=\"1f\"/>\n"
        "<host id=\"c0\" speed=\"1f\"/>\n"
        "<host id=\"c0.v0\" speed=\"1f\"/>\n"
        "<host id=\"c1\" speed=\"1f\"/>\n"
        "<host id=\"c1.v0\" speed=\"1f\"/>\n"
        "<host id=\"c1.v1\" speed=\"1f\"/>\n"
        "<link id=\"l0\" bandwidth=\"640000000000Bps\" latency=\"0s\" sharing_policy=\"SHARED\"/>\n"
        "<link id=\"l2\" bandwidth=\"333333333333.33331Bps\" latency=\"0s\" "
        "sharing_policy=\"SHARED\"/>\n"
        "<route src=\"c0\" dst=\"c1.v0\" symmetrical=\"NO\"><link_ctn id=\"l0\"/>"
        "<link_ctn id=\"l2\"/><link_ctn id=\"l2\"/><link_ctn id=\"l2\"/></route>\n"
        "<route src=\"c0\" dst=\"c1.v1\" symmetrical=\"NO\"><link_ctn id=\"l0\"/></route>\n"
        "<route src=\"c0\" dst=\"c0.v0\" symmetrical=\"NO\"><link_ctn id=\"l2\"/></route>\n"
        "</zone>\n"
        "</platform>\n");
    sled_str_finish(&text);
}
END_TEST

START_TEST(one_weight_becomes_one)
{
    const double weight = 1.226;
    const struct sled_weight_scale scale = sled_weight_scale(&weight, 1);

    ck_assert_double_eq(scale.error, 0);
    ck_assert_double_eq_tol(scale.factor, 1 / 1.226, 1e-15);
    ck_assert_uint_eq(sled_weight_times(scale, weight), 1);
}
END_TEST

START_TEST(whole_multiples_stay_as_they_are)
{
    const double weight[] = {1, 3};
    const struct sled_weight_scale scale = sled_weight_scale(weight, 2);

    ck_assert_double_eq(scale.error, 0);
    ck_assert_double_eq(scale.factor, 1);
    ck_assert_uint_eq(sled_weight_times(scale, 3), 3);
}
END_TEST

START_TEST(fractions_find_their_denominator)
{
    const double weight[] = {0.8, 1, 1.4};
    const struct sled_weight_scale scale = sled_weight_scale(weight, 3);

    ck_assert_double_eq(scale.error, 0);
    ck_assert_uint_eq(sled_weight_times(scale, 0.8), 4);
    ck_assert_uint_eq(sled_weight_times(scale, 1), 5);
    ck_assert_uint_eq(sled_weight_times(scale, 1.4), 7);
}
END_TEST

/* 1.226 times 9 is 11.034: no number up to 16 comes nearer to a whole one. */
START_TEST(what_does_not_fit_is_rounded_and_told)
{
    const double weight[] = {1, 1.226};
    const struct sled_weight_scale scale = sled_weight_scale(weight, 2);

    ck_assert_double_eq_tol(scale.error, 0.034 / 11.034, 1e-9);
    ck_assert_uint_eq(sled_weight_times(scale, 1), 9);
    ck_assert_uint_eq(sled_weight_times(scale, 1.226), 11);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("platform");
    TCase *tc = tcase_create("platform");

    tcase_add_test(tc, text_is_exact);
    tcase_add_test(tc, one_weight_becomes_one);
    tcase_add_test(tc, whole_multiples_stay_as_they_are);
    tcase_add_test(tc, fractions_find_their_denominator);
    tcase_add_test(tc, what_does_not_fit_is_rounded_and_told);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
