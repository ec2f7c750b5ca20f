/* SPDX-License-Identifier: Apache-2.0 */
/* Byte matrices: the file format with its complaints, sums, transposition. */
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/traffic.h"

static enum sled_status parse(const char *text, uint32_t nranks, struct sled_traffic *out,
                              struct sled_err *err)
{
    return sled_traffic_parse("m.txt", text, strlen(text), nranks, out, err);
}

static void assert_is_1_to_4(const char *text)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic m;

    ck_assert_msg(parse(text, 2, &m, &err) == SLED_OK, "%s", err.msg);
    ck_assert_uint_eq(m.nranks, 2);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(m.bytes[i], i + 1);
    sled_traffic_finish(&m);
}

START_TEST(white_space_and_comments_do_not_matter)
{
    assert_is_1_to_4("1 2\n3 4\n");
    assert_is_1_to_4("1 2\n3 4");
    assert_is_1_to_4("# who sends what\n\n \t1\t 2 \r\n\n   # middle\n3 4\r\n\n  ");
    assert_is_1_to_4("0001 2\n3 4\n");
}
END_TEST

START_TEST(a_word_ends_where_the_text_ends)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic m;

    ck_assert_int_eq(sled_traffic_parse("m.txt", "1234", 2, 1, &m, &err), SLED_OK);
    ck_assert_uint_eq(m.bytes[0], 12);
    sled_traffic_finish(&m);
}
END_TEST

START_TEST(the_largest_number_is_accepted)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic m;

    ck_assert_int_eq(parse("9007199254740992", 1, &m, &err), SLED_OK);
    ck_assert_uint_eq(m.bytes[0], (uint64_t)1 << 53);
    sled_traffic_finish(&m);
}
END_TEST

static const struct {
    const char *text, *line;
} REFUSED[] = {
    {"", "m.txt:1:1: the text ends after 0 of 2 rows, one per rank"},
    {"# nothing\n", "m.txt:2:1: the text ends after 0 of 2 rows, one per rank"},
    {"1 2\n", "m.txt:2:1: the text ends after 1 of 2 rows, one per rank"},
    {"1 2\n3 4\n5 6\n", "m.txt:3:1: more than 2 rows, one per rank"},
    {"1 2 3\n4 5 6\n", "m.txt:1:5: the row of rank 0 has more than 2 numbers, one per rank"},
    {"1 2\n3\n", "m.txt:2:2: the row of rank 1 has fewer than 2 numbers, one per rank"},
    {"1 2\n3", "m.txt:2:2: the row of rank 1 has fewer than 2 numbers, one per rank"},
    {"1 x\n3 4\n", "m.txt:1:3: \"x\" is not a whole number of bytes"},
    {"1 -2\n3 4\n", "m.txt:1:3: \"-2\" is not a whole number of bytes"},
    {"1 2.5\n3 4\n", "m.txt:1:3: \"2.5\" is not a whole number of bytes"},
    {"1,2\n3,4\n", "m.txt:1:1: \"1,2\" is not a whole number of bytes"},
    {"1 2 # own\n3 4\n", "m.txt:1:5: the row of rank 0 has more than 2 numbers, one per rank"},
    {"1 2\n3 9007199254740993\n",
     "m.txt:2:3: \"9007199254740993\" is too large, expected at most 9007199254740992 bytes"},
    {"1 99999999999999999999999999\n3 4\n",
     "m.txt:1:3: \"99999999999999999999999999\" is too large, expected at most 9007199254740992 "
     "bytes"},
    {"1 aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee\n",
     "m.txt:1:3: \"aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd\" is not a whole number of bytes"},
};

START_TEST(bad_text_is_refused_with_its_place)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic m = {.nranks = 77};
    char line[1024];

    ck_assert_int_eq(parse(REFUSED[_i].text, 2, &m, &err), SLED_E_INPUT);
    ck_assert_str_eq(sled_err_format(&err, line, sizeof line), REFUSED[_i].line);
    ck_assert_uint_eq(m.nranks, 77);
}
END_TEST

/* 33 x 33 numbers of 2^53 are just under 1,089 x 2^53, more than 2^63. */
START_TEST(the_sum_is_bounded_too)
{
    static char text[33 * 33 * 17 + 1];
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic m;

    for (int i = 0; i < 33 * 33; i++)
        memcpy(text + 17 * i, i % 33 == 32 ? "9007199254740992\n" : "9007199254740992 ", 17);
    ck_assert_int_eq(parse(text, 33, &m, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "the matrix adds up to 2^63 bytes or more");
    ck_assert_uint_eq(err.line, 1024 / 33 + 1);
    ck_assert_uint_eq(err.column, 1023 % 33 * 17 + 1);
}
END_TEST

START_TEST(sums_leave_the_diagonal_out)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic_sums sums;
    struct sled_traffic m;

    ck_assert_int_eq(parse("100 1 2\n3 100 4\n50 6 100\n", 3, &m, &err), SLED_OK);
    sled_traffic_sum(&m, &sums);
    ck_assert_uint_eq(sums.total, 66);
    ck_assert_uint_eq(sums.max_send, 56);
    ck_assert_uint_eq(sums.max_recv, 53);
    sled_traffic_finish(&m);
}
END_TEST

START_TEST(the_way_back_swaps_sending_and_receiving)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic there, back, again;
    struct sled_traffic_sums a, b;

    ck_assert_int_eq(parse("1 2 3\n4 5 6\n7 8 9\n", 3, &there, &err), SLED_OK);
    ck_assert_int_eq(sled_traffic_transpose(&there, &back, &err), SLED_OK);
    ck_assert_int_eq(sled_traffic_transpose(&back, &again, &err), SLED_OK);
    ck_assert_uint_eq(back.bytes[1], 4);
    ck_assert_uint_eq(back.bytes[3], 2);
    ck_assert_mem_eq(there.bytes, again.bytes, 9 * sizeof *there.bytes);
    sled_traffic_sum(&there, &a);
    sled_traffic_sum(&back, &b);
    ck_assert_uint_eq(a.max_send, b.max_recv);
    ck_assert_uint_eq(a.max_recv, b.max_send);
    ck_assert_uint_eq(a.total, b.total);
    sled_traffic_finish(&there);
    sled_traffic_finish(&back);
    sled_traffic_finish(&again);
}
END_TEST

START_TEST(a_new_matrix_is_silent)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_traffic_sums sums;
    struct sled_traffic m;
    struct sled_traffic zeroed = {0};

    ck_assert_int_eq(sled_traffic_init(&m, 144, &err), SLED_OK);
    sled_traffic_sum(&m, &sums);
    ck_assert_uint_eq(sums.total, 0);
    sled_traffic_finish(&m);
    sled_traffic_finish(&zeroed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("traffic");
    TCase *tc = tcase_create("traffic");

    tcase_add_test(tc, white_space_and_comments_do_not_matter);
    tcase_add_test(tc, a_word_ends_where_the_text_ends);
    tcase_add_test(tc, the_largest_number_is_accepted);
    tcase_add_loop_test(tc, bad_text_is_refused_with_its_place, 0, SLED_ARRAY_LEN(REFUSED));
    tcase_add_test(tc, the_sum_is_bounded_too);
    tcase_add_test(tc, sums_leave_the_diagonal_out);
    tcase_add_test(tc, the_way_back_swaps_sending_and_receiving);
    tcase_add_test(tc, a_new_matrix_is_silent);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
