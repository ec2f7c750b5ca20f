/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collectives that switches carry out on the way: what ranks send up is added up there, or kept,
 * and sent down to whoever needs it. Each of the switches that all ranks are linked to serves a
 * part of the elements. Contracts as sled_coll_algo. Private to this folder.
 */
#ifndef SLED_COLL_IN_SWITCH_H
#define SLED_COLL_IN_SWITCH_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

enum sled_status sled_in_switch_check(const struct sled_coll_req *req, struct sled_err *err);

/* For all_reduce, all_gather, reduce_scatter and broadcast. */
enum sled_status sled_in_switch_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                     struct sled_err *err);
enum sled_status sled_in_switch_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                     struct sled_err *err);

#endif
