/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of equal times: a heap for their order, a hash table to find them. */
#include "sim/calendar.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define NONE UINT32_MAX

void sled_calendar_finish(struct sled_calendar *calendar)
{
    sled_heap_finish(&calendar->heap);
    free(calendar->bucket);
    free(calendar->table);
    *calendar = (struct sled_calendar)SLED_CALENDAR_INIT;
}

/* Where the bucket of a time is chained. */
static uint32_t *place_of(struct sled_calendar *calendar, double time_s)
{
    uint64_t bits;

    memcpy(&bits, &time_s, sizeof bits);
    bits *= UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden ratio, as Knuth has it */
    return &calendar->table[(bits >> 32) & (calendar->table_size - 1)];
}

static void chain(struct sled_calendar *calendar, uint32_t b)
{
    uint32_t *place = place_of(calendar, calendar->bucket[b].time_s);

    calendar->bucket[b].chained = *place;
    *place = b;
}

static void unchain(struct sled_calendar *calendar, uint32_t b)
{
    uint32_t *place = place_of(calendar, calendar->bucket[b].time_s);

    while (*place != b)
        place = &calendar->bucket[*place].chained;
    *place = calendar->bucket[b].chained;
}

/* Twice as many places as buckets at least; all are chained anew. */
static enum sled_status grow_table(struct sled_calendar *calendar, struct sled_err *err)
{
    const size_t size = calendar->table_size == 0 ? 64 : 2 * calendar->table_size;
    uint32_t *table;

    SLED_TRY(sled_vec_alloc(&table, size, err));
    memset(table, 0xff, size * sizeof *table); /* NONE */
    free(calendar->table);
    calendar->table = table;
    calendar->table_size = size;
    for (uint32_t i = 0; i < calendar->heap.count; i++)
        chain(calendar, calendar->heap.entry[i].number);
    return SLED_OK;
}

static enum sled_status add_bucket(struct sled_calendar *calendar, double time_s, uint32_t *out,
                                   struct sled_err *err)
{
    if (2 * (size_t)calendar->heap.count >= calendar->table_size)
        SLED_TRY(grow_table(calendar, err));
    if (calendar->unused == NONE) {
        SLED_TRY(sled_vec_reserve(&calendar->bucket, &calendar->bucket_capacity,
                                  (size_t)calendar->nbuckets + 1, err));
        SLED_TRY(sled_heap_reserve(&calendar->heap, calendar->nbuckets + 1, err));
        calendar->bucket[calendar->nbuckets].chained = NONE;
        calendar->unused = calendar->nbuckets++;
    }
    *out = calendar->unused;
    calendar->unused = calendar->bucket[*out].chained;
    calendar->bucket[*out] = (struct sled_bucket){.time_s = time_s};
    chain(calendar, *out);
    sled_heap_set(&calendar->heap, *out, time_s);
    return SLED_OK;
}

static void drop_bucket(struct sled_calendar *calendar, uint32_t b)
{
    unchain(calendar, b);
    sled_heap_remove(&calendar->heap, b);
    calendar->bucket[b].chained = calendar->unused;
    calendar->unused = b;
}

static uint32_t find_bucket(struct sled_calendar *calendar, double time_s)
{
    uint32_t b = calendar->table_size == 0 ? NONE : *place_of(calendar, time_s);

    while (b != NONE && calendar->bucket[b].time_s != time_s)
        b = calendar->bucket[b].chained;
    return b;
}

enum sled_status sled_calendar_add(struct sled_calendar *calendar, double time_s,
                                   struct sled_event *event, struct sled_err *err)
{
    uint32_t b;

    assert(!isnan(time_s));
    time_s += 0.0; /* one zero, not two: they compare equal, but hash apart */
    b = find_bucket(calendar, time_s);
    if (b == NONE)
        SLED_TRY(add_bucket(calendar, time_s, &b, err));

    struct sled_bucket *bucket = &calendar->bucket[b];
    event->next = NULL;
    if (bucket->first == NULL)
        bucket->first = event;
    else
        bucket->last->next = event;
    bucket->last = event;
    return SLED_OK;
}

/* A bucket that is empty stays for a while: often more is added for its time. */
double sled_calendar_next_s(struct sled_calendar *calendar)
{
    while (calendar->heap.count > 0) {
        const uint32_t b = calendar->heap.entry[0].number;

        if (calendar->bucket[b].first != NULL)
            return calendar->bucket[b].time_s;
        drop_bucket(calendar, b);
    }
    return INFINITY;
}

struct sled_event *sled_calendar_take(struct sled_calendar *calendar)
{
    const double next_s = sled_calendar_next_s(calendar);
    struct sled_bucket *bucket = &calendar->bucket[calendar->heap.entry[0].number];
    struct sled_event *event = bucket->first;

    assert(!isinf(next_s));
    bucket->first = event->next;
    return event;
}
