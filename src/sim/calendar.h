/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events by time; those of one time in the order they were added. Symmetric traffic has
 * thousands of events at one time: they share a bucket, and only buckets are sorted.
 */
#ifndef SLED_SIM_CALENDAR_H
#define SLED_SIM_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/heap.h"

/* What happens when its time has come. Part of whatever it happens to, which run finds by it;
 * it waits in one place at a time, and takes no memory of its own. */
struct sled_event {
    void (*run)(struct sled_event *self);
    struct sled_event *next; /* private to where it waits */
};

/* The structure of which this event is a member. */
#define SLED_EVENT_OWNER(event, type, member) ((type *)((char *)(event)-offsetof(type, member)))

struct sled_bucket {
    double time_s;
    struct sled_event *first, *last; /* first NULL: none left */
    uint32_t chained;                /* another bucket in this place of the table, or unused one */
};

/* Private: buckets by time, and a table to find the one of a time. */
struct sled_calendar {
    struct sled_heap heap; /* of bucket numbers */
    struct sled_bucket *bucket;
    uint32_t nbuckets;
    size_t bucket_capacity;
    uint32_t unused;   /* chain of buckets without a time */
    uint32_t *table;   /* [table_size]: first bucket whose time hashes there */
    size_t table_size; /* 0 or a power of two */
};

#define SLED_CALENDAR_INIT   \
    {                        \
        .unused = UINT32_MAX \
    }

void sled_calendar_finish(struct sled_calendar *calendar);

/* O(log of the different times). SLED_E_NOMEM. */
enum sled_status sled_calendar_add(struct sled_calendar *calendar, double time_s,
                                   struct sled_event *event, struct sled_err *err);

/* Time of the first event; INFINITY without any. */
double sled_calendar_next_s(struct sled_calendar *calendar);

/* Remove and return the first event, of which there is one. */
struct sled_event *sled_calendar_take(struct sled_calendar *calendar);

#endif
