/* SPDX-License-Identifier: Apache-2.0 */
/* Plans in chunks cut into elements: right for any multiple, and in proportion for the rest. */
#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "coll_case.h"
#include "model/plan_cut.h"
#include "model/verify.h"

static const uint32_t RANKS[] = {1, 2, 3, 4, 6, 7, 8};
#define NRANKS SLED_ARRAY_LEN(RANKS)

/* What `chunks` becomes for so many elements; fails the test if it cannot. */
static struct sled_plan cut(const struct sled_plan *chunks, uint32_t nchunks,
                            struct sled_coll_req req, uint64_t nelems)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan out;

    req.nelems = nelems;
    ck_assert_msg(sled_plan_cut(chunks, nchunks, &req, &out, &err) == SLED_OK, "%s", err.msg);
    return out;
}

static void verify(const struct sled_plan *plan, struct sled_coll_req req, uint64_t nelems)
{
    struct sled_err err = SLED_ERR_INIT;

    req.nelems = nelems;
    ck_assert_msg(sled_verify(plan, &req, &err) == SLED_OK, "%s", err.msg);
    ck_assert_msg(sled_verify_order(plan, &err) == SLED_OK, "%s", err.msg);
}

/* Every algorithm's plan for 2 elements a rank, as a plan in chunks. */
START_TEST(any_plan_serves_multiples)
{
    const uint32_t P = RANKS[(size_t)_i % NRANKS];
    const uint32_t nchunks = 2 * P;
    struct coll_case c;

    coll_case_init(&c, coll_case_algo((size_t)_i / NRANKS),
                   &(struct coll_ask){.nranks = P, .nelems = nchunks});
    for (uint64_t k = 0; k <= 5; k++) {
        const uint64_t scale = c.req.kind == SLED_COLL_ALL_TO_ALL_V ? 1 : k;
        struct sled_plan plan = cut(&c.plan, nchunks, c.req, k * nchunks);

        ck_assert_uint_eq(plan.count, c.plan.count);
        for (sled_xfer_id id = 0; id < plan.count; id++) {
            const struct sled_xfer x = sled_plan_get(&plan, id);
            const struct sled_xfer of = sled_plan_get(&c.plan, id);

            ck_assert_uint_eq(x.count, of.count * scale);
            ck_assert(of.count == 0 || x.src_offset == of.src_offset * scale);
            ck_assert(of.count == 0 || x.dst_offset == of.dst_offset * scale);
        }
        verify(&plan, c.req, k * nchunks);
        sled_plan_finish(&plan);
    }
    coll_case_finish(&c);
}
END_TEST

static const struct sled_coll_algo *const EXCHANGES[] = {&sled_coll_all_to_all_direct,
                                                         &sled_coll_all_to_all_pairwise};

/* Blocks of ranks are the operation's, whatever the number of chunks. */
START_TEST(a_chunk_a_rank_is_the_block_of_the_rank)
{
    const struct sled_coll_algo *algo = EXCHANGES[_i];

    for (uint64_t n = 5; n <= 23; n++) {
        struct coll_case one, whole;

        coll_case_init(&one, algo, &(struct coll_ask){.nranks = 5, .nelems = 5});
        coll_case_init(&whole, algo, &(struct coll_ask){.nranks = 5, .nelems = n});
        struct sled_plan plan = cut(&one.plan, 5, one.req, n);

        ck_assert_uint_eq(plan.count, whole.plan.count);
        for (sled_xfer_id id = 0; id < plan.count; id++) {
            const struct sled_xfer x = sled_plan_get(&plan, id);
            const struct sled_xfer want = sled_plan_get(&whole.plan, id);

            ck_assert_uint_eq(x.count, want.count);
            ck_assert_uint_eq(x.src_offset, want.src_offset);
            ck_assert_uint_eq(x.dst_offset, want.dst_offset);
        }
        sled_plan_finish(&plan);
        coll_case_finish(&whole);
        coll_case_finish(&one);
    }
}
END_TEST

/* Many chunks or few: each transfer gets its share of the elements, but for one at either end. */
START_TEST(unequal_chunks_are_spread_evenly)
{
    static const uint64_t sizes[] = {1, 7, 99, 1000, 1023, 2500, 10007};
    enum { NCHUNKS = 1000 };

    for (size_t i = 0; i < SLED_ARRAY_LEN(sizes); i++) {
        struct coll_case c;

        coll_case_init(&c, &sled_coll_all_reduce_ring,
                       &(struct coll_ask){.nranks = 7, .nelems = NCHUNKS, .channels = 1});
        struct sled_plan plan = cut(&c.plan, NCHUNKS, c.req, sizes[i]);
        const double scale = (double)sizes[i] / NCHUNKS;

        for (sled_xfer_id id = 0; id < plan.count; id++) {
            const struct sled_xfer x = sled_plan_get(&plan, id);
            const struct sled_xfer of = sled_plan_get(&c.plan, id);

            ck_assert_double_eq_tol((double)x.count, (double)of.count * scale, 1);
            ck_assert(x.count == 0 || x.src_offset == x.dst_offset);
            ck_assert_double_eq_tol((double)x.src_offset,
                                    x.count == 0 ? 0 : (double)of.src_offset * scale, 1);
        }
        verify(&plan, c.req, sizes[i]);
        sled_plan_finish(&plan);
        coll_case_finish(&c);
    }
}
END_TEST

static struct sled_plan one_xfer(struct sled_xfer xfer)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan;

    ck_assert_int_eq(sled_plan_init(&plan, 2, 1, &err), SLED_OK);
    ck_assert_int_eq(sled_plan_add(&plan, &xfer, &err), SLED_OK);
    return plan;
}

static void expect_refusal(struct sled_xfer xfer, uint32_t nchunks, enum sled_coll_kind kind,
                           const char *message)
{
    const struct sled_coll_req req = {.kind = kind, .nranks = 2, .nelems = 10, .elem_bytes = 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan plan = one_xfer(xfer);
    struct sled_plan out;

    ck_assert_int_eq(sled_plan_cut(&plan, nchunks, &req, &out, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, message);
    sled_plan_finish(&plan);
}

START_TEST(what_cannot_be_cut_is_refused)
{
    expect_refusal((struct sled_xfer){.dst = 1, .dst_offset = 1, .count = 1}, 4,
                   SLED_COLL_ALL_REDUCE,
                   "transfer 0 goes from chunks of 2 to chunks of 3 elements; only buffers of a "
                   "multiple of 4 elements have equal chunks");
    expect_refusal((struct sled_xfer){.dst = 1, .count = 1}, 3, SLED_COLL_ALL_GATHER,
                   "3 chunks are no multiple of 2 ranks, so that the plan serves a buffer of 3 "
                   "elements only, not of 10");
    expect_refusal(
        (struct sled_xfer){
            .dst = 1, .dst_buffer = SLED_BUFFER_SCRATCH, .dst_offset = UINT64_MAX / 2, .count = 1},
        4, SLED_COLL_ALL_REDUCE, "transfer 0 reaches beyond 2^64 elements of scratch");
}
END_TEST

/* 10 elements in 4 chunks are 2 + 3 + 2 + 3; in scratch each has room for 3. */
START_TEST(scratch_takes_the_length_of_the_other_end)
{
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_REDUCE, .nranks = 2, .elem_bytes = 1};
    struct sled_plan there = one_xfer((struct sled_xfer){
        .dst = 1, .src_offset = 3, .dst_buffer = SLED_BUFFER_SCRATCH, .dst_offset = 5, .count = 1});
    struct sled_plan plan = cut(&there, 4, req, 10);
    const struct sled_xfer x = sled_plan_get(&plan, 0);

    ck_assert_uint_eq(x.src_offset, 7);
    ck_assert_uint_eq(x.dst_offset, 15);
    ck_assert_uint_eq(x.count, 3);
    sled_plan_finish(&plan);
    sled_plan_finish(&there);
}
END_TEST

START_TEST(chunks_are_as_large_as_can_be)
{
    struct coll_case c;

    coll_case_init(&c, &sled_coll_all_reduce_ring,
                   &(struct coll_ask){.nranks = 4, .nelems = 48, .channels = 1});
    ck_assert_uint_eq(sled_plan_chunk_elems(&c.plan, &c.req), 12);
    coll_case_finish(&c);
    coll_case_init(
        &c, &sled_coll_all_reduce_ring,
        &(struct coll_ask){.nranks = 4, .nelems = 49, .channels = 1}); /* blocks of 13 and 12 */
    ck_assert_uint_eq(sled_plan_chunk_elems(&c.plan, &c.req), 1);
    coll_case_finish(&c);
    coll_case_init(&c, &sled_coll_all_to_all_direct,
                   &(struct coll_ask){.nranks = 4, .nelems = 48, .channels = 1});
    ck_assert_uint_eq(sled_plan_chunk_elems(&c.plan, &c.req), 12);
    coll_case_finish(&c);
    coll_case_init(&c, &sled_coll_all_reduce_ring,
                   &(struct coll_ask){.nranks = 1, .nelems = 48}); /* no transfers */
    ck_assert_uint_eq(sled_plan_chunk_elems(&c.plan, &c.req), 48);
    coll_case_finish(&c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan_cut");
    TCase *tc = tcase_create("plan_cut");

    tcase_add_loop_test(tc, any_plan_serves_multiples, 0, coll_case_nalgos() * (int)NRANKS);
    tcase_add_loop_test(tc, a_chunk_a_rank_is_the_block_of_the_rank, 0,
                        (int)SLED_ARRAY_LEN(EXCHANGES));
    tcase_add_test(tc, unequal_chunks_are_spread_evenly);
    tcase_add_test(tc, what_cannot_be_cut_is_refused);
    tcase_add_test(tc, scratch_takes_the_length_of_the_other_end);
    tcase_add_test(tc, chunks_are_as_large_as_can_be);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
