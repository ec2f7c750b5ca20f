/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of src/fluid on SimGrid's clock, which asks it for the next completion when
 * all else of an instant has happened: so flows that start at one instant are solved once.
 */
#include "sim/network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "fluid/fluid.h"
#include "sim/platform.h"
#include "sim/worker.h"

struct fluid {
    struct sled_network base;
    struct sled_source source;
    const struct sled_machine *machine;
    struct sled_clock *clock;
    struct sled_fluid *solver;

    struct sled_fluid_use *use; /* of a path at hand */
    size_t use_capacity;
    struct sled_event **due; /* of completions at hand */
    size_t due_capacity;
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

    net->clock->source = NULL;
    sled_fluid_destroy(net->solver);
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

static struct fluid *fluid_of_source(struct sled_source *source)
{
    return (struct fluid *)((char *)source - offsetof(struct fluid, source));
}

static double next_s(struct sled_source *source)
{
    struct sled_err err = SLED_ERR_INIT;
    double next = INFINITY;

    must(sled_fluid_next(fluid_of_source(source)->solver, &next, &err), &err);
    return next;
}

static void run(struct sled_source *source)
{
    struct fluid *net = fluid_of_source(source);
    struct sled_err err = SLED_ERR_INIT;
    const uint64_t *tags;
    size_t count;

    sled_fluid_advance(net->solver, sled_clock_now(net->clock), &tags, &count);
    must(sled_vec_reserve(&net->due, &net->due_capacity, count, &err), &err);
    for (size_t i = 0; i < count; i++) /* the tags are gone when an event starts a flow */
        net->due[i] = (struct sled_event *)(uintptr_t)tags[i];
    for (size_t i = 0; i < count; i++)
        net->due[i]->run(net->due[i]);
}

static void flow(struct sled_network *network, uint32_t path, uint64_t bytes,
                 double cap_bytes_per_s, struct sled_event *left)
{
    struct fluid *net = fluid_of(network);
    struct sled_err err = SLED_ERR_INIT;

    must(sled_fluid_start(net->solver, sled_clock_now(net->clock), path, (double)bytes,
                          cap_bytes_per_s, (uintptr_t)left, &err),
         &err);
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
                          .source = {.next_s = next_s, .run = run},
                          .machine = machine,
                          .clock = clock};
    if (create_solver(accuracy, machine, &net->solver, err) != SLED_OK) {
        free(net);
        return err->code;
    }
    clock->source = &net->source;
    *out = &net->base;
    return SLED_OK;
}
