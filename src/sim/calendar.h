/* SPDX-License-Identifier: Apache-2.0 */
/* Callbacks by time; those of one time in the order they were added. */
#ifndef SLED_SIM_CALENDAR_H
#define SLED_SIM_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef void (*sled_callback)(void *arg);

struct sled_event {
    double time_s;
    uint64_t order; /* private: of insertion */
    sled_callback run;
    void *arg;
};

struct sled_calendar {
    struct sled_event *event; /* [count], private: a binary heap */
    size_t count, capacity;
    uint64_t added;
};

#define SLED_CALENDAR_INIT \
    {                      \
        .event = NULL      \
    }

/* Accepts a zeroed calendar. */
void sled_calendar_finish(struct sled_calendar *calendar);

/* O(log count). SLED_E_NOMEM. */
enum sled_status sled_calendar_add(struct sled_calendar *calendar, double time_s, sled_callback run,
                                   void *arg, struct sled_err *err);

/* Time of the first event; INFINITY without any. */
double sled_calendar_next_s(const struct sled_calendar *calendar);

/* Remove and return the first event, of which there is one. O(log count). */
struct sled_event sled_calendar_take(struct sled_calendar *calendar);

#endif
