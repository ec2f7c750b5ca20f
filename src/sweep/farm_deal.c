/* SPDX-License-Identifier: Apache-2.0 */
/* Process 0 of a farm: dealing points, and keeping what comes back. */
#include "sweep/farm.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/monotonic.h"
#include "base/vec.h"
#include "sweep/farm_state.h"

static volatile sig_atomic_t stopped_by;

static void stop(int sig)
{
    stopped_by = sig;
}

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
static enum sled_status handle(struct deal *deal, int from, const struct sled_farm_header *header,
                               const char *text, struct sled_err *err)
{
    struct sled_farm_peer *peer = &deal->farm->peer[from];

    if (peer->lost) /* its point is another's, and nobody would see whether it is lost again */
        return SLED_OK;
    peer->heard = sled_monotonic_s();
    if (header->kind == COMPLAINT)
        return sled_err_set(err, SLED_E_SIM, "process %d of MPI: %s", from, text);
    if (header->kind == READY)
        peer->ready = true;
    if (header->kind != DONE || !peer->busy || peer->point != header->point)
        return SLED_OK;
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
    struct sled_farm_header header;
    char *text;
    int from;

    *any = false;
    for (;;) {
        SLED_TRY(sled_farm_receive(deal->farm, &from, &header, &text, err));
        if (text == NULL)
            return SLED_OK;
        *any = true;
        const enum sled_status st = handle(deal, from, &header, text, err);
        free(text);
        SLED_TRY(st);
    }
}

/* Give up what is silent: its point is dealt again. */
static enum sled_status give_up(struct sled_farm *farm, struct sled_farm_peer *peer,
                                struct sled_err *err)
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
        struct sled_farm_peer *peer = &farm->peer[i];

        if (!peer->lost && sled_monotonic_s() - peer->heard > SLED_FARM_LOST_S)
            SLED_TRY(give_up(farm, peer, err));
        if (peer->ready && !peer->busy && next(deal, &peer->point)) {
            const struct sled_farm_header header = {.kind = TAKE, .point = peer->point};

            SLED_TRY(sled_farm_send(farm, i, &header, deal->key(deal->ctx, peer->point), err));
            peer->busy = true;
            peer->ready = false;
        }
        *busy += peer->busy;
    }
    return SLED_OK;
}

static enum sled_status beat(struct sled_farm *farm, struct sled_err *err)
{
    const struct sled_farm_header header = {.kind = BEAT};

    if (!sled_farm_beats(farm))
        return SLED_OK;
    for (int i = 1; i < farm->size; i++)
        if (!farm->peer[i].lost)
            SLED_TRY(sled_farm_send(farm, i, &header, "", err));
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
        SLED_TRY(sled_farm_check_parent(farm, err));
        SLED_TRY(beat(farm, err));
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
            sled_farm_doze();
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
