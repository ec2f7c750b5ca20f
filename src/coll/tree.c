/* SPDX-License-Identifier: Apache-2.0 */
/* Up and down two binary trees. */
#include "coll/tree.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/ledger.h"

/* Largest power of two that divides the role, which is not 0. */
static uint32_t low_bit(uint32_t role)
{
    return role & (~role + 1);
}

/*
 * Roles 1 .. P-1 are a search tree under role 0: between its neighbours x - l and x + l, l being
 * its low bit, a role belongs to the one that is lower in the tree, if that exists.
 */
static uint32_t parent_of(uint32_t role, uint32_t nranks)
{
    const uint32_t low = low_bit(role);
    const uint64_t lower = (uint64_t)(role - low) | (uint64_t)low << 1;

    return lower < nranks ? (uint32_t)lower : role - low;
}

static uint32_t rank_of(const struct sled_coll_req *req, uint32_t tree, uint32_t role)
{
    const uint32_t P = req->nranks;
    uint32_t rank = role;

    if (tree == 1 && role > 0)
        rank = role == 1 ? P - 1 : role - 1;
    return (uint32_t)(((uint64_t)rank + req->root) % P);
}

static struct sled_split split_of(const struct sled_coll_req *req)
{
    return sled_split_of(req, 1, sled_split_pipeline(req, SLED_TREES));
}

/* A tree at work. */
struct tree {
    const struct sled_coll_req *req;
    struct sled_ledger *ledger;
    uint32_t number;           /* of the tree, and of its block in the ledger */
    const uint32_t *nchildren; /* [P], by role */
    sled_xfer_id (*sent)[2];   /* [P], by role: the first transfers of its children */
    uint32_t *nsent;           /* [P], by role */
};

static enum sled_status move_up(const struct tree *t, uint32_t role, struct sled_err *err)
{
    const uint32_t parent = parent_of(role, t->req->nranks);
    const struct sled_ledger_move move = {
        .src = rank_of(t->req, t->number, role),
        .dst = rank_of(t->req, t->number, parent),
        .block = &t->number,
        .nblocks = 1,
        .op = SLED_XFER_REDUCE,
    };

    if (t->nchildren[parent] == 1)
        return sled_ledger_move(t->ledger, &move, err);
    t->sent[parent][t->nsent[parent]++] = t->ledger->plan->count;
    SLED_TRY(sled_ledger_send(t->ledger, &move, err));
    if (t->nsent[parent] < t->nchildren[parent])
        return SLED_OK;
    return sled_ledger_join(t->ledger, move.dst, &t->number, 1, t->sent[parent],
                            t->nchildren[parent], err);
}

static enum sled_status move_down(const struct tree *t, uint32_t role, struct sled_err *err)
{
    const struct sled_ledger_move move = {
        .src = rank_of(t->req, t->number, parent_of(role, t->req->nranks)),
        .dst = rank_of(t->req, t->number, role),
        .block = &t->number,
        .nblocks = 1,
        .op = SLED_XFER_COPY,
    };
    return sled_ledger_move(t->ledger, &move, err);
}

/* Low roles first going up, high ones first going down: a parent is higher than its children. */
static enum sled_status walk(const struct tree *t, struct sled_err *err)
{
    const uint32_t P = t->req->nranks;
    uint32_t highest = 1; /* low bit of any role */

    while (highest < P - highest)
        highest *= 2;
    for (uint32_t low = 1; low <= highest && t->req->kind == SLED_COLL_ALL_REDUCE; low *= 2)
        for (uint32_t role = low; role < P; role += 2 * low)
            SLED_TRY(move_up(t, role, err));
    for (uint32_t low = highest; low > 0; low /= 2)
        for (uint32_t role = low; role < P; role += 2 * low)
            SLED_TRY(move_down(t, role, err));
    return SLED_OK;
}

static enum sled_status walk_both(const struct sled_coll_req *req, struct sled_ledger *ledger,
                                  struct sled_err *err)
{
    const uint32_t P = req->nranks;
    struct tree t = {.req = req, .ledger = ledger};
    uint32_t *nchildren = NULL;

    enum sled_status st = sled_vec_alloc(&nchildren, P, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&t.sent, P, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&t.nsent, P, err);
    if (st == SLED_OK) {
        for (uint32_t role = 1; role < P; role++)
            nchildren[parent_of(role, P)]++;
        t.nchildren = nchildren;
        for (t.number = 0; t.number < SLED_TREES && st == SLED_OK; t.number++) {
            for (uint32_t role = 0; role < P; role++)
                t.nsent[role] = 0;
            st = walk(&t, err);
        }
    }
    free(nchildren);
    free(t.sent);
    free(t.nsent);
    return st;
}

enum sled_status sled_tree_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                struct sled_err *err)
{
    const struct sled_span half[SLED_TREES] = {
        sled_block(req->nelems, SLED_TREES, 0),
        sled_block(req->nelems, SLED_TREES, 1),
    };
    struct sled_ledger ledger;

    enum sled_status st =
        sled_ledger_init(&ledger, plan, half, SLED_TREES, split_of(req).chunks, err);
    if (st == SLED_OK)
        st = walk_both(req, &ledger, err);
    sled_ledger_finish(&ledger);
    return st;
}

/* Neighbours in both trees, times the elements that go to or come from each of them. */
static uint64_t port_elems(const struct sled_coll_req *req, const uint64_t *sent,
                           const uint64_t *received)
{
    uint64_t most = 0;

    for (uint32_t r = 0; r < req->nranks; r++) {
        most = sent[r] > most ? sent[r] : most;
        most = received[r] > most ? received[r] : most;
    }
    return most;
}

/* sent[P] and received[P] are room, zeroed. */
static void measure(const struct sled_coll_req *req, uint64_t *sent, uint64_t *received,
                    struct sled_plan_cost *out)
{
    const uint32_t P = req->nranks;
    const uint64_t phases = req->kind == SLED_COLL_ALL_REDUCE ? 2 : 1;
    const uint64_t piece = req->nelems / SLED_TREES / split_of(req).chunks;

    for (uint32_t role = 1; role < P; role++) {
        uint64_t depth = 0;

        for (uint32_t x = role; x > 0; x = parent_of(x, P))
            depth++;
        out->steps = phases * depth > out->steps ? phases * depth : out->steps;
        for (uint32_t t = 0; t < SLED_TREES; t++) {
            const uint64_t half = sled_block(req->nelems, SLED_TREES, t).count;
            const uint32_t child = rank_of(req, t, role);
            const uint32_t parent = rank_of(req, t, parent_of(role, P));

            sent[parent] += half;
            received[child] += half;
            if (req->kind == SLED_COLL_ALL_REDUCE) {
                sent[child] += half;
                received[parent] += half;
            }
        }
    }
    out->chain_bytes = out->steps * piece * req->elem_bytes;
    out->port_bytes = port_elems(req, sent, received) * req->elem_bytes;
    out->total_bytes = phases * (P - 1) * req->nelems * req->elem_bytes;
    if (req->kind == SLED_COLL_ALL_REDUCE)
        out->reduced_bytes = out->total_bytes / phases;
}

enum sled_status sled_tree_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                struct sled_err *err)
{
    uint64_t *elems; /* [2 P]: sent, then received */

    *out = (struct sled_plan_cost){0};
    if (req->nelems == 0)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&elems, 2 * (size_t)req->nranks, err));
    measure(req, elems, elems + req->nranks, out);
    free(elems);
    return SLED_OK;
}
