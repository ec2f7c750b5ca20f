/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One level per dimension: the ranks of each row, column, … in a ring. Channels begin with
 * different dimensions, each dimension in both directions, so that 2 D of them use all links of
 * a torus of D dimensions at any time.
 */
#include "coll/families.h"
#include "coll/levels.h"

static enum sled_status build(const struct sled_coll_req *req, uint32_t channel,
                              struct sled_levels *out, struct sled_err *err)
{
    const struct sled_place *place = req->place;
    const uint32_t D = place->naxes;

    SLED_TRY(sled_levels_init(out, req->nranks, D, err));
    for (uint32_t r = 0; r < req->nranks; r++)
        for (uint32_t l = 0; l < D; l++)
            sled_levels_set(out, l, r, place->coord[r * D + (l + channel / 2) % D]);
    out->ring = true;
    out->backwards = channel % 2 == 1;
    return SLED_OK;
}

/*
 * On equal sides the channels fill all links all the time, and chunks would only cost. On unequal
 * ones they are through with a dimension at different times; in an all_reduce, whose way back
 * can begin meanwhile, chunks fill the gaps.
 */
static struct sled_split split(const struct sled_coll_req *req)
{
    const struct sled_place *place = req->place;
    uint32_t shortest = UINT32_MAX, longest = 0;

    if (req->nranks == 1)
        return SLED_UNSPLIT;
    for (uint32_t a = 0; a < place->naxes; a++) {
        shortest = place->size[a] < shortest ? place->size[a] : shortest;
        longest = place->size[a] > longest ? place->size[a] : longest;
    }
    const uint32_t channels = 2 * place->naxes;
    const bool fills = req->kind == SLED_COLL_ALL_REDUCE && shortest < longest;
    return sled_split_of(req, channels,
                         fills ? sled_split_pipeline(req, (uint64_t)channels * longest) : 1);
}

enum sled_status sled_torus_check(const struct sled_coll_req *req, struct sled_err *err)
{
    if (req->nranks > 1 && req->place == NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"torus\" needs to know the coordinates of the ranks");
    if (req->nranks > 1 && req->place->naxes == 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"torus\" needs a rank at every point of a box; these %u do not fill "
                            "one",
                            req->nranks);
    return sled_coll_check_commutes(req, "torus", err);
}

enum sled_status sled_torus_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                 struct sled_err *err)
{
    return sled_levels_plan(req, build, split(req), plan, err);
}

enum sled_status sled_torus_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                 struct sled_err *err)
{
    return sled_levels_cost(req, build, split(req), out, err);
}
