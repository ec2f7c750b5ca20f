/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows of an all-to-all lie, and the two schedules that move them. */
#include "coll/exchange.h"

#include <stdlib.h>

#include "base/vec.h"

/* Offsets of the rows of an uneven exchange; an even one computes them. */
struct layout {
    const struct sled_coll_req *req;
    uint64_t *data_offset; /* [src][dst]: of the row in src's data; all_to_all_v only */
    uint64_t *out_offset;  /* [src][dst]: of the row in dst's output; all_to_all_v only */
};

static void layout_finish(struct layout *layout)
{
    free(layout->data_offset);
    free(layout->out_offset);
}

static enum sled_status layout_init(struct layout *layout, const struct sled_coll_req *req,
                                    struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const size_t cells = (size_t)P * P;

    *layout = (struct layout){.req = req};
    if (req->kind != SLED_COLL_ALL_TO_ALL_V)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&layout->data_offset, cells, err));
    const enum sled_status status = sled_vec_alloc(&layout->out_offset, cells, err);
    if (status != SLED_OK) {
        layout_finish(layout);
        return status;
    }

    /* Rows are packed: each begins where its neighbour to the left, or above, ends. */
    const uint64_t *bytes = req->traffic->bytes;
    for (size_t cell = 0; cell < cells; cell++) {
        if (cell % P > 0)
            layout->data_offset[cell] = layout->data_offset[cell - 1] + bytes[cell - 1];
        if (cell >= P)
            layout->out_offset[cell] = layout->out_offset[cell - P] + bytes[cell - P];
    }
    return SLED_OK;
}

/* The row that src owes dst, without dependencies. */
static struct sled_xfer row_xfer(const struct layout *layout, uint32_t src, uint32_t dst)
{
    const struct sled_coll_req *req = layout->req;
    struct sled_xfer xfer = {
        .src = src,
        .dst = dst,
        .src_buffer = SLED_BUFFER_DATA,
        .dst_buffer = SLED_BUFFER_OUT,
        .op = SLED_XFER_COPY,
    };

    if (req->kind == SLED_COLL_ALL_TO_ALL_V) {
        const size_t cell = (size_t)src * req->nranks + dst;
        xfer.src_offset = layout->data_offset[cell];
        xfer.dst_offset = layout->out_offset[cell];
        xfer.count = req->traffic->bytes[cell];
    } else {
        const struct sled_span block = sled_block(req->nelems, req->nranks, dst);
        xfer.src_offset = block.offset;
        xfer.dst_offset = src * block.count;
        xfer.count = block.count;
    }
    return xfer;
}

/* Add the row from src to dst unless it is empty. */
static enum sled_status add_row(const struct layout *layout, uint32_t src, uint32_t dst,
                                struct sled_plan *plan, struct sled_err *err)
{
    const struct sled_xfer xfer = row_xfer(layout, src, dst);

    return xfer.count == 0 ? SLED_OK : sled_plan_add(plan, &xfer, err);
}

/* What each rank keeps: a local copy, so that its output is complete. */
static enum sled_status add_own_rows(const struct layout *layout, struct sled_plan *plan,
                                     struct sled_err *err)
{
    for (uint32_t r = 0; r < layout->req->nranks; r++)
        SLED_TRY(add_row(layout, r, r, plan, err));
    return SLED_OK;
}

static enum sled_status direct(const struct layout *layout, struct sled_plan *plan,
                               struct sled_err *err)
{
    const uint32_t P = layout->req->nranks;

    SLED_TRY(sled_plan_reserve(plan, plan->count + (uint64_t)P * P, 0, err));
    SLED_TRY(add_own_rows(layout, plan, err));
    for (uint32_t r = 0; r < P; r++) {
        for (uint32_t t = 1; t < P; t++)
            SLED_TRY(add_row(layout, r, (r + t) % P, plan, err));
    }
    return SLED_OK;
}

static enum sled_status pairwise(const struct layout *layout, struct sled_plan *plan,
                                 struct sled_err *err)
{
    const uint32_t P = layout->req->nranks;
    const uint64_t npairs = (uint64_t)P * (P - 1);

    SLED_TRY(sled_plan_reserve(plan, plan->count + npairs + P, 2 * npairs, err));
    SLED_TRY(add_own_rows(layout, plan, err));

    sled_xfer_id previous = 0; /* first transfer of the step before */
    for (uint32_t t = 1; t < P; t++) {
        const sled_xfer_id first = plan->count;

        for (uint32_t r = 0; r < P; r++) {
            /* The row that r sent last, and the row that r + t received last. */
            const sled_xfer_id after[] = {previous + r, previous + (r + 1) % P};
            struct sled_xfer xfer = row_xfer(layout, r, (r + t) % P);

            xfer.after = after;
            xfer.nafter = t == 1 ? 0 : 2;
            SLED_TRY(sled_plan_add(plan, &xfer, err));
        }
        previous = first;
    }
    return SLED_OK;
}

enum sled_status sled_exchange_plan_direct(const struct sled_coll_req *req, struct sled_plan *plan,
                                           struct sled_err *err)
{
    struct layout layout;

    SLED_TRY(layout_init(&layout, req, err));
    const enum sled_status status = direct(&layout, plan, err);
    layout_finish(&layout);
    return status;
}

enum sled_status sled_exchange_plan_pairwise(const struct sled_coll_req *req,
                                             struct sled_plan *plan, struct sled_err *err)
{
    struct layout layout;

    SLED_TRY(layout_init(&layout, req, err));
    const enum sled_status status = pairwise(&layout, plan, err);
    layout_finish(&layout);
    return status;
}
