/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registered plans, damaged. The verifier must agree with running the damaged plan on
 * numbers, and each kind of damage must be seen; so must the loss of any dependency that
 * protects data.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "coll_case.h"
#include "model/verify.h"

static const uint32_t RANKS[] = {2, 3, 4, 5};
#define NRANKS SLED_ARRAY_LEN(RANKS)

/* Larger than any buffer here, so that reaching beyond its end stays inside the array. */
#define ROOM 400

#define MOST_RANKS (5 + 4) /* and switches */

/* Contents as numbers modulo 2^64. */
struct memory {
    uint64_t value[MOST_RANKS][SLED_BUFFERS][ROOM];
};

/* Scattered so that different sums of few of them differ. */
static uint64_t number(uint64_t rank, uint64_t buffer, uint64_t element)
{
    uint64_t x = (rank * SLED_BUFFERS + buffer) * ROOM + element + 1;

    for (int i = 0; i < 3; i++)
        x = (x ^ x >> 29) * 0x9e3779b97f4a7c15u;
    return x ^ x >> 32;
}

static struct memory *run_on_numbers(const struct sled_plan *plan)
{
    struct memory *m = malloc(sizeof *m);
    uint64_t moved[ROOM];

    ck_assert_ptr_nonnull(m);
    ck_assert_uint_le(plan->nranks, MOST_RANKS);
    for (uint32_t r = 0; r < MOST_RANKS; r++) {
        const bool empty = r >= plan->nranks - plan->nswitches; /* sums of a switch begin so */

        for (uint32_t b = 0; b < SLED_BUFFERS; b++) {
            for (uint32_t e = 0; e < ROOM; e++)
                m->value[r][b][e] = empty ? 0 : number(r, b, e);
        }
    }
    for (sled_xfer_id id = 0; id < plan->count; id++) {
        const struct sled_xfer x = sled_plan_get(plan, id);
        uint64_t *to = m->value[x.dst][x.dst_buffer] + x.dst_offset;

        ck_assert_uint_le(x.src_offset + x.count, ROOM);
        ck_assert_uint_le(x.dst_offset + x.count, ROOM);
        memcpy(moved, m->value[x.src][x.src_buffer] + x.src_offset, x.count * sizeof *moved);
        for (uint64_t i = 0; i < x.count; i++)
            to[i] = moved[i] + (x.op == SLED_XFER_REDUCE ? to[i] : 0);
    }
    return m;
}

static uint64_t input(uint32_t rank, uint64_t element)
{
    return number(rank, SLED_BUFFER_DATA, element);
}

static uint64_t input_sum(uint32_t nranks, uint64_t element)
{
    uint64_t sum = 0;

    for (uint32_t r = 0; r < nranks; r++)
        sum += input(r, element);
    return sum;
}

static struct sled_span row_of(const struct sled_coll_req *req, uint32_t src, uint32_t dst)
{
    if (req->kind != SLED_COLL_ALL_TO_ALL_V)
        return sled_block(req->nelems, req->nranks, dst);

    const uint64_t *bytes = req->traffic->bytes + (size_t)src * req->nranks;
    struct sled_span row = {.count = bytes[dst]};
    for (uint32_t d = 0; d < dst; d++)
        row.offset += bytes[d];
    return row;
}

static bool rows_are_right(const struct sled_coll_req *req, uint32_t rank, const uint64_t *out)
{
    for (uint32_t src = 0; src < req->nranks; src++) {
        const struct sled_span row = row_of(req, src, rank);
        for (uint64_t i = 0; i < row.count; i++) {
            if (*out++ != input(src, row.offset + i))
                return false;
        }
    }
    return true;
}

static bool element_is_right(const struct sled_coll_req *req, uint32_t rank, uint64_t e,
                             const struct memory *m)
{
    const uint64_t data = m->value[rank][SLED_BUFFER_DATA][e];
    uint32_t owner = 0; /* of the block that e lies in */

    while (sled_block(req->nelems, req->nranks, owner).offset +
               sled_block(req->nelems, req->nranks, owner).count <=
           e)
        owner++;

    switch (req->kind) {
    case SLED_COLL_ALL_REDUCE:
        return data == input_sum(req->nranks, e);
    case SLED_COLL_ALL_GATHER:
        return data == input(owner, e);
    case SLED_COLL_REDUCE_SCATTER:
        return owner != rank || data == input_sum(req->nranks, e);
    case SLED_COLL_BROADCAST:
        return data == input(req->root, e);
    case SLED_COLL_PERMUTE:
        return m->value[rank][SLED_BUFFER_OUT][e] ==
               input((rank + req->nranks - 1) % req->nranks, e);
    case SLED_COLL_ALL_TO_ALL:
    case SLED_COLL_ALL_TO_ALL_V:
    case SLED_COLL_KINDS:
        break;
    }
    return true; /* rows_are_right */
}

/* Does the plan compute the right numbers? */
static bool computes(const struct sled_plan *plan, const struct sled_coll_req *req)
{
    struct memory *m = run_on_numbers(plan);
    const bool rows = req->kind == SLED_COLL_ALL_TO_ALL || req->kind == SLED_COLL_ALL_TO_ALL_V;
    bool right = true;

    for (uint32_t rank = 0; rank < req->nranks; rank++) {
        if (rows)
            right = right && rows_are_right(req, rank, m->value[rank][SLED_BUFFER_OUT]);
        else
            for (uint64_t e = 0; e < req->nelems; e++)
                right = right && element_is_right(req, rank, e, m);
    }
    free(m);
    return right;
}

enum mutation { DROP, REPEAT, REDIRECT, SHIFT, MUTATIONS };

/* A copy of plan with one transfer changed, and without dependencies: both the verifier
 * and the numbers run plans in their order. */
static struct sled_plan mutate(const struct sled_plan *plan, sled_xfer_id id, enum mutation how)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan out;

    ck_assert_int_eq(sled_plan_init(&out, plan->nranks - plan->nswitches, plan->elem_bytes, &err),
                     SLED_OK);
    sled_plan_add_switches(&out, plan->nswitches);
    for (sled_xfer_id i = 0; i < plan->count; i++) {
        struct sled_xfer x = sled_plan_get(plan, i);

        x.nafter = 0;
        if (i == id && how == DROP)
            x.count = 0;
        if (i == id && how == REDIRECT)
            x.dst = (x.dst + 1) % plan->nranks;
        if (i == id && how == SHIFT)
            x.src_offset = x.src_offset == 0 ? 1 : x.src_offset - 1;
        for (int times = i == id && how == REPEAT ? 2 : 1; times > 0; times--)
            ck_assert_int_eq(sled_plan_add(&out, &x, &err), SLED_OK);
    }
    return out;
}

/* Copying twice in a row does no harm, and a reduction may be as good at another rank (whose
 * copy goes the same way later). Everything else spoils the result. */
static bool may_be_harmless(const struct sled_xfer *x, enum mutation how)
{
    return (how == REPEAT && x->op == SLED_XFER_COPY) ||
           (how == REDIRECT && x->op == SLED_XFER_REDUCE);
}

/* Rows and blocks have at least two elements here: no transfer but the joins is empty. */
START_TEST(damaged_transfers_are_seen)
{
    const uint32_t P = RANKS[(size_t)_i % NRANKS];
    struct coll_case c;

    coll_case_init(
        &c, coll_case_algo((size_t)_i / NRANKS),
        &(struct coll_ask){.nranks = P, .nelems = 4 * P + 1, .least = 2, .layout = COLL_SCATTERED});
    ck_assert_msg(computes(&c.plan, &c.req), "%s", c.name);
    for (sled_xfer_id id = 0; id < c.plan.count; id++) {
        const struct sled_xfer x = sled_plan_get(&c.plan, id);

        for (enum mutation how = 0; how < MUTATIONS && x.count > 0; how++) {
            struct sled_err err = SLED_ERR_INIT;
            struct sled_plan changed = mutate(&c.plan, id, how);
            const bool passed = sled_verify(&changed, &c.req, &err) == SLED_OK;

            ck_assert_msg(passed == computes(&changed, &c.req),
                          "%s, transfer %u, mutation %d: verified %d, %s", c.name, id, (int)how,
                          passed, err.msg);
            ck_assert_msg(!passed || may_be_harmless(&x, how), "%s, transfer %u, mutation %d",
                          c.name, id, (int)how);
            sled_plan_finish(&changed);
        }
    }
    coll_case_finish(&c);
}
END_TEST

/* More ranks, in pieces and channels: every seventh transfer, dropped or done twice. */
START_TEST(damage_is_seen_at_more_ranks)
{
    const struct sled_coll_algo *algo = coll_case_algo((size_t)_i);
    struct coll_case c;

    coll_case_init(&c, algo,
                   &(struct coll_ask){.nranks = 12,
                                      .nelems = 12 * 6,
                                      .least = 2,
                                      .layout = (enum coll_layout)(_i % COLL_LAYOUTS),
                                      .channels = algo->channels ? 3 : 1,
                                      .chunks = algo->chunks ? 2 : 1});
    for (sled_xfer_id id = (sled_xfer_id)_i % 7; id < c.plan.count; id += 7) {
        const struct sled_xfer x = sled_plan_get(&c.plan, id);

        for (enum mutation how = DROP; how <= REPEAT && x.count > 0; how++) {
            struct sled_err err = SLED_ERR_INIT;
            struct sled_plan changed = mutate(&c.plan, id, how);

            ck_assert_msg(may_be_harmless(&x, how) ||
                              sled_verify(&changed, &c.req, &err) == SLED_E_CHECK,
                          "%s, transfer %u, mutation %d", c.name, id, (int)how);
            sled_plan_finish(&changed);
        }
    }
    coll_case_finish(&c);
}
END_TEST

/* A copy of plan without its dependency number `gone`. */
static struct sled_plan without(const struct sled_plan *plan, uint32_t gone)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_plan out;

    ck_assert_int_eq(sled_plan_init(&out, plan->nranks - plan->nswitches, plan->elem_bytes, &err),
                     SLED_OK);
    sled_plan_add_switches(&out, plan->nswitches);
    for (sled_xfer_id i = 0; i < plan->count; i++) {
        struct sled_xfer x = sled_plan_get(plan, i);
        sled_xfer_id after[64];
        uint32_t nafter = 0;

        ck_assert_uint_le(x.nafter, SLED_ARRAY_LEN(after));
        for (uint32_t j = 0; j < x.nafter; j++) {
            if (plan->after_begin[i] + j != gone)
                after[nafter++] = x.after[j];
        }
        x.after = after;
        x.nafter = nafter;
        ck_assert_int_eq(sled_plan_add(&out, &x, &err), SLED_OK);
    }
    return out;
}

/* The transfer that has dependency number `dependency`. */
static sled_xfer_id owner_of(const struct sled_plan *plan, uint32_t dependency)
{
    sled_xfer_id id = 0;

    while (plan->after_begin[id + 1] <= dependency)
        id++;
    return id;
}

static bool is_waited_for(const struct sled_plan *plan, sled_xfer_id id)
{
    for (uint32_t i = 0; i < plan->after_begin[plan->count]; i++)
        if (plan->after[i] == id)
            return true;
    return false;
}

/*
 * Does it protect data? Not so where a transfer waits for another between the same two ranks, and
 * so paces what it sends, as all of "pairwise" do; nor at the end of some reduce-scatters, where a
 * join or a reduction makes additions to one place wait for each other, and nobody reads it.
 */
static bool protects(const struct coll_case *c, uint32_t dependency)
{
    const struct sled_xfer after = sled_plan_get(&c->plan, owner_of(&c->plan, dependency));
    const struct sled_xfer before = sled_plan_get(&c->plan, c->plan.after[dependency]);
    const bool paces = after.src == before.src && after.dst == before.dst && before.count > 0;
    const bool adds = before.op == SLED_XFER_REDUCE && after.op == SLED_XFER_REDUCE;
    const bool gathers = before.dst == after.dst && (after.count == 0 || adds);

    if (strcmp(c->algo->name, "pairwise") == 0 || paces)
        return false;
    return !gathers || is_waited_for(&c->plan, owner_of(&c->plan, dependency));
}

START_TEST(lost_dependencies_are_seen)
{
    const uint32_t P = RANKS[(size_t)_i % NRANKS];
    struct coll_case c;

    coll_case_init(
        &c, coll_case_algo((size_t)_i / NRANKS),
        &(struct coll_ask){.nranks = P, .nelems = 4 * P + 1, .least = 2, .layout = COLL_SCATTERED});
    for (uint32_t gone = 0; gone < c.plan.after_begin[c.plan.count]; gone++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_plan changed = without(&c.plan, gone);

        if (protects(&c, gone))
            ck_assert_msg(sled_verify_order(&changed, &err) == SLED_E_CHECK, "%s, dependency %u",
                          c.name, gone);
        else
            ck_assert_msg(sled_verify_order(&changed, &err) == SLED_OK, "%s: %s", c.name, err.msg);
        sled_plan_finish(&changed);
    }
    coll_case_finish(&c);
}
END_TEST

int main(void)
{
    const int ncases = coll_case_nalgos() * (int)NRANKS;
    Suite *suite = suite_create("mutations");
    TCase *tc = tcase_create("mutations");

    tcase_add_loop_test(tc, damaged_transfers_are_seen, 0, ncases);
    tcase_add_loop_test(tc, damage_is_seen_at_more_ranks, 0, coll_case_nalgos());
    tcase_add_loop_test(tc, lost_dependencies_are_seen, 0, ncases);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
