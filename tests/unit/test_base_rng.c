/* SPDX-License-Identifier: Apache-2.0 */
/* The generator against its published numbers, and the distributions made from it. */
#include <math.h>

#include "base/rng.h"
#include "base/vec.h"
#include "check_main.h"

/* From the demo of the author's reference implementation: seed 42, stream 54. */
START_TEST(reference_numbers)
{
    static const uint32_t expected[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                        0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct sled_rng rng;

    sled_rng_init(&rng, 42, 54);
    for (size_t i = 0; i < SLED_ARRAY_LEN(expected); i++)
        ck_assert_uint_eq(sled_rng_u32(&rng), expected[i]);
}
END_TEST

START_TEST(streams_differ_and_repeat)
{
    struct sled_rng a, b, again;
    unsigned same = 0;

    sled_rng_init(&a, 7, 0);
    sled_rng_init(&b, 7, 1);
    sled_rng_init(&again, 7, 0);
    for (int i = 0; i < 1000; i++) {
        const uint32_t x = sled_rng_u32(&a);

        same += x == sled_rng_u32(&b);
        ck_assert_uint_eq(x, sled_rng_u32(&again));
    }
    ck_assert_uint_le(same, 1);
}
END_TEST

/* The high 27 and low 26 bits of two draws, in that order. */
START_TEST(unit_is_made_of_53_bits)
{
    struct sled_rng bits, unit;

    sled_rng_init(&bits, 1, 2);
    sled_rng_init(&unit, 1, 2);
    for (int i = 0; i < 1000; i++) {
        const uint64_t high = sled_rng_u32(&bits) >> 5;
        const uint64_t low = sled_rng_u32(&bits) >> 6;
        const double u = sled_rng_unit(&unit);

        ck_assert(u >= 0.0 && u < 1.0);
        ck_assert(ldexp(u, 53) == (double)(high * (UINT64_C(1) << 26) + low));
    }
}
END_TEST

/* Mean 1/2 and variance 1/12, within five standard errors of 100,000 draws. */
START_TEST(unit_is_uniform)
{
    enum { N = 100000 };
    struct sled_rng rng;
    double sum = 0.0, squares = 0.0;

    sled_rng_init(&rng, 3, 0);
    for (int i = 0; i < N; i++) {
        const double u = sled_rng_unit(&rng) - 0.5;

        sum += u;
        squares += u * u;
    }
    ck_assert_double_eq_tol(sum / N, 0.0, 5.0 * sqrt(1.0 / 12.0 / N));
    ck_assert_double_eq_tol(squares / N, 1.0 / 12.0, 5.0 * sqrt(1.0 / 180.0 / N));
}
END_TEST

START_TEST(below_reaches_everything_and_nothing_else)
{
    static const uint32_t bounds[] = {1, 2, 3, 7, 10};
    const uint32_t bound = bounds[_i];
    struct sled_rng rng;
    unsigned seen[10] = {0};
    const unsigned draws = 10000;

    sled_rng_init(&rng, 5, bound);
    for (unsigned i = 0; i < draws; i++) {
        const uint32_t x = sled_rng_below(&rng, bound);

        ck_assert_uint_lt(x, bound);
        seen[x]++;
    }
    for (uint32_t x = 0; x < bound; x++) {
        const double expected = (double)draws / bound;

        ck_assert_double_eq_tol(seen[x], expected, 5.0 * sqrt(expected) + 0.5);
    }
}
END_TEST

/* With a bound of 3 * 2^30 plain modulo would give the lowest third twice as often. */
START_TEST(below_has_no_modulo_bias)
{
    enum { N = 30000 };
    const uint32_t third = UINT32_C(1) << 30;
    struct sled_rng rng;
    int low = 0;

    sled_rng_init(&rng, 11, 0);
    for (int i = 0; i < N; i++)
        low += sled_rng_below(&rng, 3 * third) < third;
    ck_assert_double_eq_tol((double)low / N, 1.0 / 3.0, 5.0 * sqrt(2.0 / 9.0 / N));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tc = tcase_create("rng");

    tcase_add_test(tc, reference_numbers);
    tcase_add_test(tc, streams_differ_and_repeat);
    tcase_add_test(tc, unit_is_made_of_53_bits);
    tcase_add_test(tc, unit_is_uniform);
    tcase_add_loop_test(tc, below_reaches_everything_and_nothing_else, 0, 5);
    tcase_add_test(tc, below_has_no_modulo_bias);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
