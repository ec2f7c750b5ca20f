/* SPDX-License-Identifier: Apache-2.0 */
/* Dependency counters, and the way of a transfer from ready to done. */
#include "sim/executor.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/vec.h"
#include "sim/routes.h"
#include "sim/worker.h"

/* Transfers in order, chained through coll.next. A transfer is in one list at most. */
struct list {
    sled_xfer_id first, last; /* first SLED_NONE: empty */
};

struct queue {
    struct sled_event *first, *last; /* of flights; first NULL: empty */
};

struct rank {
    struct coll *coll;
    struct sled_event launch; /* the end of it */
    bool arrived;
    uint32_t phase;
    uint64_t left;       /* transfers from or to it that are not done */
    struct list waiting; /* ready transfers from it, until it arrives */
    struct queue held;   /* transfers to it that could go, until it arrives */
    struct sled_event *done;
};

/* A collective under way: from the first arrival to the last completion. */
struct coll {
    struct sled_executor *executor;
    const struct sled_program_collective *spec;
    const struct sled_plan *plan;
    uint32_t id;
    uint32_t class[SLED_XFER_OPS]; /* of the routes table */
    uint32_t ranks_left;
    struct rank *rank;   /* [nranks] */
    uint32_t *waits_for; /* [count]: transfers before it; from its flows on, parts not visible */
    uint32_t *leaving;   /* [count]: parts that have not left entirely */
    struct sled_result_split *split; /* [count]: of the chain that a transfer ends */
    sled_xfer_id last;               /* the latest that is done */
    sled_xfer_id *next;              /* [count] */
    uint32_t *succ_begin;            /* [count + 1] */
    sled_xfer_id *succ;              /* [succ_begin[count]]: who comes after */
    struct list ready;
};

/* A transfer on its way, or one of its parts once they flow. In a queue, or among the unused, it is
 * chained through its event. */
struct flight {
    struct sled_event event;
    struct coll *coll;
    sled_xfer_id xfer;
    uint32_t path; /* the network's, once it flows */
};

struct chip {
    double issue_free_s; /* when its transfers so far are issued, their descriptors written */
    uint32_t queues_used;
    struct queue waiting; /* for a DMA queue */
};

struct sled_executor {
    const struct sled_machine *machine;
    const struct sled_program *program;
    struct sled_network *network;
    struct sled_clock *clock;
    struct sled_result *result;
    struct sled_routes_table routes;
    struct coll **coll; /* [ncollectives]; NULL while not under way */
    struct chip *chip;  /* [endpoints of the fabric] */
    uint64_t **sent;    /* [nphases][routes.npaths]: bytes; a phase's row is NULL until needed */
    struct sled_arena flights;
    struct sled_event *unused; /* flights */
};

static void list_add(struct coll *coll, struct list *list, sled_xfer_id id)
{
    coll->next[id] = SLED_NONE;
    if (list->first == SLED_NONE)
        list->first = id;
    else
        coll->next[list->last] = id;
    list->last = id;
}

static sled_xfer_id list_take(struct coll *coll, struct list *list)
{
    const sled_xfer_id id = list->first;

    list->first = coll->next[id];
    return id;
}

static struct flight *flight_of(struct sled_event *event)
{
    return SLED_EVENT_OWNER(event, struct flight, event);
}

/* The flight's event, to call run next. */
static struct sled_event *then(struct flight *flight, void (*run)(struct sled_event *))
{
    flight->event.run = run;
    return &flight->event;
}

static void queue_add(struct queue *queue, struct flight *flight)
{
    flight->event.next = NULL;
    if (queue->first == NULL)
        queue->first = &flight->event;
    else
        queue->last->next = &flight->event;
    queue->last = &flight->event;
}

static struct flight *queue_take(struct queue *queue)
{
    struct flight *flight = flight_of(queue->first);

    queue->first = flight->event.next;
    return flight;
}

static uint64_t xfer_bytes(const struct coll *coll, sled_xfer_id id)
{
    return coll->plan->nelems[id] * coll->plan->elem_bytes;
}

static uint32_t src_chip(const struct coll *coll, sled_xfer_id id)
{
    return coll->spec->chip_of_rank[coll->plan->src[id]];
}

static uint32_t dst_chip(const struct coll *coll, sled_xfer_id id)
{
    return coll->spec->chip_of_rank[coll->plan->dst[id]];
}

static struct flight *take_flight(struct coll *coll, sled_xfer_id id)
{
    struct sled_executor *ex = coll->executor;
    struct flight *flight;

    if (ex->unused != NULL) {
        flight = flight_of(ex->unused);
        ex->unused = flight->event.next;
    } else {
        struct sled_err err = SLED_ERR_INIT;

        flight = sled_arena_alloc(&ex->flights, sizeof *flight);
        if (flight == NULL) {
            sled_err_nomem(&err);
            sled_worker_fail(&err);
        }
    }
    *flight = (struct flight){.coll = coll, .xfer = id};
    return flight;
}

static void drop_flight(struct flight *flight)
{
    struct sled_executor *ex = flight->coll->executor;

    flight->event.next = ex->unused;
    ex->unused = &flight->event;
}

static void coll_destroy(struct coll *coll)
{
    if (coll == NULL)
        return;
    free(coll->rank);
    free(coll->waits_for);
    free(coll->leaving);
    free(coll->split);
    free(coll->next);
    free(coll->succ_begin);
    free(coll->succ);
    free(coll);
}

/* Successors of each transfer, in ascending order. */
static enum sled_status find_successors(struct coll *coll, struct sled_err *err)
{
    const struct sled_plan *plan = coll->plan;
    const uint32_t nafter = plan->after_begin[plan->count];

    SLED_TRY(sled_vec_alloc(&coll->succ_begin, (size_t)plan->count + 1, err));
    SLED_TRY(sled_vec_alloc(&coll->succ, nafter, err));
    for (uint32_t i = 0; i < nafter; i++)
        coll->succ_begin[plan->after[i] + 1]++;
    for (sled_xfer_id id = 0; id < plan->count; id++)
        coll->succ_begin[id + 1] += coll->succ_begin[id];

    /* The lists are still empty: next serves as where the next successor goes. */
    for (sled_xfer_id id = 0; id < plan->count; id++)
        coll->next[id] = coll->succ_begin[id];
    for (sled_xfer_id id = 0; id < plan->count; id++)
        for (uint32_t i = plan->after_begin[id]; i < plan->after_begin[id + 1]; i++)
            coll->succ[coll->next[plan->after[i]]++] = id;
    return SLED_OK;
}

/* From now until its first byte leaves is issue. */
static void become_ready(struct coll *coll, sled_xfer_id id)
{
    coll->split[id].issue_s -= sled_clock_now(coll->executor->clock);
    list_add(coll, &coll->ready, id);
}

static enum sled_status coll_init(struct coll *coll, struct sled_err *err)
{
    const struct sled_plan *plan = coll->plan;

    SLED_TRY(sled_vec_alloc(&coll->rank, plan->nranks, err));
    SLED_TRY(sled_vec_alloc(&coll->waits_for, plan->count, err));
    SLED_TRY(sled_vec_alloc(&coll->leaving, plan->count, err));
    SLED_TRY(sled_vec_alloc(&coll->split, plan->count, err));
    SLED_TRY(sled_vec_alloc(&coll->next, plan->count, err));
    SLED_TRY(find_successors(coll, err));

    coll->ranks_left = plan->nranks;
    coll->ready.first = SLED_NONE;
    for (uint32_t r = 0; r < plan->nranks; r++)
        coll->rank[r] = (struct rank){.coll = coll, .waiting.first = SLED_NONE};
    for (sled_xfer_id id = 0; id < plan->count; id++) {
        coll->rank[plan->src[id]].left++;
        if (plan->src[id] != plan->dst[id])
            coll->rank[plan->dst[id]].left++;
        coll->waits_for[id] = plan->after_begin[id + 1] - plan->after_begin[id];
        if (coll->waits_for[id] == 0)
            become_ready(coll, id);
    }
    for (uint32_t r = plan->nranks - plan->nswitches; r < plan->nranks; r++) {
        coll->rank[r].arrived = true; /* switches are always there */
        coll->ranks_left -= coll->rank[r].left == 0;
    }
    return SLED_OK;
}

/* What switches send counts for the phase of the first rank to come. */
static struct coll *coll_begin(struct sled_executor *ex, uint32_t id, uint32_t phase)
{
    const struct sled_program_collective *spec = &ex->program->collective[id];
    struct sled_err err = SLED_ERR_INIT;
    struct coll *coll;

    if (sled_vec_alloc(&coll, 1, &err) != SLED_OK)
        sled_worker_fail(&err);
    *coll = (struct coll){.executor = ex, .spec = spec, .plan = spec->plan, .id = id};
    for (int op = 0; op < SLED_XFER_OPS; op++)
        coll->class[op] = sled_routes_class(&ex->routes, spec, (enum sled_xfer_op)op);
    if (coll_init(coll, &err) != SLED_OK)
        sled_worker_fail(&err);
    for (uint32_t r = 0; r < coll->plan->nranks; r++)
        coll->rank[r].phase = phase;
    ex->coll[id] = coll;
    ex->result->collective_start_s[id] = sled_clock_now(ex->clock);
    return coll;
}

static void leave_rank(struct coll *coll, uint32_t r)
{
    struct rank *rank = &coll->rank[r];

    if (--rank->left > 0)
        return;
    coll->ranks_left--;
    if (rank->done != NULL) /* a switch on the way has nobody who waits */
        rank->done->run(rank->done);
}

/* Data is visible at the destination: whoever came after it may be ready now. */
static void deliver(struct coll *coll, sled_xfer_id id)
{
    struct sled_executor *ex = coll->executor;
    const struct sled_plan *plan = coll->plan;
    const uint64_t first = ex->result->xfer_begin[coll->id];

    if (ex->result->xfer_begin[coll->id + 1] > first)
        ex->result->xfer_end_s[first + id] = sled_clock_now(ex->clock);
    coll->last = id;
    for (uint32_t i = coll->succ_begin[id]; i < coll->succ_begin[id + 1]; i++) {
        const sled_xfer_id succ = coll->succ[i];

        if (--coll->waits_for[succ] > 0)
            continue;
        coll->split[succ] = coll->split[id];
        become_ready(coll, succ);
    }
    leave_rank(coll, plan->src[id]);
    if (plan->src[id] != plan->dst[id])
        leave_rank(coll, plan->dst[id]);
}

static void settle(struct coll *coll);

static void part_visible(struct sled_event *event)
{
    struct flight *flight = flight_of(event);
    struct coll *coll = flight->coll;
    const sled_xfer_id id = flight->xfer;

    drop_flight(flight);
    if (--coll->waits_for[id] > 0)
        return;
    coll->split[id].latency_s += coll->executor->routes.latency_s[flight->path];
    deliver(coll, id);
    settle(coll);
}

static void leave_queue(struct sled_executor *ex, uint32_t chip);

static void part_left(struct sled_event *event)
{
    struct flight *flight = flight_of(event);
    struct coll *coll = flight->coll;
    struct sled_executor *ex = coll->executor;
    const sled_xfer_id id = flight->xfer;

    sled_clock_after(ex->clock, ex->routes.latency_s[flight->path], then(flight, part_visible));
    if (--coll->leaving[id] == 0)
        leave_queue(ex, src_chip(coll, id));
}

/* Where the bytes of a phase are counted by path. */
static uint64_t *sent_in(struct sled_executor *ex, uint32_t phase)
{
    struct sled_err err = SLED_ERR_INIT;

    if (ex->sent[phase] == NULL &&
        sled_vec_alloc(&ex->sent[phase], ex->routes.npaths, &err) != SLED_OK)
        sled_worker_fail(&err);
    return ex->sent[phase];
}

/* The first byte leaves. A transfer of fewer bytes than paths has a part per byte. */
static void start_flows(struct sled_event *event)
{
    struct flight *flight = flight_of(event);
    struct coll *coll = flight->coll;
    struct sled_executor *ex = coll->executor;
    const sled_xfer_id id = flight->xfer;
    const uint32_t class = coll->class[sled_plan_op(coll->plan, id)];
    const uint64_t bytes = xfer_bytes(coll, id);
    uint32_t npaths;
    const uint32_t first =
        sled_routes_first(&ex->routes, class, src_chip(coll, id), dst_chip(coll, id), &npaths);
    const uint32_t nparts = bytes < npaths ? (uint32_t)bytes : npaths;
    uint64_t *sent = sent_in(ex, coll->rank[coll->plan->src[id]].phase);

    coll->split[id].issue_s += sled_clock_now(ex->clock);
    coll->waits_for[id] = coll->leaving[id] = nparts;
    for (uint32_t i = 0; i < nparts; i++) {
        struct flight *leg = i == 0 ? flight : take_flight(coll, id);
        const uint64_t part = sled_machine_part(bytes, npaths, i);

        leg->path = first + i;
        sent[leg->path] += part;
        ex->network->ops->flow(ex->network, leg->path, part, INFINITY, then(leg, part_left));
    }
}

static void use_queue(struct sled_executor *ex, struct chip *chip, struct flight *flight)
{
    chip->queues_used++;
    sled_clock_after(ex->clock,
                     sled_machine_start_s(ex->machine, sled_program_protocol(flight->coll->spec),
                                          src_chip(flight->coll, flight->xfer),
                                          dst_chip(flight->coll, flight->xfer)),
                     then(flight, start_flows));
}

static void leave_queue(struct sled_executor *ex, uint32_t id)
{
    struct chip *chip = &ex->chip[id];

    chip->queues_used--;
    if (chip->waiting.first != NULL)
        use_queue(ex, chip, queue_take(&chip->waiting));
}

/* Both ranks are there. A transfer without data is done at once: settle afterwards. */
static void admit(struct flight *flight)
{
    struct coll *coll = flight->coll;
    struct sled_executor *ex = coll->executor;
    const sled_xfer_id id = flight->xfer;
    struct chip *chip = &ex->chip[src_chip(coll, id)];
    const uint32_t limit =
        src_chip(coll, id) < ex->machine->fabric->nchips ? ex->machine->ports.dma_queues : 0;

    if (xfer_bytes(coll, id) == 0) {
        coll->split[id].issue_s += sled_clock_now(ex->clock);
        drop_flight(flight);
        deliver(coll, id);
    } else if (limit == 0 || chip->queues_used < limit) {
        use_queue(ex, chip, flight);
    } else {
        queue_add(&chip->waiting, flight);
    }
}

/* The transfer is issued. */
static void go_when_expected(struct sled_event *event)
{
    struct flight *flight = flight_of(event);
    struct rank *dst = &flight->coll->rank[flight->coll->plan->dst[flight->xfer]];

    if (dst->arrived)
        admit(flight);
    else
        queue_add(&dst->held, flight);
}

/*
 * The source is there and the transfer has its turn. Its descriptors are written whether the
 * destination is there or not, so that their order does not hang on who arrives first.
 */
static void issue(struct coll *coll, sled_xfer_id id)
{
    struct sled_executor *ex = coll->executor;
    struct flight *flight = take_flight(coll, id);
    const double issue_s =
        sled_machine_issue_s(ex->machine, sled_program_protocol(coll->spec), src_chip(coll, id),
                             coll->spec->memory, xfer_bytes(coll, id), coll->spec->row_bytes);

    if (issue_s > 0) {
        struct chip *chip = &ex->chip[src_chip(coll, id)];
        chip->issue_free_s = fmax(chip->issue_free_s, sled_clock_now(ex->clock)) + issue_s;
        sled_clock_at(ex->clock, chip->issue_free_s, then(flight, go_when_expected));
    } else {
        go_when_expected(&flight->event);
    }
}

/* Go on with all that is ready; the last completion ends the collective. */
static void settle(struct coll *coll)
{
    struct sled_executor *ex = coll->executor;

    while (coll->ready.first != SLED_NONE) {
        const sled_xfer_id id = list_take(coll, &coll->ready);
        struct rank *src = &coll->rank[coll->plan->src[id]];

        if (src->arrived)
            issue(coll, id);
        else
            list_add(coll, &src->waiting, id);
    }
    if (coll->ranks_left == 0) {
        ex->result->collective_end_s[coll->id] = sled_clock_now(ex->clock);
        if (coll->plan->count > 0)
            ex->result->collective_split[coll->id] = coll->split[coll->last];
        ex->coll[coll->id] = NULL;
        coll_destroy(coll);
    }
}

/* The rank is there: what waited for it goes on. */
static void take_part(struct rank *self)
{
    struct coll *coll = self->coll;

    assert(!self->arrived);
    self->arrived = true;
    while (self->waiting.first != SLED_NONE)
        list_add(coll, &coll->ready, list_take(coll, &self->waiting));
    if (self->left == 0) {
        coll->ranks_left--;
        self->done->run(self->done);
    }
    while (self->held.first != NULL)
        admit(queue_take(&self->held));
    settle(coll);
}

static void launched(struct sled_event *event)
{
    take_part(SLED_EVENT_OWNER(event, struct rank, launch));
}

void sled_executor_arrive(struct sled_executor *executor, uint32_t collective, uint32_t rank,
                          uint32_t phase, struct sled_event *done)
{
    struct coll *coll = executor->coll[collective];

    if (coll == NULL)
        coll = coll_begin(executor, collective, phase);

    const struct sled_protocol *protocol = sled_program_protocol(coll->spec);
    struct rank *self = &coll->rank[rank];
    self->phase = phase;
    self->done = done;
    if (protocol != NULL && protocol->launch_s > 0) {
        self->launch.run = launched;
        sled_clock_after(executor->clock, protocol->launch_s, &self->launch);
    } else {
        take_part(self);
    }
}

enum sled_status sled_executor_create(const struct sled_machine *machine,
                                      const struct sled_program *program,
                                      struct sled_network *network, struct sled_clock *clock,
                                      struct sled_result *result, struct sled_executor **out,
                                      struct sled_err *err)
{
    struct sled_executor *ex;

    SLED_TRY(sled_vec_alloc(&ex, 1, err));
    *ex = (struct sled_executor){.machine = machine,
                                 .program = program,
                                 .network = network,
                                 .clock = clock,
                                 .result = result};
    enum sled_status status = sled_vec_alloc(&ex->coll, program->ncollectives, err);
    if (status == SLED_OK)
        status = sled_vec_alloc(&ex->chip, sled_fabric_endpoints(machine->fabric), err);
    if (status == SLED_OK)
        status = sled_vec_alloc(&ex->sent, program->nphases, err);
    if (status == SLED_OK)
        status = sled_routes_declare(machine, program, network, &ex->routes, err);
    if (status != SLED_OK) {
        sled_executor_destroy(ex);
        return status;
    }
    *out = ex;
    return SLED_OK;
}

void sled_executor_count(const struct sled_executor *executor)
{
    const struct sled_result *result = executor->result;

    for (uint32_t phase = 0; phase < executor->program->nphases; phase++)
        if (executor->sent[phase] != NULL)
            sled_routes_count(&executor->routes, executor->sent[phase],
                              result->used_bytes + (size_t)phase * result->nresources);
}

void sled_executor_destroy(struct sled_executor *executor)
{
    if (executor == NULL)
        return;
    for (uint32_t i = 0; executor->coll != NULL && i < executor->program->ncollectives; i++)
        coll_destroy(executor->coll[i]);
    for (uint32_t i = 0; executor->sent != NULL && i < executor->program->nphases; i++)
        free(executor->sent[i]);
    sled_arena_finish(&executor->flights);
    sled_routes_finish(&executor->routes);
    free(executor->coll);
    free(executor->chip);
    free(executor->sent);
    free(executor);
}
