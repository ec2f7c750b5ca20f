/* SPDX-License-Identifier: Apache-2.0 */
/* Sleds, their lanes, and the way from one to another. */
#include "coll/lanes.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/split.h"

void sled_lanes_finish(struct sled_lanes *lanes)
{
    free(lanes->begin);
    free(lanes->member);
    free(lanes->done);
    free(lanes->wait);
}

static uint32_t sled_of(const struct sled_coll_req *req, uint32_t rank)
{
    return req->nranks == 1 ? 0 : req->place->unit[SLED_UNIT_SLED][rank];
}

uint32_t sled_lanes_size(const struct sled_lanes *lanes, uint32_t sled)
{
    return lanes->begin[sled + 1] - lanes->begin[sled];
}

/* begin[] and member[] by counting; sleds are numbered as their lowest ranks come. */
static enum sled_status sort_ranks(struct sled_lanes *lanes, struct sled_err *err)
{
    const uint32_t P = lanes->req->nranks;
    uint32_t *next;

    for (uint32_t r = 0; r < P; r++)
        lanes->begin[sled_of(lanes->req, r) + 1]++;
    for (uint32_t i = 0; i < lanes->count; i++)
        lanes->begin[i + 1] += lanes->begin[i];
    SLED_TRY(sled_vec_alloc(&next, lanes->count, err));
    for (uint32_t r = 0; r < P; r++) {
        const uint32_t sled = sled_of(lanes->req, r);

        lanes->member[lanes->begin[sled] + next[sled]++] = r;
    }
    free(next);
    return SLED_OK;
}

enum sled_status sled_lanes_init(struct sled_lanes *lanes, const struct sled_coll_req *req,
                                 struct sled_err *err)
{
    const uint32_t P = req->nranks;

    *lanes = (struct sled_lanes){.req = req, .even = true};
    for (uint32_t r = 0; r < P; r++)
        lanes->count = sled_of(req, r) >= lanes->count ? sled_of(req, r) + 1 : lanes->count;
    SLED_TRY(sled_vec_alloc(&lanes->begin, (size_t)lanes->count + 1, err));
    SLED_TRY(sled_vec_alloc(&lanes->member, P, err));
    SLED_TRY(sled_vec_alloc(&lanes->done, lanes->count, err));
    SLED_TRY(sled_vec_alloc(&lanes->wait, (size_t)P + 2, err));
    SLED_TRY(sort_ranks(lanes, err));
    for (uint32_t i = 0; i < lanes->count; i++) {
        const uint32_t size = sled_lanes_size(lanes, i);

        lanes->nlanes = size > lanes->nlanes ? size : lanes->nlanes;
        lanes->even = lanes->even && size == sled_lanes_size(lanes, 0);
    }
    return SLED_OK;
}

static uint32_t count_chunks(const struct sled_lanes *lanes)
{
    return sled_split_of(lanes->req, 1, sled_split_pipeline(lanes->req, lanes->nlanes)).chunks;
}

enum sled_status sled_lanes_pieces(const struct sled_lanes *lanes, sled_lanes_each *each, void *arg,
                                   struct sled_err *err)
{
    const uint32_t chunks = count_chunks(lanes);

    for (uint32_t chunk = 0; chunk < chunks; chunk++)
        for (uint32_t lane = 0; lane < lanes->nlanes; lane++) {
            const struct sled_span whole = sled_block(lanes->req->nelems, lanes->nlanes, lane);
            const struct sled_lane_piece piece = {.lane = lane,
                                                  .span = sled_span_part(whole, chunks, chunk)};

            if (piece.span.count > 0)
                SLED_TRY(each(arg, &piece, err));
        }
    return SLED_OK;
}

uint32_t sled_lanes_rank(const struct sled_lanes *lanes, uint32_t sled,
                         const struct sled_lane_piece *piece, uint32_t distance)
{
    return lanes
        ->member[lanes->begin[sled] + (piece->lane + distance) % sled_lanes_size(lanes, sled)];
}

enum sled_status sled_lanes_move(const struct sled_lanes *lanes,
                                 const struct sled_lane_piece *piece, uint32_t src, uint32_t dst,
                                 enum sled_xfer_op op, const sled_xfer_id *after, uint32_t nafter,
                                 struct sled_plan *plan, struct sled_err *err)
{
    const uint32_t P = lanes->req->nranks;
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

enum sled_status sled_lanes_join(const struct sled_lanes *lanes, uint32_t rank, uint32_t n,
                                 struct sled_plan *plan, struct sled_err *err)
{
    const struct sled_xfer xfer = {.src = rank, .dst = rank, .after = lanes->wait, .nafter = n};

    return sled_plan_add(plan, &xfer, err);
}

static uint32_t node_sled(const struct sled_lanes *lanes, uint32_t x,
                          const struct sled_lane_piece *piece)
{
    return (x + piece->lane) % lanes->count;
}

static uint32_t owner_of(const struct sled_lanes *lanes, uint32_t sled,
                         const struct sled_lane_piece *piece)
{
    return sled_lanes_rank(lanes, sled, piece, 0);
}

static uint32_t wait_for(const struct sled_lanes *lanes, uint32_t n, sled_xfer_id id)
{
    if (id != SLED_NONE)
        lanes->wait[n++] = id;
    return n;
}

/* Node x, whose children have their sums, adds them to its own. */
static enum sled_status gather(const struct sled_lanes *lanes, uint32_t x,
                               const struct sled_lane_piece *piece, struct sled_plan *plan,
                               struct sled_err *err)
{
    const uint32_t sled = node_sled(lanes, x, piece);
    sled_xfer_id added[2];
    uint32_t n = 0;

    for (uint32_t child = 2 * x + 1; child <= 2 * x + 2 && child < lanes->count; child++) {
        const uint32_t from = node_sled(lanes, child, piece);
        uint32_t nafter = wait_for(lanes, 0, lanes->done[from]);

        nafter = wait_for(lanes, nafter, lanes->done[sled]);
        added[n++] = plan->count;
        SLED_TRY(sled_lanes_move(lanes, piece, owner_of(lanes, from, piece),
                                 owner_of(lanes, sled, piece), SLED_XFER_REDUCE, lanes->wait,
                                 nafter, plan, err));
    }
    if (n == 0)
        return SLED_OK;
    for (uint32_t i = 0; i < n; i++)
        lanes->wait[i] = added[i];
    lanes->done[sled] = plan->count;
    return sled_lanes_join(lanes, owner_of(lanes, sled, piece), n, plan, err);
}

/* Node x, which has the total, sends it to its children. */
static enum sled_status spread(const struct sled_lanes *lanes, uint32_t x,
                               const struct sled_lane_piece *piece, struct sled_plan *plan,
                               struct sled_err *err)
{
    const uint32_t sled = node_sled(lanes, x, piece);

    for (uint32_t child = 2 * x + 1; child <= 2 * x + 2 && child < lanes->count; child++) {
        const uint32_t to = node_sled(lanes, child, piece);
        const sled_xfer_id total = lanes->done[sled];

        lanes->done[to] = plan->count;
        SLED_TRY(sled_lanes_move(lanes, piece, owner_of(lanes, sled, piece),
                                 owner_of(lanes, to, piece), SLED_XFER_COPY, &total, 1, plan, err));
    }
    return SLED_OK;
}

enum sled_status sled_lanes_tree(const struct sled_lanes *lanes,
                                 const struct sled_lane_piece *piece, struct sled_plan *plan,
                                 struct sled_err *err)
{
    for (uint32_t x = lanes->count; x-- > 0;)
        SLED_TRY(gather(lanes, x, piece, plan, err));
    for (uint32_t x = 0; x < lanes->count; x++)
        SLED_TRY(spread(lanes, x, piece, plan, err));
    return SLED_OK;
}

uint64_t sled_lanes_depth(const struct sled_lanes *lanes)
{
    uint64_t depth = 0;

    for (uint32_t x = lanes->count - 1; x > 0; x = (x - 1) / 2)
        depth++;
    return depth;
}

uint64_t sled_lanes_most_neighbours(const struct sled_lanes *lanes)
{
    uint64_t most = 0;

    for (uint64_t x = 0; x < lanes->count; x++) {
        uint64_t n = x > 0 ? 1 : 0;

        for (uint64_t child = 2 * x + 1; child <= 2 * x + 2 && child < lanes->count; child++)
            n++;
        most = n > most ? n : most;
    }
    return most;
}

static uint64_t least_elems(const struct sled_lanes *lanes)
{
    return sled_block(lanes->req->nelems, lanes->nlanes, lanes->nlanes - 1).count;
}

uint64_t sled_lanes_least_lane(const struct sled_lanes *lanes)
{
    return least_elems(lanes) * lanes->req->elem_bytes;
}

uint64_t sled_lanes_least_chunk(const struct sled_lanes *lanes)
{
    return least_elems(lanes) / count_chunks(lanes) * lanes->req->elem_bytes;
}
