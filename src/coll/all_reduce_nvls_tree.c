/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All-reduce by the switches of each sled and a tree between the sleds: a switch adds up what its
 * sled has, a rank of the sled takes the sum to the tree, and the total goes back the same way.
 *
 *     P = 4 in sleds {0,1} and {2,3} with switches S and T; two lanes, b0 and b1
 *                     up             to the owner   the tree       back           down
 *     lane 0, b0      0 > S  1 > S   S > 0          2 > 0, 0 > 2   0 > S          S > 1
 *                     2 > T  3 > T   T > 2                         2 > T          T > 3
 *     lane 1, b1      0 > S  1 > S   S > 1          1 > 3, 3 > 1   1 > S          S > 0
 *                     2 > T  3 > T   T > 3                         3 > T          T > 2
 *                     -- reduce --                  reduce, copy
 *
 * There are as many lanes as the largest sled has ranks. The owner of a lane is the rank of its
 * place in its sled, and sleds are the nodes of a binary tree, turned by one sled for each lane, so
 * that its root is not always the same. A rank's link carries the elements once each way and
 * those of its lane once more; of a sled the network carries each element once each way.
 *
 * The chunks of a lane go up one after the other, so that the first is not late, and on their own
 * from there. What comes back to a switch takes the place of the sum, which its owner has read by
 * then; what comes down to a rank overwrites what it sent up long before.
 *
 * Limits: the sleds must be known, and each with two ranks or more needs a switch that reduces and
 * is linked to all of them. The operator must commute.
 */
#include "coll/coll.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/families.h"
#include "coll/split.h"

/* Who is in which sled, and by which transfer a sled's owner has what it needs next. */
struct sleds {
    const struct sled_coll_req *req;
    uint32_t count, nlanes; /* nlanes: ranks of the largest sled */
    uint32_t *begin;        /* [count + 1]: of each sled in member[] */
    uint32_t *member;       /* [P]: ranks by sled */
    uint32_t *hub;          /* [count]: rank of the sled's first switch; SLED_NONE: has one rank */
    uint32_t nhubs;
    sled_xfer_id *done; /* [count] */
    sled_xfer_id *up;   /* [P * nlanes]: number + 1 of a rank's last transfer up, 0: none */
    sled_xfer_id *wait; /* [P + 2]: room */
};

static void sleds_finish(struct sleds *s)
{
    free(s->begin);
    free(s->member);
    free(s->hub);
    free(s->done);
    free(s->up);
    free(s->wait);
}

static uint32_t sled_of(const struct sled_coll_req *req, uint32_t rank)
{
    return req->nranks == 1 ? 0 : req->place->unit[SLED_UNIT_SLED][rank];
}

static uint32_t size_of(const struct sleds *s, uint32_t sled)
{
    return s->begin[sled + 1] - s->begin[sled];
}

/* begin[] and member[] by counting; sleds are numbered as their lowest ranks come. */
static enum sled_status sort_ranks(struct sleds *s, struct sled_err *err)
{
    const uint32_t P = s->req->nranks;
    uint32_t *next;

    for (uint32_t r = 0; r < P; r++)
        s->begin[sled_of(s->req, r) + 1]++;
    for (uint32_t i = 0; i < s->count; i++)
        s->begin[i + 1] += s->begin[i];
    SLED_TRY(sled_vec_alloc(&next, s->count, err));
    for (uint32_t r = 0; r < P; r++) {
        const uint32_t sled = sled_of(s->req, r);

        s->member[s->begin[sled] + next[sled]++] = r;
    }
    free(next);
    return SLED_OK;
}

static enum sled_status sleds_init(struct sleds *s, const struct sled_coll_req *req,
                                   struct sled_err *err)
{
    const uint32_t P = req->nranks;

    *s = (struct sleds){.req = req};
    for (uint32_t r = 0; r < P; r++)
        s->count = sled_of(req, r) >= s->count ? sled_of(req, r) + 1 : s->count;
    SLED_TRY(sled_vec_alloc(&s->begin, (size_t)s->count + 1, err));
    SLED_TRY(sled_vec_alloc(&s->member, P, err));
    SLED_TRY(sled_vec_alloc(&s->hub, s->count, err));
    SLED_TRY(sled_vec_alloc(&s->done, s->count, err));
    SLED_TRY(sled_vec_alloc(&s->wait, (size_t)P + 2, err));
    SLED_TRY(sort_ranks(s, err));
    for (uint32_t i = 0; i < s->count; i++) {
        const uint32_t size = size_of(s, i);

        s->nlanes = size > s->nlanes ? size : s->nlanes;
        s->hub[i] = size == 1 ? SLED_NONE : P + s->nhubs;
        s->nhubs += size == 1 ? 0 : req->place->nsled_switches;
    }
    return sled_vec_alloc(&s->up, (size_t)P * s->nlanes, err);
}

/* The elements of a chunk of a lane on their way. */
struct piece {
    uint32_t lane;
    struct sled_span span;
};

static uint32_t owner_of(const struct sleds *s, uint32_t sled, const struct piece *piece)
{
    return s->member[s->begin[sled] + piece->lane % size_of(s, sled)];
}

static uint32_t hub_of(const struct sleds *s, uint32_t sled, const struct piece *piece)
{
    return s->hub[sled] + piece->lane % s->req->place->nsled_switches;
}

/* Ranks hold their elements in DATA, switches in SCRATCH, at the same offset. */
static enum sled_status move(const struct sleds *s, const struct piece *piece, uint32_t src,
                             uint32_t dst, enum sled_xfer_op op, const sled_xfer_id *after,
                             uint32_t nafter, struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t P = s->req->nranks;
    const struct sled_xfer xfer = {
        .src = src,
        .dst = dst,
        .src_offset = piece->span.offset,
        .dst_offset = piece->span.offset,
        .count = piece->span.count,
        .src_buffer = src < P ? SLED_BUFFER_DATA : SLED_BUFFER_SCRATCH,
        .dst_buffer = dst < P ? SLED_BUFFER_DATA : SLED_BUFFER_SCRATCH,
        .op = op,
        .after = after,
        .nafter = nafter,
    };

    return sled_plan_add(plan, &xfer, err);
}

/* An empty transfer at `rank` that waits for the n transfers in s->wait. */
static enum sled_status join(const struct sleds *s, uint32_t rank, uint32_t n,
                             struct sled_plan *plan, struct sled_err *err)
{
    const struct sled_xfer xfer = {.src = rank, .dst = rank, .after = s->wait, .nafter = n};

    return sled_plan_add(plan, &xfer, err);
}

/* Everybody of the sled to its switch; done[sled] is when the sum is there. */
static enum sled_status sum_up(const struct sleds *s, uint32_t sled, const struct piece *piece,
                               struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t hub = hub_of(s, sled, piece), size = size_of(s, sled);

    for (uint32_t i = 0; i < size; i++) {
        const uint32_t rank = s->member[s->begin[sled] + i];
        sled_xfer_id *up = &s->up[(size_t)rank * s->nlanes + piece->lane];
        const sled_xfer_id before = *up - 1;

        s->wait[i] = plan->count;
        SLED_TRY(move(s, piece, rank, hub, SLED_XFER_REDUCE, &before, *up > 0, plan, err));
        *up = s->wait[i] + 1;
    }
    s->done[sled] = plan->count;
    return join(s, hub, size, plan, err);
}

/* From the switch to the owner of the lane. */
static enum sled_status fetch(const struct sleds *s, uint32_t sled, const struct piece *piece,
                              struct sled_plan *plan, struct sled_err *err)
{
    const sled_xfer_id summed = s->done[sled];

    s->done[sled] = plan->count;
    return move(s, piece, hub_of(s, sled, piece), owner_of(s, sled, piece), SLED_XFER_COPY, &summed,
                1, plan, err);
}

/* The sled at node x of the tree of a lane; node 0 is the root, and (x - 1) / 2 the parent of x. */
static uint32_t node_sled(const struct sleds *s, uint32_t x, const struct piece *piece)
{
    return (x + piece->lane) % s->count;
}

/* SLED_NONE: a sled whose owner waits for nobody, as it is alone in it. */
static uint32_t wait_for(const struct sleds *s, uint32_t n, sled_xfer_id id)
{
    if (id != SLED_NONE)
        s->wait[n++] = id;
    return n;
}

/* Node x, whose children have their sums, adds them to its own. */
static enum sled_status gather(const struct sleds *s, uint32_t x, const struct piece *piece,
                               struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t sled = node_sled(s, x, piece);
    sled_xfer_id added[2];
    uint32_t n = 0;

    for (uint32_t child = 2 * x + 1; child <= 2 * x + 2 && child < s->count; child++) {
        const uint32_t from = node_sled(s, child, piece);
        uint32_t nafter = wait_for(s, 0, s->done[from]);

        nafter = wait_for(s, nafter, s->done[sled]);
        added[n++] = plan->count;
        SLED_TRY(move(s, piece, owner_of(s, from, piece), owner_of(s, sled, piece),
                      SLED_XFER_REDUCE, s->wait, nafter, plan, err));
    }
    if (n == 0)
        return SLED_OK;
    for (uint32_t i = 0; i < n; i++)
        s->wait[i] = added[i];
    s->done[sled] = plan->count;
    return join(s, owner_of(s, sled, piece), n, plan, err);
}

/* Node x, which has the total, sends it to its children. */
static enum sled_status spread(const struct sleds *s, uint32_t x, const struct piece *piece,
                               struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t sled = node_sled(s, x, piece);

    for (uint32_t child = 2 * x + 1; child <= 2 * x + 2 && child < s->count; child++) {
        const uint32_t to = node_sled(s, child, piece);
        const sled_xfer_id total = s->done[sled];

        s->done[to] = plan->count;
        SLED_TRY(move(s, piece, owner_of(s, sled, piece), owner_of(s, to, piece), SLED_XFER_COPY,
                      &total, 1, plan, err));
    }
    return SLED_OK;
}

/* From the owner, if the sum went there, by the switch to all others of the sled. */
static enum sled_status bring_down(const struct sleds *s, uint32_t sled, const struct piece *piece,
                                   struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t hub = hub_of(s, sled, piece);
    const uint32_t owner = s->count > 1 ? owner_of(s, sled, piece) : SLED_NONE;
    sled_xfer_id there = s->done[sled];

    if (owner != SLED_NONE) {
        const sled_xfer_id total = there;

        there = plan->count;
        SLED_TRY(move(s, piece, owner, hub, SLED_XFER_COPY, &total, 1, plan, err));
    }
    for (uint32_t i = s->begin[sled]; i < s->begin[sled + 1]; i++)
        if (s->member[i] != owner)
            SLED_TRY(move(s, piece, hub, s->member[i], SLED_XFER_COPY, &there, 1, plan, err));
    return SLED_OK;
}

static enum sled_status add_piece(const struct sleds *s, const struct piece *piece,
                                  struct sled_plan *plan, struct sled_err *err)
{
    for (uint32_t sled = 0; sled < s->count; sled++) {
        s->done[sled] = SLED_NONE;
        if (s->hub[sled] == SLED_NONE)
            continue;
        SLED_TRY(sum_up(s, sled, piece, plan, err));
        if (s->count > 1)
            SLED_TRY(fetch(s, sled, piece, plan, err));
    }
    for (uint32_t x = s->count; x-- > 0;)
        SLED_TRY(gather(s, x, piece, plan, err));
    for (uint32_t x = 0; x < s->count; x++)
        SLED_TRY(spread(s, x, piece, plan, err));
    for (uint32_t sled = 0; sled < s->count; sled++)
        if (s->hub[sled] != SLED_NONE)
            SLED_TRY(bring_down(s, sled, piece, plan, err));
    return SLED_OK;
}

static struct sled_split split_of(const struct sleds *s)
{
    return sled_split_of(s->req, 1, sled_split_pipeline(s->req, s->nlanes));
}

static enum sled_status add_pieces(const struct sleds *s, struct sled_plan *plan,
                                   struct sled_err *err)
{
    const uint32_t chunks = split_of(s).chunks;

    for (uint32_t chunk = 0; chunk < chunks; chunk++)
        for (uint32_t lane = 0; lane < s->nlanes; lane++) {
            const struct sled_span whole = sled_block(s->req->nelems, s->nlanes, lane);
            const struct piece piece = {.lane = lane, .span = sled_span_part(whole, chunks, chunk)};

            if (piece.span.count > 0)
                SLED_TRY(add_piece(s, &piece, plan, err));
        }
    return SLED_OK;
}

static enum sled_status nvls_tree_check(const struct sled_coll_req *req, struct sled_err *err)
{
    SLED_TRY(sled_coll_check_commutes(req, "nvls_tree", err));
    if (req->nranks == 1)
        return SLED_OK;
    if (req->place == NULL || req->place->unit[SLED_UNIT_SLED] == NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"nvls_tree\" needs to know the sleds of the ranks");
    if (req->place->nsled_switches == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"nvls_tree\" needs a switch of each sled's own that reduces and is "
                            "linked to all ranks there; there is none");
    if (req->nelems > UINT64_MAX / req->nranks / 4 / req->elem_bytes)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "\"nvls_tree\" would move 2^64 bytes or more");
    return SLED_OK;
}

static enum sled_status nvls_tree_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                       struct sled_err *err)
{
    struct sleds s;

    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    enum sled_status st = sleds_init(&s, req, err);
    if (st == SLED_OK) {
        sled_plan_add_switches(plan, s.nhubs);
        st = add_pieces(&s, plan, err);
    }
    sleds_finish(&s);
    return st;
}

/* Neighbours of the node of the tree that has most: two children and a parent, where there are as
 * many nodes. */
static uint64_t most_neighbours(uint32_t nsleds)
{
    uint64_t most = 0;

    for (uint64_t x = 0; x < nsleds; x++) {
        uint64_t n = x > 0 ? 1 : 0;

        for (uint64_t child = 2 * x + 1; child <= 2 * x + 2 && child < nsleds; child++)
            n++;
        most = n > most ? n : most;
    }
    return most;
}

static enum sled_status nvls_tree_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                       struct sled_err *err)
{
    const uint64_t bytes = req->nelems * req->elem_bytes;
    struct sleds s;

    *out = (struct sled_plan_cost){0};
    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    const enum sled_status st = sleds_init(&s, req, err);
    if (st != SLED_OK) {
        sleds_finish(&s);
        return st;
    }

    const uint64_t trees = s.count - 1;
    uint64_t depth = 0, inside = 0; /* ranks that have a switch */
    bool even = true;
    for (uint32_t i = 0; i < s.count; i++) {
        even = even && size_of(&s, i) == s.nlanes;
        inside += s.hub[i] == SLED_NONE ? 0 : size_of(&s, i);
        if (s.hub[i] != SLED_NONE && s.count > 1)
            out->total_bytes += bytes; /* to the owner and back, less the owner's own */
    }
    for (uint32_t x = s.count - 1; x > 0; x = (x - 1) / 2)
        depth++;
    const bool hubs = even && s.nlanes > 1;
    const uint64_t lane = sled_block(req->nelems, s.nlanes, s.nlanes - 1).count * req->elem_bytes;
    const uint64_t chunk = lane / req->elem_bytes / split_of(&s).chunks * req->elem_bytes;

    out->steps = 2 * depth + (hubs ? (s.count > 1 ? 4 : 2) : 0);
    out->chain_bytes = out->steps * chunk;
    out->total_bytes += 2 * (inside + trees) * bytes;
    out->reduced_bytes = (inside + trees) * bytes;
    out->port_bytes = (inside > 0 ? bytes : 0);
    if (even)
        out->port_bytes += (most_neighbours(s.count) + (hubs && s.count > 1)) * lane;
    sleds_finish(&s);
    return SLED_OK;
}

const struct sled_coll_algo sled_coll_all_reduce_nvls_tree = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "nvls_tree",
    .summary = "switches add up inside sleds, a tree across; and back",
    .reference = "NVIDIA, NCCL 2.18: NVLSTree, src/device/all_reduce.h",
    .chunks = true,
    .check = nvls_tree_check,
    .plan = nvls_tree_plan,
    .cost = nvls_tree_cost,
};
