/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KangaRing: ranks are taken two by two, and only the primary of each pair is in the ring, which
 * therefore has half the hops. The secondary hands over to its primary what is to be summed up,
 * and gets from it what was gathered. Channels swap the roles, and the direction of the ring.
 *
 * What a ring passes on are parts: both blocks of a pair. Sums go the way of a ring
 * reduce-scatter; a part ends at its own pair. Before a primary may pass a sum on, it needs the
 * secondary's share too: an arriving sum waits for that, so that one dependency tells of both. The
 * secondary hands over in the order of need, one part after the other.
 *
 * Pairs are ranks of one sled where sleds are known, and neighbours elsewhere; a rank that is left
 * over is a pair by itself. Neuron pairs ranks of one device, and its primary reads both shares in
 * the very transfer that sends the sum; here a rank is a chip, and the secondary's share a
 * transfer.
 */
#include "coll/families.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/ledger.h"
#include "coll/split.h"

struct pair {
    uint32_t rank[2]; /* in order; rank[1] is SLED_NONE for one that is alone */
};

/* One channel of a request. */
struct kangaring {
    const struct sled_coll_req *req;
    const struct pair *pair; /* [npairs], in the order of the ring */
    uint32_t npairs;
    uint32_t channel;
    struct sled_ledger *ledger;
    uint32_t *handed; /* [npairs]: number + 1 of what the secondary handed over last */
};

/*
 * Ranks of one sled, as they come, or neighbours where sleds are not known. open[P] is room:
 * the number of the pair that waits for a second rank of a sled.
 */
static uint32_t find_pairs(const struct sled_coll_req *req, struct pair *pair, uint32_t *open)
{
    const uint32_t *sled = req->place == NULL ? NULL : req->place->unit[SLED_UNIT_SLED];
    uint32_t npairs = 0;

    for (uint32_t r = 0; r < req->nranks; r++)
        open[r] = SLED_NONE;
    for (uint32_t r = 0; r < req->nranks; r++) {
        uint32_t *waiting = &open[sled == NULL ? 0 : sled[r]];

        if (*waiting == SLED_NONE) {
            pair[npairs] = (struct pair){{r, SLED_NONE}};
            *waiting = npairs++;
        } else {
            pair[*waiting].rank[1] = r;
            *waiting = SLED_NONE;
        }
    }
    return npairs;
}

static bool alone(const struct kangaring *k, uint32_t q)
{
    return k->pair[q].rank[1] == SLED_NONE;
}

static uint32_t primary(const struct kangaring *k, uint32_t q)
{
    return k->pair[q].rank[alone(k, q) ? 0 : k->channel % 2];
}

static uint32_t secondary(const struct kangaring *k, uint32_t q)
{
    return k->pair[q].rank[1 - k->channel % 2];
}

/* The pair that is so many steps behind in the ring. */
static uint32_t behind(const struct kangaring *k, uint32_t q, uint32_t steps)
{
    const uint64_t ahead = k->channel % 2 == 0 ? k->npairs - 1 : 1;

    return (uint32_t)((q + ahead * steps) % k->npairs);
}

static enum sled_status move_part(const struct kangaring *k, uint32_t src, uint32_t dst,
                                  uint32_t part, enum sled_xfer_op op, uint32_t after,
                                  struct sled_err *err)
{
    const struct sled_ledger_move move = {
        .src = src,
        .dst = dst,
        .block = k->pair[part].rank,
        .nblocks = alone(k, part) ? 1 : 2,
        .op = op,
        .after = after,
    };
    return sled_ledger_move(k->ledger, &move, err);
}

/* The block of rank `owner`, inside its pair. */
static enum sled_status move_block(const struct kangaring *k, uint32_t src, uint32_t dst,
                                   uint32_t owner, enum sled_xfer_op op, uint32_t after,
                                   struct sled_err *err)
{
    const struct sled_ledger_move move = {
        .src = src, .dst = dst, .block = &owner, .nblocks = 1, .op = op, .after = after};

    return sled_ledger_move(k->ledger, &move, err);
}

/* The secondary of q hands over its share of a part; of its own pair's, unless all is to stay
 * with the primary, only of the primary's block. */
static enum sled_status hand_over(const struct kangaring *k, uint32_t q, uint32_t part,
                                  struct sled_err *err)
{
    const sled_xfer_id first = k->ledger->plan->count;
    const bool block_only = part == q && k->req->kind == SLED_COLL_REDUCE_SCATTER;

    if (alone(k, q))
        return SLED_OK;
    if (block_only)
        SLED_TRY(move_block(k, secondary(k, q), primary(k, q), primary(k, q), SLED_XFER_REDUCE,
                            k->handed[q], err));
    else
        SLED_TRY(move_part(k, secondary(k, q), primary(k, q), part, SLED_XFER_REDUCE, k->handed[q],
                           err));
    if (k->ledger->plan->count > first)
        k->handed[q] = k->ledger->plan->count;
    return SLED_OK;
}

/* The sum of part q ends at primary q, or its blocks at their ranks. */
static enum sled_status reduce(const struct kangaring *k, struct sled_err *err)
{
    const uint32_t M = k->npairs;

    for (uint32_t t = 0; t < M; t++)
        for (uint32_t q = 0; q < M; q++)
            SLED_TRY(hand_over(k, q, behind(k, q, t + 1), err));
    for (uint32_t t = 0; t + 1 < M; t++)
        for (uint32_t q = 0; q < M; q++)
            SLED_TRY(move_part(k, primary(k, q), primary(k, behind(k, q, M - 1)),
                               behind(k, q, t + 1), SLED_XFER_REDUCE, 0, err));
    for (uint32_t q = 0; q < M && k->req->kind == SLED_COLL_REDUCE_SCATTER; q++)
        if (!alone(k, q))
            SLED_TRY(move_block(k, primary(k, q), secondary(k, q), secondary(k, q),
                                SLED_XFER_REDUCE, 0, err));
    return SLED_OK;
}

/* Inside the pairs, blocks change hands first, unless the primary has both. */
static enum sled_status swap_blocks(const struct kangaring *k, struct sled_err *err)
{
    for (uint32_t q = 0; q < k->npairs; q++) {
        const uint32_t p = primary(k, q);
        const uint32_t s = secondary(k, q);

        if (alone(k, q))
            continue;
        if (k->req->kind == SLED_COLL_ALL_REDUCE) {
            SLED_TRY(move_part(k, p, s, q, SLED_XFER_COPY, 0, err));
        } else {
            SLED_TRY(move_block(k, s, p, s, SLED_XFER_COPY, 0, err));
            SLED_TRY(move_block(k, p, s, p, SLED_XFER_COPY, 0, err));
        }
    }
    return SLED_OK;
}

/* Round the ring from primary to primary, each of which passes it to its secondary too. */
static enum sled_status gather(const struct kangaring *k, struct sled_err *err)
{
    const uint32_t M = k->npairs;

    SLED_TRY(swap_blocks(k, err));
    for (uint32_t t = 0; t + 1 < M; t++) {
        for (uint32_t q = 0; q < M; q++) {
            const uint32_t next = behind(k, q, M - 1);
            const uint32_t part = behind(k, q, t);

            SLED_TRY(move_part(k, primary(k, q), primary(k, next), part, SLED_XFER_COPY, 0, err));
            if (!alone(k, next))
                SLED_TRY(move_part(k, primary(k, next), secondary(k, next), part, SLED_XFER_COPY, 0,
                                   err));
        }
    }
    return SLED_OK;
}

/* An all-reduce may choose where blocks lie: those of a pair side by side. block[P]. */
static void lay_out(const struct sled_coll_req *req, const struct pair *pair, uint32_t npairs,
                    struct sled_split split, uint32_t channel, struct sled_span *block)
{
    const struct sled_span part = sled_split_part(req, split, channel);
    uint32_t place = 0;

    for (uint32_t r = 0; r < req->nranks && req->kind != SLED_COLL_ALL_REDUCE; r++)
        block[r] = sled_split_block(req, split, channel, r);
    for (uint32_t q = 0; q < npairs && req->kind == SLED_COLL_ALL_REDUCE; q++)
        for (uint32_t i = 0; i < 2 && pair[q].rank[i] != SLED_NONE; i++)
            block[pair[q].rank[i]] = sled_span_part(part, req->nranks, place++);
}

/* All that one channel after the other needs; each array is [P]. */
struct room {
    struct pair *pair;
    uint32_t *number;
    struct sled_span *block;
};

static void room_finish(struct room *room)
{
    free(room->pair);
    free(room->number);
    free(room->block);
}

static enum sled_status room_init(struct room *room, uint32_t nranks, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&room->pair, nranks, err));
    SLED_TRY(sled_vec_alloc(&room->number, nranks, err));
    return sled_vec_alloc(&room->block, nranks, err);
}

static enum sled_status add_channel(const struct sled_coll_req *req, struct sled_split split,
                                    uint32_t channel, const struct room *room, uint32_t npairs,
                                    struct sled_plan *plan, struct sled_err *err)
{
    struct sled_ledger ledger;
    const struct kangaring k = {.req = req,
                                .pair = room->pair,
                                .npairs = npairs,
                                .channel = channel,
                                .ledger = &ledger,
                                .handed = room->number};

    for (uint32_t q = 0; q < npairs; q++)
        k.handed[q] = 0;
    lay_out(req, room->pair, npairs, split, channel, room->block);
    enum sled_status st =
        sled_ledger_init(&ledger, plan, room->block, req->nranks, split.chunks, err);
    if (st == SLED_OK && req->kind != SLED_COLL_ALL_GATHER)
        st = reduce(&k, err);
    if (st == SLED_OK && req->kind != SLED_COLL_REDUCE_SCATTER)
        st = gather(&k, err);
    sled_ledger_finish(&ledger);
    return st;
}

static struct sled_split split_of(const struct sled_coll_req *req)
{
    return sled_split_of(req, 2, 1);
}

enum sled_status sled_kangaring_check(const struct sled_coll_req *req, struct sled_err *err)
{
    return sled_coll_check_commutes(req, "kangaring", err);
}

enum sled_status sled_kangaring_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                     struct sled_err *err)
{
    const struct sled_split split = split_of(req);
    struct room room = {0};

    enum sled_status st = room_init(&room, req->nranks, err);
    if (st == SLED_OK) {
        const uint32_t npairs = find_pairs(req, room.pair, room.number);

        for (uint32_t c = 0; c < split.channels && st == SLED_OK; c++)
            st = add_channel(req, split, c, &room, npairs, plan, err);
    }
    room_finish(&room);
    return st;
}

/*
 * The longest chain where all ranks are paired, of M primaries. A sum that arrives waits for what
 * was handed over there, and that for what was before: the first hop of a sum is worth two. Then
 * it takes M - 1 hops less one, and one into the pair, or in an all-reduce M - 1 round the ring
 * and one into the pair.
 */
static uint64_t paired_steps(enum sled_coll_kind kind, uint64_t M)
{
    if (M == 1)
        return kind == SLED_COLL_ALL_REDUCE ? 2 : 1;
    if (kind == SLED_COLL_ALL_REDUCE)
        return 2 * M + 1;
    return kind == SLED_COLL_REDUCE_SCATTER && M > 2 ? M + 2 : M + 1;
}

static void measure(const struct sled_coll_req *req, uint32_t npairs, struct sled_plan_cost *out)
{
    const struct sled_split split = split_of(req);
    const uint64_t P = req->nranks;
    const bool paired = P == 2 * (uint64_t)npairs;
    const bool both = req->kind == SLED_COLL_ALL_REDUCE;
    const uint64_t phases = both ? 2 : 1;
    const uint64_t block = req->nelems / split.channels / split.chunks / P;

    out->steps = paired ? paired_steps(req->kind, npairs) : phases * (npairs - 1);
    out->chain_bytes = out->steps * (both && paired ? 2 : 1) * block * req->elem_bytes;
    out->total_bytes = phases * (P - 1) * req->nelems * req->elem_bytes;
    out->port_bytes = (phases * (P - 1) * req->nelems + P - 1) / P * req->elem_bytes;
    if (req->kind != SLED_COLL_ALL_GATHER)
        out->reduced_bytes = out->total_bytes / phases;
}

enum sled_status sled_kangaring_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                     struct sled_err *err)
{
    struct room room = {0};

    *out = (struct sled_plan_cost){0};
    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    const enum sled_status status = room_init(&room, req->nranks, err);
    if (status == SLED_OK)
        measure(req, find_pairs(req, room.pair, room.number), out);
    room_finish(&room);
    return status;
}
