/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levels, passed on from resource to resource.
 *
 * A resource of capacity C, with a load of what flows that others hold take, and a thirst of
 * weights of the flows that are its own, has the level (C - load) / thirst. Rates are right when
 * that is so everywhere, no load exceeds its capacity, and no flow is held by a resource while
 * another one of its path has a lower level.
 *
 * A change makes some resources wrong, and they queue up by level. The lowest one gets its new
 * level; what its flows now take, more or less, changes the loads of their other resources, which
 * queue up in turn. Only two things can hand a flow over:
 * - an open flow, one that has just come, is thirsty on all its resources; the first one to get
 *   its level takes it;
 * - a resource whose new level is below the rate of flows that others hold takes these.
 *
 * A level depends only on lower ones. So from below, the first look at a resource is almost always
 * the last: it comes up again only where one that seemed to be higher turns out to be lower. Ever
 * so often that could go in circles, at least by rounding; then all flows are opened and the levels
 * found once from nothing, which takes one look at each (water-filling).
 */
#include "fluid/state.h"

#include <math.h>

#include "base/vec.h"

/* Levels, and loads, that differ by less, relatively, are one. */
static const double SAME = 1e-12;
/* Levels that differ by less are not worth passing on: rounding alone would go on for ever. */
static const double SETTLED = 1e-14;

/* Looks at a resource, on average over all, after which a solve begins from nothing. */
enum { PATIENCE = 4 };

/* The level that a resource should have. */
static double level_of(const struct sled_fluid_resource *resource)
{
    return resource->nheld + resource->nopen == 0
               ? INFINITY
               : (resource->capacity - resource->load) / resource->thirst;
}

static bool is_overfull(const struct sled_fluid_resource *resource)
{
    return resource->load > resource->capacity * (1 + SAME);
}

/* The queue. */

/* With open flows the level is yet to be found; without, it will be near what it was. */
static double expected_level(const struct sled_fluid *fluid, uint32_t r)
{
    return fluid->resource[r].nopen != 0 || isinf(fluid->level[r]) ? level_of(&fluid->resource[r])
                                                                   : fluid->level[r];
}

/*
 * Take out the resource that should get its level next. Keys of resources with open flows rise as
 * others take these, and are looked up only here.
 */
static uint32_t dequeue(struct sled_fluid *fluid)
{
    struct sled_heap *queue = &fluid->queue;

    for (;;) {
        const uint32_t r = queue->entry[0].number;
        const double expected = queue->entry[0].key;
        const struct sled_fluid_resource *resource = &fluid->resource[r];
        const double key = resource->nopen == 0 ? expected : level_of(resource);

        if (key <= expected + SAME * fabs(expected)) {
            sled_heap_remove(queue, r);
            return r;
        }
        sled_heap_set(queue, r, key);
    }
}

/* Loads. */

/* A flow that somebody else holds takes more or less of a resource, now at this rate. */
static inline void add_load(struct sled_fluid *fluid, uint32_t r, double more, double rate)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];

    resource->load += more;
    resource->top = rate > resource->top ? rate : resource->top;
    if (sled_heap_has(&fluid->queue, r))
        return;
    if (resource->nheld + resource->nopen != 0)
        sled_heap_set(&fluid->queue, r, expected_level(fluid, r));
    else if (is_overfull(resource))
        sled_heap_set(&fluid->queue, r, rate);
}

/* A flow of r passes a change of its rate on to all other resources of its path. */
static inline void pass_on(struct sled_fluid *fluid, sled_fluid_way way, uint32_t r, double more,
                           double rate)
{
    if (way < SLED_FLUID_MANY) {
        add_load(fluid, way, more, rate);
        return;
    }
    const struct sled_fluid_bind *bind = &fluid->bind[way - SLED_FLUID_MANY];
    const uint32_t nbinds = bind->more + 1u;

    for (uint32_t i = 0; i < nbinds; i++)
        if (bind[i].resource != r)
            add_load(fluid, bind[i].resource, more * sled_fluid_weight(fluid, &bind[i]), rate);
}

/* Of a flow that goes this way, on r. */
static double weight_on(const struct sled_fluid *fluid, sled_fluid_way way, uint32_t r)
{
    if (way < SLED_FLUID_MANY)
        return 1;
    const struct sled_fluid_bind *bind = &fluid->bind[way - SLED_FLUID_MANY];

    while (bind->resource != r)
        bind++;
    return sled_fluid_weight(fluid, bind);
}

/* Levels. */

/* List in taken the members of r that others hold at a higher level, and make top exact. */
static void find_faster(struct sled_fluid *fluid, uint32_t r, double level)
{
    const struct sled_fluid_lists *lists = &fluid->lists[r];
    const double least = fmax(0, level * (1 + SAME));
    const double own = fluid->level[r];
    uint32_t ntaken = 0;
    double top = 0;

    fluid->stats.looks += lists->nmembers;
    fluid->level[r] = 0;                             /* what r holds itself is none */
    for (uint32_t m = 0; m < lists->nmembers; m++) { /* no branch on what is as good as random */
        const double rate = fluid->level[fluid->holder[lists->member[m].slot]];
        const bool faster = rate > least;
        const double slower = faster ? 0 : rate;

        fluid->taken[ntaken] = m;
        ntaken += faster;
        top = slower > top ? slower : top;
    }
    fluid->level[r] = own;
    fluid->ntaken = ntaken;
    fluid->resource[r].top = top;
}

/*
 * The level of r when flows that others hold at a higher rate are its own too. It is found from
 * below: taking flows raises it, perhaps above some of them, which then were not to be taken
 * (Newton's method on a concave function). Leaves the flows in taken, and top exact.
 */
static enum sled_status find_taken(struct sled_fluid *fluid, uint32_t r, double *level,
                                   struct sled_err *err)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];
    const struct sled_fluid_lists *lists = &fluid->lists[r];
    uint32_t before;

    SLED_TRY(
        sled_vec_reserve(&fluid->taken, &fluid->taken_capacity, (size_t)lists->nmembers + 1, err));
    find_faster(fluid, r, *level);
    do {
        double load = resource->load;
        double thirst = resource->thirst;

        before = fluid->ntaken;
        for (uint32_t i = 0; i < before; i++) {
            const struct sled_fluid_member *member = &lists->member[fluid->taken[i]];
            const double weight = weight_on(fluid, member->way, r);

            load -= weight * fluid->level[fluid->holder[member->slot]];
            thirst += weight;
        }
        if (resource->nheld + resource->nopen + before == 0)
            *level = INFINITY;
        else
            *level = (resource->capacity - load) / thirst;
        fluid->ntaken = 0;
        for (uint32_t i = 0; i < before; i++) {
            const struct sled_fluid_member *member = &lists->member[fluid->taken[i]];
            const double rate = fluid->level[fluid->holder[member->slot]];

            if (rate > *level * (1 + SAME))
                fluid->taken[fluid->ntaken++] = fluid->taken[i];
            else
                resource->top = fmax(resource->top, rate);
        }
    } while (fluid->ntaken < before);
    return SLED_OK;
}

/* Take the flow of a member of r, which gets its new level, from its holder. */
static enum sled_status take_over(struct sled_fluid *fluid, uint32_t r,
                                  const struct sled_fluid_member *member, double level,
                                  struct sled_err *err)
{
    const uint32_t holder = fluid->holder[member->slot];
    struct sled_fluid_resource *loser = &fluid->resource[holder];
    const double rate = fluid->level[holder];
    const double weight = weight_on(fluid, member->way, r);

    sled_fluid_settle(fluid, holder);
    const double bytes = sled_fluid_release(fluid, member->slot);
    /* As others see it, the rate changes; the loser has had it as thirst so far. */
    pass_on(fluid, member->way, r, level - rate, level);
    const double weight_there = weight_on(fluid, member->way, holder);
    loser->thirst = loser->nheld + loser->nopen == 0 ? 0 : loser->thirst - weight_there;
    loser->load += weight_there * rate;
    if (!sled_heap_has(&fluid->queue, holder))
        sled_heap_set(&fluid->queue, holder, rate);
    fluid->resource[r].load -= weight * rate;
    fluid->resource[r].thirst += weight;
    return sled_fluid_hold(fluid, member, r, bytes, err);
}

/* Take the open flows of r, which gets its level. */
static enum sled_status take_open(struct sled_fluid *fluid, uint32_t r, double level,
                                  struct sled_err *err)
{
    const struct sled_fluid_resource *resource = &fluid->resource[r];
    const struct sled_fluid_lists *lists = &fluid->lists[r];

    fluid->stats.looks += lists->nmembers;
    for (uint32_t m = 0; m < lists->nmembers && resource->nopen != 0; m++) {
        const struct sled_fluid_member *member = &lists->member[m];

        if (fluid->holder[member->slot] != fluid->open)
            continue;
        const struct sled_fluid_slot *slot = &fluid->slot[member->slot];
        const uint32_t nbinds = fluid->bind[slot->first].more + 1u;

        for (uint32_t i = 0; i < nbinds; i++) {
            const struct sled_fluid_bind *bind = &fluid->bind[slot->first + i];
            struct sled_fluid_resource *other = &fluid->resource[bind->resource];

            other->nopen--;
            if (bind->resource == r)
                continue;
            other->thirst = other->nheld + other->nopen == 0
                                ? 0
                                : other->thirst - sled_fluid_weight(fluid, bind);
            add_load(fluid, bind->resource, sled_fluid_weight(fluid, bind) * level, level);
        }
        SLED_TRY(sled_fluid_hold(fluid, member, r, slot->bytes, err));
    }
    return SLED_OK;
}

static enum sled_status find_level(struct sled_fluid *fluid, uint32_t r, struct sled_err *err)
{
    const struct sled_fluid_resource *resource = &fluid->resource[r];
    const struct sled_fluid_lists *lists = &fluid->lists[r];
    const double before = fluid->level[r];
    double level = level_of(resource);

    fluid->stats.levels++;
    fluid->ntaken = 0;
    if (isinf(level) && is_overfull(resource))
        level = 0;
    if (level < resource->top * (1 - SAME))
        SLED_TRY(find_taken(fluid, r, &level, err));
    if (isinf(level)) { /* there is room */
        fluid->level[r] = level;
        sled_fluid_reschedule(fluid, r);
        return SLED_OK;
    }

    sled_fluid_settle(fluid, r);
    if (isinf(before) || fabs(level - before) > SETTLED * before) {
        fluid->level[r] = level;
        fluid->stats.looks += resource->nheld;
        for (uint32_t i = 0; i < resource->nheld; i++)
            pass_on(fluid, lists->held[i].way, r, level - before, level);
    }
    for (uint32_t i = 0; i < fluid->ntaken; i++)
        SLED_TRY(take_over(fluid, r, &lists->member[fluid->taken[i]], fluid->level[r], err));
    if (resource->nopen != 0)
        SLED_TRY(take_open(fluid, r, fluid->level[r], err));
    sled_fluid_reschedule(fluid, r);
    return SLED_OK;
}

static void enqueue_dirty(struct sled_fluid *fluid)
{
    for (uint32_t i = 0; i < fluid->ndirty; i++) {
        const uint32_t r = fluid->dirty[i];
        struct sled_fluid_resource *resource = &fluid->resource[r];

        resource->dirty = false;
        if (resource->nheld + resource->nopen != 0 || !isinf(fluid->level[r]))
            sled_heap_set(&fluid->queue, r, expected_level(fluid, r));
    }
    fluid->ndirty = 0;
}

/* Find all levels from nothing. */
static void restart(struct sled_fluid *fluid)
{
    fluid->stats.restarts++;
    while (fluid->queue.count != 0)
        sled_heap_remove(&fluid->queue, fluid->queue.entry[0].number);
    sled_fluid_forget(fluid);
    sled_fluid_recall(fluid);
    enqueue_dirty(fluid);
}

enum sled_status sled_fluid_solve(struct sled_fluid *fluid, struct sled_err *err)
{
    const uint64_t patience = fluid->stats.levels + (uint64_t)PATIENCE * fluid->nresources;

    fluid->stats.solves++;
    enqueue_dirty(fluid);
    while (fluid->queue.count != 0) {
        if (fluid->stats.levels == patience)
            restart(fluid);
        SLED_TRY(find_level(fluid, dequeue(fluid), err));
    }
    fluid->must_solve = false;
    return SLED_OK;
}
