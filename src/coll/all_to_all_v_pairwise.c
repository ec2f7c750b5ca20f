/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairwise all-to-all of uneven rows: at any time each rank sends to one rank and
 * receives from one rank.
 *
 * The schedule and its dependencies are those of all_to_all_pairwise.c; where rows lie is
 * told in all_to_all_v_direct.c. Pairs without traffic are emitted as pure dependencies,
 * links of the chains; only what a rank keeps has no transfer if it is empty.
 *
 * With uneven rows the steps drift apart: a rank that has little to send and to receive
 * runs ahead, one behind a long row waits. The longest chain moves from step to step
 * either along the rows of one source or along the rows of one destination.
 *
 * Limits: none.
 */
#include "coll/coll.h"
#include "coll/exchange.h"

#include <stdlib.h>

#include "base/vec.h"

struct chain {
    uint64_t steps, bytes;
};

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/*
 * Longest chains, step by step: chain[r] ends with what r sent in the last step. In step
 * t it grows from chain[r] (the same source) or chain[r + 1] (the same destination).
 */
static struct chain longest_chain(const struct sled_traffic *traffic, struct chain *chain)
{
    const uint32_t P = traffic->nranks;
    struct chain longest = {0};

    for (uint32_t t = 1; t < P; t++) {
        const struct chain wrapped = chain[0]; /* overwritten before rank P-1 needs it */

        for (uint32_t r = 0; r < P; r++) {
            const uint64_t bytes = traffic->bytes[(size_t)r * P + (r + t) % P];
            const struct chain other = r + 1 < P ? chain[r + 1] : wrapped;

            chain[r].steps = max_u64(chain[r].steps, other.steps) + (bytes > 0);
            chain[r].bytes = max_u64(chain[r].bytes, other.bytes) + bytes;
            longest.steps = max_u64(longest.steps, chain[r].steps);
            longest.bytes = max_u64(longest.bytes, chain[r].bytes);
        }
    }
    return longest;
}

static enum sled_status pairwise_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                      struct sled_err *err)
{
    struct sled_traffic_sums sums;
    struct chain *chain;

    SLED_TRY(sled_vec_alloc(&chain, req->nranks, err));
    const struct chain longest = longest_chain(req->traffic, chain);
    free(chain);

    sled_traffic_sum(req->traffic, &sums);
    *out = (struct sled_plan_cost){
        .steps = longest.steps,
        .chain_bytes = longest.bytes,
        .port_bytes = max_u64(sums.max_send, sums.max_recv),
        .total_bytes = sums.total,
    };
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_to_all_v_pairwise = {
    .kind = SLED_COLL_ALL_TO_ALL_V,
    .name = "pairwise",
    .summary = "a permutation per step; each rank sends one and receives one at a time",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .plan = sled_exchange_plan_pairwise,
    .cost = pairwise_cost,
};
