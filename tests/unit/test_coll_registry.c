/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: names, complaints, and what every descriptor must offer. */
#include <string.h>

#include "base/err.h"
#include "check_main.h"
#include "coll/coll.h"

START_TEST(algorithms_are_found_by_kind_and_name)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_ptr_eq(sled_coll_find(SLED_COLL_ALL_REDUCE, "ring", &err),
                     &sled_coll_all_reduce_ring);
    ck_assert_ptr_eq(sled_coll_find(SLED_COLL_ALL_TO_ALL, "direct", &err),
                     &sled_coll_all_to_all_direct);
    ck_assert_ptr_eq(sled_coll_find(SLED_COLL_ALL_TO_ALL_V, "direct", &err),
                     &sled_coll_all_to_all_v_direct);
    ck_assert_int_eq(err.code, SLED_OK);
}
END_TEST

START_TEST(a_near_name_is_suggested)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_ptr_null(sled_coll_find(SLED_COLL_ALL_REDUCE, "rng", &err));
    ck_assert_int_eq(err.code, SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "no all_reduce algorithm \"rng\"; did you mean \"ring\"? known: "
                              "mesh, ring");
}
END_TEST

START_TEST(a_far_name_is_not)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_ptr_null(sled_coll_find(SLED_COLL_ALL_TO_ALL, "butterfly", &err));
    ck_assert_str_eq(err.msg, "no all_to_all algorithm \"butterfly\"; known: direct, pairwise");
}
END_TEST

/* A name of another kind is no name of this one. */
START_TEST(kinds_do_not_mix)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_ptr_null(sled_coll_find(SLED_COLL_ALL_TO_ALL, "ring", &err));
    ck_assert_int_eq(err.code, SLED_E_INPUT);
}
END_TEST

START_TEST(a_kind_without_algorithms_says_so)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_ptr_null(sled_coll_find(SLED_COLL_PERMUTE, "direct", &err));
    ck_assert_str_eq(err.msg, "no permute algorithm \"direct\"; known: none");
}
END_TEST

START_TEST(descriptors_are_complete_and_unique)
{
    size_t count;
    const struct sled_coll_algo *const *algos = sled_coll_all(&count);

    ck_assert_uint_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        const struct sled_coll_algo *algo = algos[i];
        struct sled_err err = SLED_ERR_INIT;

        ck_assert_uint_eq(strspn(algo->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                          strlen(algo->name));
        ck_assert_uint_le(strlen(algo->summary), 72);
        ck_assert_int_ne(algo->summary[strlen(algo->summary) - 1], '.');
        ck_assert_ptr_nonnull(algo->reference);
        ck_assert(algo->plan != NULL);
        ck_assert(algo->cost != NULL);
        /* The first of equal names would be found in place of this one. */
        ck_assert_ptr_eq(sled_coll_find(algo->kind, algo->name, &err), algo);
    }
}
END_TEST

START_TEST(a_bad_request_makes_no_plan)
{
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_REDUCE, .elem_bytes = 4};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = {.nranks = 77};

    ck_assert_int_eq(sled_coll_plan(&sled_coll_all_reduce_ring, &req, &plan, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "all_reduce over 0 ranks, expected at least 1");
    ck_assert_uint_eq(plan.nranks, 77);
}
END_TEST

static const struct {
    const struct sled_coll_algo *algo;
    const char *message;
} REORDERING[] = {
    {&sled_coll_all_reduce_mesh, "\"mesh\" reorders operands and needs a commutative operator"},
    {&sled_coll_all_reduce_ring, "\"ring\" reorders operands and needs a commutative operator"},
};

START_TEST(an_operator_that_does_not_commute_is_refused)
{
    const struct sled_coll_req req = {
        .kind = SLED_COLL_ALL_REDUCE, .nranks = 4, .nelems = 4, .elem_bytes = 4};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    ck_assert_int_eq(sled_coll_plan(REORDERING[_i].algo, &req, &plan, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, REORDERING[_i].message);
}
END_TEST

START_TEST(more_transfers_than_numbers_are_refused)
{
    const struct sled_coll_req req = {
        .kind = SLED_COLL_ALL_TO_ALL, .nranks = 70000, .nelems = 70000, .elem_bytes = 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    ck_assert_int_eq(sled_coll_plan(&sled_coll_all_to_all_direct, &req, &plan, &err),
                     SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg,
                     "the plan needs 4900000000 transfers, at most 4294967294 are possible");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry");
    TCase *tc = tcase_create("registry");

    tcase_add_test(tc, algorithms_are_found_by_kind_and_name);
    tcase_add_test(tc, a_near_name_is_suggested);
    tcase_add_test(tc, a_far_name_is_not);
    tcase_add_test(tc, kinds_do_not_mix);
    tcase_add_test(tc, a_kind_without_algorithms_says_so);
    tcase_add_test(tc, descriptors_are_complete_and_unique);
    tcase_add_test(tc, a_bad_request_makes_no_plan);
    tcase_add_loop_test(tc, an_operator_that_does_not_commute_is_refused, 0, 2);
    tcase_add_test(tc, more_transfers_than_numbers_are_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
