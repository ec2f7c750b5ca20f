/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-step mesh all-reduce: everybody sends all that it has to everybody. P times the bytes of
 * the two-step form, for one step less.
 *
 *     P = 4            one step: reduce
 *     rank 0 sends    all>1 all>2 all>3
 *     rank 1 sends    all>2 all>3 all>0
 *     rank 2 sends    all>3 all>0 all>1
 *     rank 3 sends    all>0 all>1 all>2
 *
 * A rank's data cannot be summed up where it is, as others still have to read it. So every rank
 * first copies it to its scratch, where all are added; when these are there, and its own data has
 * been read P-1 times, it copies the sum back. A join, an empty local transfer, waits for all of
 * them on behalf of that copy.
 *
 * Limits: operands are combined in order of arrival, hence the operator must commute.
 */
#include "coll/coll.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/families.h"

static enum sled_status check(const struct sled_coll_req *req, struct sled_err *err)
{
    return sled_coll_check_commutes(req, "mesh_one_step", err);
}

/* A local copy of everything, after one transfer or none. */
static enum sled_status copy_all(const struct sled_coll_req *req, uint32_t rank,
                                 enum sled_buffer from, enum sled_buffer to,
                                 const sled_xfer_id *after, struct sled_plan *plan,
                                 struct sled_err *err)
{
    const struct sled_xfer xfer = {
        .src = rank,
        .dst = rank,
        .count = req->nelems,
        .src_buffer = from,
        .dst_buffer = to,
        .after = after,
        .nafter = after != NULL,
    };
    return sled_plan_add(plan, &xfer, err);
}

/* Rank s sends to s + t as transfer s * (P-1) + t - 1 of the step; rank r has copied its data as
 * transfer copied + r. */
static enum sled_status add_step(const struct sled_coll_req *req, sled_xfer_id copied,
                                 struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t P = req->nranks;

    for (uint32_t s = 0; s < P; s++) {
        for (uint32_t t = 1; t < P; t++) {
            const uint32_t d = (s + t) % P;
            const sled_xfer_id ready = copied + d;
            const struct sled_xfer xfer = {
                .src = s,
                .dst = d,
                .count = req->nelems,
                .dst_buffer = SLED_BUFFER_SCRATCH,
                .op = SLED_XFER_REDUCE,
                .after = &ready,
                .nafter = 1,
            };
            SLED_TRY(sled_plan_add(plan, &xfer, err));
        }
    }
    return SLED_OK;
}

/* What rank r sent and received in the step that began with transfer `first`. touched[2 (P-1)] is
 * room. */
static enum sled_status add_sum(const struct sled_coll_req *req, uint32_t r, sled_xfer_id first,
                                sled_xfer_id *touched, struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const sled_xfer_id join_id = plan->count;

    for (uint32_t t = 1; t < P; t++) {
        touched[2 * (t - 1)] = first + r * (P - 1) + t - 1;
        touched[2 * (t - 1) + 1] = first + (r + P - t) % P * (P - 1) + t - 1;
    }
    const struct sled_xfer join = {.src = r, .dst = r, .after = touched, .nafter = 2 * (P - 1)};
    SLED_TRY(sled_plan_add(plan, &join, err));
    return copy_all(req, r, SLED_BUFFER_SCRATCH, SLED_BUFFER_DATA, &join_id, plan, err);
}

static enum sled_status one_step_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                      struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t npairs = (uint64_t)P * (P - 1);
    const sled_xfer_id copied = plan->count;
    sled_xfer_id *touched;

    if (P == 1 || req->nelems == 0)
        return SLED_OK;
    SLED_TRY(sled_plan_reserve(plan, copied + npairs + 3 * (uint64_t)P, 3 * npairs + P, err));
    for (uint32_t r = 0; r < P; r++)
        SLED_TRY(copy_all(req, r, SLED_BUFFER_DATA, SLED_BUFFER_SCRATCH, NULL, plan, err));

    const sled_xfer_id first = plan->count;
    SLED_TRY(add_step(req, copied, plan, err));
    SLED_TRY(sled_vec_alloc(&touched, 2 * (size_t)(P - 1), err));
    enum sled_status st = SLED_OK;
    for (uint32_t r = 0; r < P && st == SLED_OK; r++)
        st = add_sum(req, r, first, touched, plan, err);
    free(touched);
    return st;
}

static enum sled_status one_step_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                      struct sled_err *err)
{
    const uint64_t P = req->nranks;
    const uint64_t bytes = req->nelems * req->elem_bytes;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || bytes == 0)
        return SLED_OK;
    out->steps = 1;
    out->chain_bytes = bytes;
    out->port_bytes = (P - 1) * bytes;
    out->total_bytes = P * (P - 1) * bytes;
    out->reduced_bytes = out->total_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_reduce_mesh_one_step = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "mesh_one_step",
    .summary = "everybody sends everything to everybody; for the smallest messages",
    .reference = "AWS Neuron SDK, Intra-node Collective Communications: Single-step Mesh",
    .check = check,
    .plan = one_step_plan,
    .cost = one_step_cost,
};
