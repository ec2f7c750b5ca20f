/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring all-reduce: a reduce-scatter around the ring, then an all-gather.
 *
 * The n elements are cut into P blocks (sled_block: lengths differ by at most one, the
 * longer ones first). In step t, 0 <= t < 2(P-1), rank r sends block (r - t) mod P to
 * rank r + 1. The receiver adds it to its own copy while t < P-1 and overwrites its
 * copy afterwards.
 *
 *     P = 4           t=0 t=1 t=2   t=3 t=4 t=5
 *     rank 0 sends     b0  b3  b2    b1  b0  b3
 *     rank 1 sends     b1  b0  b3    b2  b1  b0
 *     rank 2 sends     b2  b1  b0    b3  b2  b1
 *     rank 3 sends     b3  b2  b1    b0  b3  b2
 *                      -- reduce -    -- copy --
 *
 * What r sends in step t is what it received in step t-1, so one dependency per transfer
 * suffices. It also protects the buffer: r's copy of a block is overwritten P-1 steps
 * after r sent it, on the chain that this very send is part of.
 *
 * Limits: operands are combined in ring order, which differs per block, hence the
 * operator must commute. When n < P some blocks are empty; their transfers are emitted
 * as pure dependencies, so that the numbering stays regular.
 */
#include "coll/coll.h"

static enum sled_status ring_check(const struct sled_coll_req *req, struct sled_err *err)
{
    if (!req->commutative)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"ring\" reorders operands and needs a commutative operator");
    return SLED_OK;
}

static enum sled_status ring_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                  struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t nsteps = 2 * (uint64_t)(P - 1);
    const sled_xfer_id first = plan->count;

    SLED_TRY(sled_plan_reserve(plan, first + nsteps * P, nsteps * P, err));
    for (uint64_t t = 0; t < nsteps; t++) {
        for (uint32_t r = 0; r < P; r++) {
            const uint32_t left = (r + P - 1) % P;
            const uint32_t block = (uint32_t)((r + P - t % P) % P);
            const struct sled_span span = sled_block(req->nelems, P, block);
            const sled_xfer_id received = (sled_xfer_id)(first + (t - 1) * P + left);
            const struct sled_xfer xfer = {
                .src = r,
                .dst = (r + 1) % P,
                .src_offset = span.offset,
                .dst_offset = span.offset,
                .count = span.count,
                .op = t < P - 1 ? SLED_XFER_REDUCE : SLED_XFER_COPY,
                .after = &received,
                .nafter = t > 0,
            };
            SLED_TRY(sled_plan_add(plan, &xfer, err));
        }
    }
    return SLED_OK;
}

static enum sled_status ring_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                  struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t n = req->nelems;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || n == 0)
        return SLED_OK;

    /* The heaviest chain follows block 0, the longest, nearly twice around. */
    out->steps = 2 * (uint64_t)(P - 1);
    out->chain_bytes = out->steps * sled_block(n, P, 0).count * req->elem_bytes;

    /* Rank r sends every block twice, but r+1 and r+2 once; the last two are the shortest. */
    const uint64_t spared = sled_block(n, P, P - 2).count + sled_block(n, P, P - 1).count;
    out->port_bytes = (2 * n - spared) * req->elem_bytes;

    out->total_bytes = out->steps * n * req->elem_bytes;
    out->reduced_bytes = out->total_bytes / 2;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_reduce_ring = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "ring",
    .summary = "reduce-scatter then all-gather on one ring; fewest bytes, many steps",
    .reference = "Patarasuk and Yuan, J. Parallel Distrib. Comput. 69(2), 2009",
    .check = ring_check,
    .plan = ring_plan,
    .cost = ring_cost,
};
