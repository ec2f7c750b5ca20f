/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All-reduce by a chain in each sled and a tree between the sleds: along the chain ranks add what
 * they have to what comes, its head takes the sum of the sled to the tree, and the total goes back
 * the same way.
 *
 *     P = 6 in sleds {0,1,2} and {3,4,5}; three lanes, b0, b1 and b2
 *                     up the chains       the tree       down the chains
 *     lane 0, b0      2 > 1, 1 > 0        3 > 0, 0 > 3   0 > 1, 1 > 2
 *                     5 > 4, 4 > 3                       3 > 4, 4 > 5
 *     lane 1, b1      0 > 2, 2 > 1        1 > 4, 4 > 1   1 > 2, 2 > 0
 *                     3 > 5, 5 > 4                       4 > 5, 5 > 3
 *     lane 2, b2      1 > 0, 0 > 2        5 > 2, 2 > 5   2 > 0, 0 > 1
 *                     4 > 3, 3 > 5                       5 > 3, 3 > 4
 *                     ------ reduce ------                 copy
 *
 * Lanes and the tree are those of lanes.h: the head of a lane is its owner. A rank sends and
 * receives twice the elements, less those of one lane, as in a ring, but waits for as many ranks
 * as its sled has, not for all. Of a sled the network carries each element once each way.
 *
 * Chunks of a lane start one after the other and are on their own from there. What comes down to a
 * rank overwrites the partial sum that it sent up long before.
 *
 * Limits: the sleds must be known. The operator must commute.
 */
#include "coll/coll.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/families.h"
#include "coll/lanes.h"

struct chains {
    struct sled_lanes lanes;
    sled_xfer_id
        *first; /* [sleds * nlanes]: number + 1 of the last chunk's first transfer, 0: none */
    struct sled_plan *plan;
};

static void chains_finish(struct chains *s)
{
    sled_lanes_finish(&s->lanes);
    free(s->first);
}

static enum sled_status chains_init(struct chains *s, const struct sled_coll_req *req,
                                    struct sled_plan *plan, struct sled_err *err)
{
    *s = (struct chains){.plan = plan};
    SLED_TRY(sled_lanes_init(&s->lanes, req, err));
    return sled_vec_alloc(&s->first, (size_t)s->lanes.count * s->lanes.nlanes, err);
}

/* From the end of the sled's chain to its head. */
static enum sled_status climb(struct chains *s, uint32_t sled, const struct sled_lane_piece *piece,
                              struct sled_err *err)
{
    const struct sled_lanes *lanes = &s->lanes;
    sled_xfer_id *first = &s->first[(size_t)sled * lanes->nlanes + piece->lane];
    sled_xfer_id before = *first - 1;
    bool waits = *first > 0;

    for (uint32_t i = sled_lanes_size(lanes, sled); --i > 0;) {
        const sled_xfer_id id = s->plan->count;

        SLED_TRY(sled_lanes_move(lanes, piece, sled_lanes_rank(lanes, sled, piece, i),
                                 sled_lanes_rank(lanes, sled, piece, i - 1), SLED_XFER_REDUCE,
                                 &before, waits, s->plan, err));
        if (i + 1 == sled_lanes_size(lanes, sled))
            *first = id + 1;
        lanes->done[sled] = before = id;
        waits = true;
    }
    return SLED_OK;
}

/* And back. */
static enum sled_status descend(const struct chains *s, uint32_t sled,
                                const struct sled_lane_piece *piece, struct sled_err *err)
{
    const struct sled_lanes *lanes = &s->lanes;
    sled_xfer_id before = lanes->done[sled];

    for (uint32_t i = 1; i < sled_lanes_size(lanes, sled); i++) {
        const sled_xfer_id id = s->plan->count;

        SLED_TRY(sled_lanes_move(lanes, piece, sled_lanes_rank(lanes, sled, piece, i - 1),
                                 sled_lanes_rank(lanes, sled, piece, i), SLED_XFER_COPY, &before, 1,
                                 s->plan, err));
        before = id;
    }
    return SLED_OK;
}

static enum sled_status add_piece(void *arg, const struct sled_lane_piece *piece,
                                  struct sled_err *err)
{
    struct chains *s = arg;

    for (uint32_t sled = 0; sled < s->lanes.count; sled++) {
        s->lanes.done[sled] = SLED_NONE;
        SLED_TRY(climb(s, sled, piece, err));
    }
    SLED_TRY(sled_lanes_tree(&s->lanes, piece, s->plan, err));
    for (uint32_t sled = 0; sled < s->lanes.count; sled++)
        SLED_TRY(descend(s, sled, piece, err));
    return SLED_OK;
}

static enum sled_status chain_tree_check(const struct sled_coll_req *req, struct sled_err *err)
{
    SLED_TRY(sled_coll_check_commutes(req, "chain_tree", err));
    if (req->nranks == 1)
        return SLED_OK;
    if (req->place == NULL || req->place->unit[SLED_UNIT_SLED] == NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"chain_tree\" needs to know the sleds of the ranks");
    return SLED_OK;
}

static enum sled_status chain_tree_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                        struct sled_err *err)
{
    struct chains s;

    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    enum sled_status st = chains_init(&s, req, plan, err);
    if (st == SLED_OK)
        st = sled_lanes_pieces(&s.lanes, add_piece, &s, err);
    chains_finish(&s);
    return st;
}

/* A rank of the largest sled is once at each place of a chain: at all but the end it receives on
 * the way up, at all but the head on the way down, and at the head it has its neighbours of the
 * tree besides. */
static void add_cost(const struct sled_lanes *lanes, struct sled_plan_cost *out)
{
    const uint64_t bytes = lanes->req->nelems * lanes->req->elem_bytes;
    const uint64_t hops = 2 * ((uint64_t)lanes->nlanes - 1);
    const uint64_t edges = 2 * sled_lanes_depth(lanes);
    const uint64_t neighbours = lanes->even ? sled_lanes_most_neighbours(lanes) : lanes->count > 1;

    out->steps = lanes->even ? hops + edges : hops > edges ? hops : edges;
    out->chain_bytes = out->steps * sled_lanes_least_chunk(lanes);
    out->total_bytes = 2 * ((uint64_t)lanes->req->nranks - 1) * bytes;
    out->reduced_bytes = out->total_bytes / 2;
    out->port_bytes = (hops + neighbours) * sled_lanes_least_lane(lanes);
}

static enum sled_status chain_tree_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                        struct sled_err *err)
{
    struct sled_lanes lanes;

    *out = (struct sled_plan_cost){0};
    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    const enum sled_status st = sled_lanes_init(&lanes, req, err);
    if (st == SLED_OK)
        add_cost(&lanes, out);
    sled_lanes_finish(&lanes);
    return st;
}

const struct sled_coll_algo sled_coll_all_reduce_chain_tree = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "chain_tree",
    .summary = "a chain inside sleds, a tree across; and back",
    .reference = "NVIDIA, NCCL 2.4: Tree, src/graph/trees.cc and src/device/all_reduce.h",
    .chunks = true,
    .check = chain_tree_check,
    .plan = chain_tree_plan,
    .cost = chain_tree_cost,
};
