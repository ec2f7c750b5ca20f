/* SPDX-License-Identifier: Apache-2.0 */
/* Flows come and go here; what that does to rates is left to solve.c, to times to calendar.c. */
#include "fluid/fluid.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fluid/state.h"

/* Completions closer than this, relative to the time, are one event. */
static const double SAME_INSTANT = 1e-12;
/* The part of the accuracy that a window may use; what is left is for what flows do to each
 * other across resources. */
static const double WINDOW_SHARE = 0.7;
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
    fluid->resource[fluid->nresources++] = (struct sled_fluid_resource){.capacity = capacity};
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
    return SLED_OK;
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
    if (create(fluid, capacity, nresources, err) != SLED_OK) {
        sled_fluid_destroy(fluid);
        return err->code;
    }
    *out = fluid;
    return SLED_OK;
}

void sled_fluid_destroy(struct sled_fluid *fluid)
{
    if (fluid == NULL)
        return;
    for (uint32_t r = 0; fluid->lists != NULL && r < fluid->nresources; r++) {
        free(fluid->lists[r].held);
        free(fluid->lists[r].mark);
        free(fluid->lists[r].member);
    }
    free(fluid->resource);
    free(fluid->lists);
    free(fluid->path);
    free(fluid->bind);
    free(fluid->weight);
    free(fluid->slot);
    free(fluid->holder);
    free(fluid->held_at);
    free(fluid->dirty);
    free(fluid->level);
    free(fluid->fading);
    free(fluid->taken);
    free(fluid->done);
    sled_heap_finish(&fluid->queue);
    sled_heap_finish(&fluid->calendar);
    free(fluid);
}

static enum sled_status check_path(const struct sled_fluid *fluid, const struct sled_fluid_use *use,
                                   uint32_t nuses, struct sled_err *err)
{
    if (fluid->sealed)
        return sled_err_set(err, SLED_E_BUG, "a path was added after the first flow");
    if (nuses == 0)
        return sled_err_set(err, SLED_E_INPUT, "path %u uses no resource", fluid->npaths);
    if (nuses >= UINT16_MAX || fluid->nbinds + nuses + 1 >= SLED_FLUID_MANY)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "path %u uses %u resources; at most %u are possible, over all paths %u",
                            fluid->npaths, nuses, UINT16_MAX - 1, SLED_FLUID_MANY - 1);
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
    return SLED_OK;
}

/* Add a use to the path being declared. There are few weights: the latest are tried first. */
static enum sled_status add_bind(struct sled_fluid *fluid, uint32_t resource, double weight,
                                 struct sled_err *err)
{
    uint32_t w = fluid->nweights;

    while (w > 0 && fluid->weight[w - 1] != weight)
        w--;
    if (w == 0) {
        if (fluid->nweights > UINT16_MAX)
            return sled_err_set(err, SLED_E_UNSUPPORTED, "more than %u different weights",
                                fluid->nweights);
        SLED_TRY(sled_vec_reserve(&fluid->weight, &fluid->weight_capacity,
                                  (size_t)fluid->nweights + 1, err));
        fluid->weight[fluid->nweights++] = weight;
        w = fluid->nweights;
    }
    fluid->bind[fluid->nbinds++] =
        (struct sled_fluid_bind){.resource = resource, .weight = (uint16_t)(w - 1)};
    return SLED_OK;
}

enum sled_status sled_fluid_add_path(struct sled_fluid *fluid, const struct sled_fluid_use *use,
                                     uint32_t nuses, bool capped, uint32_t *id,
                                     struct sled_err *err)
{
    const uint32_t first = fluid->nbinds;

    SLED_TRY(check_path(fluid, use, nuses, err));
    SLED_TRY(sled_vec_reserve(&fluid->bind, &fluid->bind_capacity, (size_t)first + nuses + 1, err));
    SLED_TRY(sled_vec_reserve(&fluid->path, &fluid->path_capacity, (size_t)fluid->npaths + 1, err));
    for (uint32_t i = 0; i < nuses; i++)
        SLED_TRY(add_bind(fluid, use[i].resource, use[i].weight, err));
    if (capped) { /* one more resource, of its flow alone: each flow sets its capacity */
        SLED_TRY(add_resource(fluid, INFINITY, err));
        SLED_TRY(add_bind(fluid, fluid->nresources - 1, 1, err));
    }
    fluid->path[fluid->npaths] = (struct sled_fluid_path){
        .first = first, .idle = SLED_FLUID_NONE, .nbinds = (uint16_t)(fluid->nbinds - first)};
    *id = fluid->npaths++;
    return SLED_OK;
}

/* What has one entry per resource can be made when all paths, and so all caps, are known. */
static enum sled_status seal(struct sled_fluid *fluid, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&fluid->lists, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->dirty, fluid->nresources, err));
    SLED_TRY(sled_vec_alloc(&fluid->level, (size_t)fluid->nresources + 3, err));
    fluid->open = fluid->nresources;
    fluid->fades = fluid->nresources + 1;
    fluid->idle = fluid->nresources + 2;
    for (uint32_t r = 0; r < fluid->nresources; r++)
        fluid->level[r] = INFINITY;
    SLED_TRY(sled_heap_reserve(&fluid->queue, fluid->nresources, err));
    SLED_TRY(sled_heap_reserve(&fluid->calendar, fluid->nresources, err));
    SLED_TRY(sled_fluid_judge(fluid, err));
    fluid->sealed = true;
    return SLED_OK;
}

static enum sled_status grow_slots(struct sled_fluid *fluid, struct sled_err *err)
{
    const size_t need = (size_t)fluid->nslots + 1;

    SLED_TRY(sled_vec_reserve(&fluid->slot, &fluid->slot_capacity, need, err));
    SLED_TRY(sled_vec_reserve(&fluid->holder, &fluid->holder_capacity, need, err));
    SLED_TRY(sled_vec_reserve(&fluid->held_at, &fluid->held_at_capacity, need, err));
    return sled_vec_reserve(&fluid->done, &fluid->done_capacity, need, err);
}

static enum sled_status take_slot(struct sled_fluid *fluid, uint32_t path, uint32_t *out,
                                  struct sled_err *err)
{
    *out = fluid->path[path].idle;
    if (*out != SLED_FLUID_NONE) {
        fluid->path[path].idle = fluid->slot[*out].next_idle;
        return SLED_OK;
    }
    if (fluid->nslots == SLED_FLUID_NONE)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "more than %u flows at once", fluid->nslots);
    SLED_TRY(grow_slots(fluid, err));
    *out = fluid->nslots++;
    fluid->slot[*out] = (struct sled_fluid_slot){.path = path, .first = fluid->path[path].first};
    fluid->holder[*out] = fluid->idle;
    return sled_fluid_list(fluid, *out, err);
}

/* The cap must fit the path; where there is one, it becomes the capacity of the path's own
 * resource. */
static enum sled_status set_cap(struct sled_fluid *fluid, uint32_t path, double cap,
                                struct sled_err *err)
{
    const struct sled_fluid_bind *bind = &fluid->bind[fluid->path[path].first];
    struct sled_fluid_resource *own = NULL;

    for (uint32_t i = 0; i < fluid->path[path].nbinds; i++)
        if (bind[i].resource >= fluid->nown)
            own = &fluid->resource[bind[i].resource];
    if (own == NULL && cap != INFINITY)
        return sled_err_set(err, SLED_E_INPUT,
                            "path %u is not capped; a flow of it has a cap of %g B/s", path, cap);
    if (own == NULL)
        return SLED_OK;
    SLED_TRY(check_capacity(cap, "rate cap on path", path, err));
    if (own->nflows != 0)
        return sled_err_set(err, SLED_E_INPUT, "path %u is capped and has a flow already", path);
    own->capacity = cap;
    return SLED_OK;
}

/* Flows that fade do so no more: the window is broken off. */
static void break_window(struct sled_fluid *fluid)
{
    for (uint32_t i = 0; i < fluid->nfading; i++) {
        const uint32_t s = fluid->fading[i];
        const double rate = sled_fluid_fading_rate(fluid, s);

        sled_fluid_load(fluid, s, -rate);
        sled_fluid_open(fluid, s, rate * (fluid->window_end - fluid->now));
    }
    fluid->nfading = 0;
    fluid->window_end = fluid->now;
}

enum sled_status sled_fluid_start(struct sled_fluid *fluid, double now, uint32_t path, double bytes,
                                  double cap, uint64_t tag, struct sled_err *err)
{
    uint32_t s;

    if (path >= fluid->npaths)
        return sled_err_set(err, SLED_E_INPUT, "path %u of %u", path, fluid->npaths);
    if (!(bytes > 0 && bytes <= MAX_BYTES))
        return sled_err_set(err, SLED_E_INPUT,
                            "a flow of %.17g bytes; must be above 0, at most 2^53", bytes);
    if (!fluid->sealed)
        SLED_TRY(seal(fluid, err));
    SLED_TRY(set_cap(fluid, path, cap, err));
    SLED_TRY(take_slot(fluid, path, &s, err));
    fluid->now = now;
    fluid->last_start = now;
    break_window(fluid);
    fluid->slot[s].tag = tag;
    fluid->nactive++;
    sled_fluid_open(fluid, s, bytes);
    return SLED_OK;
}

/* A capacity has changed, and with it perhaps which resources can fill: enter all flows anew. */
static enum sled_status rebuild(struct sled_fluid *fluid, struct sled_err *err)
{
    break_window(fluid);
    sled_fluid_forget(fluid);
    for (uint32_t r = 0; r < fluid->nresources; r++)
        fluid->lists[r].nmembers = 0;
    SLED_TRY(sled_fluid_judge(fluid, err));
    for (uint32_t s = 0; s < fluid->nslots; s++)
        SLED_TRY(sled_fluid_list(fluid, s, err));
    sled_fluid_recall(fluid);
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

/* Begin a window: flows that would complete in it fade. */
static enum sled_status open_window(struct sled_fluid *fluid, struct sled_err *err)
{
    double time;
    uint32_t r;

    fluid->window_s = WINDOW_SHARE * fluid->accuracy * (fluid->now - fluid->last_start);
    fluid->window_end = fluid->now + fluid->window_s;
    while ((r = sled_fluid_soonest(fluid, &time)) != SLED_FLUID_NONE && time < fluid->window_end) {
        const uint32_t s = fluid->lists[r].held[0].slot;

        SLED_TRY(sled_vec_reserve(&fluid->fading, &fluid->fading_capacity,
                                  (size_t)fluid->nfading + 1, err));
        sled_fluid_settle(fluid, r);
        fluid->slot[s].bytes = sled_fluid_close(fluid, s);
        fluid->holder[s] = fluid->fades;
        sled_fluid_load(fluid, s, sled_fluid_fading_rate(fluid, s));
        sled_fluid_reschedule(fluid, r);
        fluid->fading[fluid->nfading++] = s;
    }
    return SLED_OK;
}

enum sled_status sled_fluid_next(struct sled_fluid *fluid, double *out, struct sled_err *err)
{
    double completion;

    if (fluid->must_solve) {
        SLED_TRY(sled_fluid_solve(fluid, err));
    } else if (fluid->ndirty != 0 && fluid->now >= fluid->window_end) {
        if (fluid->accuracy > 0)
            SLED_TRY(open_window(fluid, err));
        SLED_TRY(sled_fluid_solve(fluid, err));
    }
    *out = sled_fluid_soonest(fluid, &completion) == SLED_FLUID_NONE ? INFINITY : completion;
    if (fluid->ndirty != 0 || fluid->nfading != 0)
        *out = fmin(*out, fluid->window_end);
    return SLED_OK;
}

/* Completions at fluid->now, which rounding may have put a little later. */
static void end_held(struct sled_fluid *fluid, double until)
{
    double time;
    uint32_t r;

    while ((r = sled_fluid_soonest(fluid, &time)) != SLED_FLUID_NONE && time <= until) {
        const uint32_t s = fluid->lists[r].held[0].slot;

        fluid->done[fluid->ndone++] = fluid->slot[s].tag;
        sled_fluid_close(fluid, s);
        sled_fluid_end(fluid, s);
        sled_fluid_reschedule(fluid, r);
    }
}

static void end_fading(struct sled_fluid *fluid)
{
    for (uint32_t i = 0; i < fluid->nfading; i++) {
        const uint32_t s = fluid->fading[i];

        fluid->done[fluid->ndone++] = fluid->slot[s].tag;
        sled_fluid_load(fluid, s, -sled_fluid_fading_rate(fluid, s));
        sled_fluid_end(fluid, s);
    }
    fluid->nfading = 0;
}

void sled_fluid_advance(struct sled_fluid *fluid, double now, const uint64_t **tags, size_t *count)
{
    const double until = now + now * SAME_INSTANT;

    fluid->now = now;
    fluid->ndone = 0;
    if (fluid->window_end <= until) {
        fluid->window_end = now;
        end_fading(fluid);
    }
    end_held(fluid, until);
    *tags = fluid->done;
    *count = fluid->ndone;
}

size_t sled_fluid_active(const struct sled_fluid *fluid)
{
    return fluid->nactive;
}

/* Rate of a flow and the bytes it has left now. */
static void show(const struct sled_fluid *fluid, uint32_t s, struct sled_fluid_flow *out)
{
    const struct sled_fluid_slot *slot = &fluid->slot[s];
    const uint32_t holder = fluid->holder[s];
    double spent_s = 0;

    *out = (struct sled_fluid_flow){.tag = slot->tag, .path = slot->path, .remaining = slot->bytes};
    if (holder == fluid->fades) {
        out->rate = sled_fluid_fading_rate(fluid, s);
        spent_s = fluid->now - (fluid->window_end - fluid->window_s);
    } else if (holder != fluid->open) {
        const struct sled_fluid_resource *resource = &fluid->resource[holder];

        out->rate = fluid->level[holder];
        out->remaining = fluid->lists[holder].mark[fluid->held_at[s]] - resource->counter;
        spent_s = fluid->now - resource->since;
    }
    out->remaining = fmax(0, out->remaining - out->rate * spent_s);
}

bool sled_fluid_walk(const struct sled_fluid *fluid, uint32_t *cursor, struct sled_fluid_flow *out)
{
    while (*cursor < fluid->nslots && fluid->holder[*cursor] == fluid->idle)
        ++*cursor;
    if (*cursor == fluid->nslots)
        return false;
    show(fluid, (*cursor)++, out);
    return true;
}

void sled_fluid_stats_get(const struct sled_fluid *fluid, struct sled_fluid_stats *out)
{
    *out = fluid->stats;
}
