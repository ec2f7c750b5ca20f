/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As many levels as it takes to halve P down to 1: at each, rank i of h pairs up with rank
 * i + ceil(h / 2), and the pairs are the ranks of the next. A rank without a partner, where h is
 * odd, holds everything that its pair would share out, and speaks for both halves further up.
 */
#include "coll/families.h"
#include "coll/levels.h"

static enum sled_status build(const struct sled_coll_req *req, uint32_t channel,
                              struct sled_levels *out, struct sled_err *err)
{
    const uint32_t P = req->nranks;
    uint32_t nlevels = 0;

    (void)channel; /* there is one */
    for (uint32_t h = P; h > 1; h -= h / 2)
        nlevels++;
    SLED_TRY(sled_levels_init(out, P, nlevels, err));
    out->in_order = true;
    for (uint32_t r = 0; r < P; r++) {
        uint32_t i = r;
        uint32_t h = P;

        for (uint32_t l = 0; l < nlevels; l++) {
            h -= h / 2;
            sled_levels_set(out, l, r, i / h);
            i %= h;
        }
    }
    return SLED_OK;
}

enum sled_status sled_rdh_check(const struct sled_coll_req *req, struct sled_err *err)
{
    return sled_coll_check_commutes(req, "rdh", err);
}

enum sled_status sled_rdh_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                               struct sled_err *err)
{
    return sled_levels_plan(req, build, SLED_UNSPLIT, plan, err);
}

enum sled_status sled_rdh_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                               struct sled_err *err)
{
    return sled_levels_cost(req, build, SLED_UNSPLIT, out, err);
}
