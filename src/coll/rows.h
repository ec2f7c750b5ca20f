/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all_to_all and all_to_all_v have in common: every rank owes every other one a row. The
 * two differ only in how long the rows are, and so in where they lie. Private to this folder.
 */
#ifndef SLED_COLL_ROWS_H
#define SLED_COLL_ROWS_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

struct sled_rows {
    const struct sled_coll_req *req; /* borrowed */

    /* Private. */
    uint64_t *data_offset; /* [src][dst]: of the row in src's data; all_to_all_v only */
    uint64_t *out_offset;  /* [src][dst]: of the row in dst's output; all_to_all_v only */
};

/* SLED_E_NOMEM. */
enum sled_status sled_rows_init(struct sled_rows *rows, const struct sled_coll_req *req,
                                struct sled_err *err);
/* Accepts zeroed rows. */
void sled_rows_finish(struct sled_rows *rows);

/* The row that src owes dst, from its data to dst's output, without dependencies. */
struct sled_xfer sled_rows_xfer(const struct sled_rows *rows, uint32_t src, uint32_t dst);

/* Append the row unless it is empty. Errors as sled_plan_add. */
enum sled_status sled_rows_add(const struct sled_rows *rows, uint32_t src, uint32_t dst,
                               struct sled_plan *plan, struct sled_err *err);

/* What each rank keeps: a local copy, so that its output is complete. */
enum sled_status sled_rows_add_own(const struct sled_rows *rows, struct sled_plan *plan,
                                   struct sled_err *err);

#endif
