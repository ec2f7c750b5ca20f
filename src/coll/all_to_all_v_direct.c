/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct all-to-all of uneven rows: everybody sends everything at once.
 *
 * The schedule is that of all_to_all_direct.c; the traffic matrix m says how long rows
 * are. Rank s sends m[s][d] bytes to rank d. Both sides are packed: in s's data the row
 * for d follows the one for d-1, in d's output the row from s follows the one from s-1.
 * Pairs without traffic have no transfer.
 *
 *     m = 1 2     rank 0: data a|bb      out a|c
 *         1 0     rank 1: data c|        out bb|
 *
 * Limits: none.
 */
#include "coll/coll.h"
#include "coll/exchange.h"

static uint64_t largest_row(const struct sled_traffic *traffic)
{
    const uint32_t P = traffic->nranks;
    uint64_t largest = 0;

    for (uint32_t src = 0; src < P; src++) {
        for (uint32_t dst = 0; dst < P; dst++) {
            const uint64_t bytes = traffic->bytes[(size_t)src * P + dst];
            if (src != dst && bytes > largest)
                largest = bytes;
        }
    }
    return largest;
}

static enum sled_status direct_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                    struct sled_err *err)
{
    struct sled_traffic_sums sums;

    (void)err;
    sled_traffic_sum(req->traffic, &sums);
    *out = (struct sled_plan_cost){
        .steps = sums.total > 0,
        .chain_bytes = largest_row(req->traffic),
        .port_bytes = sums.max_send > sums.max_recv ? sums.max_send : sums.max_recv,
        .total_bytes = sums.total,
    };
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_to_all_v_direct = {
    .kind = SLED_COLL_ALL_TO_ALL_V,
    .name = "direct",
    .summary = "all pairs with traffic at once; one step",
    .reference = "Thakur, Rabenseifner and Gropp, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .plan = sled_exchange_plan_direct,
    .cost = direct_cost,
};
