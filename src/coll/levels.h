/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reduce-scatter and all-gather level by level, which is what ring, mesh, rdh, torus and hier
 * are. Private to this folder.
 *
 * Every rank has a digit at each level, and block b belongs to rank b. A unit of level l is all
 * ranks that agree in the digits of level l and above; so ranks are the units of level 0, and
 * the one unit of level L holds them all. Ranks begin a reduce-scatter with partial sums of all
 * blocks. At level l the units of level l that make up a unit of level l + 1 share out what they
 * hold: each block is kept by the one with the block's digit. What a rank keeps at a level is
 * what it shares out at the next, and in the end it has its own block.
 *
 *     P = 4, digits r % 2 and r / 2      shares out with, and then holds
 *     rank  0  1  2  3                   rank 0   level 0: rank 1, b0 b2   level 1: rank 2, b0
 *     0:    0  1  0  1                   rank 1   level 0: rank 0, b1 b3   level 1: rank 3, b1
 *     1:    0  0  1  1                   rank 2   level 0: rank 3, b0 b2   level 1: rank 0, b2
 *                                        rank 3   level 0: rank 2, b1 b3   level 1: rank 1, b3
 *
 * An all-gather is the same backwards, with copies; an all-reduce is one after the other. In
 * these a block that is copied to a rank depends on all contributions to it, the rank's own among
 * them, so that the rank's buffer is overwritten only after it was read.
 *
 * Where units have different numbers of members, a digit that a unit does not have is taken
 * modulo the number that it has: some of its ranks then work for two.
 */
#ifndef SLED_COLL_LEVELS_H
#define SLED_COLL_LEVELS_H

#include <stdbool.h>

#include "base/err.h"
#include "coll/split.h"
#include "model/collective.h"
#include "model/plan.h"

#define SLED_MAX_LEVELS 32

/* Who is who at each level. */
struct sled_levels {
    uint32_t nranks, nlevels;
    uint32_t *digit; /* [nlevels][nranks], heap; in each unit counted from 0 without gaps */
    uint32_t radix[SLED_MAX_LEVELS]; /* [nlevels]: digits of the level are smaller */

    /* How units share out: round a ring, towards higher digits or lower ones; or directly,
     * everybody with everybody at once. */
    bool ring, backwards;

    bool in_order; /* what is shared out at a level has consecutive numbers */
};

/* Digits 0 and radices 1. The caller finishes it. SLED_E_NOMEM. */
enum sled_status sled_levels_init(struct sled_levels *levels, uint32_t nranks, uint32_t nlevels,
                                  struct sled_err *err);
/* Accepts zeroed levels. */
void sled_levels_finish(struct sled_levels *levels);

/* Digit of a rank; raises the radix to fit. */
void sled_levels_set(struct sled_levels *levels, uint32_t level, uint32_t rank, uint32_t digit);

/* Initialises *out with the levels of one channel of a request that the algorithm can serve. */
typedef enum sled_status (*sled_levels_build)(const struct sled_coll_req *req, uint32_t channel,
                                              struct sled_levels *out, struct sled_err *err);

/* The plan of an all_reduce, all_gather or reduce_scatter; contract as sled_coll_algo.plan. */
enum sled_status sled_levels_plan(const struct sled_coll_req *req, sled_levels_build build,
                                  struct sled_split split, struct sled_plan *plan,
                                  struct sled_err *err);

/* Contract as sled_coll_algo.cost. */
enum sled_status sled_levels_cost(const struct sled_coll_req *req, sled_levels_build build,
                                  struct sled_split split, struct sled_plan_cost *out,
                                  struct sled_err *err);

#endif
