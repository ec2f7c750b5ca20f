/* SPDX-License-Identifier: Apache-2.0 */
/* One level: all ranks in a ring. Odd channels go round backwards, on the links of the other
 * direction; a third channel takes the way of the first. */
#include "coll/families.h"
#include "coll/levels.h"

static enum sled_status build(const struct sled_coll_req *req, uint32_t channel,
                              struct sled_levels *out, struct sled_err *err)
{
    SLED_TRY(sled_levels_init(out, req->nranks, 1, err));
    for (uint32_t r = 0; r < req->nranks; r++)
        sled_levels_set(out, 0, r, r);
    out->ring = true;
    out->backwards = channel % 2 == 1;
    return SLED_OK;
}

static struct sled_split split(const struct sled_coll_req *req)
{
    return sled_split_of(req, 2, 1);
}

enum sled_status sled_ring_check(const struct sled_coll_req *req, struct sled_err *err)
{
    return sled_coll_check_commutes(req, "ring", err);
}

enum sled_status sled_ring_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                struct sled_err *err)
{
    return sled_levels_plan(req, build, split(req), plan, err);
}

enum sled_status sled_ring_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                struct sled_err *err)
{
    return sled_levels_cost(req, build, split(req), out, err);
}
