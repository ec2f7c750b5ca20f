/* SPDX-License-Identifier: Apache-2.0 */
/* Up to the switches, and down again, piece by piece. */
#include "coll/in_switch.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/families.h"
#include "coll/split.h"

/* Elements that take the way together: who sends them up, and whom they come down to. */
struct piece {
    struct sled_span span; /* of DATA, and of the switch's scratch */
    uint32_t hub;          /* rank of the switch */
    uint32_t from, to;     /* one rank each, or ALL */
    sled_xfer_id *before;  /* number + 1 of the first transfer of the piece before it, 0: none; then
                              its own */
};

#define ALL UINT32_MAX

static bool reduces(const struct sled_coll_req *req)
{
    return req->kind == SLED_COLL_ALL_REDUCE || req->kind == SLED_COLL_REDUCE_SCATTER;
}

/* Parts of the buffer that differ in who sends them, or who needs them. */
static uint32_t count_blocks(const struct sled_coll_req *req)
{
    return req->kind == SLED_COLL_ALL_GATHER || req->kind == SLED_COLL_REDUCE_SCATTER ? req->nranks
                                                                                      : 1;
}

static uint32_t sender_of(const struct sled_coll_req *req, uint32_t block)
{
    return reduces(req) ? ALL : req->kind == SLED_COLL_ALL_GATHER ? block : req->root;
}

static uint32_t receiver_of(const struct sled_coll_req *req, uint32_t block)
{
    return req->kind == SLED_COLL_REDUCE_SCATTER ? block : ALL;
}

/* Two hops, from rank to switch to rank, are busy at the same time only with several pieces. */
static struct sled_split split_of(const struct sled_coll_req *req)
{
    const uint32_t nswitches = req->place->nswitches;

    return sled_split_of(req, nswitches,
                         sled_split_pipeline(req, (uint64_t)nswitches * count_blocks(req)));
}

enum sled_status sled_in_switch_check(const struct sled_coll_req *req, struct sled_err *err)
{
    SLED_TRY(sled_coll_check_commutes(req, "in_switch", err));
    if (req->place == NULL || req->place->nswitches == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"in_switch\" needs a switch that reduces and is linked to all %u "
                            "ranks; there is none",
                            req->nranks);
    if (req->nelems > UINT64_MAX / req->nranks / 2 / req->elem_bytes)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "\"in_switch\" would move 2^64 bytes or more");
    return SLED_OK;
}

/* Each rank sends its pieces one after the other: all at once, they would all be late. */
static enum sled_status send_up(const struct sled_coll_req *req, const struct piece *piece,
                                struct sled_plan *plan, struct sled_err *err)
{
    const sled_xfer_id first = plan->count;

    for (uint32_t t = 0; t < req->nranks; t++) {
        const sled_xfer_id before = *piece->before - 1 + (plan->count - first);
        const struct sled_xfer xfer = {
            .src = t,
            .dst = piece->hub,
            .src_offset = piece->span.offset,
            .dst_offset = piece->span.offset,
            .count = piece->span.count,
            .dst_buffer = SLED_BUFFER_SCRATCH,
            .op = reduces(req) ? SLED_XFER_REDUCE : SLED_XFER_COPY,
            .after = &before,
            .nafter = *piece->before > 0,
        };

        if (piece->from == ALL || piece->from == t)
            SLED_TRY(sled_plan_add(plan, &xfer, err));
    }
    *piece->before = first + 1;
    return SLED_OK;
}

/* A join at the switch: it waits for all transfers from `first` on, for those that come down to
 * wait for it. */
static enum sled_status join(uint32_t hub, sled_xfer_id first, sled_xfer_id *after,
                             struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t nafter = plan->count - first;

    for (uint32_t i = 0; i < nafter; i++)
        after[i] = first + i;
    return sled_plan_add(
        plan, &(struct sled_xfer){.src = hub, .dst = hub, .after = after, .nafter = nafter}, err);
}

static enum sled_status send_down(const struct sled_coll_req *req, const struct piece *piece,
                                  struct sled_plan *plan, struct sled_err *err)
{
    const sled_xfer_id joined = plan->count - 1;

    for (uint32_t t = 0; t < req->nranks; t++) {
        const struct sled_xfer xfer = {
            .src = piece->hub,
            .dst = t,
            .src_offset = piece->span.offset,
            .dst_offset = piece->span.offset,
            .count = piece->span.count,
            .src_buffer = SLED_BUFFER_SCRATCH,
            .after = &joined,
            .nafter = 1,
        };

        if ((piece->to == ALL || piece->to == t) && piece->from != t)
            SLED_TRY(sled_plan_add(plan, &xfer, err));
    }
    return SLED_OK;
}

/* after[nranks] is working storage. */
static enum sled_status add_piece(const struct sled_coll_req *req, const struct piece *piece,
                                  sled_xfer_id *after, struct sled_plan *plan, struct sled_err *err)
{
    const sled_xfer_id first = plan->count;

    if (piece->span.count == 0)
        return SLED_OK;
    SLED_TRY(send_up(req, piece, plan, err));
    SLED_TRY(join(piece->hub, first, after, plan, err));
    return send_down(req, piece, plan, err);
}

static enum sled_status add_pieces(const struct sled_coll_req *req, struct sled_split split,
                                   sled_xfer_id *before, sled_xfer_id *after,
                                   struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t nblocks = count_blocks(req);

    for (uint32_t chunk = 0; chunk < split.chunks; chunk++)
        for (uint32_t block = 0; block < nblocks; block++)
            for (uint32_t s = 0; s < split.channels; s++) {
                const struct sled_span part =
                    sled_span_part(sled_block(req->nelems, nblocks, block), split.channels, s);
                const struct piece piece = {.span = sled_span_part(part, split.chunks, chunk),
                                            .hub = req->nranks + s,
                                            .from = sender_of(req, block),
                                            .to = receiver_of(req, block),
                                            .before = &before[block * split.channels + s]};

                SLED_TRY(add_piece(req, &piece, after, plan, err));
            }
    return SLED_OK;
}

enum sled_status sled_in_switch_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                     struct sled_err *err)
{
    const struct sled_split split = split_of(req);
    sled_xfer_id *before = NULL, *after = NULL;

    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    sled_plan_add_switches(plan, req->place->nswitches);
    enum sled_status status =
        sled_vec_alloc(&before, (size_t)count_blocks(req) * split.channels, err);
    if (status == SLED_OK)
        status = sled_vec_alloc(&after, req->nranks, err);
    if (status == SLED_OK)
        status = add_pieces(req, split, before, after, plan, err);
    free(before);
    free(after);
    return status;
}

enum sled_status sled_in_switch_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                     struct sled_err *err)
{
    const struct sled_split split = split_of(req);
    const uint64_t P = req->nranks, bytes = req->nelems * req->elem_bytes;
    const uint32_t nblocks = count_blocks(req);

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (P == 1 || req->nelems == 0)
        return SLED_OK;

    /* Of each element one goes up, or one per rank; and down to one, to all, or all but one. */
    const uint64_t up = reduces(req) ? P * bytes : bytes;
    const uint64_t down = req->kind == SLED_COLL_REDUCE_SCATTER ? bytes
                          : reduces(req)                        ? P * bytes
                                                                : (P - 1) * bytes;
    const struct sled_span part =
        sled_span_part(sled_block(req->nelems, nblocks, 0), split.channels, 0);
    out->steps = 2;
    out->chain_bytes = 2 * sled_span_part(part, split.chunks, 0).count * req->elem_bytes;
    out->port_bytes = bytes;
    if (req->kind == SLED_COLL_ALL_GATHER) /* what is down, less the shortest block, its own */
        out->port_bytes -=
            sled_block(req->nelems, req->nranks, req->nranks - 1).count * req->elem_bytes;
    out->total_bytes = up + down;
    out->reduced_bytes = reduces(req) ? up : 0;
    return SLED_OK;
}
