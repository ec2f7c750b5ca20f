/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bookkeeping of algorithms that work in place on blocks: where each block lies, in how many
 * pieces it travels, and which transfer wrote it last on each rank. A move takes its
 * dependencies from there. Private to this folder.
 *
 * A move of blocks is one transfer for each stretch of them that is contiguous, times the
 * number of pieces; pieces of one move go one after the other. What it waits for:
 *   a copy       what its source was written by last
 *   a reduction  that, and what its destination was written by last: whoever reads the
 *                destination next then waits for both by waiting for one
 * That a copy does not overwrite what is still to be read is for the algorithm to see to: in all
 * that use a ledger a copied block depends on every transfer that read the ranks' own ones.
 */
#ifndef SLED_COLL_LEDGER_H
#define SLED_COLL_LEDGER_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

/* Initialised and finished by its user. */
struct sled_ledger {
    struct sled_plan *plan; /* borrowed */
    const struct sled_span
        *block; /* [nblocks], borrowed: elements of DATA, the same on all ranks */
    uint32_t nblocks, chunks;

    /* Private. */
    sled_xfer_id *writer; /* [nranks][nblocks][chunks]: number + 1 of the last one, 0 for none */
    sled_xfer_id *after;  /* working storage */
    uint32_t nafter;
    size_t after_capacity;
};

/* Of the plan's ranks, none of which has written yet. chunks >= 1. SLED_E_NOMEM,
 * SLED_E_UNSUPPORTED beyond 2^30 pieces of blocks on all ranks together. */
enum sled_status sled_ledger_init(struct sled_ledger *ledger, struct sled_plan *plan,
                                  const struct sled_span *block, uint32_t nblocks, uint32_t chunks,
                                  struct sled_err *err);
/* Accepts a zeroed ledger. */
void sled_ledger_finish(struct sled_ledger *ledger);

/* A move of block[nblocks], in order, to the same places of rank dst. Errors as
 * sled_plan_add. Empty blocks are left out. */
struct sled_ledger_move {
    uint32_t src, dst;
    const uint32_t *block;
    uint32_t nblocks;
    enum sled_xfer_op op;
    uint32_t after; /* number + 1 of a transfer to wait for besides; 0: none */
};
enum sled_status sled_ledger_move(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                  struct sled_err *err);

/*
 * For several reductions of the same blocks at one destination, in any order: each is sent by
 * itself, and joined once all are. A join is an empty local transfer that waits for all of
 * them. sent[nsent] holds the number of the first transfer of each, plan->count before it, and
 * is advanced beyond the last.
 */
enum sled_status sled_ledger_send(struct sled_ledger *ledger, const struct sled_ledger_move *move,
                                  struct sled_err *err);
enum sled_status sled_ledger_join(struct sled_ledger *ledger, uint32_t dst, const uint32_t *block,
                                  uint32_t nblocks, sled_xfer_id *sent, uint32_t nsent,
                                  struct sled_err *err);

#endif
