/* SPDX-License-Identifier: Apache-2.0 */
/* The one actor that keeps the calendar. */
#include "sim/clock.h"

#include <assert.h>
#include <math.h>

#include <simgrid/actor.h>
#include <simgrid/engine.h>
#include <simgrid/host.h>
#include <simgrid/semaphore.h>

#include "sim/engine.h"
#include "sim/platform.h"
#include "sim/worker.h"

void sled_clock_init(struct sled_clock *clock)
{
    *clock = (struct sled_clock){.calendar = SLED_CALENDAR_INIT, .sleep_until_s = -INFINITY};
}

void sled_clock_finish(struct sled_clock *clock)
{
    sled_calendar_finish(&clock->calendar);
    if (clock->wake != NULL)
        sg_sem_destroy(clock->wake);
    sled_clock_init(clock);
}

/* SimGrid's clock may be a rounding error before the time it was asked to wake us at. */
static bool is_due(double time_s)
{
    return time_s - simgrid_get_clock() < SLED_ENGINE_PRECISION_S / 2;
}

/* Run what is due; returns when the next event is. */
static double run_due(struct sled_clock *clock)
{
    for (;;) {
        const double next_s = sled_calendar_next_s(&clock->calendar);
        double source_s = INFINITY;

        if (clock->source != NULL && next_s > clock->now_s)
            source_s = clock->source->next_s(clock->source);
        if (!is_due(fmin(next_s, source_s)))
            return fmin(next_s, source_s);
        clock->now_s = fmax(clock->now_s, fmin(next_s, source_s));
        clock->running = true;
        if (source_s < next_s) {
            clock->source->run(clock->source);
        } else {
            struct sled_event *event = sled_calendar_take(&clock->calendar);

            event->run(event);
        }
        clock->running = false;
    }
}

static void clock_main(int argc, char **argv)
{
    struct sled_clock *clock = sg_actor_self_get_data();

    (void)argc, (void)argv;
    for (;;) {
        const double next_s = run_due(clock);

        if (clock->stopped && isinf(next_s))
            break;
        clock->sleep_until_s = next_s;
        if (isinf(next_s))
            sg_sem_acquire(clock->wake);
        else
            sg_sem_acquire_timeout(clock->wake, next_s - simgrid_get_clock());
        clock->sleep_until_s = -INFINITY;
    }
}

void sled_clock_start(struct sled_clock *clock)
{
    const sg_actor_t actor = sg_actor_init("clock", sg_host_by_name(SLED_CONTROL_HOST));

    clock->wake = sg_sem_init(0);
    sg_actor_set_data(actor, clock);
    sg_actor_start(actor, clock_main, 0, NULL);
}

/* Once per sleep: sleep_until_s says that the actor has not been woken yet. */
static void wake_up(struct sled_clock *clock)
{
    clock->sleep_until_s = -INFINITY;
    sg_sem_release(clock->wake);
}

void sled_clock_stop(struct sled_clock *clock)
{
    clock->stopped = true;
    if (clock->sleep_until_s > 0)
        wake_up(clock);
}

double sled_clock_now(const struct sled_clock *clock)
{
    return clock->running ? clock->now_s : fmax(clock->now_s, simgrid_get_clock());
}

void sled_clock_at(struct sled_clock *clock, double time_s, struct sled_event *event)
{
    struct sled_err err = SLED_ERR_INIT;

    assert(time_s >= sled_clock_now(clock));
    if (sled_calendar_add(&clock->calendar, time_s, event, &err) != SLED_OK)
        sled_worker_fail(&err);
    if (time_s < clock->sleep_until_s)
        wake_up(clock);
}

void sled_clock_after(struct sled_clock *clock, double delay_s, struct sled_event *event)
{
    sled_clock_at(clock, sled_clock_now(clock) + delay_s, event);
}
