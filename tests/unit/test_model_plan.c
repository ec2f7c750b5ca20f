/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: what is added is read back, bad transfers are refused, chains are measured. */
#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/plan.h"

static struct sled_plan plan;

static void setup(void)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_plan_init(&plan, 4, 2, &err), SLED_OK);
}

static void teardown(void)
{
    sled_plan_finish(&plan);
}

static void add(struct sled_xfer xfer)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_msg(sled_plan_add(&plan, &xfer, &err) == SLED_OK, "%s", err.msg);
}

static struct sled_plan_cost measure(void)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_cost cost;

    ck_assert_int_eq(sled_plan_measure(&plan, &cost, &err), SLED_OK);
    return cost;
}

START_TEST(what_is_added_is_read_back)
{
    const sled_xfer_id after[] = {1, 0};

    add((struct sled_xfer){.src = 0, .dst = 1, .count = 1});
    add((struct sled_xfer){.src = 1, .dst = 2, .count = 1});
    add((struct sled_xfer){.src = 3,
                           .dst = 2,
                           .src_offset = 5,
                           .dst_offset = 6,
                           .count = 7,
                           .src_buffer = SLED_BUFFER_SCRATCH,
                           .dst_buffer = SLED_BUFFER_OUT,
                           .op = SLED_XFER_REDUCE,
                           .after = after,
                           .nafter = 2});

    const struct sled_xfer x = sled_plan_get(&plan, 2);
    ck_assert_uint_eq(plan.count, 3);
    ck_assert_uint_eq(x.src, 3);
    ck_assert_uint_eq(x.dst, 2);
    ck_assert_uint_eq(x.src_offset, 5);
    ck_assert_uint_eq(x.dst_offset, 6);
    ck_assert_uint_eq(x.count, 7);
    ck_assert_int_eq(x.src_buffer, SLED_BUFFER_SCRATCH);
    ck_assert_int_eq(x.dst_buffer, SLED_BUFFER_OUT);
    ck_assert_int_eq(x.op, SLED_XFER_REDUCE);
    ck_assert_uint_eq(x.nafter, 2);
    ck_assert_uint_eq(x.after[0], 1);
    ck_assert_uint_eq(x.after[1], 0);
    ck_assert_uint_eq(sled_plan_get(&plan, 1).nafter, 0);
}
END_TEST

START_TEST(growth_keeps_the_content)
{
    for (uint32_t i = 0; i < 1000; i++) {
        const sled_xfer_id after = i / 2;
        add((struct sled_xfer){.src = i % 4,
                               .dst = (i + 1) % 4,
                               .src_offset = i,
                               .dst_offset = 2 * i,
                               .count = i + 1,
                               .after = &after,
                               .nafter = i > 0});
    }
    for (uint32_t i = 0; i < 1000; i++) {
        const struct sled_xfer x = sled_plan_get(&plan, i);

        ck_assert_uint_eq(x.src, i % 4);
        ck_assert_uint_eq(x.dst, (i + 1) % 4);
        ck_assert_uint_eq(x.src_offset, i);
        ck_assert_uint_eq(x.dst_offset, 2 * i);
        ck_assert_uint_eq(x.count, i + 1);
        ck_assert_uint_eq(x.nafter, i > 0);
        if (i > 0)
            ck_assert_uint_eq(x.after[0], i / 2);
    }
}
END_TEST

static const struct {
    struct sled_xfer xfer;
    const char *message;
} REFUSED[] = {
    {{.src = 4, .dst = 1}, "transfer 1: rank 4 -> 1 in a plan of 4 ranks"},
    {{.src = 0, .dst = 9}, "transfer 1: rank 0 -> 9 in a plan of 4 ranks"},
    {{.src_offset = UINT64_MAX, .count = 1}, "transfer 1: 1 elements reach beyond 2^64"},
    {{.dst_offset = 2, .count = UINT64_MAX},
     "transfer 1: 18446744073709551615 elements reach beyond 2^64"},
    {{.after = &(const sled_xfer_id){1}, .nafter = 1},
     "transfer 1: waits for transfer 1, which is not an earlier one"},
};

START_TEST(bad_transfers_are_refused)
{
    struct sled_err err = SLED_ERR_INIT;

    add((struct sled_xfer){.src = 0, .dst = 1, .count = 1});
    ck_assert_int_eq(sled_plan_add(&plan, &REFUSED[_i].xfer, &err), SLED_E_BUG);
    ck_assert_str_eq(err.msg, REFUSED[_i].message);
    ck_assert_uint_eq(plan.count, 1);
}
END_TEST

START_TEST(hopeless_sizes_are_refused_at_once)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_int_eq(sled_plan_reserve(&plan, UINT32_MAX, 0, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg,
                     "the plan needs 4294967295 transfers, at most 4294967294 are possible");
    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_plan_reserve(&plan, 1, (uint64_t)1 << 32, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg,
                     "the plan needs 4294967296 dependencies, at most 4294967295 are possible");
}
END_TEST

/* 0 -> 1 (10 elements), 1 -> 2 (1) after it, and 0 -> 3 (4) by itself; 2 bytes each. */
START_TEST(chains_and_ports_are_measured_apart)
{
    add((struct sled_xfer){.src = 0, .dst = 1, .count = 10});
    add((struct sled_xfer){.src = 1,
                           .dst = 2,
                           .count = 1,
                           .op = SLED_XFER_REDUCE,
                           .after = &(const sled_xfer_id){0},
                           .nafter = 1});
    add((struct sled_xfer){.src = 0, .dst = 3, .count = 4});

    const struct sled_plan_cost cost = measure();
    ck_assert_uint_eq(cost.steps, 2);
    ck_assert_uint_eq(cost.chain_bytes, 22);
    ck_assert_uint_eq(cost.port_bytes, 28);
    ck_assert_uint_eq(cost.total_bytes, 30);
    ck_assert_uint_eq(cost.reduced_bytes, 2);
}
END_TEST

START_TEST(the_longest_chain_may_differ_by_measure)
{
    add((struct sled_xfer){.src = 0, .dst = 1, .count = 1});
    add((struct sled_xfer){
        .src = 1, .dst = 2, .count = 1, .after = &(const sled_xfer_id){0}, .nafter = 1});
    add((struct sled_xfer){.src = 2, .dst = 3, .count = 50});

    const struct sled_plan_cost cost = measure();
    ck_assert_uint_eq(cost.steps, 2);
    ck_assert_uint_eq(cost.chain_bytes, 100);
}
END_TEST

/* Empty and local transfers weigh nothing, but what is before them is still waited for. */
START_TEST(joins_carry_chains_and_weigh_nothing)
{
    add((struct sled_xfer){.src = 0, .dst = 1, .count = 3});
    add((struct sled_xfer){.src = 2, .dst = 1, .count = 5});
    add((struct sled_xfer){.src = 1, .dst = 1, .after = (const sled_xfer_id[]){0, 1}, .nafter = 2});
    add((struct sled_xfer){.src = 1,
                           .dst = 1,
                           .count = 100,
                           .dst_buffer = SLED_BUFFER_OUT,
                           .op = SLED_XFER_REDUCE,
                           .after = &(const sled_xfer_id){2},
                           .nafter = 1});
    add((struct sled_xfer){
        .src = 1, .dst = 3, .count = 7, .after = &(const sled_xfer_id){3}, .nafter = 1});

    const struct sled_plan_cost cost = measure();
    ck_assert_uint_eq(cost.steps, 2);
    ck_assert_uint_eq(cost.chain_bytes, 24);
    ck_assert_uint_eq(cost.port_bytes, 16);
    ck_assert_uint_eq(cost.total_bytes, 30);
    ck_assert_uint_eq(cost.reduced_bytes, 0);
}
END_TEST

START_TEST(an_empty_plan_costs_nothing)
{
    const struct sled_plan_cost cost = measure();

    ck_assert_uint_eq(cost.steps + cost.chain_bytes + cost.port_bytes + cost.total_bytes, 0);
}
END_TEST

START_TEST(names_cover_the_enums)
{
    for (int i = 0; i < SLED_BUFFERS; i++)
        ck_assert_ptr_nonnull(sled_buffer_names[i]);
    for (int i = 0; i < SLED_XFER_OPS; i++)
        ck_assert_ptr_nonnull(sled_xfer_op_names[i]);
    ck_assert_ptr_null(sled_buffer_names[SLED_BUFFERS]);
    ck_assert_ptr_null(sled_xfer_op_names[SLED_XFER_OPS]);
}
END_TEST

START_TEST(a_zeroed_plan_can_be_finished)
{
    struct sled_plan none = {0};

    sled_plan_finish(&none);
    ck_assert_ptr_null(none.src);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tc = tcase_create("plan");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_added_is_read_back);
    tcase_add_test(tc, growth_keeps_the_content);
    tcase_add_loop_test(tc, bad_transfers_are_refused, 0, SLED_ARRAY_LEN(REFUSED));
    tcase_add_test(tc, hopeless_sizes_are_refused_at_once);
    tcase_add_test(tc, chains_and_ports_are_measured_apart);
    tcase_add_test(tc, the_longest_chain_may_differ_by_measure);
    tcase_add_test(tc, joins_carry_chains_and_weigh_nothing);
    tcase_add_test(tc, an_empty_plan_costs_nothing);
    tcase_add_test(tc, names_cover_the_enums);
    tcase_add_test(tc, a_zeroed_plan_can_be_finished);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
