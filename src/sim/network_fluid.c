/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of src/fluid on SimGrid's clock: one callback of the clock waits for the next
 * completion. Flows that start at one instant are solved once, after all of them: the first
 * one asks for an update behind everything else of that instant.
 */
#include "sim/network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fluid/fluid.h"
#include "sim/platform.h"
#include "sim/worker.h"

/* What a flow calls when it is complete; its number is the flow's tag. */
struct call {
    sled_callback run;
    void *arg;
    uint32_t next_free;
};

struct fluid {
    struct sled_network base;
    const struct sled_machine *machine;
    struct sled_clock *clock;
    struct sled_fluid *solver;

    struct call *call;
    size_t ncalls, call_capacity;
    uint32_t free_call; /* SLED_NONE: none */

    struct sled_fluid_use *use; /* of a path at hand */
    size_t use_capacity;
    struct call *due; /* of completions at hand */
    size_t due_capacity;

    double wake_s;       /* for when the clock has been asked; INFINITY: not */
    bool update_pending; /* at this instant */
};

static struct fluid *fluid_of(struct sled_network *network)
{
    return (struct fluid *)network;
}

static void must(enum sled_status status, const struct sled_err *err)
{
    if (status != SLED_OK)
        sled_worker_fail(err);
}

static void destroy(struct sled_network *network)
{
    struct fluid *net = fluid_of(network);

    sled_fluid_destroy(net->solver);
    free(net->call);
    free(net->use);
    free(net->due);
    free(net);
}

static enum sled_status add_path(struct sled_network *network, const struct sled_network_path *path,
                                 uint32_t *id, struct sled_err *err)
{
    struct fluid *net = fluid_of(network);

    SLED_TRY(sled_vec_reserve(&net->use, &net->use_capacity, path->nuses, err));
    for (uint32_t i = 0; i < path->nuses; i++)
        net->use[i] = (struct sled_fluid_use){path->use[i].resource, path->use[i].weight};
    return sled_fluid_add_path(net->solver, net->use, path->nuses, path->capped, id, err);
}

/* Nothing flows over SimGrid's links: the platform is one host per chip, for the actors. */
static enum sled_status start(struct sled_network *network, struct sled_err *err)
{
    const uint32_t nchips = fluid_of(network)->machine->fabric->nchips;
    uint32_t *variants;

    SLED_TRY(sled_vec_alloc(&variants, nchips, err));
    const struct sled_platform platform = {.nchips = nchips, .variants = variants};
    const enum sled_status status = sled_platform_load(&platform, err);
    free(variants);
    return status;
}

static void wake(void *arg);

/* All that happens at this instant has happened: when is the next completion? */
static void update(void *arg)
{
    struct fluid *net = arg;
    struct sled_err err = SLED_ERR_INIT;
    double next_s = INFINITY;

    net->update_pending = false;
    must(sled_fluid_next(net->solver, &next_s, &err), &err);
    if (next_s < net->wake_s || net->wake_s <= sled_clock_now(net->clock)) {
        net->wake_s = next_s;
        if (!isinf(next_s))
            sled_clock_at(net->clock, next_s, wake, net);
    }
}

static void ask_for_update(struct fluid *net)
{
    if (net->update_pending)
        return;
    net->update_pending = true;
    sled_clock_after(net->clock, 0, update, net);
}

/* Completions are due, or were when the clock was asked: then nothing is, and the time of the
 * next one is asked for again. */
static void wake(void *arg)
{
    struct fluid *net = arg;
    struct sled_err err = SLED_ERR_INIT;
    const uint64_t *tags;
    size_t count;

    sled_fluid_advance(net->solver, sled_clock_now(net->clock), &tags, &count);
    must(sled_vec_reserve(&net->due, &net->due_capacity, count, &err), &err);
    for (size_t i = 0; i < count; i++) { /* calls may start flows, and so reuse numbers */
        struct call *call = &net->call[tags[i]];

        net->due[i] = *call;
        call->next_free = net->free_call;
        net->free_call = (uint32_t)tags[i];
    }
    for (size_t i = 0; i < count; i++)
        net->due[i].run(net->due[i].arg);
    ask_for_update(net);
}

static void flow(struct sled_network *network, uint32_t path, uint64_t bytes,
                 double cap_bytes_per_s, sled_callback run, void *arg)
{
    struct fluid *net = fluid_of(network);
    struct sled_err err = SLED_ERR_INIT;
    uint32_t tag = net->free_call;

    if (tag == SLED_NONE) {
        must(sled_vec_reserve(&net->call, &net->call_capacity, net->ncalls + 1, &err), &err);
        tag = (uint32_t)net->ncalls++;
    } else {
        net->free_call = net->call[tag].next_free;
    }
    net->call[tag] = (struct call){.run = run, .arg = arg};
    must(sled_fluid_start(net->solver, sled_clock_now(net->clock), path, (double)bytes,
                          cap_bytes_per_s, tag, &err),
         &err);
    ask_for_update(net);
}

static void stop(struct sled_network *network)
{
    assert(sled_fluid_active(fluid_of(network)->solver) == 0);
}

static double weight_error(const struct sled_network *network)
{
    (void)network;
    return 0; /* weights are doubles here */
}

static const struct sled_network_ops ops = {
    .add_path = add_path,
    .start = start,
    .flow = flow,
    .stop = stop,
    .weight_error = weight_error,
    .destroy = destroy,
};

static enum sled_status create_solver(double accuracy, const struct sled_machine *machine,
                                      struct sled_fluid **out, struct sled_err *err)
{
    double *capacity;

    SLED_TRY(sled_vec_alloc(&capacity, machine->nresources, err));
    for (uint32_t r = 0; r < machine->nresources; r++)
        capacity[r] = machine->resource[r].bytes_per_s > 0
                          ? machine->resource[r].bytes_per_s
                          : 1; /* a failed link, which no route takes: any number will do */
    const enum sled_status status =
        sled_fluid_create(capacity, machine->nresources, accuracy, out, err);
    free(capacity);
    return status;
}

enum sled_status sled_network_fluid_create(double accuracy, const struct sled_machine *machine,
                                           struct sled_clock *clock, struct sled_network **out,
                                           struct sled_err *err)
{
    struct fluid *net;

    SLED_TRY(sled_vec_alloc(&net, 1, err));
    *net = (struct fluid){.base = {.ops = &ops},
                          .machine = machine,
                          .clock = clock,
                          .free_call = SLED_NONE,
                          .wake_s = INFINITY};
    if (create_solver(accuracy, machine, &net->solver, err) != SLED_OK) {
        free(net);
        return err->code;
    }
    *out = &net->base;
    return SLED_OK;
}
