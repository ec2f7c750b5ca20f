/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weighted max-min sharing of resources between flows, and the times at which flows
 * complete. Pure arithmetic: it knows neither chips nor links nor a simulator, and time is
 * what its caller says it is.
 *
 * A flow of B bytes on a path consumes, per byte, the path's weight w of each resource.
 * Rates x are max-min fair: the sum of w x over the flows of a resource is at most its
 * capacity, and no flow can get more without taking from one that has no more than it.
 * They are found by water-filling (Bertsekas and Gallager, Data Networks, 2nd ed., 6.5.2): all
 * rates rise together; when a resource is full, its flows stay where they are.
 *
 * What makes it fast:
 * - A change only matters above the level (rate) at which it happens, and only for
 *   flows that are connected to it there: everything else keeps its rate.
 * - Flows that are held by one resource all have its level as rate. Each resource counts the
 *   bytes that such a flow has moved; a flow's completion is a fixed mark on that
 *   counter, so that a change of rate touches no flow's entry in the calendar.
 * - A resource that others keep from ever filling is left out beforehand; one that only a
 *   few paths can fill is looked at only while they have flows.
 * - Changes are collected and solved once, when the rates are next needed.
 *
 * With accuracy e > 0, bandwidth that completions set free is handed on late, at the most by
 * e/5 of the shortest time that any active flow will have lasted. What that can cost a flow adds
 * up over the run, but the delays of early times are small against a late completion;
 * tests hold every completion to e of the flow's own duration. Flows never exceed a capacity in any
 * mode.
 */
#ifndef SLED_FLUID_FLUID_H
#define SLED_FLUID_FLUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sled_fluid;

/* One resource of a path. A path names each resource at most once. */
struct sled_fluid_use {
    uint32_t resource;
    double weight; /* > 0 */
};

/*
 * capacity[nresources], bytes/s, positive and finite; accuracy in [0, 0.1]. *out is owned by
 * the caller (sled_fluid_destroy). SLED_E_INPUT names the bad value and the limit; SLED_E_NOMEM.
 */
enum sled_status sled_fluid_create(const double *capacity, uint32_t nresources, double accuracy,
                                   struct sled_fluid **out, struct sled_err *err);
/* Accepts NULL. */
void sled_fluid_destroy(struct sled_fluid *fluid);

/*
 * Declare a path over use[nuses], nuses >= 1; *id counts from 0. All paths come before the
 * first flow. The flows of a capped path carry a rate cap of their own, one at a time.
 * SLED_E_INPUT for a weight or resource that makes no sense; SLED_E_NOMEM.
 */
enum sled_status sled_fluid_add_path(struct sled_fluid *fluid, const struct sled_fluid_use *use,
                                     uint32_t nuses, bool capped, uint32_t *id,
                                     struct sled_err *err);

/*
 * Start a flow of bytes (0 < bytes <= 2^53) on path at time now (seconds, never before an
 * earlier call's now). Its rate is at most cap, bytes/s: INFINITY on a path that is not capped,
 * positive and finite on one that is, which must have no other flow. tag comes back when the
 * flow completes. SLED_E_INPUT, SLED_E_NOMEM.
 */
enum sled_status sled_fluid_start(struct sled_fluid *fluid, double now, uint32_t path, double bytes,
                                  double cap, uint64_t tag, struct sled_err *err);

/* Set a resource's capacity from time now on. SLED_E_INPUT as in create; SLED_E_NOMEM. */
enum sled_status sled_fluid_set_capacity(struct sled_fluid *fluid, double now, uint32_t resource,
                                         double capacity, struct sled_err *err);

/*
 * When must sled_fluid_advance be called next? The earliest completion, or the time at which
 * bandwidth that was set free has to be handed on; INFINITY with no flows. Solves what has
 * changed. Valid until the next start or set_capacity. SLED_E_NOMEM.
 */
enum sled_status sled_fluid_next(struct sled_fluid *fluid, double *out, struct sled_err *err);

/*
 * Move to time now (at most what sled_fluid_next said) and take out the flows that are complete.
 * *tags is borrowed until the next call and holds *count tags: by resource, then by order of
 * completion mark, then by order of start.
 */
void sled_fluid_advance(struct sled_fluid *fluid, double now, const uint64_t **tags, size_t *count);

/* Active flows. */
size_t sled_fluid_active(const struct sled_fluid *fluid);

/* What tests and reports may look at, once the rates are solved (sled_fluid_next). */
struct sled_fluid_flow {
    uint64_t tag;
    uint32_t path;
    double rate;      /* bytes/s */
    double remaining; /* bytes, at the time of the last call */
};
/* Flow i of sled_fluid_active, in no particular order. */
void sled_fluid_flow_get(const struct sled_fluid *fluid, size_t i, struct sled_fluid_flow *out);

/* How much was solved: for benchmarks. */
struct sled_fluid_stats {
    uint64_t solves;        /* water-fillings */
    uint64_t looks;         /* flows looked at on a resource, summed over them */
    uint32_t never, seldom; /* resources that cannot fill at all, or only with certain flows */
};
void sled_fluid_stats_get(const struct sled_fluid *fluid, struct sled_fluid_stats *out);

#endif
