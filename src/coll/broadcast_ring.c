/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ring broadcast: the root's data goes from neighbour to neighbour, P-1 times.
 *
 *     P = 4, root 0   one channel     two channels
 *                     0 > 1 > 2 > 3   first half 0 > 1 > 2 > 3, second half 0 > 3 > 2 > 1
 *
 * Chunks follow one another, so that all ranks are at work at once. A chunk depends on what
 * brought it; it is written once, and only then read.
 *
 * Channels: 2 unless told otherwise; every other one goes round backwards, on the links of the
 * other direction. Limits: none.
 */
#include "coll/coll.h"

#include "coll/ledger.h"
#include "coll/split.h"

static struct sled_split split_of(const struct sled_coll_req *req)
{
    return sled_split_of(req, 2, sled_split_pipeline(req, 2));
}

static enum sled_status add_channel(const struct sled_coll_req *req, struct sled_ledger *ledger,
                                    uint32_t channel, struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint32_t ahead = channel % 2 == 0 ? 1 : P - 1;
    uint32_t at = req->root;

    for (uint32_t t = 0; t + 1 < P; t++) {
        const struct sled_ledger_move move = {
            .src = at,
            .dst = (at + ahead) % P,
            .block = &channel,
            .nblocks = 1,
            .op = SLED_XFER_COPY,
        };
        SLED_TRY(sled_ledger_move(ledger, &move, err));
        at = move.dst;
    }
    return SLED_OK;
}

static enum sled_status ring_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                  struct sled_err *err)
{
    const struct sled_split split = split_of(req);
    struct sled_span part[SLED_COLL_MAX_SPLIT];
    struct sled_ledger ledger;

    for (uint32_t c = 0; c < split.channels; c++)
        part[c] = sled_split_part(req, split, c);
    enum sled_status st = sled_ledger_init(&ledger, plan, part, split.channels, split.chunks, err);
    for (uint32_t c = 0; c < split.channels && st == SLED_OK; c++)
        st = add_channel(req, &ledger, c, err);
    sled_ledger_finish(&ledger);
    return st;
}

static enum sled_status ring_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                  struct sled_err *err)
{
    const struct sled_split split = split_of(req);
    const uint64_t P = req->nranks;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || req->nelems == 0)
        return SLED_OK;
    out->steps = P - 1;
    out->chain_bytes = (P - 1) * (req->nelems / split.channels / split.chunks) * req->elem_bytes;
    out->port_bytes = req->nelems * req->elem_bytes;
    out->total_bytes = (P - 1) * out->port_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_broadcast_ring = {
    .kind = SLED_COLL_BROADCAST,
    .name = "ring",
    .summary = "from neighbour to neighbour, chunk after chunk",
    .reference = "NCCL, ring broadcast",
    .channels = true,
    .chunks = true,
    .plan = ring_plan,
    .cost = ring_cost,
};
