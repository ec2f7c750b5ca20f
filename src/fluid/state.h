/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this folder share. Private to src/fluid. */
#ifndef SLED_FLUID_STATE_H
#define SLED_FLUID_STATE_H

#include "base/heap.h"
#include "fluid/fluid.h"

#define SLED_FLUID_NONE UINT32_MAX

/* A resource of a path. Those of a path stand in a row, the ones that may fill first. */
struct sled_fluid_bind {
    uint32_t resource;
    uint16_t weight; /* index into weight */
    uint16_t more;   /* how many of those behind it may fill */
};

/*
 * Where a change of a flow's rate goes from one of its resources: to the one other resource that
 * may fill, where there is just one and weights are 1; else SLED_FLUID_MANY plus the number of the
 * first bind. Kept with the flow, it spares the way over slot and path.
 */
typedef uint32_t sled_fluid_way;
#define SLED_FLUID_MANY (UINT32_C(1) << 31)

/* A flow's slot as one of its resources lists it. */
struct sled_fluid_member {
    uint32_t slot;
    sled_fluid_way way;
};

/* What one resource is, in one line of cache: a solve goes over hundreds of them. */
struct sled_fluid_resource {
    double capacity;
    double load;   /* weight times rate, summed over flows that it does not hold */
    double thirst; /* weights of the flows that it holds, and of the open ones */
    double top;    /* at least the greatest rate in load, fading flows apart */
    uint32_t nopen, nheld;

    /* How many bytes each of the flows it holds has moved since some beginning, at time
     * `since`; they all move at its level. */
    double counter;
    double since;

    uint32_t nflows; /* all of them */
    bool dirty;
    bool never; /* others keep it from ever filling: it is left out of everything */
};

/* Its flows. */
struct sled_fluid_lists {
    struct sled_fluid_member *held; /* [nheld]: those that it holds; with mark, a heap by mark */
    double *mark;                   /* [nheld]: on the counter, at which each is complete */
    size_t held_capacity, mark_capacity;
    struct sled_fluid_member *member; /* slots of all paths that cross it, idle ones too */
    uint32_t nmembers;
    size_t member_capacity;
};

/* A slot belongs to a path for ever, so that a flow need not be listed when it comes nor struck
 * off when it ends. */
struct sled_fluid_slot {
    double bytes; /* left: while open, now; while fading, at the window's begin */
    uint64_t tag;
    uint32_t path;
    uint32_t first;     /* bind of the path */
    uint32_t next_idle; /* of the path */
};

struct sled_fluid_path {
    uint32_t first; /* bind */
    uint32_t idle;  /* slot, or NONE */
    uint16_t nbinds;
};

struct sled_fluid {
    double accuracy;
    double now;

    struct sled_fluid_resource *resource; /* the caller's, then one for each capped path */
    struct sled_fluid_lists *lists;       /* [nresources] */
    uint32_t nresources;
    uint32_t nown; /* the caller's */
    size_t resource_capacity;
    double *level; /* [nresources + 3]: rate of the flows it holds; INFINITY when it is not full.
                      Apart from the rest, because nothing is read as often */

    /* Holders that are no resource, and have level 0. */
    uint32_t open;  /* nobody yet: the flow has just come */
    uint32_t fades; /* the window, at whose end the flow completes */
    uint32_t idle;  /* there is no flow in the slot */

    struct sled_fluid_path *path;
    uint32_t npaths;
    size_t path_capacity;
    struct sled_fluid_bind *bind;
    uint32_t nbinds;
    size_t bind_capacity;
    double *weight; /* each value once */
    uint32_t nweights;
    size_t weight_capacity;
    bool sealed; /* resources are judged, there are no more paths */

    struct sled_fluid_slot *slot;
    uint32_t *holder;  /* [nslots]: of its flow; read by itself more often than with the rest */
    uint32_t *held_at; /* [nslots]: where that holder has it */
    uint32_t nslots;
    size_t slot_capacity, holder_capacity, held_at_capacity;
    size_t nactive;

    /* Changes since the last solve. */
    uint32_t *dirty; /* [nresources] */
    uint32_t ndirty;
    bool must_solve; /* something other than completions */

    /* The latest window: its end, and its length. */
    double window_end, window_s;
    double last_start;
    uint32_t *fading; /* slots */
    uint32_t nfading;
    size_t fading_capacity;

    struct sled_heap queue; /* resources whose level is to be found, by about what it will be */
    uint32_t *taken;        /* members that the resource at hand takes from others */
    uint32_t ntaken;
    size_t taken_capacity;

    struct sled_heap calendar; /* resources that hold flows, by next completion or earlier */

    uint64_t *done; /* tags */
    size_t ndone, done_capacity;

    struct sled_fluid_stats stats;
};

/* leave_out.c: judge the resources, and put the binds of each path in order. */
enum sled_status sled_fluid_judge(struct sled_fluid *fluid, struct sled_err *err);

/* solve.c: bring the rates of all flows up to date at fluid->now. */
enum sled_status sled_fluid_solve(struct sled_fluid *fluid, struct sled_err *err);

/* flows.c: what a flow is to its resources. */

/* List a new slot with the resources of its path. */
enum sled_status sled_fluid_list(struct sled_fluid *fluid, uint32_t slot, struct sled_err *err);
/* The flow of `bytes` has no holder: it is thirsty wherever it goes. */
void sled_fluid_open(struct sled_fluid *fluid, uint32_t slot, double bytes);
/* A held flow lets go and is neither held, open nor in a load; returns the bytes left. */
double sled_fluid_close(struct sled_fluid *fluid, uint32_t slot);
/* A closed or fading flow is gone, and its slot idle. */
void sled_fluid_end(struct sled_fluid *fluid, uint32_t slot);
/* Put what flows at `rate` without a holder into the loads of its resources (or, with a
 * negative rate, take it out). */
void sled_fluid_load(struct sled_fluid *fluid, uint32_t slot, double rate);
/* No level is known, no flow is held or part of a load: only the flows are left. */
void sled_fluid_forget(struct sled_fluid *fluid);
/* After that: every flow is open again, or fades. */
void sled_fluid_recall(struct sled_fluid *fluid);

/* calendar.c: flows by completion. */

/* Give a flow of `bytes` to a resource, whose counter is up to date. */
enum sled_status sled_fluid_hold(struct sled_fluid *fluid, const struct sled_fluid_member *member,
                                 uint32_t resource, double bytes, struct sled_err *err);
/* Take the flow from its holder, whose counter is up to date; returns the bytes left. */
double sled_fluid_release(struct sled_fluid *fluid, uint32_t slot);
/* Bring a resource's counter to fluid->now. */
void sled_fluid_settle(struct sled_fluid *fluid, uint32_t resource);
/* The level of a resource, or what it holds, has changed: find its place in the calendar. */
void sled_fluid_reschedule(struct sled_fluid *fluid, uint32_t resource);
/* The resource of the earliest completion, or NONE; *time receives when that is. */
uint32_t sled_fluid_soonest(struct sled_fluid *fluid, double *time);

static inline double sled_fluid_weight(const struct sled_fluid *fluid,
                                       const struct sled_fluid_bind *bind)
{
    return fluid->weight[bind->weight];
}

static inline double sled_fluid_fading_rate(const struct sled_fluid *fluid, uint32_t slot)
{
    return fluid->slot[slot].bytes / fluid->window_s;
}

#endif
