/* SPDX-License-Identifier: Apache-2.0 */
/* What a flow is to the resources of its path: thirst where it has no holder yet or is held, load
 * where somebody else holds it. */
#include "fluid/state.h"

#include <math.h>

#include "base/vec.h"

/* The binds of a slot's path that matter, and how many. */
static const struct sled_fluid_bind *core_binds(const struct sled_fluid *fluid, uint32_t slot,
                                                uint32_t *count)
{
    const struct sled_fluid_bind *bind = &fluid->bind[fluid->slot[slot].first];

    *count = bind->more + 1u;
    return bind;
}

static struct sled_fluid_resource *touch(struct sled_fluid *fluid, uint32_t r)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];

    if (!resource->dirty) {
        resource->dirty = true;
        fluid->dirty[fluid->ndirty++] = r;
    }
    return resource;
}

/* Without flows there is nothing left that rounding could have put there. */
static void lose_flow(struct sled_fluid_resource *resource)
{
    if (--resource->nflows == 0)
        resource->load = resource->thirst = resource->top = 0;
}

enum sled_status sled_fluid_list(struct sled_fluid *fluid, uint32_t slot, struct sled_err *err)
{
    uint32_t count;
    const struct sled_fluid_bind *bind = core_binds(fluid, slot, &count);
    const bool plain = count == 2 && sled_fluid_weight(fluid, &bind[0]) == 1 &&
                       sled_fluid_weight(fluid, &bind[1]) == 1;

    for (uint32_t i = 0; i < count; i++) {
        struct sled_fluid_lists *lists = &fluid->lists[bind[i].resource];

        SLED_TRY(sled_vec_reserve(&lists->member, &lists->member_capacity,
                                  (size_t)lists->nmembers + 1, err));
        lists->member[lists->nmembers++] = (struct sled_fluid_member){
            .slot = slot,
            .way = plain ? bind[1 - i].resource : SLED_FLUID_MANY + fluid->slot[slot].first};
    }
    return SLED_OK;
}

void sled_fluid_open(struct sled_fluid *fluid, uint32_t slot, double bytes)
{
    uint32_t count;
    const struct sled_fluid_bind *bind = core_binds(fluid, slot, &count);

    for (uint32_t i = 0; i < count; i++) {
        struct sled_fluid_resource *resource = touch(fluid, bind[i].resource);

        resource->nflows++;
        resource->nopen++;
        resource->thirst += sled_fluid_weight(fluid, &bind[i]);
    }
    fluid->holder[slot] = fluid->open;
    fluid->slot[slot].bytes = bytes;
    fluid->must_solve = true;
}

double sled_fluid_close(struct sled_fluid *fluid, uint32_t slot)
{
    const uint32_t holder = fluid->holder[slot];
    const double level = fluid->level[holder];
    const double bytes = sled_fluid_release(fluid, slot);
    uint32_t count;
    const struct sled_fluid_bind *bind = core_binds(fluid, slot, &count);

    for (uint32_t i = 0; i < count; i++) {
        struct sled_fluid_resource *resource = touch(fluid, bind[i].resource);

        if (bind[i].resource == holder)
            resource->thirst -= sled_fluid_weight(fluid, &bind[i]);
        else
            resource->load -= sled_fluid_weight(fluid, &bind[i]) * level;
        lose_flow(resource);
    }
    return bytes;
}

void sled_fluid_load(struct sled_fluid *fluid, uint32_t slot, double rate)
{
    uint32_t count;
    const struct sled_fluid_bind *bind = core_binds(fluid, slot, &count);

    for (uint32_t i = 0; i < count; i++) {
        struct sled_fluid_resource *resource = touch(fluid, bind[i].resource);

        resource->load += sled_fluid_weight(fluid, &bind[i]) * rate;
        if (rate > 0)
            resource->nflows++;
        else
            lose_flow(resource);
    }
}

void sled_fluid_end(struct sled_fluid *fluid, uint32_t slot)
{
    struct sled_fluid_path *path = &fluid->path[fluid->slot[slot].path];

    fluid->holder[slot] = fluid->idle;
    fluid->slot[slot].next_idle = path->idle;
    path->idle = slot;
    fluid->nactive--;
}

void sled_fluid_forget(struct sled_fluid *fluid)
{
    for (uint32_t r = 0; r < fluid->nresources; r++)
        sled_fluid_settle(fluid, r);
    for (uint32_t s = 0; s < fluid->nslots; s++) {
        if (fluid->holder[s] >= fluid->nresources)
            continue;
        fluid->slot[s].bytes = sled_fluid_release(fluid, s);
        fluid->holder[s] = fluid->open;
    }
    for (uint32_t r = 0; r < fluid->nresources; r++) {
        struct sled_fluid_resource *resource = &fluid->resource[r];

        resource->load = resource->thirst = resource->top = 0;
        resource->nopen = resource->nflows = 0;
        fluid->level[r] = INFINITY;
        sled_fluid_reschedule(fluid, r);
    }
}

void sled_fluid_recall(struct sled_fluid *fluid)
{
    for (uint32_t s = 0; s < fluid->nslots; s++) {
        if (fluid->holder[s] == fluid->open)
            sled_fluid_open(fluid, s, fluid->slot[s].bytes);
        else if (fluid->holder[s] == fluid->fades)
            sled_fluid_load(fluid, s, sled_fluid_fading_rate(fluid, s));
    }
}
