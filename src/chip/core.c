/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/core.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    PERIODS = 8,     /* longest repetition that is looked for, in steps */
    LONG_RUN = 4096, /* steps of a loop without one, whose second half then stands for the rest */
};
static const double tolerance = 1e-9;

/* All times that the future depends on. */
enum {
    FREE = 0,
    READY = FREE + SLED_ENGINES,
    COMPUTED = READY + SLED_TILE_ROOM, /* all results of the engines that are no DMA's */
    LOADED,                            /* all of DMA that came in */
    TIMES
};

struct state {
    double time[TIMES];
    double slow_work_s; /* that the tensor engine does before it is at full speed */
    struct sled_core_result total;
};

struct core {
    const struct sled_tensor_spec *tensor;
    const struct sled_kernel_trace *trace;
    uint32_t ages; /* that any tile of the stream has */
    const struct sled_tile *under_way[SLED_TILE_ROOM];
    bool joins[SLED_TILE_ROOM]; /* and has not yet */
    double joined_s;            /* what came in before the loop that joins */
    struct state now;
    struct state past[PERIODS]; /* after earlier steps of this loop; [0] the last one */
    uint32_t npast;
};

/* How much longer `work_s` takes the tensor engine that starts at start_s, for ramping up. */
static double ramp_delay(struct core *core, double start_s, double work_s)
{
    const struct sled_tensor_spec *tensor = core->tensor;

    if (start_s - core->now.time[FREE + SLED_ENGINE_TENSOR] >= tensor->ramp_s / 2)
        core->now.slow_work_s = tensor->ramp_s * tensor->ramp_share;

    const double slow_s = fmin(work_s, core->now.slow_work_s);
    core->now.slow_work_s -= slow_s;
    return slow_s / tensor->ramp_share - slow_s;
}

static bool computes(const struct sled_op *op)
{
    return op->engine != SLED_ENGINE_SYNC && op->engine != SLED_ENGINE_DMA;
}

/* Issue op when `after` has passed. Returns when its result, the last one's of a chain, is there.
 */
static double issue(struct core *core, const struct sled_op *op, double after)
{
    double *free_s = &core->now.time[FREE + op->engine];
    struct sled_core_result *total = &core->now.total;
    const double times = (double)op->times;
    const double start_s = op->posted ? *free_s : fmax(*free_s, after);
    const double extra_s = op->engine == SLED_ENGINE_TENSOR && core->tensor->ramp_s > 0
                               ? ramp_delay(core, start_s, times * op->busy_s)
                               : 0;
    const double last_s = start_s + extra_s + (times - 1) * fmax(op->busy_s, op->latency_s);
    const double ready_s = fmax(last_s, after) + op->latency_s;

    *free_s = last_s + op->busy_s;
    if (computes(op))
        core->now.time[COMPUTED] = fmax(core->now.time[COMPUTED], ready_s);
    else if (!op->posted)
        core->now.time[LOADED] = fmax(core->now.time[LOADED], ready_s);
    total->busy_s[op->engine] += times * op->busy_s + extra_s;
    total->hbm_bytes += times * op->hbm_bytes;
    total->sbuf_bytes += times * op->sbuf_bytes;
    total->time_s = fmax(total->time_s, fmax(*free_s, ready_s));
    total->simulated++;
    if (core->trace != NULL)
        core->trace->slice(core->trace->arg, op->engine, op->name, start_s, *free_s - start_s);
    return ready_s;
}

/* The instructions of one age of one tile. */
static void issue_age(struct core *core, const struct sled_tile *tile, uint32_t age)
{
    double *ready_s = &core->now.time[READY + age];
    double before_s = *ready_s; /* what the last instruction waited for */

    for (uint32_t i = 0; i < tile->nops; i++) {
        const struct sled_op *op = &tile->op[i];

        if (op->age != age)
            continue;
        if (core->joins[age] && computes(op)) {
            *ready_s = fmax(*ready_s, fmax(core->now.time[COMPUTED], core->joined_s));
            before_s = *ready_s;
            core->joins[age] = false;
        }
        if (op->beside) {
            *ready_s = fmax(*ready_s, issue(core, op, before_s));
        } else {
            before_s = *ready_s;
            *ready_s = issue(core, op, before_s);
        }
    }
}

/* One step of the loop: tile enters (NULL: none), every other grows older, the oldest leaves. */
static void step(struct core *core, const struct sled_tile *tile, bool joins)
{
    double *ready_s = &core->now.time[READY];
    const double retired_s = ready_s[core->ages - 1];

    for (uint32_t age = core->ages - 1; age > 0; age--) {
        ready_s[age] = ready_s[age - 1];
        core->under_way[age] = core->under_way[age - 1];
        core->joins[age] = core->joins[age - 1];
    }
    ready_s[0] = tile != NULL && tile->ahead ? 0 : retired_s;
    core->under_way[0] = tile;
    core->joins[0] = joins;
    for (uint32_t age = 0; age < core->ages; age++)
        if (core->under_way[age] != NULL)
            issue_age(core, core->under_way[age], age);
}

/*
 * Has the loop moved every time by *shift_s since past? Times that stayed exactly as they were
 * belong to what the loop does not use, or waited for and left behind.
 */
static bool repeats(const struct state *past, const struct state *now, double *shift_s)
{
    double shift = 0;

    for (int i = 0; i < TIMES; i++)
        shift = fmax(shift, now->time[i] - past->time[i]);
    for (int i = 0; i < TIMES; i++) {
        const double moved = now->time[i] - past->time[i];

        if (moved != 0 && fabs(moved - shift) > tolerance * shift)
            return false;
    }
    *shift_s = shift;
    return shift > 0 && past->slow_work_s == now->slow_work_s;
}

/* Do `times` more times what happened since past: every time that moved moves on. */
static void repeat(struct core *core, const struct state *past, double shift_s, uint64_t times)
{
    struct state *now = &core->now;
    const double n = (double)times;
    struct sled_core_result *total = &now->total;

    if (core->trace != NULL)
        core->trace->repeat(core->trace->arg, times, total->time_s, n * shift_s);
    for (int i = 0; i < TIMES; i++)
        if (now->time[i] != past->time[i])
            now->time[i] += n * shift_s;
    for (int e = 0; e < SLED_ENGINES; e++)
        total->busy_s[e] += n * (total->busy_s[e] - past->total.busy_s[e]);
    total->hbm_bytes += n * (total->hbm_bytes - past->total.hbm_bytes);
    total->sbuf_bytes += n * (total->sbuf_bytes - past->total.sbuf_bytes);
    total->time_s += n * shift_s;
}

static bool is_steady(const struct core *core)
{
    for (uint32_t age = 1; age < core->ages; age++)
        if (core->under_way[age] != core->under_way[0])
            return false;
    return true;
}

/* If the loop repeats, skip as many whole periods of the `left` steps as there are. */
static uint64_t skip(struct core *core, uint64_t left)
{
    for (uint32_t p = 0; p < core->npast; p++) {
        double shift_s;

        if (left > p && repeats(&core->past[p], &core->now, &shift_s)) {
            repeat(core, &core->past[p], shift_s, left / (p + 1));
            return left / (p + 1) * (p + 1);
        }
    }
    return 0;
}

static void remember(struct core *core)
{
    memmove(&core->past[1], &core->past[0], (PERIODS - 1) * sizeof core->past[0]);
    core->past[0] = core->now;
    if (core->npast < PERIODS)
        core->npast++;
}

static uint32_t first_computing(const struct sled_tile *tile)
{
    for (uint32_t i = 0; i < tile->nops; i++)
        if (computes(&tile->op[i]))
            return tile->op[i].age;
    return tile->op[0].age;
}

/* Let steps pass in which no tile enters, until one that enters and first computes at `age` comes
 * after all instructions of those under way. It costs no time, but the buffers of those steps. */
static void let_pass(struct core *core, uint32_t age)
{
    uint32_t steps = 0;

    for (uint32_t at = 0; at < core->ages; at++) {
        const struct sled_tile *tile = core->under_way[at];
        const uint32_t last = tile != NULL ? tile->op[tile->nops - 1].age : 0;

        if (last > at + age + steps)
            steps = last - at - age;
    }
    while (steps-- > 0)
        step(core, NULL, false);
}

static void run_loop(struct core *core, const struct sled_loop *loop)
{
    struct state middle = {0};

    core->npast = 0;
    if (loop->joins) {
        core->joined_s = core->now.time[LOADED];
        let_pass(core, first_computing(&loop->tile));
    }
    for (uint64_t left = loop->times, steady = 0; left > 0;) {
        step(core, &loop->tile, loop->joins && left == loop->times);
        left--;
        if (!is_steady(core))
            continue;
        left -= skip(core, left);
        remember(core);
        steady++;
        if (steady == LONG_RUN / 2)
            middle = core->now;
        if (steady == LONG_RUN && left >= LONG_RUN / 2) {
            const uint64_t times = left / (LONG_RUN / 2);

            repeat(core, &middle, core->now.total.time_s - middle.total.time_s, times);
            left -= times * (LONG_RUN / 2);
        }
    }
}

/* Buffers for one step more than the tile has ages, if the kernel says nothing, so that a new tile
 * need not wait for the last instruction of the step before. */
static uint32_t room_of(const struct sled_tile *tile)
{
    const uint32_t room = tile->room > 0 ? tile->room : tile->op[tile->nops - 1].age + 2;

    assert(room > tile->op[tile->nops - 1].age && room <= SLED_TILE_ROOM);
    return room;
}

void sled_core_run(const struct sled_chip *chip, const struct sled_instr_stream *stream,
                   const struct sled_kernel_trace *trace, struct sled_core_result *out)
{
    const struct sled_tensor_spec *tensor = &chip->tensor;
    struct core core = {.tensor = tensor, .trace = trace};

    assert(stream->count > 0);
    core.now.slow_work_s = tensor->ramp_s * tensor->ramp_share;
    for (size_t i = 0; i < stream->count; i++) {
        const uint32_t room = room_of(&stream->loop[i].tile);

        core.ages = room > core.ages ? room : core.ages;
    }
    for (size_t i = 0; i < stream->count; i++)
        run_loop(&core, &stream->loop[i]);
    for (uint32_t age = 1; age < core.ages; age++)
        step(&core, NULL, false);
    *out = core.now.total;
}
