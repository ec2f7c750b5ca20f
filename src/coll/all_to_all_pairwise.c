/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairwise all-to-all: in P-1 steps, and at any time each rank sends to one rank and
 * receives from one rank.
 *
 * The n elements of each rank are cut into P blocks (sled_block); block d goes to rank d,
 * who stores it at row s of its output if it came from s. In step t, 1 <= t < P, rank r
 * sends to rank (r + t) mod P: every step is a permutation.
 *
 *     P = 4                      t=1   t=2   t=3
 *     rank 0 copies b0, sends    b1>1  b2>2  b3>3
 *     rank 1 copies b1, sends    b2>2  b3>3  b0>0
 *     rank 2 copies b2, sends    b3>3  b0>0  b1>1
 *     rank 3 copies b3, sends    b0>0  b1>1  b2>2
 *
 * The transfer r -> r + t waits for two of step t-1: the last one that r sent, and the
 * last one that r + t received (from r + 1). There is no barrier: ranks whose partners
 * are ready go ahead. These dependencies pace the exchange. They protect nothing, as no
 * buffer is both read and written and every row is written once.
 *
 * Limits: none. Empty rows (n < P) are emitted as pure dependencies, links of the two
 * chains; only what a rank keeps has no transfer if it is empty.
 */
#include "coll/coll.h"
#include "coll/exchange.h"

static enum sled_status pairwise_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                      struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t n = req->nelems;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || n == 0)
        return SLED_OK;

    /* Rank 0 receives the longest block P-1 times, one after the other. */
    const uint64_t longest = sled_block(n, P, 0).count;
    out->steps = P - 1;
    out->chain_bytes = (P - 1) * longest * req->elem_bytes;
    out->port_bytes = out->chain_bytes;
    out->total_bytes = (P - 1) * n * req->elem_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_to_all_pairwise = {
    .kind = SLED_COLL_ALL_TO_ALL,
    .name = "pairwise",
    .summary = "a permutation per step; each rank sends one and receives one at a time",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .plan = sled_exchange_plan_pairwise,
    .cost = pairwise_cost,
};
