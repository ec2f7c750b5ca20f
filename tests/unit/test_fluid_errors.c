/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that the solver refuses, with the value and the limit; what it had stays as it was. */
#include "fluid_fixture.h"

static const double TOO_MANY_BYTES = 9007199254740994.0; /* the first double above 2^53 */

/* Two resources of 100, a path that is not capped and one that is. */
enum { PLAIN, CAPPED };

static struct sled_fluid *fluid;
static struct sled_err err;

static void setup(void)
{
    static const double capacity[] = {100, 100};
    static const struct sled_fluid_use use[] = {{0, 1}, {1, 1}};
    uint32_t id;

    err = (struct sled_err)SLED_ERR_INIT;
    CK_OK(sled_fluid_create(capacity, 2, 0, &fluid, &err));
    CK_OK(sled_fluid_add_path(fluid, use, 2, false, &id, &err));
    CK_OK(sled_fluid_add_path(fluid, use, 2, true, &id, &err));
}

static void teardown(void)
{
    sled_fluid_destroy(fluid);
}

/* The latest call was refused, for this reason. */
static void assert_refused(enum sled_status status, const char *msg)
{
    ck_assert_int_eq(status, SLED_E_INPUT);
    ck_assert_int_eq(err.code, SLED_E_INPUT);
    ck_assert_str_eq(err.msg, msg);
    err = (struct sled_err)SLED_ERR_INIT;
}

/* Nothing flows, and 200 bytes of a new flow take their two seconds. */
static void assert_works(void)
{
    const uint64_t *tags;
    double next_s;
    size_t count;

    ck_assert_uint_eq(sled_fluid_active(fluid), 0);
    CK_OK(sled_fluid_start(fluid, 0, PLAIN, 200, INFINITY, 7, &err));
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    ck_assert_double_eq(next_s, 2);
    sled_fluid_advance(fluid, next_s, &tags, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(tags[0], 7);
}

struct bad_number {
    double value;
    const char *msg;
};

static const struct bad_number bad_capacities[] = {
    {NAN, "resource 1: a capacity of nan B/s; must be positive and finite"},
    {-5, "resource 1: a capacity of -5 B/s; must be positive and finite"},
    {0, "resource 1: a capacity of 0 B/s; must be positive and finite"},
    {INFINITY, "resource 1: a capacity of inf B/s; must be positive and finite"},
};

START_TEST(capacities_are_positive_and_finite)
{
    const struct bad_number *bad = &bad_capacities[_i];
    const double capacity[] = {100, bad->value};
    struct sled_fluid *other = NULL;

    assert_refused(sled_fluid_create(capacity, 2, 0, &other, &err), bad->msg);
    ck_assert_ptr_null(other);
}
END_TEST

START_TEST(so_are_changed_capacities)
{
    const struct bad_number *bad = &bad_capacities[_i];

    assert_refused(sled_fluid_set_capacity(fluid, 0, 1, bad->value, &err), bad->msg);
    assert_works();
    assert_refused(sled_fluid_set_capacity(fluid, 2, 1, bad->value, &err), bad->msg);
}
END_TEST

START_TEST(changed_resources_exist)
{
    assert_refused(sled_fluid_set_capacity(fluid, 0, 2, 100, &err), "resource 2 of 2");
    /* What a capped path adds is not the caller's. */
    assert_refused(sled_fluid_set_capacity(fluid, 0, UINT32_MAX, 100, &err),
                   "resource 4294967295 of 2");
    assert_works();
}
END_TEST

static const struct bad_number bad_accuracies[] = {
    {NAN, "accuracy nan is not in [0, 0.1]"},
    {-1e-3, "accuracy -0.001 is not in [0, 0.1]"},
    {0.2, "accuracy 0.2 is not in [0, 0.1]"},
    {0.100001, "accuracy 0.100001 is not in [0, 0.1]"},
    {INFINITY, "accuracy inf is not in [0, 0.1]"},
};

START_TEST(accuracy_has_limits)
{
    const double capacity = 100;
    struct sled_fluid *other = NULL;

    assert_refused(sled_fluid_create(&capacity, 1, bad_accuracies[_i].value, &other, &err),
                   bad_accuracies[_i].msg);
    ck_assert_ptr_null(other);
}
END_TEST

START_TEST(both_limits_of_accuracy_are_allowed)
{
    static const double allowed[] = {0, 0.1};
    const double capacity = 100;
    struct sled_fluid *other;

    CK_OK(sled_fluid_create(&capacity, 1, allowed[_i], &other, &err));
    sled_fluid_destroy(other);
}
END_TEST

static const struct bad_number bad_sizes[] = {
    {NAN, "a flow of nan bytes; must be above 0, at most 2^53"},
    {-1, "a flow of -1 bytes; must be above 0, at most 2^53"},
    {0, "a flow of 0 bytes; must be above 0, at most 2^53"},
    {9007199254740994.0, "a flow of 9007199254740994 bytes; must be above 0, at most 2^53"},
    {INFINITY, "a flow of inf bytes; must be above 0, at most 2^53"},
};

START_TEST(sizes_are_whole_in_a_double)
{
    assert_refused(sled_fluid_start(fluid, 0, PLAIN, bad_sizes[_i].value, INFINITY, 0, &err),
                   bad_sizes[_i].msg);
    assert_works();
}
END_TEST

START_TEST(the_largest_size_is_allowed)
{
    double next_s;

    CK_OK(sled_fluid_start(fluid, 0, PLAIN, TOO_MANY_BYTES - 2, INFINITY, 0, &err));
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    ck_assert_double_eq(next_s, 90071992547409.92);
}
END_TEST

static const struct bad_number bad_weights[] = {
    {NAN, "path 2: a weight of nan on resource 1; must be positive and finite"},
    {-2, "path 2: a weight of -2 on resource 1; must be positive and finite"},
    {0, "path 2: a weight of 0 on resource 1; must be positive and finite"},
    {INFINITY, "path 2: a weight of inf on resource 1; must be positive and finite"},
};

START_TEST(weights_are_positive_and_finite)
{
    const struct sled_fluid_use use[] = {{0, 1}, {1, bad_weights[_i].value}};
    uint32_t id = 99;

    assert_refused(sled_fluid_add_path(fluid, use, 2, false, &id, &err), bad_weights[_i].msg);
    ck_assert_uint_eq(id, 99);
    assert_works();
}
END_TEST

START_TEST(paths_use_resources_that_exist)
{
    const struct sled_fluid_use use = {2, 1};
    uint32_t id;

    assert_refused(sled_fluid_add_path(fluid, &use, 1, false, &id, &err),
                   "path 2: resource 2 of 2");
    assert_refused(sled_fluid_add_path(fluid, &use, 0, false, &id, &err),
                   "path 2 uses no resource");
    assert_works();
}
END_TEST

START_TEST(paths_come_before_flows)
{
    const struct sled_fluid_use use = {0, 1};
    uint32_t id;

    assert_works();
    ck_assert_int_eq(sled_fluid_add_path(fluid, &use, 1, false, &id, &err), SLED_E_BUG);
    ck_assert_str_eq(err.msg, "a path was added after the first flow");
}
END_TEST

START_TEST(flows_take_paths_that_exist)
{
    assert_refused(sled_fluid_start(fluid, 0, 2, 100, INFINITY, 0, &err), "path 2 of 2");
    assert_works();
}
END_TEST

static const struct bad_number bad_caps[] = {
    {NAN, "rate cap on path 1: a capacity of nan B/s; must be positive and finite"},
    {-5, "rate cap on path 1: a capacity of -5 B/s; must be positive and finite"},
    {0, "rate cap on path 1: a capacity of 0 B/s; must be positive and finite"},
    {INFINITY, "rate cap on path 1: a capacity of inf B/s; must be positive and finite"},
};

START_TEST(caps_are_positive_and_finite)
{
    assert_refused(sled_fluid_start(fluid, 0, CAPPED, 100, bad_caps[_i].value, 0, &err),
                   bad_caps[_i].msg);
    assert_works();
}
END_TEST

static const struct bad_number stray_caps[] = {
    {50, "path 0 is not capped; a flow of it has a cap of 50 B/s"},
    {-INFINITY, "path 0 is not capped; a flow of it has a cap of -inf B/s"},
    {NAN, "path 0 is not capped; a flow of it has a cap of nan B/s"},
};

START_TEST(caps_belong_on_capped_paths)
{
    assert_refused(sled_fluid_start(fluid, 0, PLAIN, 100, stray_caps[_i].value, 0, &err),
                   stray_caps[_i].msg);
    assert_works();
}
END_TEST

START_TEST(a_capped_path_has_one_flow)
{
    const uint64_t *tags;
    double next_s;
    size_t count;

    CK_OK(sled_fluid_start(fluid, 0, CAPPED, 100, 50, 1, &err));
    assert_refused(sled_fluid_start(fluid, 0, CAPPED, 100, 25, 2, &err),
                   "path 1 is capped and has a flow already");
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    ck_assert_double_eq(next_s, 2); /* the first one's cap is still 50 */
    sled_fluid_advance(fluid, next_s, &tags, &count);
    ck_assert_uint_eq(count, 1);
    CK_OK(sled_fluid_start(fluid, next_s, CAPPED, 100, 25, 2, &err));
    CK_OK(sled_fluid_next(fluid, &next_s, &err));
    ck_assert_double_eq(next_s, 6);
}
END_TEST

#define ADD_LOOP(name, list) tcase_add_loop_test(tc, name, 0, (int)SLED_ARRAY_LEN(list))

int main(void)
{
    Suite *suite = suite_create("fluid_errors");
    TCase *tc = tcase_create("errors");

    tcase_add_checked_fixture(tc, setup, teardown);
    ADD_LOOP(capacities_are_positive_and_finite, bad_capacities);
    ADD_LOOP(so_are_changed_capacities, bad_capacities);
    tcase_add_test(tc, changed_resources_exist);
    ADD_LOOP(accuracy_has_limits, bad_accuracies);
    tcase_add_loop_test(tc, both_limits_of_accuracy_are_allowed, 0, 2);
    ADD_LOOP(sizes_are_whole_in_a_double, bad_sizes);
    tcase_add_test(tc, the_largest_size_is_allowed);
    ADD_LOOP(weights_are_positive_and_finite, bad_weights);
    tcase_add_test(tc, paths_use_resources_that_exist);
    tcase_add_test(tc, paths_come_before_flows);
    tcase_add_test(tc, flows_take_paths_that_exist);
    ADD_LOOP(caps_are_positive_and_finite, bad_caps);
    ADD_LOOP(caps_belong_on_capped_paths, stray_caps);
    tcase_add_test(tc, a_capped_path_has_one_flow);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
