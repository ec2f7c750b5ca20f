/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranks by sled, a lane for each place in the largest one, and the tree that joins the sleds in a
 * lane. Each lane takes its part of the elements. Its owner in a sled is the rank of that place;
 * sleds are the nodes of a binary tree, turned by one sled for each lane, so that its root is not
 * always the same: node 0 is the root, and (x - 1) / 2 the parent of node x. Private to this
 * folder.
 */
#ifndef SLED_COLL_LANES_H
#define SLED_COLL_LANES_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

struct sled_lanes {
    const struct sled_coll_req *req;
    uint32_t count;     /* of sleds */
    uint32_t nlanes;    /* ranks of the largest sled */
    bool even;          /* have all sleds as many? */
    uint32_t *begin;    /* [count + 1]: of each sled in member[] */
    uint32_t *member;   /* [P]: ranks by sled */
    sled_xfer_id *done; /* [count]: by which transfer the sled's owner has what it needs next;
                           SLED_NONE: from the start */
    sled_xfer_id *wait; /* [P + 2]: room */
};

/* For a request whose place knows the sleds, or of one rank. SLED_E_NOMEM. Finish it also on
 * failure. */
enum sled_status sled_lanes_init(struct sled_lanes *lanes, const struct sled_coll_req *req,
                                 struct sled_err *err);
void sled_lanes_finish(struct sled_lanes *lanes);

uint32_t sled_lanes_size(const struct sled_lanes *lanes, uint32_t sled);

/* The elements of a chunk of a lane on their way. */
struct sled_lane_piece {
    uint32_t lane;
    struct sled_span span;
};

/* Does something for each piece that has elements, the first chunk of all lanes first. */
typedef enum sled_status sled_lanes_each(void *arg, const struct sled_lane_piece *piece,
                                         struct sled_err *err);
enum sled_status sled_lanes_pieces(const struct sled_lanes *lanes, sled_lanes_each *each, void *arg,
                                   struct sled_err *err);

/* The rank of a sled at a distance from the owner of the lane, going round the sled. */
uint32_t sled_lanes_rank(const struct sled_lanes *lanes, uint32_t sled,
                         const struct sled_lane_piece *piece, uint32_t distance);

/* The elements of a piece from src to dst, at the same place of both. Ranks hold them in DATA,
 * switches in SCRATCH. */
enum sled_status sled_lanes_move(const struct sled_lanes *lanes,
                                 const struct sled_lane_piece *piece, uint32_t src, uint32_t dst,
                                 enum sled_xfer_op op, const sled_xfer_id *after, uint32_t nafter,
                                 struct sled_plan *plan, struct sled_err *err);

/* An empty transfer at `rank` that waits for the n transfers in wait[]. */
enum sled_status sled_lanes_join(const struct sled_lanes *lanes, uint32_t rank, uint32_t n,
                                 struct sled_plan *plan, struct sled_err *err);

/* The sums of the sleds, which owners have by done[], up the tree, and the total down to all
 * owners; done[] is then when they have it. */
enum sled_status sled_lanes_tree(const struct sled_lanes *lanes,
                                 const struct sled_lane_piece *piece, struct sled_plan *plan,
                                 struct sled_err *err);

/* Of the tree: edges from the root to the farthest node; neighbours of the node that has most, two
 * children and a parent where there are as many nodes. */
uint64_t sled_lanes_depth(const struct sled_lanes *lanes);
uint64_t sled_lanes_most_neighbours(const struct sled_lanes *lanes);

/* Bytes of the smallest lane, and of the smallest chunk of it. */
uint64_t sled_lanes_least_lane(const struct sled_lanes *lanes);
uint64_t sled_lanes_least_chunk(const struct sled_lanes *lanes);

#endif
