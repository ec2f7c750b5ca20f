/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bruck all-gather: in ceil(log2 P) steps at any number of ranks.
 *
 * After step t rank r has blocks r .. r + 2^(t+1) - 1, all modulo P. In step t it sends what it
 * has to rank r - 2^t, in the last step only what is missing there.
 *
 *     P = 5           t=0      t=1        t=2
 *     rank 0 sends    b0 > 4   b0 b1 > 3  b0 > 1
 *     rank 1 sends    b1 > 0   b1 b2 > 4  b1 > 2
 *     rank 2 sends    b2 > 1   b2 b3 > 0  b2 > 3
 *     rank 3 sends    b3 > 2   b3 b4 > 1  b3 > 4
 *     rank 4 sends    b4 > 3   b4 b0 > 2  b4 > 0
 *
 * Blocks go to where they belong at once, so that nothing is rotated at the end; those that go
 * beyond block P-1 and on from block 0 are two transfers. Every block of a rank is written once
 * and only then read: nothing to protect.
 *
 * Limits: none. Blocks without elements (n < P) are not sent.
 */
#include "coll/coll.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/ledger.h"

/* block[P] has the elements of each block, number[2 P] is 0, 1, … modulo P. */
static enum sled_status add_steps(struct sled_ledger *ledger, uint32_t P, const uint32_t *number,
                                  struct sled_err *err)
{
    for (uint64_t far = 1; far < P; far *= 2) {
        for (uint32_t r = 0; r < P; r++) {
            const struct sled_ledger_move move = {
                .src = r,
                .dst = (uint32_t)((r + P - far) % P),
                .block = number + r,
                .nblocks = (uint32_t)(far < P - far ? far : P - far),
                .op = SLED_XFER_COPY,
            };
            SLED_TRY(sled_ledger_move(ledger, &move, err));
        }
    }
    return SLED_OK;
}

static enum sled_status bruck_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                   struct sled_err *err)
{
    const uint32_t P = req->nranks;
    struct sled_ledger ledger = {0};
    struct sled_span *block = NULL;
    uint32_t *number = NULL;

    enum sled_status st = sled_vec_alloc(&block, P, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&number, 2 * (size_t)P, err);
    if (st == SLED_OK) {
        for (uint32_t b = 0; b < P; b++) {
            block[b] = sled_block(req->nelems, P, b);
            number[b] = number[b + P] = b;
        }
        st = sled_ledger_init(&ledger, plan, block, P, 1, err);
    }
    if (st == SLED_OK)
        st = add_steps(&ledger, P, number, err);
    sled_ledger_finish(&ledger);
    free(block);
    free(number);
    return st;
}

/*
 * A chain is at its longest without wrapping: 1, 2, 4, … blocks. The last step, of `rest` blocks
 * where P is no power of two, waits only for the steps that brought these.
 */
static enum sled_status bruck_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                   struct sled_err *err)
{
    const uint64_t P = req->nranks;
    uint64_t steps = 0; /* before the last */
    uint64_t far = 1;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || req->nelems == 0)
        return SLED_OK;
    for (; 2 * far < P; far *= 2)
        steps++;

    const uint64_t rest = P - far;
    uint64_t needed = 0; /* steps that bring `rest` blocks */
    uint64_t brought = 1;
    for (; brought < rest; brought *= 2)
        needed++;

    const uint64_t with_last = rest + brought - 1;
    const uint64_t nblocks = with_last > far - 1 ? with_last : far - 1;
    out->steps = needed + 1 > steps ? needed + 1 : steps;
    out->chain_bytes = nblocks * (req->nelems / P) * req->elem_bytes;
    out->total_bytes = (P - 1) * req->nelems * req->elem_bytes;
    out->port_bytes = (out->total_bytes + P - 1) / P;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_gather_bruck = {
    .kind = SLED_COLL_ALL_GATHER,
    .name = "bruck",
    .summary = "what each rank has doubles per step, at any number of ranks",
    .reference = "Bruck, Ho, Kipnis, Upfal and Weathersby, IEEE Trans. Parallel Distrib. Syst. "
                 "8(11), 1997",
    .plan = bruck_plan,
    .cost = bruck_cost,
};
