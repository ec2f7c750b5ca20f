/* SPDX-License-Identifier: Apache-2.0 */
/* The error record: text, truncation, prefixes, exit codes. */
#include <string.h>

#include "base/err.h"
#include "check_main.h"

START_TEST(set_fills_and_returns_the_code)
{
    struct sled_err err = SLED_ERR_INIT;
    char line[1024];

    ck_assert_int_eq(sled_err_set(&err, SLED_E_INPUT, "\"%s\" is not a time", "3kg"), SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line), "\"3kg\" is not a time");
    sled_err_prefix(&err, "link %d: ", 3);
    ck_assert_str_eq(err.msg, "link 3: \"3kg\" is not a time");
}
END_TEST

START_TEST(long_text_is_marked_as_cut)
{
    struct sled_err err = SLED_ERR_INIT;
    char big[2000];

    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    sled_err_set(&err, SLED_E_INPUT, "%s", big);
    ck_assert_uint_eq(strlen(err.msg), sizeof err.msg - 1);
    ck_assert_str_eq(err.msg + strlen(err.msg) - 3, "...");
    sled_err_prefix(&err, "before: ");
    ck_assert_int_eq(strncmp(err.msg, "before: xxx", 11), 0);
    ck_assert_str_eq(err.msg + strlen(err.msg) - 3, "...");
}
END_TEST

START_TEST(place_comes_first)
{
    struct sled_err err = SLED_ERR_INIT;
    char line[1024];

    sled_err_set_at(&err, SLED_E_INPUT, "/a/0", "bad");
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line), "/a/0: bad");
    strcpy(err.file, "x.json");
    err.line = 3;
    err.column = 7;
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line), "x.json:3:7: /a/0: bad");
}
END_TEST

START_TEST(exit_codes_are_the_documented_ones)
{
    ck_assert_int_eq(sled_status_exit_code(SLED_OK), 0);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_CHECK), 1);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_USAGE), 2);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_INPUT), 3);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_UNSUPPORTED), 3);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_IO), 4);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_NOMEM), 4);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_SIM), 4);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_NO_VERDICT), 5);
    ck_assert_int_eq(sled_status_exit_code(SLED_E_BUG), 70);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("err");
    TCase *tc = tcase_create("err");

    tcase_add_test(tc, set_fills_and_returns_the_code);
    tcase_add_test(tc, long_text_is_marked_as_cut);
    tcase_add_test(tc, place_comes_first);
    tcase_add_test(tc, exit_codes_are_the_documented_ones);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
