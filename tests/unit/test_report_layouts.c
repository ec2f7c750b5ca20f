/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks and Pareto fronts of layouts. */
#include "base/vec.h"
#include "check_main.h"
#include "report/layouts.h"

static struct sled_layout_row row(double user, double chip, double mw)
{
    return (struct sled_layout_row){
        .tokens_per_s_user = user, .tokens_per_s_chip = chip, .tokens_per_s_mw = mw};
}

START_TEST(fronts_hold_what_nothing_beats)
{
    struct sled_layout_row rows[] = {
        row(10, 1, 1), row(8, 3, 1), row(9, 2, 2), row(7, 2, 9), row(10, 1, 1), row(20, 9, 9),
    };

    rows[5].outcome = SLED_LAYOUT_NO_ROOM; /* its figures are nothing */
    sled_layouts_mark_fronts(rows, SLED_ARRAY_LEN(rows));
    const bool chip[] = {true, true, true, false, false, false};
    const bool mw[] = {true, false, true, true, false, false};
    for (size_t i = 0; i < SLED_ARRAY_LEN(rows); i++) {
        ck_assert_int_eq(rows[i].front_chip, chip[i]);
        ck_assert_int_eq(rows[i].front_mw, mw[i]);
    }
}
END_TEST

START_TEST(ranks_are_best_first_and_stable)
{
    struct sled_layout_row rows[] = {row(1, 5, 2), row(2, 5, 1), row(3, 9, 0), row(0, 0, 0)};
    static const size_t expected[SLED_RANKS][4] = {
        [SLED_RANK_CHIP] = {2, 0, 1, 3},
        [SLED_RANK_USER] = {2, 1, 0, 3},
        [SLED_RANK_MW] = {0, 1, 2, 3},
    };
    struct sled_err err = SLED_ERR_INIT;
    size_t order[4];

    rows[3].outcome = SLED_LAYOUT_REFUSED;
    for (int rank = 0; rank < SLED_RANKS; rank++) {
        ck_assert_int_eq(sled_layouts_rank(rows, 4, (enum sled_layout_rank)rank, order, &err),
                         SLED_OK);
        for (size_t i = 0; i < 4; i++)
            ck_assert_uint_eq(order[i], expected[rank][i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layouts");
    TCase *tc = tcase_create("layouts");

    tcase_add_test(tc, fronts_hold_what_nothing_beats);
    tcase_add_test(tc, ranks_are_best_first_and_stable);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
