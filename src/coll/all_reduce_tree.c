/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Double binary tree all-reduce: each half of the data is summed up a tree of its own and sent
 * down again, chunk after chunk.
 *
 *     P = 4           up, reduce           down, copy
 *     first half      1 > 2, 3 > 2, 2 > 0  0 > 2, 2 > 1, 2 > 3
 *     second half     3 > 1, 2 > 1, 1 > 0  0 > 1, 1 > 3, 1 > 2
 *
 * A rank that works for two others in one tree is a leaf of the other, see tree.h. Where two
 * children add to a parent, a join, an empty local transfer, waits for both. What comes down to a
 * rank depends on its own share, so that its buffer is overwritten only after it was read.
 *
 * Limits: operands are combined in tree order, hence the operator must commute.
 */
#include "coll/coll.h"
#include "coll/families.h"
#include "coll/tree.h"

static enum sled_status tree_check(const struct sled_coll_req *req, struct sled_err *err)
{
    return sled_coll_check_commutes(req, "tree", err);
}

const struct sled_coll_algo sled_coll_all_reduce_tree = {
    .kind = SLED_COLL_ALL_REDUCE,
    .name = "tree",
    .summary = "up and down two binary trees, a half on each; 2 log2 P steps",
    .reference = "Sanders, Speck and Träff, Parallel Computing 35(12), 2009",
    .chunks = true,
    .check = tree_check,
    .plan = sled_tree_plan,
    .cost = sled_tree_cost,
};
