/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct broadcast: the root sends everything to everybody at once.
 *
 *     P = 4, root 0   0 > 1, 0 > 2, 0 > 3
 *
 * No transfer waits for another, and none reads what another writes.
 *
 * Limits: none. All bytes leave through the root's ports.
 */
#include "coll/coll.h"

static enum sled_status direct_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                    struct sled_err *err)
{
    const uint32_t P = req->nranks;

    for (uint32_t t = 1; t < P && req->nelems > 0; t++) {
        const struct sled_xfer xfer = {
            .src = req->root, .dst = (req->root + t) % P, .count = req->nelems};
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
    out->port_bytes = (P - 1) * out->chain_bytes;
    out->total_bytes = out->port_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_broadcast_direct = {
    .kind = SLED_COLL_BROADCAST,
    .name = "direct",
    .summary = "the root sends to everybody at once; one step",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .plan = direct_plan,
    .cost = direct_cost,
};
