/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bruck all-to-all: in ceil(log2 P) steps, for which blocks travel up to log2 P times.
 *
 * Slot i of rank r is first its block for rank r + i (all modulo P). For each bit of i, from the
 * highest down, all slots with that bit move to the rank that is as far ahead as the bit says.
 * Then each block is where it belongs: a slot whose last bit has moved goes straight to the output.
 *
 *     P = 4; sd is the block from s to d
 *                     bit 1           bit 0
 *     rank 0 sends    02, 03 > 2      01, 31 > 1
 *     rank 1 sends    13, 10 > 3      12, 02 > 2
 *     rank 2 sends    20, 21 > 0      23, 13 > 3
 *     rank 3 sends    31, 32 > 1      30, 20 > 0
 *
 * From the highest bit down, slots that move together and go on together are neighbours; each
 * run of them is one transfer. A step stores what it receives in a part of the scratch of its
 * own: everything is written once, and only then read.
 *
 * Limits: rows of equal length, give or take one, so not for all_to_all_v. Empty blocks (n < P)
 * are not sent.
 */
#include "coll/coll.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/rows.h"

struct bruck {
    const struct sled_coll_req *req;
    struct sled_plan *plan;
    uint64_t longest;    /* block */
    uint32_t *writer;    /* [P][P]: number + 1 of what brought slot i of rank r; 0 at first */
    uint32_t *incoming;  /* [P][P]: the same of the current step, for the slots that move in it */
    sled_xfer_id *after; /* [P]: room */
};

static uint32_t highest_bit_below(uint32_t n)
{
    uint32_t bit = 1;

    while (bit < n - bit)
        bit *= 2;
    return bit;
}

static uint32_t bit_number(uint32_t bit)
{
    uint32_t number = 0;

    while (bit >> number > 1)
        number++;
    return number;
}

/* Where slot i lies once its bits from `bit` up have moved. */
static uint64_t scratch_offset(const struct bruck *b, uint32_t i, uint32_t bit)
{
    return ((uint64_t)bit_number(bit) * b->req->nranks + i) * b->longest;
}

/* Lowest bit of i that is higher than `bit`; 0 if there is none. */
static uint32_t next_higher(uint32_t i, uint32_t bit)
{
    const uint32_t higher = i & ~(2 * bit - 1);

    return higher & (~higher + 1);
}

/* Slot i of rank r, as it moves by `bit`, without dependencies. */
static struct sled_xfer slot_xfer(const struct bruck *b, uint32_t r, uint32_t i, uint32_t bit)
{
    const uint32_t P = b->req->nranks;
    const uint32_t rest = i % bit; /* still to go at the next rank */
    const uint32_t next = (uint32_t)(((uint64_t)r + bit) % P);
    const struct sled_span block =
        sled_block(b->req->nelems, P, (uint32_t)(((uint64_t)next + rest) % P));
    const uint32_t before = next_higher(i, bit);
    const uint32_t source = (uint32_t)(((uint64_t)next + P - (i - rest)) % P);

    return (struct sled_xfer){
        .src = r,
        .dst = next,
        .src_buffer = before == 0 ? SLED_BUFFER_DATA : SLED_BUFFER_SCRATCH,
        .dst_buffer = rest == 0 ? SLED_BUFFER_OUT : SLED_BUFFER_SCRATCH,
        .src_offset = before == 0 ? block.offset : scratch_offset(b, i, before),
        .dst_offset = rest == 0 ? source * block.count : scratch_offset(b, i, bit),
        .count = block.count,
    };
}

/* One transfer for slots i .. end - 1 of rank r; their writers are its dependencies. */
static enum sled_status add_run(struct bruck *b, struct sled_xfer *run, uint32_t i, uint32_t end,
                                struct sled_err *err)
{
    const uint32_t P = b->req->nranks;
    uint32_t last = 0; /* neighbours were mostly brought together */

    if (run->count == 0)
        return SLED_OK;
    for (; i < end; i++) {
        const uint32_t writer = b->writer[(size_t)run->src * P + i];

        if (writer != 0 && writer != last)
            b->after[run->nafter++] = writer - 1;
        last = writer;
        b->incoming[(size_t)run->dst * P + i] = b->plan->count + 1;
    }
    run->after = b->after;
    return sled_plan_add(b->plan, run, err);
}

/* Slots first .. end - 1 of rank r, all to be stored there: a transfer for each run of them that
 * is contiguous at both ends. */
static enum sled_status add_slots(struct bruck *b, uint32_t r, uint32_t first, uint32_t end,
                                  uint32_t bit, struct sled_err *err)
{
    while (first < end) {
        struct sled_xfer run = slot_xfer(b, r, first, bit);
        uint32_t i = first + 1;

        for (; i < end; i++) {
            const struct sled_xfer next = slot_xfer(b, r, i, bit);

            if (next.src_offset != run.src_offset + run.count ||
                next.dst_offset != run.dst_offset + run.count)
                break;
            run.count += next.count;
        }
        SLED_TRY(add_run(b, &run, first, i, err));
        first = i;
    }
    return SLED_OK;
}

static enum sled_status add_step(struct bruck *b, uint32_t bit, struct sled_err *err)
{
    const uint32_t P = b->req->nranks;

    for (uint32_t r = 0; r < P; r++) {
        for (uint64_t first = bit; first < P; first += 2 * (uint64_t)bit) {
            const uint32_t i = (uint32_t)first;
            const uint32_t end = bit < P - i ? i + bit : P;

            SLED_TRY(add_slots(b, r, i, i + 1, bit, err)); /* arrives */
            SLED_TRY(add_slots(b, r, i + 1, end, bit, err));
        }
    }
    for (size_t cell = 0; cell < (size_t)P * P; cell++)
        if ((cell % P & bit) != 0)
            b->writer[cell] = b->incoming[cell];
    return SLED_OK;
}

static enum sled_status add_steps(struct bruck *b, struct sled_err *err)
{
    const size_t P = b->req->nranks;

    SLED_TRY(sled_vec_alloc(&b->writer, P * P, err));
    SLED_TRY(sled_vec_alloc(&b->incoming, P * P, err));
    SLED_TRY(sled_vec_alloc(&b->after, P, err));
    for (uint32_t bit = highest_bit_below(b->req->nranks); bit > 0; bit /= 2)
        SLED_TRY(add_step(b, bit, err));
    return SLED_OK;
}

static enum sled_status add_own(const struct sled_coll_req *req, struct sled_plan *plan,
                                struct sled_err *err)
{
    struct sled_rows rows;

    enum sled_status st = sled_rows_init(&rows, req, err);
    if (st == SLED_OK)
        st = sled_rows_add_own(&rows, plan, err);
    sled_rows_finish(&rows);
    return st;
}

static enum sled_status bruck_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                   struct sled_err *err)
{
    struct bruck b = {
        .req = req, .plan = plan, .longest = sled_block(req->nelems, req->nranks, 0).count};

    SLED_TRY(sled_plan_reserve(plan, plan->count + (uint64_t)req->nranks * req->nranks, 0, err));
    SLED_TRY(add_own(req, plan, err));
    const enum sled_status status = req->nranks == 1 ? SLED_OK : add_steps(&b, err);
    free(b.writer);
    free(b.incoming);
    free(b.after);
    return status;
}

/* Moves of slot i, and blocks in the transfers that it is part of. */
static uint64_t count_moves(uint32_t nranks, uint32_t i, uint64_t *nblocks)
{
    uint64_t moves = 0;

    *nblocks = 0;
    for (uint32_t bit = 1; bit <= i; bit *= 2) {
        const uint32_t first = i & ~(bit - 1);

        if ((i & bit) == 0)
            continue;
        moves++;
        *nblocks += i == first ? 1 : (bit < nranks - first ? bit : nranks - first) - 1;
    }
    return moves;
}

static enum sled_status bruck_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                   struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint64_t block = req->nelems / P;
    uint64_t all_moves = 0;

    (void)err;
    *out = (struct sled_plan_cost){0};
    if (req->nelems == 0)
        return SLED_OK;
    for (uint32_t i = 1; i < P; i++) {
        uint64_t nblocks;
        const uint64_t moves = count_moves(P, i, &nblocks);
        const uint64_t chain_blocks = req->nelems % P == 0 ? nblocks : moves; /* runs break */
        const uint64_t chain_bytes = chain_blocks * block * req->elem_bytes;

        all_moves += moves;
        out->steps = moves > out->steps ? moves : out->steps;
        out->chain_bytes = chain_bytes > out->chain_bytes ? chain_bytes : out->chain_bytes;
    }
    /* A block for rank d is in slot i of one rank for each i. */
    out->total_bytes = all_moves * req->nelems * req->elem_bytes;
    out->port_bytes = all_moves * block * req->elem_bytes;
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_to_all_bruck = {
    .kind = SLED_COLL_ALL_TO_ALL,
    .name = "bruck",
    .summary = "blocks travel together and several times; log2 P steps",
    .reference = "Bruck, Ho, Kipnis, Upfal and Weathersby, IEEE Trans. Parallel Distrib. Syst. "
                 "8(11), 1997",
    .plan = bruck_plan,
    .cost = bruck_cost,
};
