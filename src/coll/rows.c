/* SPDX-License-Identifier: Apache-2.0 */
/* Where the rows of an all-to-all lie. */
#include "coll/rows.h"

#include <stdlib.h>

#include "base/vec.h"

void sled_rows_finish(struct sled_rows *rows)
{
    free(rows->data_offset);
    free(rows->out_offset);
}

enum sled_status sled_rows_init(struct sled_rows *rows, const struct sled_coll_req *req,
                                struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const size_t cells = (size_t)P * P;

    *rows = (struct sled_rows){.req = req};
    if (req->kind != SLED_COLL_ALL_TO_ALL_V)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&rows->data_offset, cells, err));
    const enum sled_status status = sled_vec_alloc(&rows->out_offset, cells, err);
    if (status != SLED_OK) {
        sled_rows_finish(rows);
        return status;
    }

    /* Rows are packed: each begins where its neighbour to the left, or above, ends. */
    const uint64_t *bytes = req->traffic->bytes;
    for (size_t cell = 0; cell < cells; cell++) {
        if (cell % P > 0)
            rows->data_offset[cell] = rows->data_offset[cell - 1] + bytes[cell - 1];
        if (cell >= P)
            rows->out_offset[cell] = rows->out_offset[cell - P] + bytes[cell - P];
    }
    return SLED_OK;
}

struct sled_xfer sled_rows_xfer(const struct sled_rows *rows, uint32_t src, uint32_t dst)
{
    const struct sled_coll_req *req = rows->req;
    struct sled_xfer xfer = {
        .src = src,
        .dst = dst,
        .src_buffer = SLED_BUFFER_DATA,
        .dst_buffer = SLED_BUFFER_OUT,
        .op = SLED_XFER_COPY,
    };

    if (req->kind == SLED_COLL_ALL_TO_ALL_V) {
        const size_t cell = (size_t)src * req->nranks + dst;
        xfer.src_offset = rows->data_offset[cell];
        xfer.dst_offset = rows->out_offset[cell];
        xfer.count = req->traffic->bytes[cell];
    } else {
        const struct sled_span block = sled_block(req->nelems, req->nranks, dst);
        xfer.src_offset = block.offset;
        xfer.dst_offset = src * block.count;
        xfer.count = block.count;
    }
    return xfer;
}

enum sled_status sled_rows_add(const struct sled_rows *rows, uint32_t src, uint32_t dst,
                               struct sled_plan *plan, struct sled_err *err)
{
    const struct sled_xfer xfer = sled_rows_xfer(rows, src, dst);

    return xfer.count == 0 ? SLED_OK : sled_plan_add(plan, &xfer, err);
}

enum sled_status sled_rows_add_own(const struct sled_rows *rows, struct sled_plan *plan,
                                   struct sled_err *err)
{
    for (uint32_t r = 0; r < rows->req->nranks; r++)
        SLED_TRY(sled_rows_add(rows, r, r, plan, err));
    return SLED_OK;
}
