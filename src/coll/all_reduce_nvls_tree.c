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
#include "coll/lanes.h"

/* The lanes, and the switches of their sleds. */
struct switched {
    struct sled_lanes lanes;
    uint32_t *hub; /* [sleds]: rank of the sled's first switch; SLED_NONE: has one rank */
    uint32_t nhubs;
    sled_xfer_id *up; /* [P * nlanes]: number + 1 of a rank's last transfer up, 0: none */
    struct sled_plan *plan;
};

static void switched_finish(struct switched *s)
{
    sled_lanes_finish(&s->lanes);
    free(s->hub);
    free(s->up);
}

static enum sled_status switched_init(struct switched *s, const struct sled_coll_req *req,
                                      struct sled_plan *plan, struct sled_err *err)
{
    *s = (struct switched){.plan = plan};
    SLED_TRY(sled_lanes_init(&s->lanes, req, err));
    SLED_TRY(sled_vec_alloc(&s->hub, s->lanes.count, err));
    for (uint32_t i = 0; i < s->lanes.count; i++) {
        const bool single = sled_lanes_size(&s->lanes, i) == 1;

        s->hub[i] = single ? SLED_NONE : req->nranks + s->nhubs;
        s->nhubs += single ? 0 : req->place->nsled_switches;
    }
    return sled_vec_alloc(&s->up, (size_t)req->nranks * s->lanes.nlanes, err);
}

static uint32_t hub_of(const struct switched *s, uint32_t sled, const struct sled_lane_piece *piece)
{
    return s->hub[sled] + piece->lane % s->lanes.req->place->nsled_switches;
}

/* Everybody of the sled to its switch, and the sum from there to the owner of the lane, if it is to
 * go on. */
static enum sled_status sum_up(struct switched *s, uint32_t sled,
                               const struct sled_lane_piece *piece, struct sled_err *err)
{
    const struct sled_lanes *lanes = &s->lanes;
    const uint32_t hub = hub_of(s, sled, piece), size = sled_lanes_size(lanes, sled);

    for (uint32_t i = 0; i < size; i++) {
        const uint32_t rank = lanes->member[lanes->begin[sled] + i];
        sled_xfer_id *up = &s->up[(size_t)rank * lanes->nlanes + piece->lane];
        const sled_xfer_id before = *up - 1;

        lanes->wait[i] = s->plan->count;
        SLED_TRY(sled_lanes_move(lanes, piece, rank, hub, SLED_XFER_REDUCE, &before, *up > 0,
                                 s->plan, err));
        *up = lanes->wait[i] + 1;
    }
    lanes->done[sled] = s->plan->count;
    SLED_TRY(sled_lanes_join(lanes, hub, size, s->plan, err));
    if (lanes->count == 1)
        return SLED_OK;

    const sled_xfer_id summed = lanes->done[sled];

    lanes->done[sled] = s->plan->count;
    return sled_lanes_move(lanes, piece, hub, sled_lanes_rank(lanes, sled, piece, 0),
                           SLED_XFER_COPY, &summed, 1, s->plan, err);
}

/* From the owner, if the sum went there, by the switch to all others of the sled. */
static enum sled_status bring_down(const struct switched *s, uint32_t sled,
                                   const struct sled_lane_piece *piece, struct sled_err *err)
{
    const struct sled_lanes *lanes = &s->lanes;
    const uint32_t hub = hub_of(s, sled, piece);
    const uint32_t owner = lanes->count > 1 ? sled_lanes_rank(lanes, sled, piece, 0) : SLED_NONE;
    sled_xfer_id there = lanes->done[sled];

    if (owner != SLED_NONE) {
        const sled_xfer_id total = there;

        there = s->plan->count;
        SLED_TRY(
            sled_lanes_move(lanes, piece, owner, hub, SLED_XFER_COPY, &total, 1, s->plan, err));
    }
    for (uint32_t i = lanes->begin[sled]; i < lanes->begin[sled + 1]; i++)
        if (lanes->member[i] != owner)
            SLED_TRY(sled_lanes_move(lanes, piece, hub, lanes->member[i], SLED_XFER_COPY, &there, 1,
                                     s->plan, err));
    return SLED_OK;
}

static enum sled_status add_piece(void *arg, const struct sled_lane_piece *piece,
                                  struct sled_err *err)
{
    struct switched *s = arg;

    for (uint32_t sled = 0; sled < s->lanes.count; sled++) {
        s->lanes.done[sled] = SLED_NONE;
        if (s->hub[sled] != SLED_NONE)
            SLED_TRY(sum_up(s, sled, piece, err));
    }
    SLED_TRY(sled_lanes_tree(&s->lanes, piece, s->plan, err));
    for (uint32_t sled = 0; sled < s->lanes.count; sled++)
        if (s->hub[sled] != SLED_NONE)
            SLED_TRY(bring_down(s, sled, piece, err));
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
    struct switched s;

    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    enum sled_status st = switched_init(&s, req, plan, err);
    if (st == SLED_OK) {
        sled_plan_add_switches(plan, s.nhubs);
        st = sled_lanes_pieces(&s.lanes, add_piece, &s, err);
    }
    switched_finish(&s);
    return st;
}

static void add_cost(const struct switched *s, struct sled_plan_cost *out)
{
    const struct sled_lanes *lanes = &s->lanes;
    const uint64_t bytes = lanes->req->nelems * lanes->req->elem_bytes;
    const uint64_t trees = lanes->count - 1;
    const bool hubs = lanes->even && lanes->nlanes > 1;
    uint64_t inside = 0; /* ranks that have a switch */

    for (uint32_t i = 0; i < lanes->count; i++) {
        inside += s->hub[i] == SLED_NONE ? 0 : sled_lanes_size(lanes, i);
        if (s->hub[i] != SLED_NONE && lanes->count > 1)
            out->total_bytes += bytes; /* to the owner and back, less the owner's own */
    }
    out->steps = 2 * sled_lanes_depth(lanes) + (hubs ? (lanes->count > 1 ? 4 : 2) : 0);
    out->chain_bytes = out->steps * sled_lanes_least_chunk(lanes);
    out->total_bytes += 2 * (inside + trees) * bytes;
    out->reduced_bytes = (inside + trees) * bytes;
    out->port_bytes = (inside > 0 ? bytes : 0);
    if (lanes->even)
        out->port_bytes += (sled_lanes_most_neighbours(lanes) + (hubs && lanes->count > 1)) *
                           sled_lanes_least_lane(lanes);
}

static enum sled_status nvls_tree_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                       struct sled_err *err)
{
    struct switched s;

    *out = (struct sled_plan_cost){0};
    if (req->nranks == 1 || req->nelems == 0)
        return SLED_OK;
    const enum sled_status st = switched_init(&s, req, NULL, err);
    if (st == SLED_OK)
        add_cost(&s, out);
    switched_finish(&s);
    return st;
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
