/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two-step mesh all-reduce: every rank talks to every other one, twice.
 *
 * The n elements are cut into P blocks (sled_block); rank d is the owner of block d.
 *   step 1  every rank s sends its copy of block d to each owner d, who adds it up
 *   step 2  every owner d sends the finished block d to all others, who overwrite theirs
 *
 *     P = 4            step 1: reduce            step 2: copy
 *     rank 0 sends    b1>1 b2>2 b3>3      (0)    b0>1 b0>2 b0>3
 *     rank 1 sends    b2>2 b3>3 b0>0      (1)    b1>2 b1>3 b1>0
 *     rank 2 sends    b3>3 b0>0 b1>1      (2)    b2>3 b2>0 b2>1
 *     rank 3 sends    b0>0 b1>1 b2>2      (3)    b3>0 b3>1 b3>2
 *
 * All transfers of a step may run at once; each rank begins with its right neighbour,
 * so that where they are issued one by one they do not all aim at rank 0 first.
 *
 * Step 2 of owner d waits for the P-1 reductions into block d. A join, the empty local
 * transfer (d), does so on behalf of all: 2 P (P-1) dependencies in place of P (P-1)^2.
 * It protects the copies too: s's block d is overwritten only after the join, which
 * waited for s to send it.
 *
 * Limits: operands are combined in order of arrival, hence the operator must commute.
 * When n < P some blocks are empty; their transfers are emitted as pure dependencies, so
 * that the numbering stays regular.
 */
#include "coll/coll.h"

#include <stdlib.h>

#include "base/vec.h"

static enum sled_status mesh_check(const struct sled_coll_req *req, struct sled_err *err)
{
    if (!req->commutative)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"mesh\" reorders operands and needs a commutative operator");
    return SLED_OK;
}

/* Rank src's copy of a block, on its way to the same place of rank dst. */
static struct sled_xfer block_xfer(const struct sled_coll_req *req, uint32_t src, uint32_t dst,
                                   uint32_t block, enum sled_xfer_op op)
{
    const struct sled_span span = sled_block(req->nelems, req->nranks, block);

    return (struct sled_xfer){
        .src = src,
        .dst = dst,
        .src_offset = span.offset,
        .dst_offset = span.offset,
        .count = span.count,
        .op = op,
    };
}

/* Rank s sends to s + t as transfer s * (P-1) + t - 1 of the step. */
static enum sled_status add_reductions(const struct sled_coll_req *req, struct sled_plan *plan,
                                       struct sled_err *err)
{
    const uint32_t P = req->nranks;

    for (uint32_t s = 0; s < P; s++) {
        for (uint32_t t = 1; t < P; t++) {
            const uint32_t d = (s + t) % P;
            const struct sled_xfer xfer = block_xfer(req, s, d, d, SLED_XFER_REDUCE);
            SLED_TRY(sled_plan_add(plan, &xfer, err));
        }
    }
    return SLED_OK;
}

static enum sled_status add_joins(uint32_t P, sled_xfer_id first_reduction, struct sled_plan *plan,
                                  sled_xfer_id *reductions, struct sled_err *err)
{
    for (uint32_t d = 0; d < P; d++) {
        for (uint32_t t = 1; t < P; t++)
            reductions[t - 1] = first_reduction + (d + P - t) % P * (P - 1) + t - 1;
        const struct sled_xfer join = {.src = d, .dst = d, .after = reductions, .nafter = P - 1};
        SLED_TRY(sled_plan_add(plan, &join, err));
    }
    return SLED_OK;
}

static enum sled_status add_copies(const struct sled_coll_req *req, sled_xfer_id first_join,
                                   struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t P = req->nranks;

    for (uint32_t d = 0; d < P; d++) {
        const sled_xfer_id join = first_join + d;

        for (uint32_t t = 1; t < P; t++) {
            struct sled_xfer xfer = block_xfer(req, d, (d + t) % P, d, SLED_XFER_COPY);
            xfer.after = &join;
            xfer.nafter = 1;
            SLED_TRY(sled_plan_add(plan, &xfer, err));
        }
    }
    return SLED_OK;
}

static enum sled_status mesh_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                  struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t npairs = (uint64_t)P * (P - 1);
    const sled_xfer_id first = plan->count;
    sled_xfer_id *reductions;

    if (P == 1)
        return SLED_OK;
    SLED_TRY(sled_plan_reserve(plan, first + 2 * npairs + P, 2 * npairs, err));
    SLED_TRY(add_reductions(req, plan, err));

    SLED_TRY(sled_vec_alloc(&reductions, P - 1, err));
    const enum sled_status status = add_joins(P, first, plan, reductions, err);
    free(reductions);
    SLED_TRY(status);

    return add_copies(req, plan->count - P, plan, err);
}

static enum sled_status mesh_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                  struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t n = req->nelems;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || n == 0)
        return SLED_OK;

    /* Block 0 is the longest. Owner r sends the n - b_r elements that are others', then
     * its own block P - 1 times; it receives the same amounts in the opposite order. */
    const uint64_t longest = sled_block(n, P, 0).count;
    out->steps = 2;
    out->chain_bytes = 2 * longest * req->elem_bytes;
    out->port_bytes = (n + (P - 2) * longest) * req->elem_bytes;
    out->total_bytes = 2 * (uint64_t)(P - 1) * n * req->elem_bytes;
    out->reduced_bytes = out->total_bytes / 2;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_reduce_mesh = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "mesh",
    .summary = "direct reduce-scatter, then direct all-gather; two steps at any size",
    .reference = "AWS Neuron SDK, Collectives: intra-node mesh algorithm (two-step form)",
    .check = mesh_check,
    .plan = mesh_plan,
    .cost = mesh_cost,
};
