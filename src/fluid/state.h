/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. Private to src/fluid. */
#ifndef SLED_FLUID_STATE_H
#define SLED_FLUID_STATE_H

#include <stdbool.h>

#include "fluid/fluid.h"

#define SLED_FLUID_NONE UINT32_MAX

/*
 * What a resource can come to, judged once for all paths (leave_out.c):
 * core:    it may fill;
 * seldom:  it can fill only while a flow of one of its few arming paths is active;
 * never:   others keep it from ever filling: left out of everything.
 */
enum sled_fluid_role { SLED_FLUID_CORE, SLED_FLUID_SELDOM, SLED_FLUID_NEVER };

/* A use of a path, less the resources that never fill. Those of a path stand in a row, core
 * ones first. */
struct sled_fluid_bind {
    uint32_t resource;
    bool arms; /* a flow of this path can fill this seldom one */
    double weight;
};

/* One flow on one resource. */
struct sled_fluid_member {
    uint32_t flow;  /* slot */
    uint32_t first; /* bind of the flow's path */
    uint32_t other; /* the path's other core resource, or NONE where it has not just one */
    uint16_t ncore; /* core binds of the path */
    uint16_t nbinds;
    double weight;
};

struct sled_fluid_resource {
    double capacity;

    /* How many bytes each of the flows it holds has moved since some beginning, at time
     * `since`; they all move at its level. */
    double counter;
    double since;

    struct sled_fluid_member *member; /* all flows that cross it, in no order */
    uint32_t nmembers;
    size_t member_capacity;
    double weight_all; /* sum of the weights of all of them */

    /* Of the flows it holds, as last seen: what the others leave, and the sum of weights. */
    double spare, thirst;

    uint32_t *held; /* heap of the flows it holds, by (mark, sequence) */
    uint32_t nheld;
    size_t held_capacity;
    uint32_t calendar_at; /* position in the calendar; NONE when it holds nothing */

    enum sled_fluid_role role;
    uint32_t arming;   /* active flows that arm it, if it is a seldom one */
    uint32_t armed_at; /* place in armed */
    bool dirty;
    bool fresh; /* had no flow at the last water-filling */
};

/* A level in the form in which sums are made of it. */
struct sled_fluid_water {
    double level; /* 0 where it is not known, or the resource is not full */
    double open;  /* 1 there, else 0 */
};

struct sled_fluid_slot {
    double mark; /* on the holder's counter, at which it is complete; bytes left while unheld */
    uint64_t tag;
    uint64_t sequence;
    uint32_t path;
    uint32_t holder; /* resource, or NONE while it has no rate yet */
    uint32_t held_at;
    uint32_t active_at;
};

struct sled_fluid {
    double accuracy;
    double now;

    struct sled_fluid_resource *resource; /* the caller's, then one for each capped path */
    uint32_t nresources;
    uint32_t nown; /* the caller's */
    size_t resource_capacity;

    /* Paths as declared, and without the resources that are left out. */
    uint32_t npaths;
    uint64_t *path_begin; /* [npaths + 1] */
    size_t path_capacity;
    struct sled_fluid_use *use;
    size_t nuses, use_capacity;
    bool sealed;          /* bind* are up to date */
    uint32_t *bind_first; /* [npaths + 1] */
    uint16_t *bind_core;  /* [npaths]: how many are core */
    struct sled_fluid_bind *bind;
    uint32_t stride; /* most binds of any path */

    /* Seldom resources that have arming flows. While there are some, levels are found without
     * them first; when one of them turns out to hold a core flow, `wide` is set, and all
     * resources are solved together until none is armed. */
    uint32_t *armed;
    uint32_t narmed;
    bool wide;
    bool core_only; /* the water-filling at hand sees core resources only */

    struct sled_fluid_slot *slot;
    size_t nslots, slot_capacity;
    uint32_t *member_at; /* [nslots][stride]: where its members are */
    size_t member_at_capacity;
    uint32_t *free_slot;
    size_t nfree, free_capacity;
    uint32_t *active; /* slots */
    size_t nactive, active_capacity;
    uint64_t sequence;

    uint32_t *calendar;    /* heap of the resources that hold flows, by their next completion */
    double *calendar_time; /* [nresources] */
    uint32_t ncalendar;

    /* Changes since the last water-filling. */
    uint32_t *dirty;
    uint32_t ndirty;
    double from_level; /* nothing below this rate changes */
    bool must_solve;   /* something other than completions */
    double first_change;
    double last_start;

    uint32_t *arrival; /* flows that nothing holds yet */
    size_t narrivals, arrival_capacity;

    /* [nresources]: the rate of the flows that a resource holds; INFINITY when it is not full.
     * Apart from the rest, because nothing is read as often. */
    double *level;
    struct sled_fluid_water *water; /* [nresources]: the same */

    /* All resources that had flows, in the order in which they filled, as far as they have
     * been compared; equal levels keep their order. */
    uint32_t *order;
    uint32_t *order_at; /* [nresources]: place in order, NONE while it never had flows */
    uint32_t norder;

    /* Of one water-filling, [nresources] each. */
    uint32_t epoch;
    uint32_t *epoch_of; /* the last one it took part in */
    uint32_t *moved;    /* the last one in which it changed its place */
    double *was;        /* its level before */
    double *guess;      /* its level as expected */
    uint32_t *set;      /* those that take part */
    uint32_t *place;    /* their places in order, ascending */
    uint32_t *was_at;   /* its place before */
    uint32_t nset;

    uint64_t *done; /* tags */
    size_t ndone, done_capacity;

    struct sled_fluid_stats stats;
};

/* leave_out.c: judge the resources and rebuild bind*. */
enum sled_status sled_fluid_seal(struct sled_fluid *fluid, struct sled_err *err);

/* solve.c: bring the rates of all flows up to date at fluid->now. */
enum sled_status sled_fluid_solve(struct sled_fluid *fluid, struct sled_err *err);
/* solve.c: set a resource's level, in both its forms. */
void sled_fluid_set_level(struct sled_fluid *fluid, uint32_t resource, double level);

/* fluid.c: the resource takes part in the next water-filling. */
void sled_fluid_touch(struct sled_fluid *fluid, uint32_t resource);

/* calendar.c: flows by completion. */

/* Give the flow to a resource: its completion mark is set from `remaining` bytes. */
enum sled_status sled_fluid_hold(struct sled_fluid *fluid, uint32_t flow, uint32_t resource,
                                 double remaining, struct sled_err *err);
/* Take the flow from its holder; returns the bytes that remain at the holder's `since`. */
double sled_fluid_release(struct sled_fluid *fluid, uint32_t flow);
/* Bring a resource's counter to fluid->now. */
void sled_fluid_settle(struct sled_fluid *fluid, uint32_t resource);
/* The level of a resource, or what it holds, has changed: find its place in the calendar. */
void sled_fluid_reschedule(struct sled_fluid *fluid, uint32_t resource);
/* When flow (held) will be complete. */
double sled_fluid_completion(const struct sled_fluid *fluid, uint32_t flow);

#endif
