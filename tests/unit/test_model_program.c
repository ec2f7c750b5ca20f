/* SPDX-License-Identifier: Apache-2.0 */
/* Building programs, and telling those that would never end. */
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "model/fabric.h"
#include "model/program.h"

#define CK_OK(call) ck_assert_msg((call) == SLED_OK, "%s: %s", #call, err.msg)

static struct sled_program program;
static struct sled_err err;

static void setup(void)
{
    uint32_t phase;

    err = (struct sled_err)SLED_ERR_INIT;
    CK_OK(sled_program_init(&program, 6, &err));
    CK_OK(sled_program_add_phase(&program, "only", &phase, &err));
}

static void teardown(void)
{
    sled_program_finish(&program);
}

static uint32_t add_collective(const char *name, enum sled_coll_kind kind, uint32_t nranks,
                               uint64_t nelems)
{
    const struct sled_program_collective collective = {
        .name = name,
        .req = {.kind = kind, .nranks = nranks, .nelems = nelems, .elem_bytes = 2},
        .algorithm = "ring",
        .memory = SLED_MEMORY_HBM};
    const uint32_t chip_of_rank[] = {0, 1, 2, 3, 4, 5};
    uint32_t id;

    CK_OK(sled_program_add_collective(&program, &collective, chip_of_rank, &id, &err));
    return id;
}

static uint32_t add_step(uint32_t chip, enum sled_step_kind kind, enum sled_stream stream,
                         uint32_t what, uint32_t after)
{
    const struct sled_step step = {
        .kind = kind, .stream = stream, .what = what, .rank = chip, .after = after};
    uint32_t id;

    CK_OK(sled_program_add_step(&program, chip, &step, &id, &err));
    return id;
}

static void ck_fails(const char *message)
{
    ck_assert_int_eq(sled_program_check(&program, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, message);
}

START_TEST(equal_kernels_are_one)
{
    const struct sled_kernel a = {.kind = SLED_KERNEL_MATMUL, .m = 1, .n = 2, .k = 3, .cores = 8};
    struct sled_kernel b = a;
    uint32_t first, second, third;

    b.cores = 4;
    CK_OK(sled_program_add_kernel(&program, &a, &first, &err));
    CK_OK(sled_program_add_kernel(&program, &b, &second, &err));
    CK_OK(sled_program_add_kernel(&program, &a, &third, &err));
    ck_assert_uint_eq(program.nkernels, 2);
    ck_assert_uint_ne(first, second);
    ck_assert_uint_eq(first, third);
}
END_TEST

/* Kernels with experts are equal when their tokens are, wherever those are; the program has its
 * own copy. */
START_TEST(tokens_are_compared_and_copied)
{
    uint64_t tokens[] = {3, 0, 4};
    const uint64_t same[] = {3, 0, 4};
    const uint64_t other[] = {4, 0, 3};
    struct sled_kernel kernel = {
        .kind = SLED_KERNEL_GROUPED_MLP, .m = 7, .groups = 3, .tokens = tokens, .cores = 8};
    uint32_t first, second, third;

    CK_OK(sled_program_add_kernel(&program, &kernel, &first, &err));
    tokens[0] = 100;
    kernel.tokens = same;
    CK_OK(sled_program_add_kernel(&program, &kernel, &second, &err));
    kernel.tokens = other;
    CK_OK(sled_program_add_kernel(&program, &kernel, &third, &err));
    ck_assert_uint_eq(first, second);
    ck_assert_uint_ne(first, third);
    ck_assert_mem_eq(program.kernel[first].kernel.tokens, same, sizeof same);
    sled_program_drop_kernel(&program);
    ck_assert_uint_eq(program.nkernels, third);
    CK_OK(sled_program_add_kernel(&program, &kernel, &third, &err));
    ck_assert_uint_eq(program.nkernels, third + 1);
}
END_TEST

/* One of everything on chip 0, and a thing changed: 0 is nothing. */
static void build(int change, struct sled_program *out)
{
    static const uint32_t chips[] = {0, 1, 2, 3, 4, 5}, others[] = {1, 0, 2, 3, 4, 5};
    const struct sled_kernel kernel = {.kind = SLED_KERNEL_MATMUL, .m = change == 1 ? 2 : 1};
    struct sled_program_collective collective = {
        .name = change == 2 ? "other" : "name",
        .req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 6, .elem_bytes = 1},
        .algorithm = change == 3 ? "pairwise" : "direct",
        .memory = change == 4 ? SLED_MEMORY_HBM : SLED_MEMORY_SBUF,
        .row_bytes = change == 5 ? 7 : 0};
    struct sled_traffic *traffic;
    uint32_t id;

    CK_OK(sled_program_init(out, 6, &err));
    CK_OK(sled_program_add_phase(out, change == 6 ? "other" : "name", &id, &err));
    CK_OK(sled_program_add_traffic(out, 6, &traffic, &err));
    traffic->bytes[3] = change == 7 ? 9 : 8;
    collective.req.traffic = traffic;
    CK_OK(sled_program_add_collective(out, &collective, change == 8 ? others : chips, &id, &err));
    const struct sled_step step = {
        .kind = SLED_STEP_KERNEL, .bytes = change == 9 ? 1 : 0, .after = SLED_NONE};
    CK_OK(sled_program_add_kernel(out, &kernel, &id, &err));
    CK_OK(sled_program_add_step(out, 0, &step, &id, &err));
    if (change == 10)
        CK_OK(sled_program_add_step(out, 0, &step, &id, &err));
}

/* Names do nothing. */
START_TEST(programs_are_equal_that_do_the_same)
{
    struct sled_program a, b;

    for (int change = 0; change <= 10; change++) {
        build(0, &a);
        build(change, &b);
        ck_assert_int_eq(sled_program_equal(&a, &b), change == 0 || change == 2 || change == 6);
        sled_program_finish(&a);
        sled_program_finish(&b);
    }
}
END_TEST

START_TEST(collectives_need_chips_of_their_own)
{
    const struct sled_program_collective collective = {
        .name = "x", .req = {.nranks = 2, .nelems = 1, .elem_bytes = 1}};
    const uint32_t twice[] = {3, 3}, beyond[] = {0, 6};
    uint32_t id;

    ck_assert_int_eq(sled_program_add_collective(&program, &collective, twice, &id, &err),
                     SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "collective \"x\": ranks 0 and 1 are both on chip 3");
    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_program_add_collective(&program, &collective, beyond, &id, &err),
                     SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "collective \"x\": rank 1 is on chip 6, but there are 6 chips");
    ck_assert_uint_eq(program.ncollectives, 0);
}
END_TEST

/* 10 elements of 2 bytes over 4 ranks: blocks of 3, 3, 2, 2. */
static const struct {
    enum sled_coll_kind kind;
    uint64_t store[4], load[4];
} staged[] = {
    {SLED_COLL_ALL_REDUCE, {20, 20, 20, 20}, {20, 20, 20, 20}},
    {SLED_COLL_ALL_GATHER, {6, 6, 4, 4}, {20, 20, 20, 20}},
    {SLED_COLL_REDUCE_SCATTER, {20, 20, 20, 20}, {6, 6, 4, 4}},
    {SLED_COLL_ALL_TO_ALL, {20, 20, 20, 20}, {24, 24, 16, 16}},
    {SLED_COLL_BROADCAST, {20, 0, 0, 0}, {0, 20, 20, 20}},
    {SLED_COLL_PERMUTE, {20, 20, 20, 20}, {20, 20, 20, 20}},
};

START_TEST(staging_stores_inputs_and_loads_outputs)
{
    const uint32_t coll = add_collective("c", staged[_i].kind, 4, 10);
    uint32_t last[4];

    CK_OK(sled_program_add_staged(&program, coll, true, 0, NULL, last, &err));
    for (uint32_t r = 0; r < 4; r++) {
        const struct sled_step *step = program.chip[r].step;

        ck_assert_uint_eq(program.chip[r].nsteps, 3);
        ck_assert_uint_eq(last[r], 2);
        ck_assert_int_eq(step[0].kind, SLED_STEP_STORE);
        ck_assert_uint_eq(step[0].bytes, staged[_i].store[r]);
        ck_assert_uint_eq(step[0].after, SLED_NONE);
        ck_assert_int_eq(step[1].kind, SLED_STEP_COLLECTIVE);
        ck_assert_uint_eq(step[1].after, 0);
        ck_assert_uint_eq(step[1].rank, r);
        ck_assert_int_eq(step[2].kind, SLED_STEP_LOAD);
        ck_assert_uint_eq(step[2].bytes, staged[_i].load[r]);
        ck_assert_uint_eq(step[2].after, 1);
    }
    CK_OK(sled_program_check(&program, &err));
}
END_TEST

START_TEST(staging_an_uneven_exchange_sums_rows_and_columns)
{
    struct sled_program_collective collective = {
        .name = "v", .req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1}};
    const uint32_t chip_of_rank[] = {4, 2}, after[] = {0, SLED_NONE};
    struct sled_traffic *traffic;
    uint32_t id, last[2];

    CK_OK(sled_program_add_traffic(&program, 2, &traffic, &err));
    memcpy(traffic->bytes, (uint64_t[]){1, 2, 30, 40}, 4 * sizeof(uint64_t));
    collective.req.traffic = traffic;
    CK_OK(sled_program_add_collective(&program, &collective, chip_of_rank, &id, &err));
    add_step(4, SLED_STEP_STORE, SLED_STREAM_COMPUTE, 0, SLED_NONE);
    CK_OK(sled_program_add_staged(&program, id, true, 0, after, last, &err));
    ck_assert_uint_eq(last[0], 3);
    ck_assert_uint_eq(last[1], 2);
    ck_assert_uint_eq(program.chip[4].step[1].after, 0);
    ck_assert_uint_eq(program.chip[4].step[1].bytes, 3);
    ck_assert_uint_eq(program.chip[4].step[3].bytes, 31);
    ck_assert_uint_eq(program.chip[2].step[0].bytes, 70);
    ck_assert_uint_eq(program.chip[2].step[2].bytes, 42);
    CK_OK(sled_program_check(&program, &err));
}
END_TEST

START_TEST(streams_may_wait_for_each_other)
{
    const uint32_t coll = add_collective("c", SLED_COLL_PERMUTE, 2, 1);

    for (uint32_t c = 0; c < 2; c++) {
        const uint32_t first = add_step(c, SLED_STEP_STORE, SLED_STREAM_COMPUTE, 0, SLED_NONE);
        const uint32_t middle = add_step(c, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, coll, first);
        add_step(c, SLED_STEP_STORE, SLED_STREAM_COMPUTE, 0, middle);
    }
    CK_OK(sled_program_check(&program, &err));
}
END_TEST

START_TEST(opposite_orders_never_end)
{
    const uint32_t a = add_collective("a", SLED_COLL_PERMUTE, 2, 1);
    const uint32_t b = add_collective("b", SLED_COLL_PERMUTE, 2, 1);

    add_step(0, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, a, SLED_NONE);
    add_step(0, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, b, SLED_NONE);
    add_step(1, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, b, SLED_NONE);
    add_step(1, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, a, SLED_NONE);
    ck_fails("the program never ends: chip 0 (cc) waits in collective \"a\" for chip 1; "
             "chip 1 (cc) waits in collective \"b\" for chip 0");
}
END_TEST

START_TEST(a_step_that_waits_for_a_later_one_never_ends)
{
    add_step(2, SLED_STEP_STORE, SLED_STREAM_CC, 0, 1);
    add_step(2, SLED_STEP_STORE, SLED_STREAM_CC, 0, SLED_NONE);
    ck_fails("the program never ends: chip 2 (cc) waits at step 0 for step 1");
}
END_TEST

START_TEST(long_lists_are_cut)
{
    const uint32_t a = add_collective("a", SLED_COLL_PERMUTE, 6, 1);

    for (uint32_t c = 0; c < 6; c++)
        add_step(c, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, a, c == 0 ? SLED_NONE : 0);
    ck_fails("the program never ends: chip 0 (cc) waits in collective \"a\" for chips 1, 2, 3, 4 "
             "and 1 more; chip 1 (cc) waits at step 0 for step 0; chip 2 (cc) waits at step 0 for "
             "step 0; chip 3 (cc) waits at step 0 for step 0; and 2 more");
}
END_TEST

START_TEST(every_rank_has_one_step)
{
    const uint32_t a = add_collective("a", SLED_COLL_PERMUTE, 2, 1);

    add_step(0, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, a, SLED_NONE);
    ck_fails("collective \"a\": rank 1 has no step");
    add_step(1, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, a, SLED_NONE);
    add_step(1, SLED_STEP_COLLECTIVE, SLED_STREAM_CC, a, SLED_NONE);
    err = (struct sled_err)SLED_ERR_INIT;
    ck_fails("collective \"a\": rank 1 has more than one step");
}
END_TEST

/* Steps that name what is not there. */
static const struct {
    struct sled_step step;
    const char *message;
} bad[] = {
    {{.kind = SLED_STEP_STORE, .phase = 1, .after = SLED_NONE},
     "chip 3, step 0: phase 1 does not exist (phases: 1)"},
    {{.kind = SLED_STEP_STORE, .after = 7},
     "chip 3, step 0: waits for step 7, which does not exist (steps: 1)"},
    {{.kind = SLED_STEP_KERNEL, .what = 2, .after = SLED_NONE},
     "chip 3, step 0: kernel 2 does not exist (kernels: 0)"},
    {{.kind = SLED_STEP_COLLECTIVE, .what = 5, .after = SLED_NONE},
     "chip 3, step 0: collective 5 does not exist (collectives: 1)"},
    {{.kind = SLED_STEP_COLLECTIVE, .rank = 4, .after = SLED_NONE},
     "chip 3, step 0: rank 4 of collective \"a\", which has 4 ranks"},
    {{.kind = SLED_STEP_COLLECTIVE, .rank = 1, .after = SLED_NONE},
     "chip 3, step 0: rank 1 of collective \"a\" is on chip 1"},
    {{.kind = SLED_STEP_STORE, .stream = SLED_STREAMS, .after = SLED_NONE},
     "chip 3, step 0: there is no stream 2"},
};

START_TEST(bad_indices_are_named)
{
    add_collective("a", SLED_COLL_PERMUTE, 4, 1);
    CK_OK(sled_program_add_step(&program, 3, &bad[_i].step, NULL, &err));
    ck_fails(bad[_i].message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("program");
    TCase *tc = tcase_create("program");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, equal_kernels_are_one);
    tcase_add_test(tc, tokens_are_compared_and_copied);
    tcase_add_test(tc, programs_are_equal_that_do_the_same);
    tcase_add_test(tc, collectives_need_chips_of_their_own);
    tcase_add_loop_test(tc, staging_stores_inputs_and_loads_outputs, 0, SLED_ARRAY_LEN(staged));
    tcase_add_test(tc, staging_an_uneven_exchange_sums_rows_and_columns);
    tcase_add_test(tc, streams_may_wait_for_each_other);
    tcase_add_test(tc, opposite_orders_never_end);
    tcase_add_test(tc, a_step_that_waits_for_a_later_one_never_ends);
    tcase_add_test(tc, long_lists_are_cut);
    tcase_add_test(tc, every_rank_has_one_step);
    tcase_add_loop_test(tc, bad_indices_are_named, 0, SLED_ARRAY_LEN(bad));
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
