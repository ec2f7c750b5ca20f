/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of flows, and two ways to play them: through the solver, every step of which is held
 * to what must be true of any step, and by an oracle that is slow and obvious.
 */
#ifndef SLED_TESTS_FLUID_FIXTURE_H
#define SLED_TESTS_FLUID_FIXTURE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/vec.h"
#include "check_main.h"
#include "fluid/fluid.h"

/* Check writes each of its assertions down before it looks: too slow for the millions here. */
#define FLUID_REQUIRE(condition, ...)  \
    do {                               \
        if (!(condition))              \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)

#define CK_OK(call) FLUID_REQUIRE((call) == SLED_OK, "%s: %s", #call, err.msg)

#define FLUID_NONE UINT32_MAX
enum { FLUID_USES = 8 };

struct fluid_path {
    struct sled_fluid_use use[FLUID_USES];
    uint32_t nuses;
    bool capped;
};

struct fluid_flow {
    double at_s;    /* when it starts, unless it comes after another */
    uint32_t after; /* flow at whose completion it starts, or FLUID_NONE */
    uint32_t path;
    double bytes;
    double cap;
};

/* From at_s on the resource has this capacity. */
struct fluid_change {
    double at_s;
    uint32_t resource;
    double capacity;
};

/* Changes are in order of time, flows in any. */
struct fluid_script {
    double *capacity;
    uint32_t nresources;
    struct fluid_path *path;
    uint32_t npaths;
    struct fluid_flow *flow;
    uint32_t nflows;
    struct fluid_change *change;
    uint32_t nchanges;
    size_t capacity_room, path_room, flow_room, change_room;
};

/* When flows started and ended: [nflows] each. */
struct fluid_times {
    double *start_s, *end_s;
};

static inline void fluid_script_finish(struct fluid_script *script)
{
    free(script->capacity);
    free(script->path);
    free(script->flow);
    free(script->change);
}

static inline void fluid_times_finish(struct fluid_times *times)
{
    free(times->start_s);
    free(times->end_s);
}

static inline uint32_t fluid_add_resource(struct fluid_script *script, double capacity)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(
        sled_vec_reserve(&script->capacity, &script->capacity_room, script->nresources + 1, &err));
    script->capacity[script->nresources] = capacity;
    return script->nresources++;
}

static inline uint32_t fluid_add_path(struct fluid_script *script, bool capped)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_vec_reserve(&script->path, &script->path_room, script->npaths + 1, &err));
    script->path[script->npaths] = (struct fluid_path){.capped = capped};
    return script->npaths++;
}

/* One more resource of the latest path. */
static inline void fluid_add_use(struct fluid_script *script, uint32_t resource, double weight)
{
    struct fluid_path *path = &script->path[script->npaths - 1];

    FLUID_REQUIRE(path->nuses < FLUID_USES, "more than %d uses", FLUID_USES);
    path->use[path->nuses++] = (struct sled_fluid_use){resource, weight};
}

static inline uint32_t fluid_add_flow(struct fluid_script *script, struct fluid_flow flow)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_vec_reserve(&script->flow, &script->flow_room, script->nflows + 1, &err));
    script->flow[script->nflows] = flow;
    return script->nflows++;
}

static inline void fluid_add_change(struct fluid_script *script, struct fluid_change change)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_vec_reserve(&script->change, &script->change_room, script->nchanges + 1, &err));
    script->change[script->nchanges++] = change;
}

enum { FLUID_PORT_BYTES_PER_S = 1000000000 };

/* All pairs of n endpoints, as paths in order of source, then destination. Ports out of and into
 * each endpoint, and a memory that both use. Uneven: every third endpoint has half the bandwidth,
 * and every fourth a memory that is narrower than its ports. */
static inline void fluid_add_star(struct fluid_script *script, uint32_t n, bool uneven)
{
    for (uint32_t i = 0; i < n; i++) {
        const double port = FLUID_PORT_BYTES_PER_S * (uneven && i % 3 == 0 ? 0.5 : 1);

        fluid_add_resource(script, port);
        fluid_add_resource(script, port);
        fluid_add_resource(script, port * (uneven && i % 4 == 0 ? 1.3 : 4));
    }
    for (uint32_t s = 0; s < n; s++)
        for (uint32_t d = 0; d < n; d++) {
            if (s == d)
                continue;
            fluid_add_path(script, false);
            fluid_add_use(script, 3 * s, 1);
            fluid_add_use(script, 3 * d + 1, 1);
            fluid_add_use(script, 3 * s + 2, 1);
            fluid_add_use(script, 3 * d + 2, 1);
        }
}

static inline void fluid_times_init(struct fluid_times *times, uint32_t nflows)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_vec_alloc(&times->start_s, nflows, &err));
    CK_OK(sled_vec_alloc(&times->end_s, nflows, &err));
    for (uint32_t f = 0; f < nflows; f++)
        times->start_s[f] = times->end_s[f] = NAN; /* not yet */
}

/* Flows that have not started, in their order, and those that start at the instant at hand. */
struct fluid_queue {
    uint32_t *waiting, *due;
    uint32_t nwaiting, ndue;
};

static inline void fluid_queue_init(struct fluid_queue *queue, uint32_t nflows)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_vec_alloc(&queue->waiting, nflows, &err));
    CK_OK(sled_vec_alloc(&queue->due, nflows, &err));
    for (uint32_t f = 0; f < nflows; f++)
        queue->waiting[f] = f;
    queue->nwaiting = nflows;
}

static inline void fluid_queue_finish(struct fluid_queue *queue)
{
    free(queue->waiting);
    free(queue->due);
}

/* The earliest event of the script that is still to come, completions apart. */
static inline double fluid_next_event(const struct fluid_script *script,
                                      const struct fluid_queue *queue, uint32_t changes_done)
{
    double next_s = changes_done < script->nchanges ? script->change[changes_done].at_s : INFINITY;

    for (uint32_t i = 0; i < queue->nwaiting; i++) {
        const struct fluid_flow *flow = &script->flow[queue->waiting[i]];

        if (flow->after == FLUID_NONE)
            next_s = fmin(next_s, flow->at_s);
    }
    return next_s;
}

/* Find the flows that start now, by their time or because another is complete. */
static inline void fluid_take_due(const struct fluid_script *script, double now,
                                  struct fluid_queue *queue, struct fluid_times *times)
{
    uint32_t kept = 0;

    queue->ndue = 0;
    for (uint32_t i = 0; i < queue->nwaiting; i++) {
        const uint32_t f = queue->waiting[i];
        const struct fluid_flow *flow = &script->flow[f];

        if (flow->after == FLUID_NONE ? flow->at_s <= now : !isnan(times->end_s[flow->after])) {
            queue->due[queue->ndue++] = f;
            times->start_s[f] = now;
        } else {
            queue->waiting[kept++] = f;
        }
    }
    queue->nwaiting = kept;
}

/* A run through the solver. */
struct fluid_run {
    const struct fluid_script *script;
    struct sled_fluid *fluid;
    bool exact;
    double now;
    uint32_t changes_done;
    struct fluid_queue queue;
    struct fluid_times times;
    double *capacity;   /* [nresources], as changed so far */
    double *used, *top; /* [nresources]: sum of rates, greatest rate */
    double *moved;      /* [nflows]: integral of the rate */
};

static inline void fluid_open(struct fluid_run *run, const struct fluid_script *script,
                              double accuracy)
{
    struct sled_err err = SLED_ERR_INIT;

    *run = (struct fluid_run){.script = script, .exact = accuracy == 0};
    fluid_times_init(&run->times, script->nflows);
    fluid_queue_init(&run->queue, script->nflows);
    CK_OK(sled_vec_alloc(&run->capacity, script->nresources, &err));
    CK_OK(sled_vec_alloc(&run->used, script->nresources, &err));
    CK_OK(sled_vec_alloc(&run->top, script->nresources, &err));
    CK_OK(sled_vec_alloc(&run->moved, script->nflows, &err));
    memcpy(run->capacity, script->capacity, script->nresources * sizeof *run->capacity);
    CK_OK(sled_fluid_create(script->capacity, script->nresources, accuracy, &run->fluid, &err));
    for (uint32_t p = 0; p < script->npaths; p++) {
        const struct fluid_path *path = &script->path[p];
        uint32_t id;

        CK_OK(sled_fluid_add_path(run->fluid, path->use, path->nuses, path->capped, &id, &err));
        ck_assert_uint_eq(id, p);
    }
}

static inline void fluid_close(struct fluid_run *run)
{
    sled_fluid_destroy(run->fluid);
    fluid_queue_finish(&run->queue);
    free(run->capacity);
    free(run->used);
    free(run->top);
    free(run->moved);
}

/* Max-min: the flow sits at its cap, or one of its resources is full and has no faster flow. */
static inline bool fluid_is_held(const struct fluid_run *run, const struct sled_fluid_flow *flow)
{
    const struct fluid_path *path = &run->script->path[flow->path];

    if (flow->rate >= run->script->flow[flow->tag].cap * (1 - 1e-9))
        return true;
    for (uint32_t u = 0; u < path->nuses; u++) {
        const uint32_t r = path->use[u].resource;

        if (run->used[r] >= run->capacity[r] * (1 - 1e-9) && flow->rate >= run->top[r] * (1 - 1e-9))
            return true;
    }
    return false;
}

/* What must be true of the rates whenever they are solved. */
static inline void fluid_check_rates(struct fluid_run *run)
{
    struct sled_fluid_flow flow;
    uint32_t cursor = 0;
    size_t seen = 0;

    memset(run->used, 0, run->script->nresources * sizeof *run->used);
    memset(run->top, 0, run->script->nresources * sizeof *run->top);
    for (; sled_fluid_walk(run->fluid, &cursor, &flow); seen++) {
        const uint32_t f = (uint32_t)flow.tag;
        const struct fluid_flow *asked = &run->script->flow[f];
        const struct fluid_path *path = &run->script->path[flow.path];

        FLUID_REQUIRE(flow.path == asked->path, "flow %u: path %u, not %u", f, flow.path,
                      asked->path);
        FLUID_REQUIRE(flow.rate > 0 && flow.rate <= asked->cap * (1 + 1e-9),
                      "flow %u: a rate of %g, cap %g", f, flow.rate, asked->cap);
        FLUID_REQUIRE(fabs(asked->bytes - run->moved[f] - flow.remaining) <= 1e-9 * asked->bytes,
                      "flow %u: %g of %g bytes remain after %g", f, flow.remaining, asked->bytes,
                      run->moved[f]);
        for (uint32_t u = 0; u < path->nuses; u++) {
            const uint32_t r = path->use[u].resource;

            run->used[r] += path->use[u].weight * flow.rate;
            run->top[r] = fmax(run->top[r], flow.rate);
        }
    }
    FLUID_REQUIRE(seen == sled_fluid_active(run->fluid), "%zu flows seen of %zu", seen,
                  sled_fluid_active(run->fluid));
    for (uint32_t r = 0; r < run->script->nresources; r++)
        FLUID_REQUIRE(run->used[r] <= run->capacity[r] * (1 + 1e-9),
                      "resource %u: %g used of %g at %g s", r, run->used[r], run->capacity[r],
                      run->now);
    for (cursor = 0; run->exact && sled_fluid_walk(run->fluid, &cursor, &flow);)
        FLUID_REQUIRE(fluid_is_held(run, &flow), "flow %u could be faster at %g s",
                      (unsigned)flow.tag, run->now);
}

/* Completions, then changes of capacity, then starts. */
static inline void fluid_step(struct fluid_run *run, double now)
{
    const struct fluid_script *script = run->script;
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fluid_flow flow;
    uint32_t cursor = 0;
    const uint64_t *tags;
    size_t count;

    while (sled_fluid_walk(run->fluid, &cursor, &flow))
        run->moved[flow.tag] += flow.rate * (now - run->now);
    run->now = now;
    sled_fluid_advance(run->fluid, now, &tags, &count);
    for (size_t i = 0; i < count; i++) {
        const double bytes = script->flow[tags[i]].bytes;

        FLUID_REQUIRE(fabs(run->moved[tags[i]] - bytes) <= 1e-9 * bytes,
                      "flow %u is complete after %g of %g bytes", (unsigned)tags[i],
                      run->moved[tags[i]], bytes);
        run->times.end_s[tags[i]] = now;
    }
    for (; run->changes_done < script->nchanges && script->change[run->changes_done].at_s <= now;
         run->changes_done++) {
        const struct fluid_change *change = &script->change[run->changes_done];

        run->capacity[change->resource] = change->capacity;
        CK_OK(sled_fluid_set_capacity(run->fluid, now, change->resource, change->capacity, &err));
    }
    fluid_take_due(script, now, &run->queue, &run->times);
    for (uint32_t i = 0; i < run->queue.ndue; i++) {
        const uint32_t f = run->queue.due[i];
        const struct fluid_flow *asked = &script->flow[f];

        CK_OK(sled_fluid_start(run->fluid, now, asked->path, asked->bytes, asked->cap, f, &err));
    }
}

/* Play the script through the solver. *out is for the caller to finish; stats may be NULL. */
static inline void fluid_play(const struct fluid_script *script, double accuracy,
                              struct fluid_times *out, struct sled_fluid_stats *stats)
{
    struct sled_err err = SLED_ERR_INIT;
    struct fluid_run run;
    uint64_t steps = 0;
    double next_s;

    fluid_open(&run, script, accuracy);
    for (;;) {
        CK_OK(sled_fluid_next(run.fluid, &next_s, &err));
        if (steps++ % (1 + sled_fluid_active(run.fluid) / 256) == 0) /* more flows, more steps */
            fluid_check_rates(&run);
        next_s = fmin(next_s, fluid_next_event(script, &run.queue, run.changes_done));
        if (isinf(next_s))
            break;
        FLUID_REQUIRE(next_s >= run.now, "%g s comes after %g s", next_s, run.now);
        fluid_step(&run, next_s);
    }
    ck_assert_uint_eq(sled_fluid_active(run.fluid), 0);
    for (uint32_t f = 0; f < script->nflows; f++)
        FLUID_REQUIRE(run.times.end_s[f] > run.times.start_s[f], "flow %u never ended", f);
    if (stats != NULL)
        sled_fluid_stats_get(run.fluid, stats);
    *out = run.times;
    fluid_close(&run);
}

/*
 * All rates at once, as the definition has it: raise them together, and let go of the flows of
 * whatever is full, one resource or one cap at a time. left and weight are [nresources].
 */
static inline void fluid_fill(const struct fluid_script *script, const double *capacity,
                              const bool *active, double *left, double *weight, double *rate)
{
    memcpy(left, capacity, script->nresources * sizeof *left);
    for (uint32_t f = 0; f < script->nflows; f++)
        rate[f] = 0;
    for (;;) {
        uint32_t full = FLUID_NONE, capped = FLUID_NONE;
        double level = INFINITY;

        memset(weight, 0, script->nresources * sizeof *weight);
        for (uint32_t f = 0; f < script->nflows; f++) {
            const struct fluid_path *path = &script->path[script->flow[f].path];

            for (uint32_t u = 0; active[f] && rate[f] == 0 && u < path->nuses; u++)
                weight[path->use[u].resource] += path->use[u].weight;
        }
        for (uint32_t r = 0; r < script->nresources; r++)
            if (weight[r] > 0 && left[r] / weight[r] < level) {
                level = left[r] / weight[r];
                full = r;
            }
        for (uint32_t f = 0; f < script->nflows; f++)
            if (active[f] && rate[f] == 0 && script->flow[f].cap < level) {
                level = script->flow[f].cap;
                capped = f;
            }
        if (isinf(level))
            return;
        for (uint32_t f = 0; f < script->nflows; f++) {
            const struct fluid_path *path = &script->path[script->flow[f].path];
            bool stops = capped == f;

            for (uint32_t u = 0; capped == FLUID_NONE && u < path->nuses; u++)
                stops = stops || path->use[u].resource == full;
            if (!stops || !active[f] || rate[f] != 0)
                continue;
            rate[f] = level;
            for (uint32_t u = 0; u < path->nuses; u++)
                left[path->use[u].resource] -= path->use[u].weight * level;
        }
    }
}

/* Play the script by solving everything at each event. *out is for the caller to finish. */
static inline void fluid_oracle(const struct fluid_script *script, struct fluid_times *out)
{
    struct sled_err err = SLED_ERR_INIT;
    double *capacity, *left, *weight, *rate, *remaining;
    uint32_t changes_done = 0;
    struct fluid_queue queue;
    bool *active;
    double now = 0;

    CK_OK(sled_vec_alloc(&capacity, script->nresources, &err));
    CK_OK(sled_vec_alloc(&left, script->nresources, &err));
    CK_OK(sled_vec_alloc(&weight, script->nresources, &err));
    CK_OK(sled_vec_alloc(&rate, script->nflows, &err));
    CK_OK(sled_vec_alloc(&remaining, script->nflows, &err));
    CK_OK(sled_vec_alloc(&active, script->nflows, &err));
    memcpy(capacity, script->capacity, script->nresources * sizeof *capacity);
    fluid_times_init(out, script->nflows);
    fluid_queue_init(&queue, script->nflows);
    for (;;) {
        double step_s = fluid_next_event(script, &queue, changes_done) - now;

        fluid_fill(script, capacity, active, left, weight, rate);
        for (uint32_t f = 0; f < script->nflows; f++)
            if (active[f])
                step_s = fmin(step_s, fmax(0, remaining[f]) / rate[f]);
        if (isinf(step_s))
            break;
        now += step_s;
        for (uint32_t f = 0; f < script->nflows; f++) {
            if (!active[f])
                continue;
            if (remaining[f] / rate[f] <= step_s) { /* as step_s was found, to the bit */
                active[f] = false;
                out->end_s[f] = now;
            }
            remaining[f] -= step_s * rate[f];
        }
        for (; changes_done < script->nchanges && script->change[changes_done].at_s <= now;
             changes_done++)
            capacity[script->change[changes_done].resource] = script->change[changes_done].capacity;
        fluid_take_due(script, now, &queue, out);
        for (uint32_t i = 0; i < queue.ndue; i++) {
            active[queue.due[i]] = true;
            remaining[queue.due[i]] = script->flow[queue.due[i]].bytes;
        }
    }
    fluid_queue_finish(&queue);
    free(capacity);
    free(left);
    free(weight);
    free(rate);
    free(remaining);
    free(active);
}

#endif
