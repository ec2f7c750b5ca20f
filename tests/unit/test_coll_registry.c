/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: names, complaints, and what every descriptor must offer. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
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
    ck_assert_str_eq(
        err.msg,
        "no all_reduce algorithm \"rng\"; did you mean \"ring\"? known: "
        "chain_tree, hier, in_switch, kangaring, mesh, mesh_one_step, nvls_tree, rdh, ring, torus, "
        "tree");
}
END_TEST

START_TEST(a_far_name_is_not)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_ptr_null(sled_coll_find(SLED_COLL_ALL_TO_ALL, "butterfly", &err));
    ck_assert_str_eq(err.msg, "no all_to_all algorithm \"butterfly\"; known: bruck, direct, "
                              "hier, pairwise");
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

START_TEST(every_kind_has_an_algorithm)
{
    bool served[SLED_COLL_KINDS] = {false};
    size_t count;
    const struct sled_coll_algo *const *algos = sled_coll_all(&count);

    for (size_t i = 0; i < count; i++)
        served[algos[i]->kind] = true;
    for (int kind = 0; kind < SLED_COLL_KINDS; kind++)
        ck_assert_msg(served[kind], "%s", sled_coll_kind_names[kind]);
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

/* All that reduce, with an operator that does not commute. */
START_TEST(an_operator_that_does_not_commute_is_refused)
{
    size_t count;
    const struct sled_coll_algo *const *algos = sled_coll_all(&count);
    uint32_t unit[4] = {0}, coord[4] = {0, 1, 2, 3};
    const struct sled_place place = {
        .nranks = 4, .unit = {unit}, .naxes = 1, .size = {4}, .coord = coord};

    for (size_t i = 0; i < count; i++) {
        const enum sled_coll_kind kind = algos[i]->kind;
        const struct sled_coll_req req = {
            .kind = kind, .nranks = 4, .nelems = 4, .elem_bytes = 4, .place = &place};
        struct sled_err err = SLED_ERR_INIT;
        struct sled_plan plan;
        char message[80];

        if (kind != SLED_COLL_ALL_REDUCE && kind != SLED_COLL_REDUCE_SCATTER)
            continue;
        snprintf(message, sizeof message,
                 "\"%s\" reorders operands and needs a commutative operator", algos[i]->name);
        ck_assert_int_eq(sled_coll_plan(algos[i], &req, &plan, &err), SLED_E_UNSUPPORTED);
        ck_assert_str_eq(err.msg, message);
    }
}
END_TEST

static const struct sled_place NOWHERE = {.nranks = 4};

static const struct {
    const struct sled_coll_algo *algo;
    const struct sled_place *place;
    uint32_t channels, chunks;
    const char *message;
} REFUSED[] = {
    {&sled_coll_all_gather_hier, NULL, 0, 0, "\"hier\" needs to know the sleds of the ranks"},
    {&sled_coll_all_to_all_hier, &NOWHERE, 0, 0, "\"hier\" needs to know the sleds of the ranks"},
    {&sled_coll_all_gather_torus, NULL, 0, 0,
     "\"torus\" needs to know the coordinates of the ranks"},
    {&sled_coll_all_gather_torus, &NOWHERE, 0, 0,
     "\"torus\" needs a rank at every point of a box; these 4 do not fill one"},
    {&sled_coll_all_gather_mesh, NULL, 2, 0, "\"mesh\" has one channel, not 2"},
    {&sled_coll_all_to_all_direct, NULL, 0, 3,
     "\"direct\" does not cut what it moves into chunks, 3 are asked for"},
};

START_TEST(what_an_algorithm_cannot_do_is_refused)
{
    const struct sled_coll_req req = {.kind = REFUSED[_i].algo->kind,
                                      .nranks = 4,
                                      .nelems = 4,
                                      .elem_bytes = 4,
                                      .place = REFUSED[_i].place,
                                      .channels = REFUSED[_i].channels,
                                      .chunks = REFUSED[_i].chunks};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    ck_assert_int_eq(sled_coll_plan(REFUSED[_i].algo, &req, &plan, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, REFUSED[_i].message);
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

START_TEST(more_blocks_than_can_be_tracked_are_refused)
{
    const struct sled_coll_req req = {
        .kind = SLED_COLL_ALL_GATHER, .nranks = 65536, .nelems = 65536, .elem_bytes = 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    ck_assert_int_eq(sled_coll_plan(&sled_coll_all_gather_rdh, &req, &plan, &err),
                     SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, "65536 ranks with 65536 pieces of blocks each; at most 1073741824 "
                              "pieces in all are possible");
}
END_TEST

/* One sled of 9000 ranks, and 9000 sleds of one. */
START_TEST(sleds_that_differ_wildly_are_refused)
{
    enum { N = 9000 };
    static uint32_t sled[2 * N];
    const struct sled_place place = {.nranks = 2 * N, .unit = {sled}};
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_GATHER,
                                      .nranks = 2 * N,
                                      .nelems = 2 * N,
                                      .elem_bytes = 1,
                                      .place = &place};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    for (uint32_t r = N; r < 2 * N; r++)
        sled[r] = r - N + 1;
    ck_assert_int_eq(sled_coll_plan(&sled_coll_all_gather_hier, &req, &plan, &err),
                     SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, "units of the ranks are too uneven: 9000 places in one times 9001 in "
                              "another, at most 67108864 are possible");
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
    tcase_add_test(tc, every_kind_has_an_algorithm);
    tcase_add_test(tc, descriptors_are_complete_and_unique);
    tcase_add_test(tc, a_bad_request_makes_no_plan);
    tcase_add_test(tc, an_operator_that_does_not_commute_is_refused);
    tcase_add_loop_test(tc, what_an_algorithm_cannot_do_is_refused, 0,
                        (int)SLED_ARRAY_LEN(REFUSED));
    tcase_add_test(tc, more_transfers_than_numbers_are_refused);
    tcase_add_test(tc, more_blocks_than_can_be_tracked_are_refused);
    tcase_add_test(tc, sleds_that_differ_wildly_are_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
