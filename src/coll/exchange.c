/* SPDX-License-Identifier: Apache-2.0 */
/* Two schedules that move the rows of an all-to-all. */
#include "coll/exchange.h"

#include "coll/rows.h"

static enum sled_status direct(const struct sled_rows *rows, struct sled_plan *plan,
                               struct sled_err *err)
{
    const uint32_t P = rows->req->nranks;

    SLED_TRY(sled_plan_reserve(plan, plan->count + (uint64_t)P * P, 0, err));
    SLED_TRY(sled_rows_add_own(rows, plan, err));
    for (uint32_t r = 0; r < P; r++) {
        for (uint32_t t = 1; t < P; t++)
            SLED_TRY(sled_rows_add(rows, r, (r + t) % P, plan, err));
    }
    return SLED_OK;
}

static enum sled_status pairwise(const struct sled_rows *rows, struct sled_plan *plan,
                                 struct sled_err *err)
{
    const uint32_t P = rows->req->nranks;
    const uint64_t npairs = (uint64_t)P * (P - 1);

    SLED_TRY(sled_plan_reserve(plan, plan->count + npairs + P, 2 * npairs, err));
    SLED_TRY(sled_rows_add_own(rows, plan, err));

    sled_xfer_id previous = 0; /* first transfer of the step before */
    for (uint32_t t = 1; t < P; t++) {
        const sled_xfer_id first = plan->count;

        for (uint32_t r = 0; r < P; r++) {
            /* The row that r sent last, and the row that r + t received last. */
            const sled_xfer_id after[] = {previous + r, previous + (r + 1) % P};
            struct sled_xfer xfer = sled_rows_xfer(rows, r, (r + t) % P);

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
    struct sled_rows rows;

    SLED_TRY(sled_rows_init(&rows, req, err));
    const enum sled_status status = direct(&rows, plan, err);
    sled_rows_finish(&rows);
    return status;
}

enum sled_status sled_exchange_plan_pairwise(const struct sled_coll_req *req,
                                             struct sled_plan *plan, struct sled_err *err)
{
    struct sled_rows rows;

    SLED_TRY(sled_rows_init(&rows, req, err));
    const enum sled_status status = pairwise(&rows, plan, err);
    sled_rows_finish(&rows);
    return status;
}
