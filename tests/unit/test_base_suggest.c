/* SPDX-License-Identifier: Apache-2.0 */
/* Which known name is near to what somebody typed, and when none is. */
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"
#include "check_main.h"

static const char *const names[] = {"ring", "mesh", "bandwidth", "latency", "hier"};

static const char *nearest(const char *word)
{
    return sled_suggest(word, names, SLED_ARRAY_LEN(names));
}

START_TEST(typing_errors_find_their_name)
{
    ck_assert_str_eq(nearest("rng"), "ring");
    ck_assert_str_eq(nearest("rinng"), "ring");
    ck_assert_str_eq(nearest("rimg"), "ring");
    ck_assert_str_eq(nearest("rnig"), "ring");
    ck_assert_str_eq(nearest("RING"), "ring");
    ck_assert_str_eq(nearest("bandwith"), "bandwidth");
    ck_assert_str_eq(nearest("bandwidht"), "bandwidth");
    ck_assert_str_eq(nearest("latncey"), "latency");
}
END_TEST

START_TEST(far_words_find_nothing)
{
    ck_assert_ptr_null(nearest("colour"));
    ck_assert_ptr_null(nearest("tree"));
    ck_assert_ptr_null(nearest(""));
    ck_assert_ptr_null(sled_suggest("ring", names, 0));
}
END_TEST

/* A swap of neighbours is one edit: two would be beyond the limit of a 2-letter word. */
START_TEST(a_swap_is_one_edit)
{
    static const char *const pairs[] = {"tp", "ep"};

    ck_assert_str_eq(sled_suggest("pt", pairs, 2), "tp");
    ck_assert_ptr_null(sled_suggest("xy", pairs, 2));
}
END_TEST

START_TEST(ties_go_to_the_earlier_name)
{
    static const char *const tied[] = {"abcd", "abce"};
    static const char *const nearer_is_later[] = {"abxy", "abce"};

    ck_assert_str_eq(sled_suggest("abcf", tied, 2), "abcd");
    ck_assert_str_eq(sled_suggest("abcf", nearer_is_later, 2), "abce");
}
END_TEST

/* Replacing every letter is no typing error, however short the word. */
START_TEST(nothing_in_common_is_never_near)
{
    static const char *const letters[] = {"a", "bc"};

    ck_assert_ptr_null(sled_suggest("x", letters, 2));
    ck_assert_str_eq(sled_suggest("A", letters, 2), "a");
}
END_TEST

START_TEST(long_words_are_near_nothing)
{
    char word[100];
    const char *const same = word;

    memset(word, 'x', sizeof word);
    word[63] = '\0';
    ck_assert_ptr_eq(sled_suggest(word, &same, 1), same);
    word[63] = 'x';
    word[64] = '\0';
    ck_assert_ptr_null(sled_suggest(word, &same, 1));
    ck_assert_ptr_null(sled_suggest("xxxx", &same, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("suggest");
    TCase *tc = tcase_create("suggest");

    tcase_add_test(tc, typing_errors_find_their_name);
    tcase_add_test(tc, far_words_find_nothing);
    tcase_add_test(tc, a_swap_is_one_edit);
    tcase_add_test(tc, ties_go_to_the_earlier_name);
    tcase_add_test(tc, nothing_in_common_is_never_near);
    tcase_add_test(tc, long_words_are_near_nothing);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
