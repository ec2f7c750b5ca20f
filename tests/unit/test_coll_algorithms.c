/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every registered algorithm over a grid of ranks and sizes: it computes the right
 * thing in any order its dependencies allow, and costs what it says. A new row in
 * algos.def is tested by being there.
 */
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "coll_case.h"
#include "model/verify.h"

static const uint32_t RANKS[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                 12, 13, 14, 15, 16, 17, 32, 36, 64, 144};
#define NRANKS SLED_ARRAY_LEN(RANKS)
#define MOST_CHANNELS 6    /* of any request here */
#define LARGEST_ORDERED 36 /* ranks; beyond, checking the order takes too much memory */

/* Bytes that must cross between ranks without help of the fabric, whatever the algorithm. */
static uint64_t least_bytes(const struct sled_coll_req *req)
{
    const uint64_t all_but_own = (req->nranks - 1) * req->nelems * req->elem_bytes;
    struct sled_traffic_sums sums;

    switch (req->kind) {
    case SLED_COLL_ALL_REDUCE:
        return 2 * all_but_own;
    case SLED_COLL_ALL_TO_ALL_V:
        sled_traffic_sum(req->traffic, &sums);
        return sums.total;
    case SLED_COLL_PERMUTE:
        return req->nranks == 1 ? 0 : req->nranks * req->nelems * req->elem_bytes;
    case SLED_COLL_ALL_GATHER:
    case SLED_COLL_REDUCE_SCATTER:
    case SLED_COLL_ALL_TO_ALL:
    case SLED_COLL_BROADCAST:
    case SLED_COLL_KINDS:
        break;
    }
    return all_but_own;
}

static void check_bytes(const struct coll_case *c, const struct sled_plan_cost *said,
                        const struct sled_plan_cost *found)
{
    ck_assert_msg(said->total_bytes == found->total_bytes, "%s: total_bytes", c->name);
    ck_assert_msg(said->reduced_bytes == found->reduced_bytes, "%s: reduced_bytes", c->name);
    ck_assert_msg(found->total_bytes >= least_bytes(&c->req), "%s: too few bytes", c->name);
}

/* Numbers said are bounds where parts are uneven, and say nothing where some are empty. */
static void check_bounds(const struct coll_case *c, const struct sled_plan_cost *said,
                         const struct sled_plan_cost *found)
{
    if (c->req.nelems > 0 && c->req.nelems < (uint64_t)c->req.nranks * MOST_CHANNELS)
        return;
    ck_assert_msg(said->steps <= found->steps, "%s: steps", c->name);
    ck_assert_msg(said->chain_bytes <= found->chain_bytes, "%s: chain_bytes", c->name);
    ck_assert_msg(said->port_bytes <= found->port_bytes, "%s: port_bytes", c->name);
}

static void check_cost(const struct coll_case *c)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_cost said, found;

    ck_assert_int_eq(sled_plan_measure(&c->plan, &found, &err), SLED_OK);
    ck_assert_int_eq(c->algo->cost(&c->req, &said, &err), SLED_OK);
    check_bytes(c, &said, &found);
    check_bounds(c, &said, &found);
}

START_TEST(plans_are_right_and_cost_what_they_say)
{
    const struct sled_coll_algo *algo = coll_case_algo((size_t)_i / NRANKS);
    const uint32_t P = RANKS[(size_t)_i % NRANKS];
    const uint64_t sizes[] = {0, 1, P - 1, P + 1, 1000, 10007};

    for (size_t i = 0; i < SLED_ARRAY_LEN(sizes); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct coll_case c;

        coll_case_init(&c, algo,
                       &(struct coll_ask){.nranks = P,
                                          .nelems = sizes[i],
                                          .layout = (enum coll_layout)(i % COLL_LAYOUTS)});
        ck_assert_msg(sled_verify(&c.plan, &c.req, &err) == SLED_OK, "%s: %s", c.name, err.msg);
        if (P <= LARGEST_ORDERED)
            ck_assert_msg(sled_verify_order(&c.plan, &err) == SLED_OK, "%s: %s", c.name, err.msg);
        check_cost(&c);
        coll_case_finish(&c);
    }
}
END_TEST

/* Where everything divides evenly, the numbers are exact. */
START_TEST(costs_of_even_parts_are_exact)
{
    static const uint32_t EVEN[] = {8, 16, 64, 144};
    const struct sled_coll_algo *algo = coll_case_algo((size_t)_i / SLED_ARRAY_LEN(EVEN));
    const uint32_t P = EVEN[(size_t)_i % SLED_ARRAY_LEN(EVEN)];
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_cost said, found;
    struct coll_case c;

    if (strcmp(algo->name, "rdh") == 0 && P == 144)
        return; /* not a power of two: halves are uneven */
    coll_case_init(&c, algo, &(struct coll_ask){.nranks = P, .nelems = 24 * P});
    ck_assert_int_eq(sled_plan_measure(&c.plan, &found, &err), SLED_OK);
    ck_assert_int_eq(algo->cost(&c.req, &said, &err), SLED_OK);
    ck_assert_msg(said.steps == found.steps, "%s: %llu steps, said %llu", c.name,
                  (unsigned long long)found.steps, (unsigned long long)said.steps);
    ck_assert_msg(said.chain_bytes == found.chain_bytes, "%s: %llu bytes on a chain, said %llu",
                  c.name, (unsigned long long)found.chain_bytes,
                  (unsigned long long)said.chain_bytes);
    ck_assert_msg(said.port_bytes == found.port_bytes, "%s: %llu bytes at a port, said %llu",
                  c.name, (unsigned long long)found.port_bytes,
                  (unsigned long long)said.port_bytes);
    coll_case_finish(&c);
}
END_TEST

/* What textbooks say of a buffer of one million bytes, of which all ranks' parts are equal. */
static const struct {
    const struct sled_coll_algo *algo;
    uint32_t nranks, channels;
    uint64_t steps, chain_bytes, port_bytes;
} TEXTBOOK[] = {
    {&sled_coll_all_reduce_ring, 8, 1, 14, 14 * 125000, 1750000},
    {&sled_coll_all_reduce_ring, 8, 2, 14, 14 * 62500, 1750000},
    {&sled_coll_all_reduce_mesh, 8, 1, 2, 2 * 125000, 1750000},
    {&sled_coll_all_reduce_mesh_one_step, 8, 1, 1, 1000000, 7000000},
    {&sled_coll_all_reduce_rdh, 8, 1, 6, 2 * (500000 + 250000 + 125000), 1750000},
    {&sled_coll_all_reduce_tree, 8, 1, 6, 6 * 500000, 2000000},
    {&sled_coll_all_reduce_hier, 8, 1, 4, 2 * (250000 + 125000), 1750000},
    {&sled_coll_all_reduce_torus, 16, 1, 12, 2 * (3 * 250000 + 3 * 62500), 1875000},
    {&sled_coll_all_gather_ring, 8, 1, 7, 7 * 125000, 875000},
    {&sled_coll_all_gather_bruck, 8, 1, 3, 125000 + 250000 + 500000, 875000},
    {&sled_coll_all_gather_rdh, 8, 1, 3, 125000 + 250000 + 500000, 875000},
    {&sled_coll_reduce_scatter_rdh, 8, 1, 3, 500000 + 250000 + 125000, 875000},
    {&sled_coll_all_to_all_direct, 8, 1, 1, 125000, 875000},
    {&sled_coll_all_to_all_pairwise, 8, 1, 7, 7 * 125000, 875000},
    {&sled_coll_all_to_all_bruck, 8, 1, 3, (3 + 1 + 1) * 125000, 12 * 125000},
    {&sled_coll_all_to_all_hier, 8, 1, 2, 125000 + 4 * 125000, (6 + 4) * 125000},
    {&sled_coll_broadcast_ring, 8, 1, 7, 7000000, 1000000},
    {&sled_coll_broadcast_tree, 8, 1, 3, 3 * 500000, 1000000},
    {&sled_coll_broadcast_direct, 8, 1, 1, 1000000, 7000000},
    {&sled_coll_permute_direct, 8, 1, 1, 1000000, 1000000},
};

START_TEST(plans_have_the_numbers_of_textbooks)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan_cost found;
    struct coll_case c;

    coll_case_init(&c, TEXTBOOK[_i].algo,
                   &(struct coll_ask){.nranks = TEXTBOOK[_i].nranks,
                                      .nelems = 250000,
                                      .channels = TEXTBOOK[_i].channels,
                                      .chunks = 1});
    ck_assert_int_eq(sled_plan_measure(&c.plan, &found, &err), SLED_OK);
    ck_assert_msg(found.steps == TEXTBOOK[_i].steps, "%s: %llu steps", c.name,
                  (unsigned long long)found.steps);
    ck_assert_msg(found.chain_bytes == TEXTBOOK[_i].chain_bytes, "%s: %llu bytes on a chain",
                  c.name, (unsigned long long)found.chain_bytes);
    ck_assert_msg(found.port_bytes == TEXTBOOK[_i].port_bytes, "%s: %llu bytes at a port", c.name,
                  (unsigned long long)found.port_bytes);
    coll_case_finish(&c);
}
END_TEST

/* Pieces and channels change the way, not the result. */
START_TEST(chunks_and_channels_change_nothing)
{
    static const uint32_t SOME[] = {1, 3, 6, 8, 13};
    const struct sled_coll_algo *algo = coll_case_algo((size_t)_i);

    for (uint32_t i = 0; i < SLED_ARRAY_LEN(SOME); i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct coll_case c;

        coll_case_init(&c, algo,
                       &(struct coll_ask){.nranks = SOME[i],
                                          .nelems = 501,
                                          .layout = (enum coll_layout)(i % COLL_LAYOUTS),
                                          .channels = algo->channels ? MOST_CHANNELS : 1,
                                          .chunks = algo->chunks ? 3 : 1});
        ck_assert_msg(sled_verify(&c.plan, &c.req, &err) == SLED_OK, "%s: %s", c.name, err.msg);
        ck_assert_msg(sled_verify_order(&c.plan, &err) == SLED_OK, "%s: %s", c.name, err.msg);
        check_cost(&c);
        coll_case_finish(&c);
    }
}
END_TEST

START_TEST(equal_requests_give_equal_plans)
{
    struct coll_case one, two;

    coll_case_init(&one, coll_case_algo((size_t)_i),
                   &(struct coll_ask){.nranks = 6, .nelems = 100});
    coll_case_init(&two, coll_case_algo((size_t)_i),
                   &(struct coll_ask){.nranks = 6, .nelems = 100});
    const struct sled_plan *a = &one.plan;
    const struct sled_plan *b = &two.plan;

    ck_assert_uint_eq(a->count, b->count);
    ck_assert_mem_eq(a->src, b->src, a->count * sizeof *a->src);
    ck_assert_mem_eq(a->dst, b->dst, a->count * sizeof *a->dst);
    ck_assert_mem_eq(a->src_offset, b->src_offset, a->count * sizeof *a->src_offset);
    ck_assert_mem_eq(a->dst_offset, b->dst_offset, a->count * sizeof *a->dst_offset);
    ck_assert_mem_eq(a->nelems, b->nelems, a->count * sizeof *a->nelems);
    ck_assert_mem_eq(a->kind, b->kind, a->count * sizeof *a->kind);
    ck_assert_mem_eq(a->after_begin, b->after_begin, (a->count + 1) * sizeof *a->after_begin);
    if (a->after_begin[a->count] > 0)
        ck_assert_mem_eq(a->after, b->after, a->after_begin[a->count] * sizeof *a->after);
    coll_case_finish(&one);
    coll_case_finish(&two);
}
END_TEST

static bool waits_for(const struct sled_xfer *x, sled_xfer_id id)
{
    for (uint32_t i = 0; i < x->nafter; i++) {
        if (x->after[i] == id)
            return true;
    }
    return false;
}

/* Each rank's transfers out, and its transfers in, are chains; n < P leaves some empty. */
static void check_paced(const struct sled_coll_algo *algo)
{
    enum { P = 7 };
    sled_xfer_id last_out[P], last_in[P];
    uint32_t nout[P] = {0};
    uint32_t nin[P] = {0};
    struct coll_case c;

    coll_case_init(&c, algo, &(struct coll_ask){.nranks = P, .nelems = 5});
    for (sled_xfer_id id = 0; id < c.plan.count; id++) {
        const struct sled_xfer x = sled_plan_get(&c.plan, id);

        if (x.src == x.dst)
            continue;
        ck_assert(nout[x.src] == 0 || waits_for(&x, last_out[x.src]));
        ck_assert(nin[x.dst] == 0 || waits_for(&x, last_in[x.dst]));
        last_out[x.src] = id;
        last_in[x.dst] = id;
        nout[x.src]++;
        nin[x.dst]++;
    }
    for (uint32_t r = 0; r < P; r++) {
        ck_assert_uint_eq(nout[r], P - 1);
        ck_assert_uint_eq(nin[r], P - 1);
    }
    coll_case_finish(&c);
}

START_TEST(pairwise_sends_one_and_receives_one_at_a_time)
{
    check_paced(&sled_coll_all_to_all_pairwise);
    check_paced(&sled_coll_all_to_all_v_pairwise);
}
END_TEST

/* 144 ranks: one transfer per pair and a local copy per rank, and nothing waits. */
START_TEST(direct_is_all_at_once)
{
    struct coll_case c;

    coll_case_init(&c, &sled_coll_all_to_all_direct,
                   &(struct coll_ask){.nranks = 144, .nelems = 14400});
    ck_assert_uint_eq(c.plan.count, 20592 + 144);
    ck_assert_uint_eq(c.plan.after_begin[c.plan.count], 0);
    coll_case_finish(&c);
}
END_TEST

/* The joins keep the number of dependencies quadratic. */
START_TEST(mesh_has_two_dependencies_a_pair)
{
    struct coll_case c;

    coll_case_init(&c, &sled_coll_all_reduce_mesh,
                   &(struct coll_ask){.nranks = 144, .nelems = 14400});
    ck_assert_uint_eq(c.plan.count, 2 * 20592 + 144);
    ck_assert_uint_eq(c.plan.after_begin[c.plan.count], 2 * 20592);
    coll_case_finish(&c);
}
END_TEST

/* Steps between two coordinates on a ring. */
static uint32_t steps_apart(uint32_t a, uint32_t b, uint32_t size)
{
    const uint32_t up = (b + size - a) % size;

    return up < size - up ? up : size - up;
}

/* A 4 x 4 x 4 torus is a hypercube, in whatever order the ranks are. */
START_TEST(rdh_pairs_neighbours_of_a_hypercube)
{
    for (enum coll_layout layout = COLL_IN_ORDER; layout < COLL_LAYOUTS; layout++) {
        struct coll_case c;

        coll_case_init(&c, &sled_coll_all_reduce_rdh,
                       &(struct coll_ask){.nranks = 64, .nelems = 6400, .layout = layout});
        ck_assert_uint_gt(c.plan.count, 0);
        for (sled_xfer_id id = 0; id < c.plan.count; id++) {
            const uint32_t *src = c.place.coord + c.plan.src[id] * c.place.naxes;
            const uint32_t *dst = c.place.coord + c.plan.dst[id] * c.place.naxes;
            uint32_t apart = 0;

            for (uint32_t a = 0; a < c.place.naxes; a++)
                apart += steps_apart(src[a], dst[a], c.place.size[a]);
            ck_assert_msg(apart == 1, "%s, transfer %u: %u steps", c.name, id, apart);
        }
        coll_case_finish(&c);
    }
}
END_TEST

int main(void)
{
    const int nalgos = coll_case_nalgos();
    Suite *suite = suite_create("algorithms");
    TCase *tc = tcase_create("algorithms");

    tcase_add_loop_test(tc, plans_are_right_and_cost_what_they_say, 0, nalgos * (int)NRANKS);
    tcase_add_loop_test(tc, costs_of_even_parts_are_exact, 0, nalgos * 4);
    tcase_add_loop_test(tc, plans_have_the_numbers_of_textbooks, 0, (int)SLED_ARRAY_LEN(TEXTBOOK));
    tcase_add_loop_test(tc, chunks_and_channels_change_nothing, 0, nalgos);
    tcase_add_loop_test(tc, equal_requests_give_equal_plans, 0, nalgos);
    tcase_add_test(tc, pairwise_sends_one_and_receives_one_at_a_time);
    tcase_add_test(tc, direct_is_all_at_once);
    tcase_add_test(tc, mesh_has_two_dependencies_a_pair);
    tcase_add_test(tc, rdh_pairs_neighbours_of_a_hypercube);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
