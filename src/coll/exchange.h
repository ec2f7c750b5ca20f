/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules that serve all_to_all and all_to_all_v alike: the two differ only in how long
 * rows are, see rows.h. Private to this folder.
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

/* Plan and cost of all_to_all_hier.c and all_to_all_v_hier.c, likewise. Both are served by requests
 * that sled_hier_check has passed. */
enum sled_status sled_exchange_plan_hier(const struct sled_coll_req *req, struct sled_plan *plan,
                                         struct sled_err *err);
enum sled_status sled_exchange_cost_hier(const struct sled_coll_req *req,
                                         struct sled_plan_cost *out, struct sled_err *err);

#endif
