/* SPDX-License-Identifier: Apache-2.0 */
/* Plans as structs of arrays: built once by an algorithm, then read by everybody. */
#include "model/plan.h"

#include <stdlib.h>

#include "base/vec.h"

#define MAX_XFERS (UINT32_MAX - 1)
#define MAX_AFTER UINT32_MAX

const char *const sled_buffer_names[SLED_BUFFERS + 1] = {"data", "out", "scratch", NULL};
const char *const sled_xfer_op_names[SLED_XFER_OPS + 1] = {"copy", "reduce", NULL};

static uint8_t pack_kind(const struct sled_xfer *xfer)
{
    return (uint8_t)((unsigned)xfer->op | (unsigned)xfer->src_buffer << 2 |
                     (unsigned)xfer->dst_buffer << 4);
}

/* Grow one of the arrays that share a capacity, which the caller updates at the end. */
static enum sled_status grow(void *array, size_t capacity, size_t need, size_t elem_size,
                             struct sled_err *err)
{
    return sled_vec_reserve_(array, &capacity, need, elem_size, err);
}

static enum sled_status reserve_xfers(struct sled_plan *plan, size_t need, struct sled_err *err)
{
    const size_t old = plan->capacity;
    size_t new = old;

    if (need <= old)
        return SLED_OK;
    SLED_TRY(sled_vec_reserve(&plan->src, &new, need, err));
    SLED_TRY(grow(&plan->dst, old, new, sizeof *plan->dst, err));
    SLED_TRY(grow(&plan->src_offset, old, new, sizeof *plan->src_offset, err));
    SLED_TRY(grow(&plan->dst_offset, old, new, sizeof *plan->dst_offset, err));
    SLED_TRY(grow(&plan->nelems, old, new, sizeof *plan->nelems, err));
    SLED_TRY(grow(&plan->kind, old, new, sizeof *plan->kind, err));
    /* One more than the others: it ends with where the next transfer's would begin. */
    SLED_TRY(grow(&plan->after_begin, old + 1, new + 1, sizeof *plan->after_begin, err));
    plan->capacity = new;
    return SLED_OK;
}

enum sled_status sled_plan_init(struct sled_plan *plan, uint32_t nranks, uint32_t elem_bytes,
                                struct sled_err *err)
{
    struct sled_plan empty = {.nranks = nranks, .elem_bytes = elem_bytes};

    SLED_TRY(sled_vec_alloc(&empty.after_begin, 1, err));
    *plan = empty;
    return SLED_OK;
}

void sled_plan_finish(struct sled_plan *plan)
{
    free(plan->src);
    free(plan->dst);
    free(plan->src_offset);
    free(plan->dst_offset);
    free(plan->nelems);
    free(plan->kind);
    free(plan->after_begin);
    free(plan->after);
    *plan = (struct sled_plan){0};
}

void sled_plan_add_switches(struct sled_plan *plan, uint32_t count)
{
    plan->nranks += count;
    plan->nswitches += count;
}

enum sled_status sled_plan_reserve(struct sled_plan *plan, uint64_t transfers, uint64_t after,
                                   struct sled_err *err)
{
    if (transfers > MAX_XFERS)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "the plan needs %llu transfers, at most %u are possible",
                            (unsigned long long)transfers, MAX_XFERS);
    if (after > MAX_AFTER)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "the plan needs %llu dependencies, at most %u are possible",
                            (unsigned long long)after, MAX_AFTER);
    SLED_TRY(reserve_xfers(plan, (size_t)transfers, err));
    return sled_vec_reserve(&plan->after, &plan->after_capacity, (size_t)after, err);
}

/* What only a faulty algorithm or an unchecked file can get wrong. */
static enum sled_status check_xfer(const struct sled_plan *plan, const struct sled_xfer *xfer,
                                   struct sled_err *err)
{
    const uint32_t id = plan->count;

    if (xfer->src >= plan->nranks || xfer->dst >= plan->nranks)
        return sled_err_set(err, SLED_E_BUG, "transfer %u: rank %u -> %u in a plan of %u ranks", id,
                            xfer->src, xfer->dst, plan->nranks);
    if (xfer->count > UINT64_MAX - xfer->src_offset || xfer->count > UINT64_MAX - xfer->dst_offset)
        return sled_err_set(err, SLED_E_BUG, "transfer %u: %llu elements reach beyond 2^64", id,
                            (unsigned long long)xfer->count);
    for (uint32_t i = 0; i < xfer->nafter; i++) {
        if (xfer->after[i] >= id)
            return sled_err_set(err, SLED_E_BUG,
                                "transfer %u: waits for transfer %u, which is not an earlier one",
                                id, xfer->after[i]);
    }
    return SLED_OK;
}

enum sled_status sled_plan_add(struct sled_plan *plan, const struct sled_xfer *xfer,
                               struct sled_err *err)
{
    const uint32_t id = plan->count;
    const uint32_t begin = plan->after_begin[id];

    SLED_TRY(check_xfer(plan, xfer, err));
    SLED_TRY(sled_plan_reserve(plan, (uint64_t)id + 1, (uint64_t)begin + xfer->nafter, err));

    plan->src[id] = xfer->src;
    plan->dst[id] = xfer->dst;
    plan->src_offset[id] = xfer->src_offset;
    plan->dst_offset[id] = xfer->dst_offset;
    plan->nelems[id] = xfer->count;
    plan->kind[id] = pack_kind(xfer);
    for (uint32_t i = 0; i < xfer->nafter; i++)
        plan->after[begin + i] = xfer->after[i];
    plan->after_begin[id + 1] = begin + xfer->nafter;
    plan->count = id + 1;
    return SLED_OK;
}

struct sled_xfer sled_plan_get(const struct sled_plan *plan, sled_xfer_id id)
{
    const uint32_t begin = plan->after_begin[id];

    return (struct sled_xfer){
        .src = plan->src[id],
        .dst = plan->dst[id],
        .src_offset = plan->src_offset[id],
        .dst_offset = plan->dst_offset[id],
        .count = plan->nelems[id],
        .src_buffer = (enum sled_buffer)(plan->kind[id] >> 2 & 3),
        .dst_buffer = (enum sled_buffer)(plan->kind[id] >> 4 & 3),
        .op = (enum sled_xfer_op)(plan->kind[id] & 3),
        .after = plan->after == NULL ? NULL : plan->after + begin,
        .nafter = plan->after_begin[id + 1] - begin,
    };
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Longest chains that end at each transfer, and traffic of each rank. */
struct tally {
    uint64_t *steps, *chain_bytes; /* [plan->count] */
    uint64_t *sent, *received;     /* [plan->nranks] */
};

static void tally_finish(struct tally *tally)
{
    free(tally->steps);
    free(tally->chain_bytes);
    free(tally->sent);
    free(tally->received);
}

static enum sled_status tally_init(struct tally *tally, const struct sled_plan *plan,
                                   struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&tally->steps, plan->count, err));
    SLED_TRY(sled_vec_alloc(&tally->chain_bytes, plan->count, err));
    SLED_TRY(sled_vec_alloc(&tally->sent, plan->nranks, err));
    return sled_vec_alloc(&tally->received, plan->nranks, err);
}

static void measure(const struct sled_plan *plan, struct tally *tally, struct sled_plan_cost *out)
{
    struct sled_plan_cost cost = {0};

    for (sled_xfer_id id = 0; id < plan->count; id++) {
        const struct sled_xfer x = sled_plan_get(plan, id);
        const uint64_t bytes = x.src == x.dst ? 0 : x.count * plan->elem_bytes;
        uint64_t steps = 0;
        uint64_t chain_bytes = 0;

        for (uint32_t i = 0; i < x.nafter; i++) {
            steps = max_u64(steps, tally->steps[x.after[i]]);
            chain_bytes = max_u64(chain_bytes, tally->chain_bytes[x.after[i]]);
        }
        tally->steps[id] = steps + (bytes > 0);
        tally->chain_bytes[id] = chain_bytes + bytes;
        tally->sent[x.src] += bytes;
        tally->received[x.dst] += bytes;

        cost.steps = max_u64(cost.steps, tally->steps[id]);
        cost.chain_bytes = max_u64(cost.chain_bytes, tally->chain_bytes[id]);
        cost.total_bytes += bytes;
        cost.reduced_bytes += x.op == SLED_XFER_REDUCE ? bytes : 0;
    }
    for (uint32_t r = 0; r < plan->nranks - plan->nswitches; r++)
        cost.port_bytes = max_u64(cost.port_bytes, max_u64(tally->sent[r], tally->received[r]));
    *out = cost;
}

enum sled_status sled_plan_measure(const struct sled_plan *plan, struct sled_plan_cost *out,
                                   struct sled_err *err)
{
    struct tally tally = {0};
    const enum sled_status status = tally_init(&tally, plan, err);

    if (status == SLED_OK)
        measure(plan, &tally, out);
    tally_finish(&tally);
    return status;
}
