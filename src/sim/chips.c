/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of steps as actors; what a step does happens in events of the clock. */
#include "sim/chips.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <simgrid/actor.h>
#include <simgrid/host.h>
#include <simgrid/semaphore.h>

#include "base/vec.h"
#include "sim/platform_xml.h"

struct stream {
    struct sled_event event; /* of the step under way */
    struct sled_chips *chips;
    uint32_t chip;
    uint32_t step;    /* under way, among the chip's */
    uint32_t awaited; /* the step it waits for, SLED_NONE for none */
    uint32_t kernels; /* the network's path for kernels of this stream, each at its own cap */
    uint32_t nsteps;  /* of this stream */
    sg_sem_t wake;
};

struct sled_chips {
    struct sled_stage stage;
    struct stream *stream; /* [nchips][SLED_STREAMS] */
    uint32_t *copies;      /* [nchips]: the network's path for stores and loads */
    bool **done;           /* [nchips][nsteps] */
    uint32_t streams_left;
};

static const struct sled_kernel_cost *kernel_cost(const struct sled_chips *chips,
                                                  const struct sled_step *step)
{
    return &chips->stage.program->kernel[step->what].cost;
}

/* A kernel that takes time and moves bytes has a pace. */
static bool is_paced(const struct sled_kernel_cost *cost)
{
    return cost->hbm_bytes > 0 && cost->time_s > 0;
}

/* What a kernel, whose flows are capped, or a copy uses. */
static uint32_t uses_of(const struct sled_chips *chips, uint32_t chip, bool capped,
                        struct sled_use *use)
{
    return capped ? sled_machine_kernel(chips->stage.machine, chip, use)
                  : sled_machine_stream(chips->stage.machine, chip, use);
}

static enum sled_status add_path(struct sled_chips *chips, uint32_t chip, bool capped, uint32_t *id,
                                 struct sled_err *err)
{
    struct sled_use use[SLED_MAX_USES];
    const struct sled_network_path path = {
        .src_chip = chip,
        .dst_chip = chip,
        .use = use,
        .nuses = uses_of(chips, chip, capped, use),
        .capped = capped,
    };

    if (*id != SLED_NONE)
        return SLED_OK;
    return chips->stage.network->ops->add_path(chips->stage.network, &path, id, err);
}

/* Declare what the chip's steps will use, and count its streams' steps. */
static enum sled_status prepare_chip(struct sled_chips *chips, uint32_t c, struct sled_err *err)
{
    const struct sled_program_chip *chip = &chips->stage.program->chip[c];

    chips->copies[c] = SLED_NONE;
    for (uint32_t s = 0; s < SLED_STREAMS; s++)
        chips->stream[c * SLED_STREAMS + s] =
            (struct stream){.chips = chips, .chip = c, .awaited = SLED_NONE, .kernels = SLED_NONE};
    SLED_TRY(sled_vec_alloc(&chips->done[c], chip->nsteps, err));

    for (uint32_t i = 0; i < chip->nsteps; i++) {
        const struct sled_step *step = &chip->step[i];
        struct stream *stream = &chips->stream[c * SLED_STREAMS + step->stream];

        chips->streams_left += stream->nsteps++ == 0;
        if (step->kind == SLED_STEP_KERNEL && is_paced(kernel_cost(chips, step)))
            SLED_TRY(add_path(chips, c, true, &stream->kernels, err));
        else if (step->kind == SLED_STEP_KERNEL ? kernel_cost(chips, step)->hbm_bytes > 0
                                                : step->bytes > 0)
            SLED_TRY(add_path(chips, c, false, &chips->copies[c], err));
    }
    return SLED_OK;
}

enum sled_status sled_chips_create(const struct sled_stage *stage, struct sled_chips **out,
                                   struct sled_err *err)
{
    const uint32_t nchips = stage->program->nchips;
    struct sled_chips *chips;

    SLED_TRY(sled_vec_alloc(&chips, 1, err));
    chips->stage = *stage;
    enum sled_status status = sled_vec_alloc(&chips->stream, (size_t)nchips * SLED_STREAMS, err);
    if (status == SLED_OK)
        status = sled_vec_alloc(&chips->copies, nchips, err);
    if (status == SLED_OK)
        status = sled_vec_alloc(&chips->done, nchips, err);
    for (uint32_t c = 0; c < nchips && status == SLED_OK; c++)
        status = prepare_chip(chips, c, err);
    if (status != SLED_OK) {
        sled_chips_destroy(chips);
        return status;
    }
    *out = chips;
    return SLED_OK;
}

void sled_chips_destroy(struct sled_chips *chips)
{
    if (chips == NULL)
        return;
    for (uint32_t c = 0; c < chips->stage.program->nchips; c++) {
        if (chips->done != NULL)
            free(chips->done[c]);
        for (uint32_t s = 0; chips->stream != NULL && s < SLED_STREAMS; s++)
            if (chips->stream[c * SLED_STREAMS + s].wake != NULL)
                sg_sem_destroy(chips->stream[c * SLED_STREAMS + s].wake);
    }
    free(chips->stream);
    free(chips->copies);
    free(chips->done);
    free(chips);
}

static const struct sled_step *current_step(const struct stream *stream)
{
    return &stream->chips->stage.program->chip[stream->chip].step[stream->step];
}

static struct stream *stream_of(struct sled_event *event)
{
    return SLED_EVENT_OWNER(event, struct stream, event);
}

/* The stream's event, to call run next. */
static struct sled_event *then(struct stream *stream, void (*run)(struct sled_event *))
{
    stream->event.run = run;
    return &stream->event;
}

static void end_step(struct sled_event *event)
{
    struct stream *stream = stream_of(event);
    struct sled_chips *chips = stream->chips;
    struct sled_result *result = chips->stage.result;
    const double now_s = sled_clock_now(chips->stage.clock);

    result->step_end_s[result->step_begin[stream->chip] + stream->step] = now_s;
    result->time_s = fmax(result->time_s, now_s);
    chips->done[stream->chip][stream->step] = true;
    for (uint32_t s = 0; s < SLED_STREAMS; s++) {
        struct stream *other = &chips->stream[stream->chip * SLED_STREAMS + s];
        if (other->awaited == stream->step) {
            other->awaited = SLED_NONE;
            sg_sem_release(other->wake);
        }
    }
    sg_sem_release(stream->wake);
}

static void move_bytes(struct stream *stream, uint32_t path, uint64_t bytes, double cap_bytes_per_s)
{
    const struct sled_chips *chips = stream->chips;
    const struct sled_stage *stage = &chips->stage;
    struct sled_use use[SLED_MAX_USES];
    const uint32_t n = uses_of(chips, stream->chip, isfinite(cap_bytes_per_s), use);
    double *used_bytes =
        stage->result->used_bytes + (size_t)current_step(stream)->phase * stage->result->nresources;

    for (uint32_t i = 0; i < n; i++)
        used_bytes[use[i].resource] += use[i].weight * (double)bytes;
    stage->network->ops->flow(stage->network, path, bytes, cap_bytes_per_s, then(stream, end_step));
}

static void run_kernel(struct stream *stream, const struct sled_kernel_cost *cost)
{
    struct sled_chips *chips = stream->chips;
    const uint64_t bytes = (uint64_t)ceil(cost->hbm_bytes);

    if (is_paced(cost))
        move_bytes(stream, stream->kernels, bytes, (double)bytes / cost->time_s);
    else if (bytes > 0)
        move_bytes(stream, chips->copies[stream->chip], bytes, INFINITY);
    else
        sled_clock_after(chips->stage.clock, cost->time_s, then(stream, end_step));
}

/* A store or a load, once its DMA has started. */
static void copy_bytes(struct sled_event *event)
{
    struct stream *stream = stream_of(event);

    move_bytes(stream, stream->chips->copies[stream->chip], current_step(stream)->bytes, INFINITY);
}

static void begin_step(struct sled_event *event)
{
    struct stream *stream = stream_of(event);
    struct sled_chips *chips = stream->chips;
    const struct sled_stage *stage = &chips->stage;
    const struct sled_step *step = current_step(stream);

    stage->result->step_start_s[stage->result->step_begin[stream->chip] + stream->step] =
        sled_clock_now(stage->clock);
    switch (step->kind) {
    case SLED_STEP_KERNEL:
        run_kernel(stream, kernel_cost(chips, step));
        break;
    case SLED_STEP_COLLECTIVE:
        sled_executor_arrive(stage->executor, step->what, step->rank, step->phase,
                             then(stream, end_step));
        break;
    case SLED_STEP_STORE:
    case SLED_STEP_LOAD:
        if (step->bytes == 0)
            end_step(event);
        else
            sled_clock_after(stage->clock,
                             sled_machine_start_s(stage->machine, NULL, stream->chip, stream->chip),
                             then(stream, copy_bytes));
        break;
    }
}

static void wake_up(struct sled_event *event)
{
    sg_sem_release(stream_of(event)->wake);
}

static void stream_main(int argc, char **argv)
{
    struct stream *stream = sg_actor_self_get_data();
    struct sled_chips *chips = stream->chips;
    const struct sled_program_chip *chip = &chips->stage.program->chip[stream->chip];
    const ptrdiff_t self = (stream - chips->stream) % SLED_STREAMS;

    (void)argc, (void)argv;
    if (chips->stage.start_s != NULL && chips->stage.start_s[stream->chip] > 0) {
        sled_clock_after(chips->stage.clock, chips->stage.start_s[stream->chip],
                         then(stream, wake_up));
        sg_sem_acquire(stream->wake);
    }
    for (uint32_t i = 0; i < chip->nsteps; i++) {
        const struct sled_step *step = &chip->step[i];

        if ((ptrdiff_t)step->stream != self)
            continue;
        if (step->after != SLED_NONE && !chips->done[stream->chip][step->after]) {
            stream->awaited = step->after;
            sg_sem_acquire(stream->wake);
        }
        stream->step = i;
        sled_clock_after(chips->stage.clock, 0, then(stream, begin_step));
        sg_sem_acquire(stream->wake);
    }
    if (--chips->streams_left == 0) {
        chips->stage.network->ops->stop(chips->stage.network);
        sled_clock_stop(chips->stage.clock);
    }
}

void sled_chips_start(struct sled_chips *chips)
{
    const sg_host_t host = sg_host_by_name(SLED_CONTROL_HOST);

    for (uint32_t c = 0; c < chips->stage.program->nchips; c++) {
        for (uint32_t s = 0; s < SLED_STREAMS; s++) {
            struct stream *stream = &chips->stream[c * SLED_STREAMS + s];
            char name[32];

            if (stream->nsteps == 0)
                continue;
            stream->wake = sg_sem_init(0);
            snprintf(name, sizeof name, "chip%" PRIu32 ".%s", c, sled_stream_names[s]);
            const sg_actor_t actor = sg_actor_init(name, host);
            sg_actor_set_data(actor, stream);
            sg_actor_start(actor, stream_main, 0, NULL);
        }
    }
    if (chips->streams_left == 0)
        sled_clock_stop(chips->stage.clock);
}

uint32_t sled_chips_left(const struct sled_chips *chips)
{
    return chips->streams_left;
}
