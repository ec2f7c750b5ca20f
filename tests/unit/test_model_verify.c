/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier on plans made by hand: right ones pass, each kind of mistake is named. */
#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/verify.h"

#define MAX_XFERS 6

static uint64_t cell[4] = {1, 2, 3, 0};
static const struct sled_traffic UNEVEN = {.nranks = 2, .bytes = cell};

struct plan_case {
    struct sled_coll_req req;
    uint32_t nxfers;
    struct sled_xfer xfer[MAX_XFERS];
    const char *message; /* NULL: the plan is right */
    uint32_t nswitches;
};

static struct sled_plan build_with(uint32_t nranks, uint32_t nswitches, uint32_t elem_bytes,
                                   const struct sled_xfer *xfer, uint32_t nxfers)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    ck_assert_int_eq(sled_plan_init(&plan, nranks, elem_bytes, &err), SLED_OK);
    sled_plan_add_switches(&plan, nswitches);
    for (uint32_t i = 0; i < nxfers; i++)
        ck_assert_msg(sled_plan_add(&plan, &xfer[i], &err) == SLED_OK, "%s", err.msg);
    return plan;
}

static struct sled_plan build(uint32_t nranks, uint32_t elem_bytes, const struct sled_xfer *xfer,
                              uint32_t nxfers)
{
    return build_with(nranks, 0, elem_bytes, xfer, nxfers);
}

static void check_case(const struct plan_case *c)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan =
        build_with(c->req.nranks, c->nswitches, c->req.elem_bytes, c->xfer, c->nxfers);
    const enum sled_status status = sled_verify(&plan, &c->req, &err);

    if (c->message == NULL) {
        ck_assert_msg(status == SLED_OK, "%s", err.msg);
    } else {
        ck_assert_int_eq(status, SLED_E_CHECK);
        ck_assert_str_eq(err.msg, c->message);
    }
    sled_plan_finish(&plan);
}

#define ALL_REDUCE(P, n)                                                            \
    {                                                                               \
        .kind = SLED_COLL_ALL_REDUCE, .nranks = (P), .nelems = (n), .elem_bytes = 4 \
    }
#define DATA SLED_BUFFER_DATA
#define OUT SLED_BUFFER_OUT
#define SCRATCH SLED_BUFFER_SCRATCH
#define REDUCE SLED_XFER_REDUCE

static const struct plan_case RIGHT[] = {
    /* One rank has its sum already. */
    {.req = ALL_REDUCE(1, 5)},
    {.req = ALL_REDUCE(3, 0)},
    /* Through scratch, so that both add the other's original. */
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 3,
     .xfer = {{.src = 0, .dst = 1, .count = 4, .dst_buffer = SCRATCH},
              {.src = 1, .dst = 0, .count = 4, .op = REDUCE},
              {.src = 1, .dst = 1, .count = 4, .src_buffer = SCRATCH, .op = REDUCE}}},
    /* Cut at 2 and 5 on the way there, at 3 on the way back, and moved by 100 between. */
    {.req = ALL_REDUCE(2, 7),
     .nxfers = 6,
     .xfer =
         {{.src = 1, .dst = 0, .dst_offset = 100, .count = 2, .dst_buffer = SCRATCH},
          {.src = 1,
           .dst = 0,
           .src_offset = 5,
           .dst_offset = 105,
           .count = 2,
           .dst_buffer = SCRATCH},
          {.src = 1,
           .dst = 0,
           .src_offset = 2,
           .dst_offset = 102,
           .count = 3,
           .dst_buffer = SCRATCH},
          {.src = 0, .dst = 0, .src_offset = 100, .count = 7, .src_buffer = SCRATCH, .op = REDUCE},
          {.src = 0, .dst = 1, .src_offset = 3, .dst_offset = 3, .count = 4},
          {.src = 0, .dst = 1, .count = 3}}},
    /* Garbage does no harm where the result overwrites it. */
    {.req = ALL_REDUCE(2, 1),
     .nxfers = 4,
     .xfer = {{.src = 1, .dst = 0, .count = 1, .op = REDUCE},
              {.src = 0, .dst = 1, .count = 1, .op = REDUCE},
              {.src = 0, .dst = 1, .count = 1, .op = REDUCE},
              {.src = 0, .dst = 1, .count = 1}}},
    {.req = {.kind = SLED_COLL_ALL_GATHER, .nranks = 2, .nelems = 3, .elem_bytes = 1},
     .nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .count = 2},
              {.src = 1, .dst = 0, .src_offset = 2, .dst_offset = 2, .count = 1}}},
    /* Only its own block counts: the rest of rank 0 stays as it was. */
    {.req = {.kind = SLED_COLL_REDUCE_SCATTER, .nranks = 2, .nelems = 2, .elem_bytes = 1},
     .nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .src_offset = 1, .dst_offset = 1, .count = 1, .op = REDUCE},
              {.src = 1, .dst = 0, .count = 1, .op = REDUCE}}},
    {.req = {.kind = SLED_COLL_BROADCAST, .nranks = 3, .root = 1, .nelems = 2, .elem_bytes = 1},
     .nxfers = 2,
     .xfer = {{.src = 1, .dst = 2, .count = 2}, {.src = 2, .dst = 0, .count = 2}}},
    {.req = {.kind = SLED_COLL_PERMUTE, .nranks = 2, .nelems = 2, .elem_bytes = 1},
     .nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .count = 2, .dst_buffer = OUT},
              {.src = 1, .dst = 0, .count = 2, .dst_buffer = OUT}}},
    {.req = {.kind = SLED_COLL_ALL_TO_ALL, .nranks = 2, .nelems = 3, .elem_bytes = 1},
     .nxfers = 4,
     .xfer =
         {{.src = 0, .dst = 0, .count = 2, .dst_buffer = OUT},
          {.src = 0, .dst = 1, .src_offset = 2, .count = 1, .dst_buffer = OUT},
          {.src = 1, .dst = 0, .dst_offset = 2, .count = 2, .dst_buffer = OUT},
          {.src = 1, .dst = 1, .src_offset = 2, .dst_offset = 1, .count = 1, .dst_buffer = OUT}}},
    {.req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1, .traffic = &UNEVEN},
     .nxfers = 3,
     .xfer = {{.src = 0, .dst = 0, .count = 1, .dst_buffer = OUT},
              {.src = 0, .dst = 1, .src_offset = 1, .count = 2, .dst_buffer = OUT},
              {.src = 1, .dst = 0, .dst_offset = 1, .count = 3, .dst_buffer = OUT}}},
    /* Sums of a switch begin empty, here at two different elements. */
    {.req = ALL_REDUCE(2, 3),
     .nswitches = 1,
     .nxfers = 5,
     .xfer = {{.src = 0, .dst = 2, .count = 2, .dst_buffer = SCRATCH, .op = REDUCE},
              {.src = 1, .dst = 2, .count = 3, .dst_buffer = SCRATCH, .op = REDUCE},
              {.src = 0,
               .dst = 2,
               .src_offset = 2,
               .dst_offset = 2,
               .count = 1,
               .dst_buffer = SCRATCH,
               .op = REDUCE},
              {.src = 2, .dst = 0, .count = 3, .src_buffer = SCRATCH},
              {.src = 2, .dst = 1, .count = 3, .src_buffer = SCRATCH}}},
};

START_TEST(right_plans_pass)
{
    check_case(&RIGHT[_i]);
}
END_TEST

static const struct plan_case WRONG[] = {
    {.req = ALL_REDUCE(2, 3),
     .nswitches = 1,
     .nxfers = 3,
     .xfer = {{.src = 0, .dst = 2, .count = 3, .dst_buffer = SCRATCH, .op = REDUCE},
              {.src = 2, .dst = 0, .count = 3, .src_buffer = SCRATCH},
              {.src = 2, .dst = 1, .count = 3, .src_buffer = SCRATCH}},
     .message = "rank 0, data element 0 should be the sum of element 0 over 2 ranks: element 0 of "
                "rank 1 is missing"},
    {.req = ALL_REDUCE(2, 3),
     .nswitches = 1,
     .nxfers = 1,
     .xfer = {{.src = 0, .dst = 2, .count = 3}},
     .message = "transfer 0 writes rank 2, data element 2, beyond the 0 elements there"},
    {.req = ALL_REDUCE(3, 2),
     .message = "rank 0, data element 0 should be the sum of element 0 over 3 ranks: element 0 of "
                "rank 1 is missing"},
    {.req = ALL_REDUCE(3, 9),
     .nxfers = 3,
     .xfer = {{.src = 1, .dst = 0, .count = 9, .op = REDUCE},
              {.src = 2, .dst = 0, .count = 5, .op = REDUCE},
              {.src = 2, .dst = 0, .src_offset = 6, .dst_offset = 6, .count = 3, .op = REDUCE}},
     .message = "rank 0, data element 5 should be the sum of element 5 over 3 ranks: element 5 of "
                "rank 2 is missing"},
    {.req = ALL_REDUCE(2, 8),
     .nxfers = 2,
     .xfer = {{.src = 1, .dst = 0, .count = 8, .op = REDUCE},
              {.src = 1, .dst = 0, .src_offset = 3, .dst_offset = 3, .count = 2, .op = REDUCE}},
     .message = "rank 0, data element 3 should be the sum of element 3 over 2 ranks: element 3 of "
                "rank 1 is in it more than once"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 0, .src_offset = 1, .count = 1, .op = REDUCE}},
     .message = "rank 0, data element 0 should be the sum of element 0 over 2 ranks: element 1 of "
                "rank 1 does not belong there"},
    /* Rank 0 is complete before rank 1 is looked at. */
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 0, .count = 4, .op = REDUCE}},
     .message = "rank 1, data element 0 should be the sum of element 0 over 2 ranks: element 0 of "
                "rank 0 is missing"},
    /* The right sum in the wrong place, although it is right elsewhere. */
    {.req = ALL_REDUCE(2, 2),
     .nxfers = 3,
     .xfer = {{.src = 1, .dst = 0, .count = 2, .op = REDUCE},
              {.src = 0, .dst = 1, .src_offset = 1, .count = 1},
              {.src = 0, .dst = 1, .dst_offset = 1, .count = 1}},
     .message = "rank 1, data element 0 should be the sum of element 0 over 2 ranks: element 1 of "
                "rank 0 does not belong there"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 0, .dst = 1, .src_offset = 3, .count = 2, .src_buffer = SCRATCH}},
     .message = "transfer 0 reads rank 0, scratch element 3, which was never written"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .count = 2, .dst_buffer = SCRATCH},
              {.src = 0, .dst = 1, .count = 4, .dst_buffer = SCRATCH, .op = REDUCE}},
     .message = "transfer 1 adds to rank 1, scratch element 2, which was never written"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 0, .dst = 1, .src_offset = 3, .count = 2, .dst_buffer = SCRATCH}},
     .message = "transfer 0 reads rank 0, data element 4, beyond the 4 elements there"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 0, .dst = 1, .dst_offset = 2, .count = 3}},
     .message = "transfer 0 writes rank 1, data element 4, beyond the 4 elements there"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 0, .dst = 1, .count = 1, .dst_buffer = OUT, .op = REDUCE}},
     .message = "transfer 0 adds to rank 1, out element 0, beyond the 0 elements there"},
    {.req = ALL_REDUCE(2, 4),
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 1, .dst_offset = 1, .count = 3}},
     .message = "transfer 0 reads and writes rank 1, data element 1 at once"},
    {.req = {.kind = SLED_COLL_PERMUTE, .nranks = 2, .nelems = 2, .elem_bytes = 1},
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 0, .count = 1, .dst_buffer = OUT}},
     .message = "rank 0, out element 1 should be element 1 of rank 1: it was never written"},
    {.req = {.kind = SLED_COLL_ALL_GATHER, .nranks = 2, .nelems = 3, .elem_bytes = 1},
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 0, .count = 1}},
     .message = "transfer 0 reads rank 1, data element 0, which was never written"},
    {.req = {.kind = SLED_COLL_REDUCE_SCATTER, .nranks = 2, .nelems = 2, .elem_bytes = 1},
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 0, .count = 1, .op = REDUCE}},
     .message = "rank 1, data element 1 should be the sum of element 1 over 2 ranks: element 1 of "
                "rank 0 is missing"},
    {.req = {.kind = SLED_COLL_BROADCAST, .nranks = 3, .root = 1, .nelems = 2, .elem_bytes = 1},
     .nxfers = 1,
     .xfer = {{.src = 1, .dst = 0, .count = 2}},
     .message = "rank 2, data element 0 should be element 0 of rank 1: it was never written"},
    {.req = {.kind = SLED_COLL_ALL_TO_ALL, .nranks = 2, .nelems = 2, .elem_bytes = 1},
     .nxfers = 2,
     .xfer =
         {{.src = 0, .dst = 0, .count = 1, .dst_buffer = OUT},
          {.src = 1, .dst = 0, .src_offset = 1, .dst_offset = 1, .count = 1, .dst_buffer = OUT}},
     .message = "rank 0, out element 1 should be element 0 of rank 1: element 1 of rank 1 does not "
                "belong there"},
    {.req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1, .traffic = &UNEVEN},
     .nxfers = 3,
     .xfer = {{.src = 0, .dst = 0, .count = 1, .dst_buffer = OUT},
              {.src = 0, .dst = 1, .count = 2, .dst_buffer = OUT},
              {.src = 1, .dst = 0, .dst_offset = 1, .count = 3, .dst_buffer = OUT}},
     .message = "rank 1, out element 0 should be element 1 of rank 0: element 0 of rank 0 does not "
                "belong there"},
    {.req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = 2, .elem_bytes = 1, .traffic = &UNEVEN},
     .nxfers = 1,
     .xfer = {{.src = 0, .dst = 0, .count = 5, .dst_buffer = OUT}},
     .message = "transfer 0 reads rank 0, data element 4, beyond the 3 elements there"},
};

START_TEST(mistakes_are_named)
{
    check_case(&WRONG[_i]);
}
END_TEST

START_TEST(plan_and_request_must_fit)
{
    const struct sled_coll_req req = ALL_REDUCE(3, 1);
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = build(2, 1, NULL, 0);

    ck_assert_int_eq(sled_verify(&plan, &req, &err), SLED_E_CHECK);
    ck_assert_str_eq(err.msg, "the plan is for 2 ranks and elements of 1 bytes, the request for 3 "
                              "ranks and elements of 4 bytes");
    sled_plan_finish(&plan);
}
END_TEST

/* Two ranks add each other up again and again: 2^200 contributions, found doubled at once. */
START_TEST(sums_of_sums_are_not_expanded)
{
    const struct sled_coll_req req = ALL_REDUCE(2, 1);
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = build(2, 4, NULL, 0);

    for (uint32_t i = 0; i < 200; i++) {
        const struct sled_xfer xfer = {.src = i % 2, .dst = 1 - i % 2, .count = 1, .op = REDUCE};
        ck_assert_int_eq(sled_plan_add(&plan, &xfer, &err), SLED_OK);
    }
    ck_assert_int_eq(sled_verify(&plan, &req, &err), SLED_E_CHECK);
    ck_assert_str_eq(err.msg, "rank 0, data element 0 should be the sum of element 0 over 2 ranks: "
                              "element 0 of rank 0 is in it more than once");
    sled_plan_finish(&plan);
}
END_TEST

/* Element by element from the last to the first: as many runs as elements. */
START_TEST(single_elements_add_up)
{
    enum { N = 2000 };
    const struct sled_coll_req req = {
        .kind = SLED_COLL_PERMUTE, .nranks = 1, .nelems = N, .elem_bytes = 4};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = build(1, 4, NULL, 0);

    for (uint64_t i = N; i-- > 0;) {
        const struct sled_xfer xfer = {
            .src_offset = i, .dst_offset = i, .count = 1, .dst_buffer = OUT};
        ck_assert_int_eq(sled_plan_add(&plan, &xfer, &err), SLED_OK);
    }
    ck_assert_msg(sled_verify(&plan, &req, &err) == SLED_OK, "%s", err.msg);
    sled_plan_finish(&plan);
}
END_TEST

static const sled_xfer_id AFTER_0[] = {0};
static const sled_xfer_id AFTER_1[] = {1};

/* Order does not depend on a request; the transfers need not make sense otherwise. */
static const struct plan_case ORDER[] = {
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .count = 4}, {.src = 1, .dst = 2, .src_offset = 3, .count = 2}},
     .message = "rank 1, data element 3: transfer 0 writes it and transfer 1 reads it, but no "
                "dependency orders them"},
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .count = 4},
              {.src = 1, .dst = 2, .src_offset = 3, .count = 2, .after = AFTER_0, .nafter = 1}}},
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 1, .count = 4}, {.src = 1, .dst = 2, .src_offset = 4, .count = 2}}},
    /* Write after read. */
    {.nxfers = 2,
     .xfer = {{.src = 1, .dst = 2, .count = 4}, {.src = 0, .dst = 1, .dst_offset = 2, .count = 9}},
     .message = "rank 1, data element 2: transfer 0 reads it and transfer 1 writes it, but no "
                "dependency orders them"},
    /* Two writes. */
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 2, .count = 4}, {.src = 1, .dst = 2, .count = 4}},
     .message = "rank 2, data element 0: transfer 0 writes it and transfer 1 writes it, but no "
                "dependency orders them"},
    /* Two reductions commute, a reduction and a write do not, nor a reduction and a read. */
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 2, .count = 4, .op = REDUCE},
              {.src = 1, .dst = 2, .count = 4, .op = REDUCE}}},
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 2, .count = 4, .op = REDUCE}, {.src = 1, .dst = 2, .count = 4}},
     .message = "rank 2, data element 0: transfer 0 adds to it and transfer 1 writes it, but no "
                "dependency orders them"},
    {.nxfers = 2,
     .xfer = {{.src = 0, .dst = 2, .count = 4, .op = REDUCE}, {.src = 2, .dst = 1, .count = 4}},
     .message = "rank 2, data element 0: transfer 0 adds to it and transfer 1 reads it, but no "
                "dependency orders them"},
    /* Two reads, and different buffers, are free. */
    {.nxfers = 3,
     .xfer = {{.src = 0, .dst = 1, .count = 4},
              {.src = 0, .dst = 2, .count = 4},
              {.src = 2, .dst = 1, .count = 4, .src_buffer = OUT, .dst_buffer = OUT}}},
    /* Order is passed on, also by an empty transfer. */
    {.nxfers = 3,
     .xfer = {{.src = 0, .dst = 1, .count = 4},
              {.src = 2, .dst = 2, .after = AFTER_0, .nafter = 1},
              {.src = 1, .dst = 2, .count = 4, .after = AFTER_1, .nafter = 1}}},
    {.nxfers = 3,
     .xfer = {{.src = 0, .dst = 1, .count = 4},
              {.src = 2, .dst = 2},
              {.src = 1, .dst = 2, .count = 4, .after = AFTER_1, .nafter = 1}},
     .message = "rank 1, data element 0: transfer 0 writes it and transfer 2 reads it, but no "
                "dependency orders them"},
};

START_TEST(races_are_named)
{
    const struct plan_case *c = &ORDER[_i];
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = build(3, 1, c->xfer, c->nxfers);
    const enum sled_status status = sled_verify_order(&plan, &err);

    if (c->message == NULL) {
        ck_assert_msg(status == SLED_OK, "%s", err.msg);
    } else {
        ck_assert_int_eq(status, SLED_E_CHECK);
        ck_assert_str_eq(err.msg, c->message);
    }
    sled_plan_finish(&plan);
}
END_TEST

/* A chain of n transfers over one element, across the words of the bit sets. */
START_TEST(long_chains_are_ordered)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = build(2, 1, NULL, 0);

    for (uint32_t i = 0; i < 300; i++) {
        const sled_xfer_id after = i - 1;
        const struct sled_xfer xfer = {
            .src = i % 2, .dst = 1 - i % 2, .count = 1, .after = &after, .nafter = i > 0};
        ck_assert_int_eq(sled_plan_add(&plan, &xfer, &err), SLED_OK);
    }
    ck_assert_msg(sled_verify_order(&plan, &err) == SLED_OK, "%s", err.msg);
    sled_plan_finish(&plan);
}
END_TEST

START_TEST(order_of_too_many_is_refused)
{
    const struct sled_xfer xfer = {.src = 0, .dst = 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = build(2, 1, NULL, 0);

    for (uint32_t i = 0; i < 65537; i++)
        ck_assert_int_eq(sled_plan_add(&plan, &xfer, &err), SLED_OK);
    ck_assert_int_eq(sled_verify_order(&plan, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, "the order of 65537 transfers cannot be checked, at most 65536");
    sled_plan_finish(&plan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify");
    TCase *tc = tcase_create("verify");

    tcase_add_loop_test(tc, right_plans_pass, 0, SLED_ARRAY_LEN(RIGHT));
    tcase_add_loop_test(tc, mistakes_are_named, 0, SLED_ARRAY_LEN(WRONG));
    tcase_add_test(tc, plan_and_request_must_fit);
    tcase_add_test(tc, sums_of_sums_are_not_expanded);
    tcase_add_test(tc, single_elements_add_up);
    tcase_add_loop_test(tc, races_are_named, 0, SLED_ARRAY_LEN(ORDER));
    tcase_add_test(tc, long_chains_are_ordered);
    tcase_add_test(tc, order_of_too_many_is_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
