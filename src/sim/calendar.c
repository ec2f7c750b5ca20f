/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap; insertion order breaks ties, so that runs repeat exactly. */
#include "sim/calendar.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

void sled_calendar_finish(struct sled_calendar *calendar)
{
    free(calendar->event);
    *calendar = (struct sled_calendar)SLED_CALENDAR_INIT;
}

static bool before(const struct sled_event *a, const struct sled_event *b)
{
    return a->time_s < b->time_s || (a->time_s == b->time_s && a->order < b->order);
}

enum sled_status sled_calendar_add(struct sled_calendar *calendar, double time_s, sled_callback run,
                                   void *arg, struct sled_err *err)
{
    const struct sled_event new = {
        .time_s = time_s, .order = calendar->added, .run = run, .arg = arg};

    assert(!isnan(time_s));
    SLED_TRY(sled_vec_reserve(&calendar->event, &calendar->capacity, calendar->count + 1, err));
    size_t i = calendar->count++;
    while (i > 0 && before(&new, &calendar->event[(i - 1) / 2])) {
        calendar->event[i] = calendar->event[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    calendar->event[i] = new;
    calendar->added++;
    return SLED_OK;
}

double sled_calendar_next_s(const struct sled_calendar *calendar)
{
    return calendar->count == 0 ? INFINITY : calendar->event[0].time_s;
}

struct sled_event sled_calendar_take(struct sled_calendar *calendar)
{
    assert(calendar->count > 0);
    const struct sled_event first = calendar->event[0];
    const struct sled_event last = calendar->event[--calendar->count];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= calendar->count)
            break;
        if (child + 1 < calendar->count &&
            before(&calendar->event[child + 1], &calendar->event[child]))
            child++;
        if (!before(&calendar->event[child], &last))
            break;
        calendar->event[i] = calendar->event[child];
        i = child;
    }
    if (calendar->count > 0)
        calendar->event[i] = last;
    return first;
}
