/* SPDX-License-Identifier: Apache-2.0 */
/* Dealing points to processes on other machines. */
#define _GNU_SOURCE /* RTLD_DEEPBIND */
#include "sweep/farm.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/vec.h"

static const double BEAT_S = 1;  /* a process at work says that it lives */
static const double LOST_S = 15; /* a silence that is no delay of the network any more */

enum kind { READY, TAKE, BEAT, DONE, COMPLAINT, STOP };

/* What a message begins with; a text follows: TAKE's key, DONE's result or message, and what a
 * COMPLAINT is about. */
struct header {
    enum kind kind;
    enum sled_pool_cause cause;
    unsigned tries;
    size_t point;
    double wall_s;
};

/* A process, as process 0 sees it. */
struct peer {
    bool ready; /* waits for a point */
    bool busy;  /* has one */
    bool lost;
    size_t point;
    double heard;
};

struct sled_farm {
    void *module;
    const struct sled_transport *transport;
    int rank, size;
    struct peer *peer; /* [size], heap; on process 0 */
    int lost;
    size_t *returned; /* [nreturned], heap: points of lost processes */
    size_t nreturned, returned_capacity;
};

static volatile sig_atomic_t stopped_by;

static void stop(int sig)
{
    stopped_by = sig;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void doze(void)
{
    const struct timespec t = {.tv_nsec = 1000000};

    nanosleep(&t, NULL);
}

/*
 * The module beside the program, or in folder. RTLD_DEEPBIND, since SimGrid brings an MPI_Init of
 * its own (SMPI's), which would be found first and aborts; RTLD_GLOBAL, since plug-ins of MPI look
 * for its symbols.
 */
static void *open_module(const char *folder)
{
    char path[4200], program[4096];
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    const int mode = RTLD_NOW | RTLD_GLOBAL | RTLD_DEEPBIND;
    void *module = NULL;

    if (n > 0) {
        program[n] = '\0';
        *strrchr(program, '/') = '\0';
        snprintf(path, sizeof path, "%s/%s", program, SLED_TRANSPORT_MODULE);
        module = dlopen(path, mode);
    }
    if (module == NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, SLED_TRANSPORT_MODULE);
        module = dlopen(path, mode);
    }
    return module;
}

/* How many processes mpirun started, by what Open MPI and others say in the environment. */
static int started(void)
{
    const char *size = getenv("OMPI_COMM_WORLD_SIZE");

    return size == NULL ? 1 : (int)strtol(size, NULL, 10);
}

static enum sled_status start(struct sled_farm *farm, const char *folder, struct sled_err *err)
{
    farm->module = open_module(folder);
    if (farm->module == NULL)
        return sled_err_set(err, SLED_E_IO,
                            "started by mpirun, but this sledsim is built without MPI: %s",
                            dlerror());
    farm->transport = dlsym(farm->module, SLED_TRANSPORT_SYMBOL);
    if (farm->transport == NULL)
        return sled_err_set(err, SLED_E_BUG, "module of MPI: %s", dlerror());
    if (farm->transport->start() != 0)
        return sled_err_set(err, SLED_E_SIM, "MPI does not start");
    farm->rank = farm->transport->rank();
    farm->size = farm->transport->size();
    SLED_TRY(sled_vec_alloc(&farm->peer, (size_t)farm->size, err));
    for (int i = 0; i < farm->size; i++)
        farm->peer[i].heard = now();
    return SLED_OK;
}

enum sled_status sled_farm_join(const char *folder, struct sled_farm **out, struct sled_err *err)
{
    struct sled_farm *farm;

    *out = NULL;
    if (started() < 2)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&farm, 1, err));
    const enum sled_status st = start(farm, folder, err);
    if (st != SLED_OK) {
        free(farm->peer);
        free(farm);
        return st;
    }
    *out = farm;
    return SLED_OK;
}

bool sled_farm_broken(const struct sled_farm *farm)
{
    return farm != NULL && farm->lost > 0;
}

bool sled_farm_deals(const struct sled_farm *farm)
{
    return farm->rank == 0;
}

static enum sled_status send(const struct sled_farm *farm, int to, const struct header *header,
                             const char *text, struct sled_err *err)
{
    const size_t len = strlen(text);
    char *message;

    SLED_TRY(sled_vec_alloc(&message, sizeof *header + len, err));
    memcpy(message, header, sizeof *header);
    memcpy(message + sizeof *header, text, len);
    const int failed = farm->transport->send(to, message, sizeof *header + len);
    free(message);
    return failed == 0 ? SLED_OK
                       : sled_err_set(err, SLED_E_SIM, "cannot reach process %d of MPI", to);
}

/* The next message, if there is one: *text is heap memory of the caller, NULL if there is none. */
static enum sled_status receive(const struct sled_farm *farm, int *from, struct header *header,
                                char **text, struct sled_err *err)
{
    void *data;
    size_t len;
    const int got = farm->transport->receive(from, &data, &len);

    *text = NULL;
    if (got == 0)
        return SLED_OK;
    if (got < 0 || len < sizeof *header) {
        if (got > 0)
            free(data);
        return sled_err_set(err, SLED_E_SIM, "cannot receive from MPI");
    }
    memcpy(header, data, sizeof *header);
    const enum sled_status st = sled_vec_alloc(text, len - sizeof *header + 1, err);
    if (st == SLED_OK)
        memcpy(*text, (char *)data + sizeof *header, len - sizeof *header);
    free(data);
    return st;
}

void sled_farm_complain(const struct sled_farm *farm, const struct sled_err *why)
{
    const struct header header = {.kind = COMPLAINT};
    char line[2 * sizeof *why];
    struct sled_err ignored = SLED_ERR_INIT;

    (void)send(farm, 0, &header, sled_err_format(why, line, sizeof line), &ignored);
}

void sled_farm_leave(struct sled_farm *farm, int exit_code)
{
    const struct header bye = {.kind = STOP};
    struct sled_err ignored = SLED_ERR_INIT;

    if (farm == NULL)
        return;
    for (int i = 1; farm->rank == 0 && i < farm->size; i++)
        if (!farm->peer[i].lost)
            (void)send(farm, i, &bye, "", &ignored);
    if (farm->lost > 0)
        farm->transport->abandon(exit_code);
    else
        farm->transport->finish();
    /* The module stays: MPI's libraries do not bear being unloaded. */
    free(farm->peer);
    free(farm->returned);
    free(farm);
}

/* ---- process 0 ---- */

/* All that dealing needs. */
struct deal {
    struct sled_farm *farm;
    const struct sled_pool_ops *ops;
    const char *(*key)(void *ctx, size_t point);
    void *ctx;
};

static bool next(struct deal *deal, size_t *point)
{
    struct sled_farm *farm = deal->farm;

    if (farm->nreturned > 0) {
        *point = farm->returned[--farm->nreturned];
        return true;
    }
    return deal->ops->next(deal->ctx, point);
}

/* What a process says. */
static enum sled_status handle(struct deal *deal, int from, const struct header *header,
                               const char *text, struct sled_err *err)
{
    struct peer *peer = &deal->farm->peer[from];

    peer->heard = now();
    if (header->kind == COMPLAINT)
        return sled_err_set(err, SLED_E_SIM, "process %d of MPI: %s", from, text);
    if (header->kind == READY)
        peer->ready = true;
    if (header->kind != DONE || !peer->busy || peer->point != header->point)
        return SLED_OK; /* an outcome of a process that was given up comes too late */
    peer->busy = false;
    const struct sled_pool_outcome outcome = {.point = header->point,
                                              .cause = header->cause,
                                              .text = text,
                                              .tries = header->tries,
                                              .wall_s = header->wall_s};
    return deal->ops->done(deal->ctx, &outcome, err);
}

static enum sled_status hear(struct deal *deal, bool *any, struct sled_err *err)
{
    struct header header;
    char *text;
    int from;

    *any = false;
    for (;;) {
        SLED_TRY(receive(deal->farm, &from, &header, &text, err));
        if (text == NULL)
            return SLED_OK;
        *any = true;
        const enum sled_status st = handle(deal, from, &header, text, err);
        free(text);
        SLED_TRY(st);
    }
}

/* Give up what is silent: its point is dealt again. */
static enum sled_status give_up(struct sled_farm *farm, struct peer *peer, struct sled_err *err)
{
    peer->lost = true;
    peer->ready = false;
    farm->lost++;
    if (!peer->busy)
        return SLED_OK;
    peer->busy = false;
    SLED_TRY(sled_vec_reserve(&farm->returned, &farm->returned_capacity, farm->nreturned + 1, err));
    farm->returned[farm->nreturned++] = peer->point;
    return SLED_OK;
}

/* Points to all that wait for one; *busy receives how many have one. */
static enum sled_status give(struct deal *deal, int *busy, struct sled_err *err)
{
    struct sled_farm *farm = deal->farm;

    *busy = 0;
    for (int i = 1; i < farm->size; i++) {
        struct peer *peer = &farm->peer[i];

        if (!peer->lost && now() - peer->heard > LOST_S)
            SLED_TRY(give_up(farm, peer, err));
        if (peer->ready && !peer->busy && next(deal, &peer->point)) {
            const struct header header = {.kind = TAKE, .point = peer->point};

            SLED_TRY(send(farm, i, &header, deal->key(deal->ctx, peer->point), err));
            peer->busy = true;
            peer->ready = false;
        }
        *busy += peer->busy;
    }
    return SLED_OK;
}

static enum sled_status deal_all(struct deal *deal, struct sled_err *err)
{
    struct sled_farm *farm = deal->farm;

    for (;;) {
        bool any;
        int busy, waiting = 0;

        if (stopped_by != 0)
            return sled_err_set(err, SLED_E_SIM, "stopped by signal %d (%s)", (int)stopped_by,
                                strsignal(stopped_by));
        SLED_TRY(hear(deal, &any, err));
        SLED_TRY(give(deal, &busy, err));
        for (int i = 1; i < farm->size; i++)
            waiting += farm->peer[i].ready;
        if (busy == 0 && waiting > 0 && farm->nreturned == 0)
            return SLED_OK; /* one waits, and there was nothing for it */
        if (farm->lost == farm->size - 1)
            return sled_err_set(err, SLED_E_SIM, "all %d other processes are lost", farm->lost);
        SLED_TRY(deal->ops->tick(deal->ctx, err));
        if (!any)
            doze();
    }
}

enum sled_status sled_farm_deal(struct sled_farm *farm, const struct sled_pool_ops *ops,
                                const char *(*key)(void *ctx, size_t point), void *ctx,
                                struct sled_err *err)
{
    struct deal deal = {.farm = farm, .ops = ops, .key = key, .ctx = ctx};
    struct sigaction action = {.sa_handler = stop}, old_int, old_term;

    stopped_by = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    const enum sled_status st = deal_all(&deal, err);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    return st;
}

/* ---- the others ---- */

/* A point that a process of ours runs. */
struct labour {
    struct sled_farm *farm;
    const struct sled_pool_ops *ops;
    void *ctx;
    size_t point;
    bool taken;
    double beat;
};

static enum sled_status labour_work(void *ctx, size_t point, struct sled_str *out,
                                    struct sled_err *err)
{
    const struct labour *labour = ctx;

    return labour->ops->work(labour->ctx, point, out, err);
}

static bool labour_next(void *ctx, size_t *point)
{
    struct labour *labour = ctx;

    if (labour->taken)
        return false;
    *point = labour->point;
    labour->taken = true;
    return true;
}

static enum sled_status labour_done(void *ctx, const struct sled_pool_outcome *outcome,
                                    struct sled_err *err)
{
    const struct labour *labour = ctx;
    const struct header header = {.kind = DONE,
                                  .cause = outcome->cause,
                                  .tries = outcome->tries,
                                  .point = outcome->point,
                                  .wall_s = outcome->wall_s};

    return send(labour->farm, 0, &header, outcome->text, err);
}

static enum sled_status labour_tick(void *ctx, struct sled_err *err)
{
    struct labour *labour = ctx;
    const struct header header = {.kind = BEAT};

    if (now() - labour->beat < BEAT_S)
        return SLED_OK;
    labour->beat = now();
    return send(labour->farm, 0, &header, "", err);
}

static const struct sled_pool_ops labour_ops = {
    .work = labour_work, .next = labour_next, .done = labour_done, .tick = labour_tick};

/* Run the point that was dealt, if both sides mean the same by it. */
static enum sled_status take(struct labour *labour, const struct sled_pool_limits *limits,
                             const char *own_key, const char *dealt_key, struct sled_err *err)
{
    if (own_key == NULL || strcmp(own_key, dealt_key) != 0) {
        const struct sled_pool_outcome outcome = {
            .point = labour->point,
            .cause = SLED_POOL_INPUT,
            .text = "a process of MPI sees other files, or is another sledsim",
            .tries = 1};

        return labour_done(labour, &outcome, err);
    }
    return sled_pool_run(limits, &labour_ops, labour, err);
}

enum sled_status sled_farm_work(struct sled_farm *farm, const struct sled_pool_limits *limits,
                                const struct sled_pool_ops *ops,
                                const char *(*key)(void *ctx, size_t point), size_t npoints,
                                void *ctx, struct sled_err *err)
{
    const struct header ready = {.kind = READY};
    struct labour labour = {.farm = farm, .ops = ops, .ctx = ctx};

    SLED_TRY(send(farm, 0, &ready, "", err));
    for (;;) {
        struct header header;
        char *text;
        int from;

        SLED_TRY(receive(farm, &from, &header, &text, err));
        if (text == NULL) {
            SLED_TRY(labour_tick(&labour, err));
            doze();
            continue;
        }
        enum sled_status st = SLED_OK;
        const bool stopped = header.kind == STOP;
        if (header.kind == TAKE) {
            labour.point = header.point;
            labour.taken = false;
            st = take(&labour, limits, header.point < npoints ? key(ctx, header.point) : NULL, text,
                      err);
            if (st == SLED_OK)
                st = send(farm, 0, &ready, "", err);
        }
        free(text);
        if (st != SLED_OK || stopped)
            return st;
    }
}
