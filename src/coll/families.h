/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Algorithms that serve several operations alike: written once in <name>.c, each operation's file
 * says what it looks like there. All are contracts of sled_coll_algo. Private to this folder.
 */
#ifndef SLED_COLL_FAMILIES_H
#define SLED_COLL_FAMILIES_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

/* check, plan and cost of all_reduce, all_gather and reduce_scatter. */
#define SLED_COLL_FAMILY(name)                                                                   \
    enum sled_status sled_##name##_check(const struct sled_coll_req *req, struct sled_err *err); \
    enum sled_status sled_##name##_plan(const struct sled_coll_req *req, struct sled_plan *plan, \
                                        struct sled_err *err);                                   \
    enum sled_status sled_##name##_cost(const struct sled_coll_req *req,                         \
                                        struct sled_plan_cost *out, struct sled_err *err)

SLED_COLL_FAMILY(ring);
SLED_COLL_FAMILY(mesh);
SLED_COLL_FAMILY(rdh);
SLED_COLL_FAMILY(kangaring);
SLED_COLL_FAMILY(hier);
SLED_COLL_FAMILY(torus);

/* SLED_E_UNSUPPORTED when the request reduces with an operator that does not commute: none of
 * these keeps operands in order. */
enum sled_status sled_coll_check_commutes(const struct sled_coll_req *req, const char *algorithm,
                                          struct sled_err *err);

#endif
