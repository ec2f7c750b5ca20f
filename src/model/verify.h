/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proof that a plan does what its request asks: the plan is run on symbols instead
 * of numbers. Each element of each buffer holds the set of (rank, element) values
 * that were added up in it.
 */
#ifndef SLED_MODEL_VERIFY_H
#define SLED_MODEL_VERIFY_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

/*
 * Run plan symbolically, in its order, from the request's initial contents and
 * check the final contents: every rank must hold exactly the right contributions,
 * each once. SLED_E_CHECK names the rank, the buffer, the first wrong element and what is
 * missing, doubled or foreign there; reading an element that was never written is
 * such an error too, and so is reaching beyond a buffer: those point to "/transfers/N". Work
 * grows with the number of transfers, not with the number of bytes. SLED_E_NOMEM. req must
 * have passed sled_coll_req_check.
 */
enum sled_status sled_verify(const struct sled_plan *plan, const struct sled_coll_req *req,
                             struct sled_err *err);

/*
 * Check that dependencies alone order every conflicting pair of accesses (two
 * writes, or a read and a write, of one element), so that any schedule the executor may
 * choose gives the verified result. Two reductions into one element need no order: their
 * destination adds them up one at a time. SLED_E_CHECK names the two transfers, the rank
 * and the element, and points to the later one, "/transfers/N". Needs count^2 / 16 bytes:
 * SLED_E_UNSUPPORTED beyond 65,536 transfers.
 */
enum sled_status sled_verify_order(const struct sled_plan *plan, struct sled_err *err);

#endif
