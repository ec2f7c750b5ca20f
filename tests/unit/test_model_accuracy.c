/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over predictions and measurements, by hand. */
#include "base/vec.h"
#include "check_main.h"
#include "model/accuracy.h"

static struct sled_accuracy_row row(double predicted_us, double measured_us, bool is_bound)
{
    return (struct sled_accuracy_row){
        .predicted_s = predicted_us * 1e-6, .measured_s = measured_us * 1e-6, .is_bound = is_bound};
}

START_TEST(errors_and_bias)
{
    const struct sled_accuracy_row rows[] = {
        row(110, 100, false),                      /* +10 % */
        row(30, 40, false),                        /* -25 %: not outside */
        row(7, 10, false),                         /* -30 % */
        row(99, 100, true),   row(100, 100, true), /* not below */
    };
    struct sled_accuracy_stats stats = {0};

    for (size_t i = 0; i < SLED_ARRAY_LEN(rows); i++)
        sled_accuracy_add(&stats, &rows[i]);
    ck_assert_uint_eq(stats.times, 3);
    ck_assert_uint_eq(stats.outside, 1);
    ck_assert_uint_eq(stats.bounds, 2);
    ck_assert_uint_eq(stats.broken, 1);
    ck_assert_double_eq_tol(sled_accuracy_error(&stats), 0.65 / 3, 1e-12);
    ck_assert_double_eq_tol(sled_accuracy_bias(&stats), -0.45 / 3, 1e-12);
}
END_TEST

START_TEST(nothing_has_no_error)
{
    const struct sled_accuracy_stats none = {0};

    ck_assert_double_eq(sled_accuracy_error(&none), 0);
    ck_assert_double_eq(sled_accuracy_bias(&none), 0);
}
END_TEST

/* Bands follow each other, and every time is in one. */
START_TEST(every_time_has_a_band)
{
    for (size_t b = 0; b < SLED_ACCURACY_BANDS; b++) {
        const double from_s = b == 0 ? 1e-9 : sled_accuracy_bands[b - 1].below_s;

        ck_assert_uint_eq(sled_accuracy_band(from_s), b);
        ck_assert_double_gt(sled_accuracy_bands[b].below_s, from_s);
    }
    ck_assert_uint_eq(sled_accuracy_band(1e6), SLED_ACCURACY_BANDS - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("accuracy");
    TCase *tc = tcase_create("accuracy");

    tcase_add_test(tc, errors_and_bias);
    tcase_add_test(tc, nothing_has_no_error);
    tcase_add_test(tc, every_time_has_a_band);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
