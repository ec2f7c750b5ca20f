/* SPDX-License-Identifier: Apache-2.0 */
/* Flows come and go here; what that does to rates is left to solve.c, to times to calendar.c. */
#include "fluid/fluid.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fluid/state.h"

/* Completions closer than this, relative to the time, are one event. */
static const double SAME_INSTANT = 1e-12;
/* The part of the accuracy that one delay of freed bandwidth may use. */
static const double DELAY_SHARE = 0.2;
static const double MAX_ACCURACY = 0.1;
static const double MAX_BYTES = 9007199254740992.0; /* 2^53 */

static enum sled_status check_capacity(double capacity, const char *what, uint32_t number,
                                       struct sled_err *err)
{
    if (!(capacity > 0) || isinf(capacity))
        return sled_err_set(err, SLED_E_INPUT,
                            "%s %u: a capacity of %g B/s; must be positive and finite", what,
                            number, capacity);
    return SLED_OK;
}

static enum sled_status add_resource(struct sled_fluid *fluid, double capacity,
                                     struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&fluid->resource, &fluid->resource_capacity,
                              (size_t)fluid->nresources + 1, err));
    fluid->resource[fluid->nresources++] =
        (struct sled_fluid_resource){.capacity = capacity, .calendar_at = SLED_FLUID_NONE};
    return SLED_OK;
}

static enum sled_status create(struct sled_fluid *fluid, const double *capacity,
                               uint32_t nresources, struct sled_err *err)
{
    for (uint32_t r = 0; r < nresources; r++) {
        SLED_TRY(check_capacity(capacity[r], "resource", r, err));
        SLED_TRY(add_resource(fluid, capacity[r], err));
    }
    fluid->nown = nresources;
    return sled_vec_reserve(&fluid->path_begin, &fluid->path_capacity, 1, err);
}

enum sled_status sled_fluid_create(const double *capacity, uint32_t nresources, double accuracy,
                                   struct sled_fluid **out, struct sled_err *err)
{
    struct sled_fluid *fluid;

    if (!(accuracy >= 0 && accuracy <= MAX_ACCURACY))
        return sled_err_set(err, SLED_E_INPUT, "accuracy %.9g is not in [0, %g]", accuracy,
                            MAX_ACCURACY);
    SLED_TRY(sled_vec_alloc(&fluid, 1, err));
    fluid->accuracy = accuracy;
    fluid->from_level = INFINITY;
    if (create(fluid, capacity, nresources, err) != SLED_OK) {
        sled_fluid_destroy(fluid);
        return err->code;
    }
    fluid->path_begin[0] = 0;
    *out = fluid;
    return SLED_OK;
}

void sled_fluid_destroy(struct sled_fluid *fluid)
{
    if (fluid == NULL)
        return;
    for (uint32_t r = 0; r < fluid->nresources; r++) {
        free(fluid->resource[r].member);
        free(fluid->resource[r].held);
    }
    free(fluid->resource);
    free(fluid->path_begin);
    free(fluid->use);
    free(fluid->bind_first);
    free(fluid->bind_core);
    free(fluid->bind);
    free(fluid->armed);
    free(fluid->slot);
    free(fluid->member_at);
    free(fluid->free_slot);
    free(fluid->active);
    free(fluid->calendar);
    free(fluid->calendar_time);
    free(fluid->dirty);
    free(fluid->arrival);
    free(fluid->level);
    free(fluid->order);
    free(fluid->order_at);
    free(fluid->epoch_of);
    free(fluid->moved);
    free(fluid->was);
    free(fluid->guess);
    free(fluid->set);
    free(fluid->place);
    free(fluid->was_at);
    free(fluid->water);
    free(fluid->done);
    free(fluid);
}

enum sled_status sled_fluid_add_path(struct sled_fluid *fluid, const struct sled_fluid_use *use,
                                     uint32_t nuses, bool capped, uint32_t *id,
                                     struct sled_err *err)
{
    if (fluid->sealed)
        return sled_err_set(err, SLED_E_BUG, "a path was added after the first flow");
    if (nuses == 0)
        return sled_err_set(err, SLED_E_INPUT, "path %u uses no resource", fluid->npaths);
    for (uint32_t i = 0; i < nuses; i++) {
        if (use[i].resource >= fluid->nown)
            return sled_err_set(err, SLED_E_INPUT, "path %u: resource %u of %u", fluid->npaths,
                                use[i].resource, fluid->nown);
        if (!(use[i].weight > 0) || isinf(use[i].weight))
            return sled_err_set(err, SLED_E_INPUT,
                                "path %u: a weight of %g on resource %u; must be positive and "
                                "finite",
                                fluid->npaths, use[i].weight, use[i].resource);
    }

    SLED_TRY(sled_vec_reserve(&fluid->use, &fluid->use_capacity, fluid->nuses + nuses + 1, err));
    SLED_TRY(sled_vec_reserve(&fluid->path_begin, &fluid->path_capacity, (size_t)fluid->npaths + 2,
                              err));
    if (capped) /* one more resource, of its flow alone: each flow sets its capacity */
        SLED_TRY(add_resource(fluid, INFINITY, err));
    for (uint32_t i = 0; i < nuses; i++)
        fluid->use[fluid->nuses++] = use[i];
    if (capped)
        fluid->use[fluid->nuses++] =
            (struct sled_fluid_use){.resource = fluid->nresources - 1, .weight = 1};
    *id = fluid->npaths++;
    fluid->path_begin[fluid->npaths] = fluid->nuses;
    return SLED_OK;
}

/* What has one entry per resource can be made when all paths, and so all caps, are known. */
static enum sled_status seal(struct sled_fluid *fluid, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&fluid->calendar, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->calendar_time, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->dirty, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->armed, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->level, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->order, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->order_at, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->epoch_of, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->moved, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->was, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->guess, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->set, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->place, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->was_at, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->water, fluid->nresources, err));
    for (uint32_t r = 0; r < fluid->nresources; r++) {
        sled_fluid_set_level(fluid, r, INFINITY);
        fluid->order_at[r] = SLED_FLUID_NONE;
    }
    return sled_fluid_seal(fluid, err);
}

void sled_fluid_touch(struct sled_fluid *fluid, uint32_t r)
{
    if (fluid->order_at[r] == SLED_FLUID_NONE) {
        fluid->order_at[r] = fluid->norder;
        fluid->order[fluid->norder++] = r;
    }
    if (!fluid->resource[r].dirty) {
        fluid->resource[r].dirty = true;
        fluid->dirty[fluid->ndirty++] = r;
    }
}

static void arm(struct sled_fluid *fluid, uint32_t r)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];

    if (resource->arming++ == 0) {
        resource->armed_at = fluid->narmed;
        fluid->armed[fluid->narmed++] = r;
    }
}

static void disarm(struct sled_fluid *fluid, uint32_t r)
{
    struct sled_fluid_resource *resource = &fluid->resource[r];

    if (--resource->arming == 0) {
        const uint32_t last = fluid->armed[--fluid->narmed];

        fluid->armed[resource->armed_at] = last;
        fluid->resource[last].armed_at = resource->armed_at;
    }
}

/* Enter the flow in slot f, already filled in, with its resources. */
static enum sled_status enter(struct sled_fluid *fluid, uint32_t f, struct sled_err *err)
{
    const uint32_t path = fluid->slot[f].path;
    const uint32_t first = fluid->bind_first[path];
    const uint16_t ncore = fluid->bind_core[path];
    const uint16_t nbinds = (uint16_t)(fluid->bind_first[path + 1] - first);

    for (uint16_t k = 0; k < nbinds; k++) {
        const struct sled_fluid_bind *bind = &fluid->bind[first + k];
        struct sled_fluid_resource *resource = &fluid->resource[bind->resource];

        SLED_TRY(sled_vec_reserve(&resource->member, &resource->member_capacity,
                                  (size_t)resource->nmembers + 1, err));
        if (resource->nmembers == 0)
            resource->fresh = true;
        fluid->member_at[(size_t)f * fluid->stride + k] = resource->nmembers;
        resource->member[resource->nmembers++] = (struct sled_fluid_member){
            .flow = f,
            .first = first,
            .other = ncore == 2 && k < 2 ? fluid->bind[first + 1 - k].resource : SLED_FLUID_NONE,
            .ncore = ncore,
            .nbinds = nbinds,
            .weight = bind->weight,
        };
        sled_fluid_touch(fluid, bind->resource);
        if (bind->arms)
            arm(fluid, bind->resource);

        /* Were all its flows equal, this would be its level: it cannot fill below. */
        resource->weight_all += bind->weight;
        fluid->from_level = fmin(fluid->from_level, resource->capacity / resource->weight_all);
    }
    fluid->arrival[fluid->narrivals++] = f;
    fluid->must_solve = true;
    return SLED_OK;
}

static void leave(struct sled_fluid *fluid, uint32_t f, uint32_t holder)
{
    const uint32_t path = fluid->slot[f].path;
    const uint32_t first = fluid->bind_first[path];

    for (uint32_t k = 0; first + k < fluid->bind_first[path + 1]; k++) {
        const struct sled_fluid_bind *bind = &fluid->bind[first + k];
        struct sled_fluid_resource *resource = &fluid->resource[bind->resource];
        const uint32_t at = fluid->member_at[(size_t)f * fluid->stride + k];
        const struct sled_fluid_member last = resource->member[--resource->nmembers];

        if (at != resource->nmembers) { /* the last one takes its place, and learns it */
            uint32_t j = 0;

            while (fluid->bind[last.first + j].resource != bind->resource)
                j++;
            resource->member[at] = last;
            fluid->member_at[(size_t)last.flow * fluid->stride + j] = at;
        }
        if (bind->resource == holder)
            resource->thirst -= bind->weight;
        else
            resource->spare += bind->weight * fluid->level[holder];
        resource->weight_all = resource->nmembers == 0 ? 0 : resource->weight_all - bind->weight;
        sled_fluid_touch(fluid, bind->resource);
        if (bind->arms)
            disarm(fluid, bind->resource);
    }
}

static enum sled_status take_slot(struct sled_fluid *fluid, uint32_t *out, struct sled_err *err)
{
    if (fluid->nfree != 0) {
        *out = fluid->free_slot[--fluid->nfree];
        return SLED_OK;
    }
    SLED_TRY(sled_vec_reserve(&fluid->slot, &fluid->slot_capacity, fluid->nslots + 1, err));
    SLED_TRY(sled_vec_reserve(&fluid->arrival, &fluid->arrival_capacity, fluid->nslots + 1, err));
    SLED_TRY(sled_vec_reserve(&fluid->member_at, &fluid->member_at_capacity,
                              (fluid->nslots + 1) * fluid->stride, err));
    SLED_TRY(sled_vec_reserve(&fluid->free_slot, &fluid->free_capacity, fluid->nslots + 1, err));
    SLED_TRY(sled_vec_reserve(&fluid->active, &fluid->active_capacity, fluid->nslots + 1, err));
    SLED_TRY(sled_vec_reserve(&fluid->done, &fluid->done_capacity, fluid->nslots + 1, err));
    *out = (uint32_t)fluid->nslots++;
    return SLED_OK;
}

/* The cap must fit the path; where there is one, it becomes the capacity of the path's own
 * resource. */
static enum sled_status set_cap(struct sled_fluid *fluid, uint32_t path, double cap,
                                struct sled_err *err)
{
    const uint32_t last = fluid->use[fluid->path_begin[path + 1] - 1].resource;
    const bool capped = last >= fluid->nown;

    if (!capped && cap != INFINITY)
        return sled_err_set(err, SLED_E_INPUT,
                            "path %u is not capped; a flow of it has a cap of %g B/s", path, cap);
    if (!capped)
        return SLED_OK;
    SLED_TRY(check_capacity(cap, "rate cap on path", path, err));
    if (fluid->resource[last].nmembers != 0)
        return sled_err_set(err, SLED_E_INPUT, "path %u is capped and has a flow already", path);
    fluid->resource[last].capacity = cap;
    return SLED_OK;
}

enum sled_status sled_fluid_start(struct sled_fluid *fluid, double now, uint32_t path, double bytes,
                                  double cap, uint64_t tag, struct sled_err *err)
{
    uint32_t f;

    if (path >= fluid->npaths)
        return sled_err_set(err, SLED_E_INPUT, "path %u of %u", path, fluid->npaths);
    if (!(bytes > 0 && bytes <= MAX_BYTES))
        return sled_err_set(err, SLED_E_INPUT,
                            "a flow of %.17g bytes; must be above 0, at most 2^53", bytes);
    if (!fluid->sealed)
        SLED_TRY(seal(fluid, err));
    SLED_TRY(set_cap(fluid, path, cap, err));
    SLED_TRY(take_slot(fluid, &f, err));

    struct sled_fluid_slot *slot = &fluid->slot[f];
    slot->mark = bytes;
    slot->tag = tag;
    slot->sequence = fluid->sequence++;
    slot->path = path;
    slot->holder = SLED_FLUID_NONE;
    slot->active_at = (uint32_t)fluid->nactive;
    fluid->active[fluid->nactive++] = f;
    fluid->now = now;
    fluid->last_start = now;
    return enter(fluid, f, err);
}

static void remove_flow(struct sled_fluid *fluid, uint32_t f, uint32_t holder)
{
    const uint32_t at = fluid->slot[f].active_at;
    const uint32_t last = fluid->active[--fluid->nactive];

    fluid->active[at] = last;
    fluid->slot[last].active_at = at;
    leave(fluid, f, holder);
    fluid->free_slot[fluid->nfree++] = f;
}

/* Bytes that flow f has still to move at fluid->now; takes it from its holder. */
static double unhold(struct sled_fluid *fluid, uint32_t f)
{
    const uint32_t holder = fluid->slot[f].holder;

    if (holder == SLED_FLUID_NONE)
        return fluid->slot[f].mark;
    sled_fluid_settle(fluid, holder);
    const double remaining = sled_fluid_release(fluid, f);
    sled_fluid_reschedule(fluid, holder);
    return remaining;
}

/* A capacity has changed, and with it perhaps which resources can fill: enter all flows anew. */
static enum sled_status rebuild(struct sled_fluid *fluid, struct sled_err *err)
{
    for (size_t i = 0; i < fluid->nactive; i++) {
        struct sled_fluid_slot *slot = &fluid->slot[fluid->active[i]];

        slot->mark = unhold(fluid, fluid->active[i]);
    }
    for (uint32_t r = 0; r < fluid->nresources; r++) {
        fluid->resource[r].nmembers = 0;
        fluid->resource[r].weight_all = 0;
        sled_fluid_set_level(fluid, r, INFINITY);
        fluid->resource[r].fresh = true;
        fluid->resource[r].arming = 0;
    }
    fluid->narmed = 0;
    fluid->wide = false;
    fluid->narrivals = 0;
    SLED_TRY(sled_fluid_seal(fluid, err));
    SLED_TRY(sled_vec_reserve(&fluid->member_at, &fluid->member_at_capacity,
                              fluid->nslots * fluid->stride, err));
    fluid->from_level = 0;
    for (size_t i = 0; i < fluid->nactive; i++)
        SLED_TRY(enter(fluid, fluid->active[i], err));
    return SLED_OK;
}

enum sled_status sled_fluid_set_capacity(struct sled_fluid *fluid, double now, uint32_t resource,
                                         double capacity, struct sled_err *err)
{
    if (resource >= fluid->nown)
        return sled_err_set(err, SLED_E_INPUT, "resource %u of %u", resource, fluid->nown);
    SLED_TRY(check_capacity(capacity, "resource", resource, err));
    fluid->now = now;
    fluid->resource[resource].capacity = capacity;
    return fluid->sealed ? rebuild(fluid, err) : SLED_OK;
}

/* Until when the bandwidth that completions set free may wait. */
static double hand_on_at(const struct sled_fluid *fluid)
{
    const double delay = DELAY_SHARE * fluid->accuracy * (fluid->first_change - fluid->last_start);

    return fluid->first_change + delay;
}

enum sled_status sled_fluid_next(struct sled_fluid *fluid, double *out, struct sled_err *err)
{
    if (fluid->ndirty != 0 && (fluid->must_solve || fluid->nactive == 0 || fluid->accuracy == 0 ||
                               fluid->now >= hand_on_at(fluid)))
        SLED_TRY(sled_fluid_solve(fluid, err));

    const double completion =
        fluid->ncalendar == 0 ? INFINITY : fluid->calendar_time[fluid->calendar[0]];
    *out = fluid->ndirty == 0 ? completion : fmin(completion, hand_on_at(fluid));
    return SLED_OK;
}

void sled_fluid_advance(struct sled_fluid *fluid, double now, const uint64_t **tags, size_t *count)
{
    const double until = now + now * SAME_INSTANT;

    fluid->now = now;
    fluid->ndone = 0;
    while (fluid->ncalendar != 0 && fluid->calendar_time[fluid->calendar[0]] <= until) {
        const uint32_t r = fluid->calendar[0];
        struct sled_fluid_resource *resource = &fluid->resource[r];

        if (fluid->ndirty == 0)
            fluid->first_change = now;
        fluid->from_level = fmin(fluid->from_level, fluid->level[r]);
        while (resource->nheld != 0 && sled_fluid_completion(fluid, resource->held[0]) <= until) {
            const uint32_t f = resource->held[0];

            fluid->done[fluid->ndone++] = fluid->slot[f].tag;
            sled_fluid_release(fluid, f);
            remove_flow(fluid, f, r);
        }
        sled_fluid_reschedule(fluid, r);
    }
    *tags = fluid->done;
    *count = fluid->ndone;
}

size_t sled_fluid_active(const struct sled_fluid *fluid)
{
    return fluid->nactive;
}

void sled_fluid_flow_get(const struct sled_fluid *fluid, size_t i, struct sled_fluid_flow *out)
{
    const struct sled_fluid_slot *slot = &fluid->slot[fluid->active[i]];

    *out = (struct sled_fluid_flow){.tag = slot->tag, .path = slot->path};
    if (slot->holder == SLED_FLUID_NONE) {
        out->remaining = slot->mark;
        return;
    }
    const struct sled_fluid_resource *holder = &fluid->resource[slot->holder];
    out->rate = fluid->level[slot->holder];
    out->remaining =
        fmax(0, slot->mark - holder->counter - out->rate * (fluid->now - holder->since));
}

void sled_fluid_stats_get(const struct sled_fluid *fluid, struct sled_fluid_stats *out)
{
    *out = fluid->stats;
}
