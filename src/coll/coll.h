/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a collective algorithm, and the registry of all of them. A new
 * algorithm is one file in this folder and one row in algos.def, nothing else.
 */
#ifndef SLED_COLL_COLL_H
#define SLED_COLL_COLL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

/* One algorithm. Instances are const and live for the whole process. */
struct sled_coll_algo {
    enum sled_coll_kind kind;
    const char *name;      /* [a-z0-9_]+, unique within kind; appears in configs and results */
    const char *summary;   /* one line for `sledsim list`, <= 72 bytes, no full stop */
    const char *reference; /* where the algorithm is defined */

    /* Does it take more than one channel, and cut what it moves into chunks? A request for
     * either is refused elsewhere. */
    bool channels, chunks;

    /*
     * Can this algorithm serve the request? SLED_OK, or SLED_E_UNSUPPORTED with a
     * message naming the unmet condition and the actual value. There is no
     * fallback: the caller reports the error. NULL means "always".
     */
    enum sled_status (*check)(const struct sled_coll_req *req, struct sled_err *err);

    /*
     * Append the transfers of one call to plan. Requires sled_coll_req_check and check
     * to have passed. Deterministic: equal requests emit equal plans. No I/O, no clock, no
     * randomness. Fails only with SLED_E_NOMEM or SLED_E_UNSUPPORTED (too many transfers);
     * the plan is then incomplete and fit only for sled_plan_finish.
     */
    enum sled_status (*plan)(const struct sled_coll_req *req, struct sled_plan *plan,
                             struct sled_err *err);

    /*
     * The numbers of the plan without emitting it, in closed form. Bytes in total and bytes
     * reduced are exact. Steps, and bytes of chains and ports, are so where all parts are equally
     * long, all units of a place equally large and moves of one piece; elsewhere they are lower
     * bounds, provided that no part is empty. Requires what plan requires. Tests hold them to
     * what sled_plan_measure finds; they are never used to produce results. Fails only with
     * SLED_E_NOMEM.
     */
    enum sled_status (*cost)(const struct sled_coll_req *req, struct sled_plan_cost *out,
                             struct sled_err *err);
};

/*
 * Find an algorithm by kind and name. NULL with err set (SLED_E_INPUT) to a message that
 * lists the known names and suggests the nearest one. Borrowed, immortal.
 */
const struct sled_coll_algo *sled_coll_find(enum sled_coll_kind kind, const char *name,
                                            struct sled_err *err);

/* All algorithms, in algos.def order; *count receives their number. Borrowed. */
const struct sled_coll_algo *const *sled_coll_all(size_t *count);

/* Check the request, which is of the algorithm's kind, and the algorithm's limits, then
 * emit: *plan is initialised here and finished by the caller. Errors of all three. */
enum sled_status sled_coll_plan(const struct sled_coll_algo *algo, const struct sled_coll_req *req,
                                struct sled_plan *plan, struct sled_err *err);

/* Declarations of all registered algorithms: sled_coll_<file stem>. */
#define SLED_COLL_ALGO(stem) extern const struct sled_coll_algo sled_coll_##stem;
#include "coll/algos.def"
#undef SLED_COLL_ALGO

#endif
