/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two binary trees over the same ranks, each for one half of the elements. Both have the same
 * root; a rank that has children in one has none, or hardly any, in the other, so that together
 * they use what every rank can send and receive. Private to this folder.
 *
 *     P = 8           0                      0
 *     tree 0          4          tree 1      3
 *                  2     6                1     5
 *                 1 3   5 7              7 2   4 6
 *
 * Inner nodes are roles: role x has a height, the number of its trailing zeros, and its parent is
 * higher. Leaves are the odd roles. In tree 1 a rank takes the role after its own.
 */
#ifndef SLED_COLL_TREE_H
#define SLED_COLL_TREE_H

#include "base/err.h"
#include "coll/split.h"
#include "model/collective.h"
#include "model/plan.h"

#define SLED_TREES 2

/* An all_reduce goes up, summing, and down; a broadcast only down. Contract as
 * sled_coll_algo.plan. */
enum sled_status sled_tree_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                struct sled_err *err);

/* Contract as sled_coll_algo.cost. */
enum sled_status sled_tree_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                struct sled_err *err);

#endif
