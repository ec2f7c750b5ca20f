/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct all-to-all: everybody sends everything at once.
 *
 * The n elements of each rank are cut into P blocks (sled_block); block d goes to rank d,
 * who stores it at row s of its output if it came from s. No transfer waits for
 * another. Each rank lists its right neighbour first, so that where transfers are
 * issued one by one the ranks do not all aim at rank 0 first.
 *
 *     P = 4                      in this order, but all may run at once
 *     rank 0 copies b0, sends    b1>1  b2>2  b3>3
 *     rank 1 copies b1, sends    b2>2  b3>3  b0>0
 *     rank 2 copies b2, sends    b3>3  b0>0  b1>1
 *     rank 3 copies b3, sends    b0>0  b1>1  b2>2
 *
 * No buffer is both read and written, and every row is written once: nothing to protect.
 *
 * Limits: none. Empty rows (n < P) have no transfer, nothing could wait for it.
 * P (P-1) transfers at once is the hardest case for whatever shares bandwidth.
 */
#include "coll/coll.h"
#include "coll/exchange.h"

static enum sled_status direct_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                    struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t n = req->nelems;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || n == 0)
        return SLED_OK;

    /* Rank 0 receives the longest block from everybody: more than anybody sends. */
    const uint64_t longest = sled_block(n, P, 0).count;
    out->steps = 1;
    out->chain_bytes = longest * req->elem_bytes;
    out->port_bytes = (P - 1) * longest * req->elem_bytes;
    out->total_bytes = (P - 1) * n * req->elem_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_to_all_direct = {
    .kind = SLED_COLL_ALL_TO_ALL,
    .name = "direct",
    .summary = "all pairs at once; one step",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .plan = sled_exchange_plan_direct,
    .cost = direct_cost,
};
