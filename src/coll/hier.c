/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A level inside each sled, one for the sleds of each rack, one for the racks of each pod and one
 * for the pods, as far as they are known; at each, everybody with everybody at once.
 */
#include "coll/families.h"
#include "coll/levels.h"

#include <stdlib.h>

#include "base/vec.h"

/* The kinds of unit that ranks are in, smallest first, and NULL: all of them. */
static uint32_t list_units(const struct sled_place *place, const uint32_t *unit[SLED_UNITS + 1])
{
    uint32_t count = 0;

    for (int u = 0; u < SLED_UNITS; u++)
        if (place->unit[u] != NULL)
            unit[count++] = place->unit[u];
    unit[count++] = NULL;
    return count;
}

/*
 * Number the units `small` (NULL: the ranks themselves) inside each unit `large` (NULL: there is
 * one) as their lowest ranks come. count[P] and number[P] are room.
 */
static void number_units(struct sled_levels *levels, uint32_t level, const uint32_t *small,
                         const uint32_t *large, uint32_t *count, uint32_t *number)
{
    for (uint32_t r = 0; r < levels->nranks; r++) {
        count[r] = 0;
        number[r] = SLED_NONE;
    }
    for (uint32_t r = 0; r < levels->nranks; r++) {
        const uint32_t unit = small == NULL ? r : small[r];

        if (number[unit] == SLED_NONE)
            number[unit] = count[large == NULL ? 0 : large[r]]++;
        sled_levels_set(levels, level, r, number[unit]);
    }
}

static enum sled_status build(const struct sled_coll_req *req, uint32_t channel,
                              struct sled_levels *out, struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const uint32_t *unit[SLED_UNITS + 1];
    const uint32_t nlevels = list_units(req->place, unit);
    uint32_t *room;

    (void)channel; /* there is one */
    SLED_TRY(sled_levels_init(out, P, nlevels, err));
    SLED_TRY(sled_vec_alloc(&room, 2 * (size_t)P, err));
    for (uint32_t l = 0; l < nlevels; l++)
        number_units(out, l, l == 0 ? NULL : unit[l - 1], unit[l], room, room + P);
    free(room);
    return SLED_OK;
}

static struct sled_split split(const struct sled_coll_req *req)
{
    return sled_split_of(req, 1, sled_split_pipeline(req, req->nranks));
}

enum sled_status sled_hier_check(const struct sled_coll_req *req, struct sled_err *err)
{
    if (req->nranks > 1 && (req->place == NULL || req->place->unit[SLED_UNIT_SLED] == NULL))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"hier\" needs to know the sleds of the ranks");
    return sled_coll_check_commutes(req, "hier", err);
}

enum sled_status sled_hier_plan(const struct sled_coll_req *req, struct sled_plan *plan,
                                struct sled_err *err)
{
    return sled_levels_plan(req, build, split(req), plan, err);
}

enum sled_status sled_hier_cost(const struct sled_coll_req *req, struct sled_plan_cost *out,
                                struct sled_err *err)
{
    return sled_levels_cost(req, build, split(req), out, err);
}
