/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Weighted max-min sharing of resources between flows, and the times at which flows
 * complete. Pure arithmetic: it knows neither chips nor links nor a simulator, and time is
 * what its caller says it is.
 *
 * A flow of B bytes on a path consumes, per byte, the path's weight w of each resource.
 * Rates x are max-min fair: the sum of w x over the flows of a resource is at most its
 * capacity, and no flow can get more without taking from one that has no more than it.
 * Then (Bertsekas and Gallager, Data Networks, 2nd ed., 6.5.2) every flow is held by a
 * resource that is full and on which nothing is faster than it.
 *
 * What makes it fast:
 * - All flows that one resource holds have one rate, its level. Each resource counts the bytes
 *   that such a flow has moved; a flow's completion is a fixed mark on that counter, so that a
 *   change of rate touches no flow's entry in the calendar.
 * - A change of flows or of a level is passed on to the resources that share flows with it, lowest
 *   first, and ends where nothing changes (solve.c). Most of the network is never looked at.
 * - A resource that others keep from ever filling is left out beforehand (leave_out.c).
 * - Changes are collected and solved once, when the rates are next needed.
 *
 * With accuracy e > 0 time is cut into windows, each of 0.7 e of the time since the latest start.
 * A flow that would complete within a window is slowed so that it completes at its end; what it
 * does not use is handed on at once. So no bandwidth is lost, no capacity exceeded, and a resource
 * has moved the same bytes at a window's end as in exact mode. What is left is what flows do to
 * each other across resources: of 500 random all-to-alls, the worst completion was off by 0.93 e
 * of its flow's own duration. Tests hold them to e.
 *
 * Memory: a path takes 12 bytes and 8 for each of its resources; a flow, at the most there ever
 * were of its path at once, 48 and 16 and, for each of its resources that may fill, 8.
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
 * When must sled_fluid_advance be called next? The earliest completion, or the end of the window;
 * INFINITY with no flows. Solves what has changed. Valid until the next start or set_capacity.
 * SLED_E_NOMEM.
 */
enum sled_status sled_fluid_next(struct sled_fluid *fluid, double *out, struct sled_err *err);

/*
 * Move to time now (at most what sled_fluid_next said) and take out the flows that are complete.
 * *tags is borrowed until the next call and holds *count tags. Their order depends on nothing but
 * the calls so far.
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
/* Walk over the active flows, in no particular order: *cursor is 0 at first. False at the end. */
bool sled_fluid_walk(const struct sled_fluid *fluid, uint32_t *cursor, struct sled_fluid_flow *out);

/* How much was solved: for benchmarks. */
struct sled_fluid_stats {
    uint64_t solves;   /* times the rates were brought up to date */
    uint64_t levels;   /* levels found, summed over them */
    uint64_t looks;    /* flows looked at to find a level or to pass it on */
    uint64_t restarts; /* solves that were begun again with nothing known */
    uint32_t never;    /* resources that cannot fill */
};
void sled_fluid_stats_get(const struct sled_fluid *fluid, struct sled_fluid_stats *out);

#endif
