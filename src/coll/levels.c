/* SPDX-License-Identifier: Apache-2.0 */
/* Reduce-scatter up the levels and all-gather down them, on a ring or directly. */
#include "coll/levels.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/ledger.h"
#include "coll/level_table.h"

enum sled_status sled_levels_init(struct sled_levels *levels, uint32_t nranks, uint32_t nlevels,
                                  struct sled_err *err)
{
    *levels = (struct sled_levels){.nranks = nranks, .nlevels = nlevels};
    for (uint32_t l = 0; l < nlevels; l++)
        levels->radix[l] = 1;
    return sled_vec_alloc(&levels->digit, (size_t)nranks * nlevels, err);
}

void sled_levels_finish(struct sled_levels *levels)
{
    free(levels->digit);
    *levels = (struct sled_levels){0};
}

void sled_levels_set(struct sled_levels *levels, uint32_t level, uint32_t rank, uint32_t digit)
{
    levels->digit[(size_t)level * levels->nranks + rank] = digit;
    if (digit >= levels->radix[level])
        levels->radix[level] = digit + 1;
}

/* The children of one parent and one lane that they share out. Member i is child i's holder of
 * the lane, and keeps the blocks with digit i, i + nmembers, … */
struct group {
    const struct sled_tier *level;
    bool last; /* nobody reads what is written here */
    uint32_t parent, lane;
    uint32_t nmembers;
};

static uint32_t member(const struct group *g, uint32_t i)
{
    const struct sled_tier *level = g->level;
    const uint32_t child = level->child[(size_t)g->parent * level->radix + i];

    return level->holder[(size_t)child * level->nlanes + g->lane];
}

/* Blocks of the lane that have a digit. */
static const uint32_t *blocks_of(const struct group *g, uint32_t digit, uint32_t *nblocks)
{
    const uint32_t *begin = g->level->begin + (size_t)g->lane * g->level->radix + digit;

    *nblocks = begin[1] - begin[0];
    return g->level->block + begin[0];
}

typedef enum sled_status (*move_fn)(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                    struct sled_err *err);

/* Move what member `part` keeps from member `src` to member `dst`. */
static enum sled_status move_part(struct sled_ledger *ledger, const struct group *g, uint32_t src,
                                  uint32_t dst, uint32_t part, enum sled_xfer_op op, move_fn how,
                                  struct sled_err *err)
{
    struct sled_ledger_move move = {.src = member(g, src), .dst = member(g, dst), .op = op};

    for (uint32_t digit = part; digit < g->level->radix; digit += g->nmembers) {
        move.block = blocks_of(g, digit, &move.nblocks);
        SLED_TRY(how(ledger, &move, err));
    }
    return SLED_OK;
}

/*
 * Round the ring, one neighbour at a time. A part that is reduced starts next to its keeper and
 * ends there; a part that is copied starts there.
 */
static enum sled_status go_round(struct sled_ledger *ledger, const struct group *g, bool backwards,
                                 enum sled_xfer_op op, struct sled_err *err)
{
    const uint32_t n = g->nmembers;
    const uint32_t ahead = backwards ? n - 1 : 1;
    const uint32_t behind = n - ahead;

    for (uint32_t t = 0; t + 1 < n; t++) {
        const uint64_t back = (uint64_t)behind * (t + (op == SLED_XFER_REDUCE));
        const bool arrives = g->last && t + 2 == n;

        for (uint32_t i = 0; i < n; i++)
            SLED_TRY(move_part(ledger, g, i, (i + ahead) % n, (uint32_t)((i + back) % n), op,
                               arrives ? sled_ledger_send : sled_ledger_move, err));
    }
    return SLED_OK;
}

static enum sled_status join_part(struct sled_ledger *ledger, const struct group *g, uint32_t part,
                                  sled_xfer_id *sent, struct sled_err *err)
{
    for (uint32_t digit = part; digit < g->level->radix; digit += g->nmembers) {
        uint32_t nblocks;
        const uint32_t *block = blocks_of(g, digit, &nblocks);

        SLED_TRY(
            sled_ledger_join(ledger, member(g, part), block, nblocks, sent, g->nmembers - 1, err));
    }
    return SLED_OK;
}

/* Everybody at once, each beginning with its neighbour. A keeper of several reductions joins
 * them: sent[nmembers][nmembers - 1] is room for their numbers, by keeper. */
static enum sled_status go_directly(struct sled_ledger *ledger, const struct group *g,
                                    enum sled_xfer_op op, sled_xfer_id *sent, struct sled_err *err)
{
    const uint32_t n = g->nmembers;
    const bool several = op == SLED_XFER_REDUCE && n > 2;
    const bool joined = several && !g->last;

    for (uint32_t t = 1; t < n; t++) {
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t to = (i + t) % n;

            if (joined)
                sent[(size_t)to * (n - 1) + t - 1] = ledger->plan->count;
            SLED_TRY(move_part(ledger, g, i, to, op == SLED_XFER_REDUCE ? to : i, op,
                               several || g->last ? sled_ledger_send : sled_ledger_move, err));
        }
    }
    for (uint32_t i = 0; joined && i < n; i++)
        SLED_TRY(join_part(ledger, g, i, sent + (size_t)i * (n - 1), err));
    return SLED_OK;
}

static enum sled_status share_out(struct sled_ledger *ledger, const struct sled_levels *levels,
                                  const struct group *g, enum sled_xfer_op op, struct sled_err *err)
{
    sled_xfer_id *sent;

    if (levels->ring)
        return go_round(ledger, g, levels->backwards, op, err);
    SLED_TRY(sled_vec_alloc(&sent, (size_t)g->nmembers * g->nmembers, err));
    const enum sled_status status = go_directly(ledger, g, op, sent, err);
    free(sent);
    return status;
}

/* Level l of a reduce-scatter or of an all-gather. */
static enum sled_status walk_level(struct sled_ledger *ledger, const struct sled_levels *levels,
                                   const struct sled_level_table *table, uint32_t l,
                                   enum sled_xfer_op op, bool last, struct sled_err *err)
{
    const struct sled_tier *level = &table->level[l];
    struct group g = {.level = level, .last = last};

    for (g.parent = 0; g.parent < level->nparents; g.parent++) {
        g.nmembers = sled_tier_children(level, g.parent);
        for (g.lane = 0; g.lane < level->nlanes && g.nmembers > 1; g.lane++)
            SLED_TRY(share_out(ledger, levels, &g, op, err));
    }
    return SLED_OK;
}

/* Up with reductions, then down with copies, as far as the request asks for either. */
static enum sled_status walk(struct sled_ledger *ledger, const struct sled_levels *levels,
                             const struct sled_level_table *table, enum sled_coll_kind kind,
                             struct sled_err *err)
{
    const uint32_t L = table->nlevels;

    for (uint32_t l = 0; l < L && kind != SLED_COLL_ALL_GATHER; l++) {
        const bool last = kind == SLED_COLL_REDUCE_SCATTER && l + 1 == L;

        SLED_TRY(walk_level(ledger, levels, table, l, SLED_XFER_REDUCE, last, err));
    }
    for (uint32_t l = L; l-- > 0 && kind != SLED_COLL_REDUCE_SCATTER;)
        SLED_TRY(walk_level(ledger, levels, table, l, SLED_XFER_COPY, l == 0, err));
    return SLED_OK;
}

/*
 * Where the blocks of a channel lie. An all-reduce may choose: in the order of their digits, so
 * that what is shared out at a level is contiguous. block[P].
 */
static void lay_out(const struct sled_coll_req *req, const struct sled_level_table *table,
                    struct sled_split split, uint32_t channel, struct sled_span *block)
{
    const uint32_t P = req->nranks;

    if (req->kind != SLED_COLL_ALL_REDUCE) {
        for (uint32_t b = 0; b < P; b++)
            block[b] = sled_split_block(req, split, channel, b);
        return;
    }
    const struct sled_span part = sled_split_part(req, split, channel);
    const uint32_t *order = table->level[table->nlevels - 1].block;
    for (uint32_t i = 0; i < P; i++)
        block[order[i]] = sled_span_part(part, P, i);
}

/* Where there is one level, every piece of every block is a transfer to, or from, each other rank:
 * so many can be refused before the work. */
static enum sled_status reserve(const struct sled_coll_req *req, const struct sled_span *block,
                                uint32_t chunks, struct sled_plan *plan, struct sled_err *err)
{
    const uint64_t phases = req->kind == SLED_COLL_ALL_REDUCE ? 2 : 1;
    uint64_t pieces = 0;

    for (uint32_t b = 0; b < req->nranks; b++)
        pieces += block[b].count < chunks ? block[b].count : chunks;
    const uint64_t moves = phases * pieces * (req->nranks - 1);
    return sled_plan_reserve(plan, plan->count + moves, plan->after_begin[plan->count] + moves,
                             err);
}

/* One channel; block[P] is room. */
static enum sled_status add_channel(const struct sled_coll_req *req,
                                    const struct sled_levels *levels, struct sled_split split,
                                    uint32_t channel, struct sled_span *block,
                                    struct sled_plan *plan, struct sled_err *err)
{
    struct sled_level_table table;
    struct sled_ledger ledger = {0};

    SLED_TRY(sled_level_table_init(levels, req->kind != SLED_COLL_ALL_REDUCE, &table, err));
    lay_out(req, &table, split, channel, block);
    enum sled_status st =
        levels->nlevels == 1 ? reserve(req, block, split.chunks, plan, err) : SLED_OK;
    if (st == SLED_OK)
        st = sled_ledger_init(&ledger, plan, block, req->nranks, split.chunks, err);
    if (st == SLED_OK)
        st = walk(&ledger, levels, &table, req->kind, err);
    sled_ledger_finish(&ledger);
    sled_level_table_finish(&table);
    return st;
}

enum sled_status sled_levels_plan(const struct sled_coll_req *req, sled_levels_build build,
                                  struct sled_split split, struct sled_plan *plan,
                                  struct sled_err *err)
{
    enum sled_status st = SLED_OK;
    struct sled_span *block;

    if (req->nranks == 1)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&block, req->nranks, err));
    for (uint32_t c = 0; c < split.channels && st == SLED_OK; c++) {
        struct sled_levels levels = {0};

        st = build(req, c, &levels, err);
        if (st == SLED_OK)
            st = add_channel(req, &levels, split, c, block, plan, err);
        sled_levels_finish(&levels);
    }
    free(block);
    return st;
}

/* Fewest units that any parent of the level has. */
static uint32_t fewest_children(const struct sled_tier *level)
{
    uint32_t fewest = level->radix;

    for (uint32_t p = 0; p < level->nparents; p++) {
        const uint32_t nchildren = sled_tier_children(level, p);
        fewest = nchildren < fewest ? nchildren : fewest;
    }
    return fewest;
}

/*
 * Every block meets every rank once: that is total_bytes, of which no port can have less than the
 * mean. A chain takes all hops of every level, with an equal share of what is shared out there
 * where that is contiguous, and otherwise with single blocks.
 */
static void measure(const struct sled_coll_req *req, const struct sled_levels *levels,
                    const struct sled_level_table *table, struct sled_split split,
                    struct sled_plan_cost *out)
{
    const uint64_t P = req->nranks;
    const uint64_t phases = req->kind == SLED_COLL_ALL_REDUCE ? 2 : 1;
    const uint64_t pieces = (uint64_t)split.channels * split.chunks;
    const bool contiguous = req->kind == SLED_COLL_ALL_REDUCE || levels->in_order;
    uint64_t nparts = 1;

    for (uint32_t l = 0; l < levels->nlevels; l++) {
        const uint64_t fewest = fewest_children(&table->level[l]);
        const uint64_t hops = levels->ring ? fewest - 1 : fewest > 1;

        nparts *= levels->radix[l];
        out->steps += phases * hops;
        out->chain_bytes +=
            phases * hops * (req->nelems / pieces / (contiguous ? nparts : P)) * req->elem_bytes;
    }
    out->total_bytes = phases * (P - 1) * req->nelems * req->elem_bytes;
    out->port_bytes = (phases * (P - 1) * req->nelems + P - 1) / P * req->elem_bytes;
    if (req->kind != SLED_COLL_ALL_GATHER)
        out->reduced_bytes = out->total_bytes / phases;
}

enum sled_status sled_levels_cost(const struct sled_coll_req *req, sled_levels_build build,
                                  struct sled_split split, struct sled_plan_cost *out,
                                  struct sled_err *err)
{
    struct sled_levels levels = {0};
    struct sled_level_table table;

    *out = (struct sled_plan_cost){0};
    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    enum sled_status st = build(req, 0, &levels, err);
    if (st == SLED_OK)
        st = sled_level_table_init(&levels, req->kind != SLED_COLL_ALL_REDUCE, &table, err);
    if (st == SLED_OK) {
        measure(req, &levels, &table, split, out);
        sled_level_table_finish(&table);
    }
    sled_levels_finish(&levels);
    return st;
}
