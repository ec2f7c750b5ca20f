/* SPDX-License-Identifier: Apache-2.0 */
/* Selection tables: the first rule that fits picks, limits are where they say. */
#include <string.h>

#include "check_main.h"
#include "config/selection.h"

static const char text[] =
    "{\"schema_version\": 1, \"kind\": \"selection\", \"name\": \"t\", \"rules\": ["
    "{\"op\": \"all_reduce\", \"memory\": \"hbm\", \"algorithm\": \"ring\"},"
    "{\"op\": \"all_reduce\", \"min_ranks\": 3, \"max_ranks\": 5, \"below\": \"1KiB\","
    " \"algorithm\": \"mesh\"},"
    "{\"op\": \"all_reduce\", \"from\": \"1KiB\", \"below\": \"2KiB\", \"algorithm\": \"ring\"},"
    "{\"op\": \"all_to_all\", \"algorithm\": \"direct\"}]}";

static struct sled_doc *doc;
static struct sled_arena arena;
static struct sled_selection selection;

static void load(void)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_doc_parse("t.json", text, strlen(text), &doc, &err), SLED_OK);
    ck_assert_msg(sled_config_read_selection(doc, &arena, &selection, &err) == SLED_OK, "%s",
                  err.msg);
}

static void unload(void)
{
    sled_arena_finish(&arena);
    sled_doc_destroy(doc);
}

/* Label of the rule for `size` bytes; NULL where none fits, which is the error it should be. */
static const char *picked(enum sled_coll_kind kind, uint32_t nranks, uint64_t size,
                          enum sled_memory memory)
{
    const struct sled_coll_req req = {
        .kind = kind, .nranks = nranks, .nelems = size, .elem_bytes = 1, .commutative = true};
    struct sled_err err = SLED_ERR_INIT;
    const struct sled_selection_rule *rule = sled_selection_pick(&selection, &req, memory, &err);

    ck_assert_int_eq(err.code, rule == NULL ? SLED_E_UNSUPPORTED : SLED_OK);
    return rule == NULL ? NULL : rule->label;
}

START_TEST(sizes_are_from_and_below)
{
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 0, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 1023, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 1024, SLED_MEMORY_SBUF), "t:/rules/2");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 2047, SLED_MEMORY_SBUF), "t:/rules/2");
    ck_assert_ptr_null(picked(SLED_COLL_ALL_REDUCE, 4, 2048, SLED_MEMORY_SBUF));
}
END_TEST

START_TEST(ranks_are_inclusive)
{
    ck_assert_ptr_null(picked(SLED_COLL_ALL_REDUCE, 2, 8, SLED_MEMORY_SBUF));
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 3, 8, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 5, 8, SLED_MEMORY_SBUF), "t:/rules/1");
    ck_assert_ptr_null(picked(SLED_COLL_ALL_REDUCE, 6, 8, SLED_MEMORY_SBUF));
}
END_TEST

START_TEST(the_first_rule_of_the_memory_picks)
{
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_HBM), "t:/rules/0");
    ck_assert_str_eq(picked(SLED_COLL_ALL_REDUCE, 4, 8, SLED_MEMORY_STAGED), "t:/rules/1");
    ck_assert_str_eq(picked(SLED_COLL_ALL_TO_ALL, 9, 8, SLED_MEMORY_STAGED), "t:/rules/3");
    ck_assert_ptr_null(picked(SLED_COLL_BROADCAST, 4, 8, SLED_MEMORY_HBM));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_selection");
    TCase *tcase = tcase_create("pick");

    tcase_add_checked_fixture(tcase, load, unload);
    tcase_add_test(tcase, sizes_are_from_and_below);
    tcase_add_test(tcase, ranks_are_inclusive);
    tcase_add_test(tcase, the_first_rule_of_the_memory_picks);
    suite_add_tcase(suite, tcase);
    return sled_check_main(suite);
}
