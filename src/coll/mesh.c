/* SPDX-License-Identifier: Apache-2.0 */
/* One level: everybody with everybody at once. */
#include "coll/families.h"
#include "coll/levels.h"

static enum sled_status build(const struct sled_coll_req *req, uint32_t channel,
                              struct sled_levels *out, struct sled_err *err)
{
    (void)channel; /* there is one */
    SLED_TRY(sled_levels_init(out, req->nranks, 1, err));
    for (uint32_t r = 0; r < req->nranks; r++)
        sled_levels_set(out, 0, r, r);
    return SLED_OK;
}

enum sled_status sled_mesh_check(const struct sled_coll_req *req, struct sled_err *err)
{
    return sled_coll_check_commutes(req, "mesh", err);
}

enum sled_status sled_mesh_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                struct sled_err *err)
{
    return sled_levels_plan(req, build, SLED_UNSPLIT, plan, err);
}

enum sled_status sled_mesh_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                struct sled_err *err)
{
    return sled_levels_cost(req, build, SLED_UNSPLIT, out, err);
}
