/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Permute, as sendrecv: every rank sends its data to its right neighbour, all at once.
 *
 *     P = 4   0 > 1, 1 > 2, 2 > 3, 3 > 0
 *
 * Data goes to another buffer: nothing to protect. A single rank copies to itself.
 *
 * Limits: none.
 */
#include "coll/coll.h"

static enum sled_status direct_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                    struct sled_err *err)
{
    const uint32_t P = req->nranks;

    for (uint32_t r = 0; r < P && req->nelems > 0; r++) {
        const struct sled_xfer xfer = {
            .src = r, .dst = (r + 1) % P, .count = req->nelems, .dst_buffer = SLED_BUFFER_OUT};
        SLED_TRY(sled_plan_add(plan, &xfer, err));
    }
    return SLED_OK;
}

static enum sled_status direct_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                    struct sled_err *err)
{
    const uint64_t P = req->nranks;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || req->nelems == 0)
        return SLED_OK;
    out->steps = 1;
    out->chain_bytes = req->nelems * req->elem_bytes;
    out->port_bytes = out->chain_bytes;
    out->total_bytes = P * out->chain_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_permute_direct = {
    .kind = SLED_COLL_PERMUTE,
    .name = "direct",
    .summary = "everybody sends to its right neighbour at once; one step",
    .reference = "nccl-tests, sendrecv",
    .plan = direct_plan,
    .cost = direct_cost,
};
