/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all_to_all and all_to_all_v have in common: every rank owes every other one a
 * row. The two differ only in how long the rows are, so each schedule is written once
 * here and serves both. Private to this folder.
 */
#ifndef SLED_COLL_EXCHANGE_H
#define SLED_COLL_EXCHANGE_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

/* The plans of all_to_all_direct.c and all_to_all_pairwise.c, for either kind of request.
 * Contract as sled_coll_algo.plan. */
enum sled_status sled_exchange_plan_direct(const struct sled_coll_req *req, struct sled_plan *plan,
                                           struct sled_err *err);
enum sled_status sled_exchange_plan_pairwise(const struct sled_coll_req *req,
                                             struct sled_plan *plan, struct sled_err *err);

#endif
