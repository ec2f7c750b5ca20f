/* SPDX-License-Identifier: Apache-2.0 */
/* Moves of blocks, cut into stretches and pieces, with the dependencies that they need. */
#include "coll/ledger.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"
#include "coll/split.h"

#define MOST_PIECES (1u << 30) /* of which 4 bytes are kept each */

enum sled_status sled_ledger_init(struct sled_ledger *ledger, struct sled_plan *plan,
                                  const struct sled_span *block, uint32_t nblocks, uint32_t chunks,
                                  struct sled_err *err)
{
    const size_t each = (size_t)nblocks * chunks;

    *ledger =
        (struct sled_ledger){.plan = plan, .block = block, .nblocks = nblocks, .chunks = chunks};
    if (each > MOST_PIECES / plan->nranks)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%u ranks with %zu pieces of blocks each; at most %u pieces in all are "
                            "possible",
                            plan->nranks, each, MOST_PIECES);
    return sled_vec_alloc(&ledger->writer, plan->nranks * each, err);
}

void sled_ledger_finish(struct sled_ledger *ledger)
{
    free(ledger->writer);
    free(ledger->after);
    *ledger = (struct sled_ledger){0};
}

/* A list of blocks as the sequence of their chunks: number i is chunk i % chunks of
 * block[i / chunks]. A stretch is a part of it without gaps between elements. */
struct stretch {
    const uint32_t *block;
    uint32_t first, end; /* in the sequence */
    struct sled_span span;
};

static struct sled_span chunk_span(const struct sled_ledger *ledger, const uint32_t *block,
                                   uint32_t i)
{
    const struct sled_span whole = ledger->block[block[i / ledger->chunks]];

    return ledger->chunks == 1 ? whole : sled_span_part(whole, ledger->chunks, i % ledger->chunks);
}

/* The next stretch that begins at or after s->end, before `limit`, and is not empty. */
static bool next_stretch(const struct sled_ledger *ledger, uint32_t limit, struct stretch *s)
{
    uint32_t i = s->end;

    do {
        if (i == limit)
            return false;
        s->first = i;
        s->span = chunk_span(ledger, s->block, i++);
    } while (s->span.count == 0);
    for (; i < limit; i++) {
        const struct sled_span next = chunk_span(ledger, s->block, i);

        if (next.count > 0 && next.offset != s->span.offset + s->span.count)
            break;
        s->span.count += next.count;
    }
    s->end = i;
    return true;
}

static sled_xfer_id *writer_of(const struct sled_ledger *ledger, uint32_t rank,
                               const uint32_t *block, uint32_t i)
{
    const uint32_t chunks = ledger->chunks;
    const size_t cell = ((size_t)rank * ledger->nblocks + block[i / chunks]) * chunks + i % chunks;

    return &ledger->writer[cell];
}

/* id must not be waited for yet. */
static enum sled_status wait_for_new(struct sled_ledger *ledger, sled_xfer_id id,
                                     struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&ledger->after, &ledger->after_capacity, ledger->nafter + 1, err));
    ledger->after[ledger->nafter++] = id;
    return SLED_OK;
}

static enum sled_status wait_for(struct sled_ledger *ledger, sled_xfer_id id, struct sled_err *err)
{
    for (uint32_t i = 0; i < ledger->nafter; i++)
        if (ledger->after[i] == id)
            return SLED_OK;
    return wait_for_new(ledger, id, err);
}

static enum sled_status wait_for_writers(struct sled_ledger *ledger, uint32_t rank,
                                         const struct stretch *s, struct sled_err *err)
{
    sled_xfer_id last = 0; /* neighbours mostly have the same one */

    for (uint32_t i = s->first; i < s->end; i++) {
        const sled_xfer_id writer = *writer_of(ledger, rank, s->block, i);

        if (writer != last && writer != 0)
            SLED_TRY(wait_for(ledger, writer - 1, err));
        last = writer;
    }
    return SLED_OK;
}

static void record(struct sled_ledger *ledger, uint32_t rank, const struct stretch *s,
                   sled_xfer_id id)
{
    for (uint32_t i = s->first; i < s->end; i++)
        *writer_of(ledger, rank, s->block, i) = id + 1;
}

/* One stretch; `previous` is the number + 1 of the last transfer of the piece before, or 0. */
static enum sled_status add_stretch(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                    const struct stretch *s, bool chained, uint32_t previous,
                                    struct sled_err *err)
{
    ledger->nafter = 0;
    SLED_TRY(wait_for_writers(ledger, move->src, s, err));
    if (chained && move->op == SLED_XFER_REDUCE)
        SLED_TRY(wait_for_writers(ledger, move->dst, s, err));
    if (previous != 0)
        SLED_TRY(wait_for(ledger, previous - 1, err));

    const struct sled_xfer xfer = {
        .src = move->src,
        .dst = move->dst,
        .src_offset = s->span.offset,
        .dst_offset = s->span.offset,
        .count = s->span.count,
        .op = move->op,
        .after = ledger->after,
        .nafter = ledger->nafter,
    };
    return sled_plan_add(ledger->plan, &xfer, err);
}

/* All pieces and stretches of a move. Chained: it waits for what its destination was written
 * by last, and is from now on what it was written by last. */
static enum sled_status add_move(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                 bool chained, struct sled_err *err)
{
    uint32_t previous = move->after;

    for (uint32_t piece = 0; piece < ledger->chunks; piece++) {
        struct stretch s = {.block = move->block, .end = piece * move->nblocks};
        const sled_xfer_id first = ledger->plan->count;

        while (next_stretch(ledger, (piece + 1) * move->nblocks, &s)) {
            SLED_TRY(add_stretch(ledger, move, &s, chained, previous, err));
            if (chained)
                record(ledger, move->dst, &s, ledger->plan->count - 1);
        }
        if (ledger->plan->count > first)
            previous = ledger->plan->count;
    }
    return SLED_OK;
}

enum sled_status sled_ledger_move(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                  struct sled_err *err)
{
    return add_move(ledger, move, true, err);
}

enum sled_status sled_ledger_send(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                  struct sled_err *err)
{
    return add_move(ledger, move, false, err);
}

enum sled_status sled_ledger_join(struct sled_ledger *ledger, uint32_t dst, const uint32_t *block,
                                  uint32_t nblocks, sled_xfer_id *sent, uint32_t nsent,
                                  struct sled_err *err)
{
    for (uint32_t piece = 0; piece < ledger->chunks; piece++) {
        struct stretch s = {.block = block, .end = piece * nblocks};

        while (next_stretch(ledger, (piece + 1) * nblocks, &s)) {
            ledger->nafter = 0;
            SLED_TRY(wait_for_writers(ledger, dst, &s, err));
            for (uint32_t i = 0; i < nsent; i++)
                SLED_TRY(wait_for_new(ledger, sent[i]++, err)); /* all are cut alike */

            const struct sled_xfer join = {
                .src = dst, .dst = dst, .after = ledger->after, .nafter = ledger->nafter};
            SLED_TRY(sled_plan_add(ledger->plan, &join, err));
            record(ledger, dst, &s, ledger->plan->count - 1);
        }
    }
    return SLED_OK;
}
