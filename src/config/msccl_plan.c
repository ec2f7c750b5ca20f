/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the steps of threadblocks to transfers that wait for one another.
 *
 * An event is a transfer to be: the message that a step receives, what it copies or adds, or
 * its mere waiting. Sends are paired with receives, so that a message is one event with two
 * steps, and waits for what either waits for. Then events are put in order, each behind those
 * that it waits for; where that cannot be, threadblocks would wait in a circle.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/vec.h"
#include "config/msccl.h"

#define NONE UINT32_MAX

/* A threadblock, and where its steps are among all. */
struct lane {
    const struct sled_msccl_gpu *gpu;
    const struct sled_msccl_block *block;
    uint32_t first;        /* step */
    uint32_t nsend, nrecv; /* messages */
};

/* A step, and the events it is about; NONE where there is none. */
struct stage {
    const struct lane *lane;
    const struct sled_msccl_step *step;
    uint32_t opens;               /* the first one that the step itself makes */
    uint32_t makes;               /* the last */
    uint32_t sent;                /* the message that it sends, made by its receiver */
    uint32_t done;                /* makes, of this step or the last one of its lane to make any */
    uint32_t last_sent;           /* sent, likewise */
    struct sled_msccl_place out;  /* what it sends */
    struct sled_msccl_place into; /* what it writes */
};

struct event {
    uint32_t stage;  /* that makes it */
    uint32_t sender; /* stage at the other end of a message */
    struct sled_xfer xfer;
    sled_xfer_id id; /* in the plan; NONE until it is there */
    bool open;       /* on the way to it */
};

struct wait {
    uint32_t event, before;
};

struct graph {
    const struct sled_msccl_algo *algo;
    struct lane *lane; /* [nlanes], by gpu and id */
    uint32_t nlanes;
    uint32_t *first_lane; /* [ngpus + 1] */
    struct stage *stage;  /* [nstages], by lane and number */
    uint32_t nstages;
    struct event *event; /* [nevents] */
    uint32_t nevents;
    struct wait *wait; /* [nwaits], once sorted by event */
    size_t nwaits, wait_capacity;
    size_t *first_wait; /* [nevents + 1] */
};

static void graph_finish(struct graph *g)
{
    free(g->lane);
    free(g->first_lane);
    free(g->stage);
    free(g->event);
    free(g->wait);
    free(g->first_wait);
}

/* Lanes and stages, without events. */
static enum sled_status flatten(struct graph *g, struct sled_err *err)
{
    const struct sled_msccl_algo *algo = g->algo;
    size_t nlanes = 0;
    size_t nstages = 0;

    for (size_t i = 0; i < algo->count; i++) {
        nlanes += algo->gpu[i].nblocks;
        for (size_t b = 0; b < algo->gpu[i].nblocks; b++)
            nstages += algo->gpu[i].block[b].nsteps;
    }
    if (nstages >= NONE / 2)
        return sled_msccl_fail(algo, algo->at, err, SLED_E_UNSUPPORTED,
                               "%zu steps, at most %u are possible", nstages, NONE / 2 - 1);
    SLED_TRY(sled_vec_alloc(&g->lane, nlanes, err));
    SLED_TRY(sled_vec_alloc(&g->first_lane, algo->count + 1, err));
    SLED_TRY(sled_vec_alloc(&g->stage, nstages, err));
    SLED_TRY(sled_vec_alloc(&g->event, 2 * nstages, err));

    for (size_t i = 0; i < algo->count; i++) {
        for (size_t b = 0; b < algo->gpu[i].nblocks; b++) {
            const struct sled_msccl_block *block = &algo->gpu[i].block[b];
            struct lane *lane = &g->lane[g->nlanes++];

            *lane = (struct lane){.gpu = &algo->gpu[i], .block = block, .first = g->nstages};
            for (size_t s = 0; s < block->nsteps; s++)
                g->stage[g->nstages++] = (struct stage){.lane = lane,
                                                        .step = &block->step[s],
                                                        .opens = NONE,
                                                        .makes = NONE,
                                                        .sent = NONE,
                                                        .done = NONE,
                                                        .last_sent = NONE};
        }
        g->first_lane[i + 1] = g->nlanes;
    }
    return SLED_OK;
}

static bool same_place(struct sled_msccl_place a, struct sled_msccl_place b)
{
    return a.buffer == b.buffer && a.offset == b.offset;
}

/* One more event of stage s; what it writes is on the stage's GPU. */
static void add_event(struct graph *g, uint32_t s, struct sled_xfer xfer)
{
    struct stage *stage = &g->stage[s];

    xfer.dst = (uint32_t)stage->lane->gpu->id;
    g->event[g->nevents] = (struct event){.stage = s, .sender = NONE, .id = NONE, .xfer = xfer};
    stage->makes = g->nevents++;
    if (stage->opens == NONE)
        stage->opens = stage->makes;
}

/* *from into *to on the GPU of stage s, or nothing moved where they are one place. */
static void add_local(struct graph *g, uint32_t s, struct sled_msccl_place from,
                      struct sled_msccl_place to, enum sled_xfer_op op, int count)
{
    const bool still = op == SLED_XFER_COPY && same_place(from, to);

    add_event(g, s,
              (struct sled_xfer){.src = (uint32_t)g->stage[s].lane->gpu->id,
                                 .src_buffer = from.buffer,
                                 .src_offset = from.offset,
                                 .dst_buffer = to.buffer,
                                 .dst_offset = to.offset,
                                 .count = still ? 0 : (uint64_t)count,
                                 .op = op});
}

/* The message that stage s receives; who sends it is not known yet. */
static void add_message(struct graph *g, uint32_t s, enum sled_xfer_op op)
{
    const struct stage *stage = &g->stage[s];

    add_event(g, s,
              (struct sled_xfer){.dst_buffer = stage->into.buffer,
                                 .dst_offset = stage->into.offset,
                                 .count = (uint64_t)stage->step->count,
                                 .op = op});
}

static void add_events(struct graph *g, uint32_t s)
{
    struct stage *stage = &g->stage[s];
    const struct sled_msccl_step *step = stage->step;
    const int gpu = stage->lane->gpu->id;
    const struct sled_msccl_place src =
        sled_msccl_place(g->algo, gpu, step->src_buffer, step->src_offset);
    const struct sled_msccl_place dst =
        sled_msccl_place(g->algo, gpu, step->dst_buffer, step->dst_offset);

    stage->out = stage->into = dst;
    switch ((enum sled_msccl_op)step->op) {
    case SLED_MSCCL_SEND:
        stage->out = src;
        break;
    case SLED_MSCCL_RECV:
    case SLED_MSCCL_RECV_SEND:
        add_message(g, s, SLED_XFER_COPY);
        break;
    case SLED_MSCCL_RECV_REDUCE_ON:
        stage->out = stage->into = src;
        add_message(g, s, SLED_XFER_REDUCE);
        break;
    case SLED_MSCCL_RECV_REDUCE:
    case SLED_MSCCL_RECV_REDUCE_SEND:
        if (!same_place(src, dst)) /* dst := src, so that what arrives can be added */
            add_local(g, s, src, dst, SLED_XFER_COPY, step->count);
        add_message(g, s, SLED_XFER_REDUCE);
        break;
    case SLED_MSCCL_COPY:
        add_local(g, s, src, dst, SLED_XFER_COPY, step->count);
        break;
    case SLED_MSCCL_REDUCE:
        add_local(g, s, src, dst, SLED_XFER_REDUCE, step->count);
        break;
    case SLED_MSCCL_NOP:
        add_local(g, s, dst, dst, SLED_XFER_COPY, 0);
        break;
    }
}

static void make_events(struct graph *g)
{
    for (uint32_t l = 0; l < g->nlanes; l++) {
        struct lane *lane = &g->lane[l];

        for (uint32_t i = 0; i < lane->block->nsteps; i++) {
            const struct sled_msccl_traits *traits =
                &sled_msccl_traits[g->stage[lane->first + i].step->op];

            add_events(g, lane->first + i);
            lane->nsend += traits->sends;
            lane->nrecv += traits->receives;
        }
    }
}

/* The lane of gpu that sends to (receives from) peer on channel; *out NULL when none does. */
static enum sled_status find_lane(const struct graph *g, int gpu, bool sending, int peer,
                                  int channel, const struct lane **out, struct sled_err *err)
{
    *out = NULL;
    for (uint32_t l = g->first_lane[gpu]; l < g->first_lane[gpu + 1]; l++) {
        const struct lane *lane = &g->lane[l];

        if ((sending ? lane->nsend : lane->nrecv) == 0 || lane->block->channel != channel ||
            (sending ? lane->block->send : lane->block->recv) != peer)
            continue;
        if (*out != NULL)
            return sled_msccl_fail(g->algo, lane->block->at, err, SLED_E_INPUT,
                                   "tb %d and tb %d of gpu %d both %s gpu %d on channel "
                                   "%d, expected one",
                                   (*out)->block->id, lane->block->id, gpu,
                                   sending ? "send to" : "receive from", peer, channel);
        *out = lane;
    }
    return SLED_OK;
}

/* The next step of lane, from *i on, that sends (receives). */
static uint32_t next_stage(const struct graph *g, const struct lane *lane, bool sending,
                           uint32_t *i)
{
    for (;; (*i)++) {
        const struct sled_msccl_traits *traits =
            &sled_msccl_traits[g->stage[lane->first + *i].step->op];

        if (sending ? traits->sends : traits->receives)
            return lane->first + (*i)++;
    }
}

enum { NAME_SIZE = 64 };

/* "gpu 0 tb 1 step 2 (rrs)". Returns buf. */
static const char *stage_name(const struct stage *stage, char buf[static NAME_SIZE])
{
    snprintf(buf, NAME_SIZE, "gpu %d tb %d step %d (%s)", stage->lane->gpu->id,
             stage->lane->block->id, stage->step->number, sled_msccl_op_names[stage->step->op]);
    return buf;
}

/* Both ends of a message are known. */
static enum sled_status join(struct graph *g, uint32_t sender, uint32_t receiver,
                             struct sled_err *err)
{
    struct stage *from = &g->stage[sender];
    const struct stage *to = &g->stage[receiver];
    struct event *message = &g->event[to->makes];
    char from_name[NAME_SIZE], to_name[NAME_SIZE];

    if (to->step->count != from->step->count)
        return sled_msccl_fail(g->algo, to->step->at, err, SLED_E_INPUT,
                               "%s receives %d chunks, but %s sends %d", stage_name(to, to_name),
                               to->step->count, stage_name(from, from_name), from->step->count);
    from->sent = to->makes;
    message->sender = sender;
    message->xfer.src = (uint32_t)from->lane->gpu->id;
    message->xfer.src_buffer = from->out.buffer;
    message->xfer.src_offset = from->out.offset;
    return SLED_OK;
}

/* The k-th message of a lane, at the given stage, has no other end. */
static enum sled_status unmatched(const struct graph *g, const struct stage *stage, bool sending,
                                  uint32_t k, uint32_t nother, struct sled_err *err)
{
    const struct sled_msccl_block *block = stage->lane->block;
    const int peer = (sending ? block->send : block->recv);
    char name[NAME_SIZE];

    return sled_msccl_fail(g->algo, stage->step->at, err, SLED_E_INPUT,
                           "%s %s message %u %s gpu %d on channel %d, but gpu %d %s %u there",
                           stage_name(stage, name), sending ? "sends" : "receives", k + 1,
                           sending ? "to" : "from", peer, block->channel, peer,
                           sending ? "receives" : "sends", nother);
}

/* Pair what a lane sends with what its peer receives, or the other way round. */
static enum sled_status pair_lane(struct graph *g, const struct lane *lane, bool sending,
                                  struct sled_err *err)
{
    const int gpu = lane->gpu->id;
    const int peer = sending ? lane->block->send : lane->block->recv;
    const struct lane *own, *other; /* own is lane, unless it shares the channel */
    uint32_t i = 0;
    uint32_t j = 0;

    SLED_TRY(find_lane(g, gpu, sending, peer, lane->block->channel, &own, err));
    SLED_TRY(find_lane(g, peer, !sending, gpu, lane->block->channel, &other, err));
    const uint32_t nown = sending ? lane->nsend : lane->nrecv;
    const uint32_t nother = other == NULL ? 0 : sending ? other->nrecv : other->nsend;

    for (uint32_t k = 0; k < nown; k++) {
        const uint32_t stage = next_stage(g, lane, sending, &i);

        if (k == nother)
            return unmatched(g, &g->stage[stage], sending, k, nother, err);
        if (sending) /* from the other side it was, or will be, the same pair */
            SLED_TRY(join(g, stage, next_stage(g, other, false, &j), err));
    }
    return SLED_OK;
}

static enum sled_status pair(struct graph *g, struct sled_err *err)
{
    for (uint32_t l = 0; l < g->nlanes; l++) {
        if (g->lane[l].nsend > 0)
            SLED_TRY(pair_lane(g, &g->lane[l], true, err));
        if (g->lane[l].nrecv > 0)
            SLED_TRY(pair_lane(g, &g->lane[l], false, err));
    }
    return SLED_OK;
}

/* Event e waits for event `before`; NONE is nothing to wait for. */
static enum sled_status add_wait(struct graph *g, uint32_t e, uint32_t before, struct sled_err *err)
{
    if (before == NONE)
        return SLED_OK;
    SLED_TRY(sled_vec_reserve(&g->wait, &g->wait_capacity, g->nwaits + 1, err));
    g->wait[g->nwaits++] = (struct wait){e, before};
    return SLED_OK;
}

/* Event e waits for the step that the given step depends on, and all before it in its lane. */
static enum sled_status wait_for_dependency(struct graph *g, uint32_t e, const struct stage *stage,
                                            struct sled_err *err)
{
    const int gpu = stage->lane->gpu->id;

    if (stage->step->dep_block == -1)
        return SLED_OK;
    for (uint32_t l = g->first_lane[gpu]; l < g->first_lane[gpu + 1]; l++) {
        if (g->lane[l].block->id == stage->step->dep_block) {
            const struct stage *before =
                &g->stage[g->lane[l].first + (uint32_t)stage->step->dep_step];

            SLED_TRY(add_wait(g, e, before->done, err));
            return add_wait(g, e, before->last_sent, err);
        }
    }
    return SLED_OK; /* sled_msccl_check found it */
}

static bool overlap(struct sled_msccl_place a, uint64_t na, struct sled_msccl_place b, uint64_t nb)
{
    return a.buffer == b.buffer && a.offset < b.offset + nb && b.offset < a.offset + na;
}

/* What stage s overwrites must have been sent, where its own lane sends it: later sends wait for
 * earlier ones, so that the last will do. */
static enum sled_status wait_for_sends(struct graph *g, uint32_t s, struct sled_err *err)
{
    const struct stage *stage = &g->stage[s];

    for (uint32_t i = s; i-- > stage->lane->first;) {
        const struct stage *before = &g->stage[i];

        if (before->sent != NONE && overlap(before->out, (uint64_t)before->step->count, stage->into,
                                            (uint64_t)stage->step->count))
            return add_wait(g, stage->opens, before->sent, err);
    }
    return SLED_OK;
}

static enum sled_status make_waits_of(struct graph *g, uint32_t s, struct sled_err *err)
{
    struct stage *stage = &g->stage[s];
    const struct stage *before = s == stage->lane->first ? NULL : stage - 1;
    const uint32_t done = before == NULL ? NONE : before->done;

    if (stage->opens != NONE) {
        SLED_TRY(add_wait(g, stage->opens, done, err));
        SLED_TRY(wait_for_dependency(g, stage->opens, stage, err));
        SLED_TRY(wait_for_sends(g, s, err));
        if (stage->opens != stage->makes)
            SLED_TRY(add_wait(g, stage->makes, stage->opens, err));
    }
    if (stage->sent != NONE) {
        SLED_TRY(add_wait(g, stage->sent, stage->done, err));
        SLED_TRY(add_wait(g, stage->sent, before == NULL ? NONE : before->last_sent, err));
        if (stage->opens == NONE)
            SLED_TRY(wait_for_dependency(g, stage->sent, stage, err));
    }
    return SLED_OK;
}

static enum sled_status make_waits(struct graph *g, struct sled_err *err)
{
    for (uint32_t s = 0; s < g->nstages; s++) {
        struct stage *stage = &g->stage[s];
        const bool first = s == stage->lane->first;

        stage->done = stage->makes != NONE || first ? stage->makes : stage[-1].done;
        stage->last_sent = stage->sent != NONE || first ? stage->sent : stage[-1].last_sent;
    }
    for (uint32_t s = 0; s < g->nstages; s++)
        SLED_TRY(make_waits_of(g, s, err));
    return SLED_OK;
}

static int by_event(const void *left, const void *right)
{
    const struct wait *a = left;
    const struct wait *b = right;

    if (a->event != b->event)
        return a->event < b->event ? -1 : 1;
    return (a->before > b->before) - (a->before < b->before);
}

/* Sort the waits, each once. */
static enum sled_status sort_waits(struct graph *g, struct sled_err *err)
{
    size_t kept = 0;

    if (g->nwaits > 0)
        qsort(g->wait, g->nwaits, sizeof *g->wait, by_event);
    for (size_t w = 0; w < g->nwaits; w++)
        if (kept == 0 || by_event(&g->wait[kept - 1], &g->wait[w]) != 0)
            g->wait[kept++] = g->wait[w];
    g->nwaits = kept;

    SLED_TRY(sled_vec_alloc(&g->first_wait, (size_t)g->nevents + 1, err));
    for (size_t w = 0; w < g->nwaits; w++)
        g->first_wait[g->wait[w].event + 1]++;
    for (uint32_t e = 0; e < g->nevents; e++)
        g->first_wait[e + 1] += g->first_wait[e];
    return SLED_OK;
}

/* The way from an event to what it waits for, and on. */
struct path {
    uint32_t *event;   /* [length] */
    size_t *next_wait; /* [length] */
    size_t length;
};

/* "gpu 0 tb 1 step 2 (re)", or "the message from …" */
static void add_event_name(const struct graph *g, const struct event *event, struct sled_str *out)
{
    char name[NAME_SIZE];

    if (event->sender != NONE)
        sled_str_addf(out, "the message from %s to ", stage_name(&g->stage[event->sender], name));
    sled_str_add(out, stage_name(&g->stage[event->stage], name));
}

/* The circle: from `event`, which is on the path, to the path's end, which waits for it. */
static enum sled_status deadlock(const struct graph *g, const struct path *path, uint32_t event,
                                 struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;
    size_t first = 0;

    while (path->event[first] != event)
        first++;
    for (size_t i = first; i < path->length; i++) {
        add_event_name(g, &g->event[path->event[i]], &text);
        sled_str_add(&text, i == first ? " waits for " : ", which waits for ");
    }
    sled_str_add(&text, path->length - first == 1 ? "itself" : "the first");
    if (sled_str_status(&text, err) == SLED_OK)
        sled_msccl_fail(g->algo, g->stage[g->event[event].stage].step->at, err, SLED_E_INPUT,
                        "deadlock: %s", sled_str_text(&text));
    sled_str_finish(&text);
    return err->code;
}

/* Put an event into the plan, behind all that it waits for, which are there. */
static enum sled_status put(struct graph *g, uint32_t e, struct sled_plan *plan, size_t *at,
                            struct sled_err *err)
{
    const size_t first = g->first_wait[e];
    const size_t count = g->first_wait[e + 1] - first;
    struct event *event = &g->event[e];
    sled_xfer_id *after;

    SLED_TRY(sled_vec_alloc(&after, count, err));
    for (size_t i = 0; i < count; i++)
        after[i] = g->event[g->wait[first + i].before].id;
    event->xfer.after = after;
    event->xfer.nafter = (uint32_t)count;
    event->id = plan->count;
    at[event->id] = g->stage[event->stage].step->at;
    const enum sled_status st = sled_plan_add(plan, &event->xfer, err);
    free(after);
    return st;
}

/* Depth first: every event after those it waits for, else in the order of the file. */
static enum sled_status put_from(struct graph *g, uint32_t e, struct path *path,
                                 struct sled_plan *plan, size_t *at, struct sled_err *err)
{
    path->length = 0;
    if (g->event[e].id != NONE)
        return SLED_OK;
    for (;;) {
        if (e != NONE) { /* step on to it */
            g->event[e].open = true;
            path->event[path->length] = e;
            path->next_wait[path->length++] = g->first_wait[e];
        }

        const uint32_t last = path->event[path->length - 1];
        size_t *next = &path->next_wait[path->length - 1];
        if (*next < g->first_wait[last + 1]) {
            e = g->wait[(*next)++].before;
            if (g->event[e].open)
                return deadlock(g, path, e, err);
            if (g->event[e].id != NONE)
                e = NONE;
            continue;
        }
        SLED_TRY(put(g, last, plan, at, err));
        g->event[last].open = false;
        e = NONE;
        if (--path->length == 0)
            return SLED_OK;
    }
}

static enum sled_status put_all(struct graph *g, struct sled_plan *plan, size_t *at,
                                struct sled_err *err)
{
    struct path path = {0};
    enum sled_status st = sled_vec_alloc(&path.event, g->nevents, err);

    if (st == SLED_OK)
        st = sled_vec_alloc(&path.next_wait, g->nevents, err);
    for (uint32_t e = 0; st == SLED_OK && e < g->nevents; e++)
        st = put_from(g, e, &path, plan, at, err);
    free(path.event);
    free(path.next_wait);
    return st;
}

static enum sled_status make_plan(struct graph *g, struct sled_plan *plan, size_t **at,
                                  struct sled_err *err)
{
    SLED_TRY(flatten(g, err));
    make_events(g);
    SLED_TRY(pair(g, err));
    SLED_TRY(make_waits(g, err));
    SLED_TRY(sort_waits(g, err));
    SLED_TRY(sled_vec_alloc(at, g->nevents, err));
    return put_all(g, plan, *at, err);
}

enum sled_status sled_msccl_plan(const struct sled_msccl_algo *algo, struct sled_plan *plan,
                                 size_t **at, struct sled_err *err)
{
    struct graph g = {.algo = algo};

    *at = NULL;
    const enum sled_status st = make_plan(&g, plan, at, err);
    graph_finish(&g);
    return st;
}
