/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who completes when: a heap of flows for each resource that holds any, and one heap of
 * those resources. A change of level moves one entry of the latter and none of the former;
 * and that only if the completion comes sooner. Where it comes later the entry stays, and is put
 * right when it is first.
 */
#include "fluid/state.h"

#include <math.h>

#include "base/vec.h"

/* Where many marks are equal, as in symmetric traffic, nobody moves. */

static void put(struct sled_fluid *fluid, struct sled_fluid_lists *lists, uint32_t at,
                struct sled_fluid_member member, double mark)
{
    lists->held[at] = member;
    lists->mark[at] = mark;
    fluid->held_at[member.slot] = at;
}

/* Fill the gap at `at`, or one further up, with the flow. */
static void rise(struct sled_fluid *fluid, struct sled_fluid_lists *lists, uint32_t at,
                 struct sled_fluid_member member, double mark)
{
    while (at > 0 && mark < lists->mark[(at - 1) / 2]) {
        put(fluid, lists, at, lists->held[(at - 1) / 2], lists->mark[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(fluid, lists, at, member, mark);
}

/* The same further down, among the first `count`. */
static void sink(struct sled_fluid *fluid, struct sled_fluid_lists *lists, uint32_t count,
                 uint32_t at, struct sled_fluid_member member, double mark)
{
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child + 1 < count && lists->mark[child + 1] < lists->mark[child])
            child++;
        if (child >= count || !(lists->mark[child] < mark))
            break;
        put(fluid, lists, at, lists->held[child], lists->mark[child]);
        at = child;
    }
    put(fluid, lists, at, member, mark);
}

enum sled_status sled_fluid_hold(struct sled_fluid *fluid, const struct sled_fluid_member *member,
                                 uint32_t resource, double bytes, struct sled_err *err)
{
    struct sled_fluid_resource *holder = &fluid->resource[resource];
    struct sled_fluid_lists *lists = &fluid->lists[resource];
    const size_t need = (size_t)holder->nheld + 1;

    SLED_TRY(sled_vec_reserve(&lists->held, &lists->held_capacity, need, err));
    SLED_TRY(sled_vec_reserve(&lists->mark, &lists->mark_capacity, need, err));
    if (holder->nheld == 0)
        holder->counter = 0; /* small numbers keep their digits */
    fluid->holder[member->slot] = resource;
    rise(fluid, lists, holder->nheld++, *member, holder->counter + bytes);
    return SLED_OK;
}

double sled_fluid_release(struct sled_fluid *fluid, uint32_t slot)
{
    struct sled_fluid_resource *holder = &fluid->resource[fluid->holder[slot]];
    struct sled_fluid_lists *lists = &fluid->lists[fluid->holder[slot]];
    const uint32_t at = fluid->held_at[slot];
    const double bytes = lists->mark[at] - holder->counter;
    const uint32_t last = --holder->nheld;
    const double mark = lists->mark[last];

    if (at == last)
        return bytes;
    if (at > 0 && mark < lists->mark[(at - 1) / 2])
        rise(fluid, lists, at, lists->held[last], mark);
    else
        sink(fluid, lists, last, at, lists->held[last], mark);
    return bytes;
}

void sled_fluid_settle(struct sled_fluid *fluid, uint32_t resource)
{
    struct sled_fluid_resource *holder = &fluid->resource[resource];

    if (holder->nheld != 0)
        holder->counter += fluid->level[resource] * (fluid->now - holder->since);
    holder->since = fluid->now;
}

/* When the first of the flows that a resource holds will be complete. */
static double next_completion(const struct sled_fluid *fluid, uint32_t resource)
{
    const struct sled_fluid_resource *holder = &fluid->resource[resource];

    return holder->since +
           fmax(0, fluid->lists[resource].mark[0] - holder->counter) / fluid->level[resource];
}

void sled_fluid_reschedule(struct sled_fluid *fluid, uint32_t resource)
{
    struct sled_heap *calendar = &fluid->calendar;
    const bool listed = sled_heap_has(calendar, resource);

    if (fluid->resource[resource].nheld == 0) {
        if (listed)
            sled_heap_remove(calendar, resource);
        return;
    }
    const double time = next_completion(fluid, resource);
    if (!listed || time < sled_heap_key(calendar, resource))
        sled_heap_set(calendar, resource, time);
}

uint32_t sled_fluid_soonest(struct sled_fluid *fluid, double *time)
{
    struct sled_heap *calendar = &fluid->calendar;

    while (calendar->count != 0) {
        const uint32_t r = calendar->entry[0].number;

        *time = next_completion(fluid, r);
        if (*time <= calendar->entry[0].key)
            return r;
        sled_heap_set(calendar, r, *time);
    }
    return SLED_FLUID_NONE;
}
