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

static bool before(const struct sled_fluid_held *x, const struct sled_fluid_held *y)
{
    return x->mark < y->mark; /* where many are equal, as in symmetric traffic, nobody moves */
}

static void put_held(struct sled_fluid *fluid, struct sled_fluid_held *heap, uint32_t at,
                     const struct sled_fluid_held *held)
{
    heap[at] = *held;
    fluid->held_at[held->slot] = at;
}

static uint32_t held_up(struct sled_fluid *fluid, struct sled_fluid_held *heap, uint32_t at)
{
    const struct sled_fluid_held held = heap[at];

    for (; at > 0 && before(&held, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        put_held(fluid, heap, at, &heap[(at - 1) / 2]);
    put_held(fluid, heap, at, &held);
    return at;
}

static void held_down(struct sled_fluid *fluid, struct sled_fluid_held *heap, uint32_t count,
                      uint32_t at)
{
    const struct sled_fluid_held held = heap[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= count)
            break;
        if (child + 1 < count && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &held))
            break;
        put_held(fluid, heap, at, &heap[child]);
        at = child;
    }
    put_held(fluid, heap, at, &held);
}

enum sled_status sled_fluid_hold(struct sled_fluid *fluid, const struct sled_fluid_member *member,
                                 uint32_t resource, double bytes, struct sled_err *err)
{
    struct sled_fluid_resource *holder = &fluid->resource[resource];
    struct sled_fluid_lists *lists = &fluid->lists[resource];

    SLED_TRY(sled_vec_reserve(&lists->held, &lists->held_capacity, (size_t)holder->nheld + 1, err));
    if (holder->nheld == 0)
        holder->counter = 0; /* small numbers keep their digits */
    fluid->holder[member->slot] = resource;
    lists->held[holder->nheld] = (struct sled_fluid_held){
        .mark = holder->counter + bytes, .slot = member->slot, .way = member->way};
    held_up(fluid, lists->held, holder->nheld++);
    return SLED_OK;
}

double sled_fluid_release(struct sled_fluid *fluid, uint32_t slot)
{
    struct sled_fluid_resource *holder = &fluid->resource[fluid->holder[slot]];
    struct sled_fluid_held *heap = fluid->lists[fluid->holder[slot]].held;
    const uint32_t at = fluid->held_at[slot];
    const double bytes = heap[at].mark - holder->counter;

    holder->nheld--;
    if (at != holder->nheld) {
        put_held(fluid, heap, at, &heap[holder->nheld]);
        held_down(fluid, heap, holder->nheld, held_up(fluid, heap, at));
    }
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
           fmax(0, fluid->lists[resource].held[0].mark - holder->counter) / fluid->level[resource];
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
