/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timed events, run by one SimGrid actor that sleeps until the next is due. All of
 * the executor's work happens in events, one at a time: a SimGrid call lets
 * other actors run, which would otherwise find its data half changed. Other actors only add
 * events and wait.
 *
 * Time is kept here in doubles of our own: a chain of delays adds up exactly as written,
 * while SimGrid's clock follows within its precision.
 */
#ifndef SLED_SIM_CLOCK_H
#define SLED_SIM_CLOCK_H

#include <stdbool.h>

#include <simgrid/forward.h>

#include "sim/calendar.h"

/* Somebody who keeps events of his own. Asked when all that was to happen at an instant has
 * happened, so that he may put off work until then. */
struct sled_source {
    /* When must run be called? INFINITY: not before more happens. */
    double (*next_s)(struct sled_source *self);
    void (*run)(struct sled_source *self);
};

struct sled_clock {
    struct sled_calendar calendar;
    struct sled_source *source; /* borrowed; NULL: none */
    sg_sem_t wake;
    double now_s;         /* of the latest event */
    double sleep_until_s; /* what the actor waits for; -INFINITY while it is awake */
    bool running;         /* an event is: now_s is its time */
    bool stopped;
};

void sled_clock_init(struct sled_clock *clock);
void sled_clock_finish(struct sled_clock *clock);

/* Create the actor, on the control host of a loaded platform. */
void sled_clock_start(struct sled_clock *clock);

/* Let the actor end once no event is left. */
void sled_clock_stop(struct sled_clock *clock);

double sled_clock_now(const struct sled_clock *clock);

/* Run the event in delay_s >= 0 seconds, after what was already added for that time. It is
 * borrowed until then. May be called by any actor. Running out of memory ends the simulation
 * (worker.h). */
void sled_clock_after(struct sled_clock *clock, double delay_s, struct sled_event *event);

/* The same at a given time, now at the earliest. */
void sled_clock_at(struct sled_clock *clock, double time_s, struct sled_event *event);

#endif
