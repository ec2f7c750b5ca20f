/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As many levels as it takes to halve P down to 1: at each, rank i of h pairs up with rank
 * i + ceil(h / 2), and the pairs are the ranks of the next. A rank without a partner, where h is
 * odd, holds everything that its pair would share out, and speaks for both halves further up.
 *
 * Where ranks are a torus whose sides are 2 and 4, they are also a hypercube, and partners are
 * neighbours: a ring of 4 is a square whose corners are numbered in Gray code, 00 01 11 10.
 */
#include "coll/families.h"
#include "coll/levels.h"

static bool is_hypercube(const struct sled_place *place)
{
    if (place == NULL || place->naxes == 0)
        return false;
    for (uint32_t a = 0; a < place->naxes; a++)
        if (place->size[a] != 2 && place->size[a] != 4)
            return false;
    return true;
}

/* Are ranks numbered along the axes, the first one fastest? Halves then have consecutive
 * numbers. */
static bool is_in_order(const struct sled_place *place)
{
    for (uint32_t r = 0; r < place->nranks; r++) {
        uint32_t point = 0;

        for (uint32_t a = place->naxes; a-- > 0;)
            point = point * place->size[a] + place->coord[r * place->naxes + a];
        if (point != r)
            return false;
    }
    return true;
}

/* The last axis first, and of an axis the higher bit. */
static enum sled_status build_hypercube(const struct sled_place *place, struct sled_levels *out,
                                        struct sled_err *err)
{
    const uint32_t D = place->naxes;
    uint32_t nlevels = 0;

    for (uint32_t a = 0; a < D; a++)
        nlevels += place->size[a] / 2;
    SLED_TRY(sled_levels_init(out, place->nranks, nlevels, err));
    out->in_order = is_in_order(place);
    for (uint32_t r = 0; r < place->nranks; r++) {
        uint32_t l = 0;

        for (uint32_t a = D; a-- > 0;) {
            const uint32_t c = place->coord[r * D + a];
            const uint32_t gray = c ^ c >> 1;

            if (place->size[a] == 4)
                sled_levels_set(out, l++, r, gray >> 1);
            sled_levels_set(out, l++, r, gray & 1);
        }
    }
    return SLED_OK;
}

static enum sled_status build_halves(uint32_t P, struct sled_levels *out, struct sled_err *err)
{
    uint32_t nlevels = 0;

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

static enum sled_status build(const struct sled_coll_req *req, uint32_t channel,
                              struct sled_levels *out, struct sled_err *err)
{
    (void)channel; /* there is one */
    if (is_hypercube(req->place))
        return build_hypercube(req->place, out, err);
    return build_halves(req->nranks, out, err);
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
