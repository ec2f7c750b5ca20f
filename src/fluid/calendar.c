/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who completes when: a heap of flows for each resource that holds any, and one heap of
 * those resources. A change of level moves one entry of the latter and none of the former.
 */
#include "fluid/state.h"

#include <math.h>

#include "base/vec.h"

static bool before(const struct sled_fluid *fluid, uint32_t a, uint32_t b)
{
    const struct sled_fluid_slot *x = &fluid->slot[a];
    const struct sled_fluid_slot *y = &fluid->slot[b];

    return x->mark < y->mark || (x->mark == y->mark && x->sequence < y->sequence);
}

static void put_held(struct sled_fluid *fluid, struct sled_fluid_resource *resource, uint32_t at,
                     uint32_t flow)
{
    resource->held[at] = flow;
    fluid->slot[flow].held_at = at;
}

static void held_up(struct sled_fluid *fluid, struct sled_fluid_resource *resource, uint32_t at)
{
    const uint32_t flow = resource->held[at];

    while (at > 0) {
        const uint32_t parent = (at - 1) / 2;

        if (!before(fluid, flow, resource->held[parent]))
            break;
        put_held(fluid, resource, at, resource->held[parent]);
        at = parent;
    }
    put_held(fluid, resource, at, flow);
}

static void held_down(struct sled_fluid *fluid, struct sled_fluid_resource *resource, uint32_t at)
{
    const uint32_t flow = resource->held[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= resource->nheld)
            break;
        if (child + 1 < resource->nheld &&
            before(fluid, resource->held[child + 1], resource->held[child]))
            child++;
        if (!before(fluid, resource->held[child], flow))
            break;
        put_held(fluid, resource, at, resource->held[child]);
        at = child;
    }
    put_held(fluid, resource, at, flow);
}

enum sled_status sled_fluid_hold(struct sled_fluid *fluid, uint32_t flow, uint32_t resource,
                                 double remaining, struct sled_err *err)
{
    struct sled_fluid_resource *holder = &fluid->resource[resource];

    SLED_TRY(sled_vec_reserve(&holder->held, &holder->held_capacity, holder->nheld + 1, err));
    if (holder->nheld == 0)
        holder->counter = 0; /* small numbers keep their digits */
    fluid->slot[flow].holder = resource;
    fluid->slot[flow].mark = holder->counter + remaining;
    put_held(fluid, holder, holder->nheld++, flow);
    held_up(fluid, holder, holder->nheld - 1);
    return SLED_OK;
}

double sled_fluid_release(struct sled_fluid *fluid, uint32_t flow)
{
    struct sled_fluid_slot *slot = &fluid->slot[flow];
    struct sled_fluid_resource *holder = &fluid->resource[slot->holder];
    const uint32_t at = slot->held_at;
    const uint32_t last = holder->held[--holder->nheld];

    if (last != flow) {
        put_held(fluid, holder, at, last);
        held_up(fluid, holder, at);
        held_down(fluid, holder, fluid->slot[last].held_at);
    }
    slot->holder = SLED_FLUID_NONE;
    return slot->mark - holder->counter;
}

void sled_fluid_settle(struct sled_fluid *fluid, uint32_t resource)
{
    struct sled_fluid_resource *holder = &fluid->resource[resource];

    /* Twice at one instant, the level may already be that of a water-filling under way. */
    if (holder->nheld != 0 && fluid->now > holder->since)
        holder->counter += fluid->level[resource] * (fluid->now - holder->since);
    holder->since = fluid->now;
}

double sled_fluid_completion(const struct sled_fluid *fluid, uint32_t flow)
{
    const struct sled_fluid_slot *slot = &fluid->slot[flow];
    const struct sled_fluid_resource *holder = &fluid->resource[slot->holder];

    return holder->since + fmax(0, slot->mark - holder->counter) / fluid->level[slot->holder];
}

static bool sooner(const struct sled_fluid *fluid, uint32_t a, uint32_t b)
{
    const double x = fluid->calendar_time[a];
    const double y = fluid->calendar_time[b];

    return x < y || (x == y && a < b);
}

static void put_calendar(struct sled_fluid *fluid, uint32_t at, uint32_t resource)
{
    fluid->calendar[at] = resource;
    fluid->resource[resource].calendar_at = at;
}

static void calendar_up(struct sled_fluid *fluid, uint32_t at)
{
    const uint32_t resource = fluid->calendar[at];

    while (at > 0) {
        const uint32_t parent = (at - 1) / 2;

        if (!sooner(fluid, resource, fluid->calendar[parent]))
            break;
        put_calendar(fluid, at, fluid->calendar[parent]);
        at = parent;
    }
    put_calendar(fluid, at, resource);
}

static void calendar_down(struct sled_fluid *fluid, uint32_t at)
{
    const uint32_t resource = fluid->calendar[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= fluid->ncalendar)
            break;
        if (child + 1 < fluid->ncalendar &&
            sooner(fluid, fluid->calendar[child + 1], fluid->calendar[child]))
            child++;
        if (!sooner(fluid, fluid->calendar[child], resource))
            break;
        put_calendar(fluid, at, fluid->calendar[child]);
        at = child;
    }
    put_calendar(fluid, at, resource);
}

void sled_fluid_reschedule(struct sled_fluid *fluid, uint32_t resource)
{
    struct sled_fluid_resource *holder = &fluid->resource[resource];
    uint32_t at = holder->calendar_at;

    if (holder->nheld == 0) {
        if (at == SLED_FLUID_NONE)
            return;
        const uint32_t last = fluid->calendar[--fluid->ncalendar];

        holder->calendar_at = SLED_FLUID_NONE;
        if (last != resource) {
            put_calendar(fluid, at, last);
            calendar_up(fluid, at);
            calendar_down(fluid, fluid->resource[last].calendar_at);
        }
        return;
    }

    fluid->calendar_time[resource] = sled_fluid_completion(fluid, holder->held[0]);
    if (at == SLED_FLUID_NONE) {
        at = fluid->ncalendar++;
        put_calendar(fluid, at, resource);
    }
    calendar_up(fluid, at);
    calendar_down(fluid, holder->calendar_at);
}
