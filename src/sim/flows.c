/* SPDX-License-Identifier: Apache-2.0 */
/* Senders and receivers. */
#include "sim/flows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <simgrid/actor.h>
#include <simgrid/comm.h>
#include <simgrid/mailbox.h>
#include <simgrid/semaphore.h>

#include "base/vec.h"
#include "sim/worker.h"

struct receiver {
    struct sled_flows *flows;
    struct receiver *next_idle;    /* while it is idle */
    struct receiver *next_to_send; /* while its sender has not sent */
    sg_mailbox_t mailbox;
    sg_comm_t comm; /* what its sender sent it */
    sg_sem_t wake;
    sg_host_t dst;
    uint64_t bytes;
    struct sled_event *left;
};

struct sender {
    struct sled_flows *flows;
    sg_sem_t wake; /* as often as there are messages; NULL: there is no such sender yet */
    struct receiver *first, *last; /* whose messages are to be sent, in order */
};

struct sled_flows {
    struct sled_clock *clock;
    struct sender *sender; /* [nchips] */
    uint32_t nchips;
    struct receiver **receiver; /* [nreceivers] */
    uint32_t nreceivers;
    size_t receiver_capacity;
    struct receiver *idle;
    bool stopping;
};

enum sled_status sled_flows_create(uint32_t nchips, struct sled_clock *clock,
                                   struct sled_flows **out, struct sled_err *err)
{
    struct sled_flows *flows;

    SLED_TRY(sled_vec_alloc(&flows, 1, err));
    *flows = (struct sled_flows){.clock = clock, .nchips = nchips};
    const enum sled_status status = sled_vec_alloc(&flows->sender, nchips, err);
    if (status != SLED_OK) {
        free(flows);
        return status;
    }
    for (uint32_t c = 0; c < nchips; c++)
        flows->sender[c].flows = flows;
    *out = flows;
    return SLED_OK;
}

void sled_flows_destroy(struct sled_flows *flows)
{
    if (flows == NULL)
        return;
    for (uint32_t c = 0; c < flows->nchips; c++)
        if (flows->sender[c].wake != NULL)
            sg_sem_destroy(flows->sender[c].wake);
    for (uint32_t i = 0; i < flows->nreceivers; i++) {
        sg_sem_destroy(flows->receiver[i]->wake);
        free(flows->receiver[i]);
    }
    free(flows->sender);
    free(flows->receiver);
    free(flows);
}

static void sender_main(int argc, char **argv)
{
    struct sender *sender = sg_actor_self_get_data();

    (void)argc, (void)argv;
    for (;;) {
        sg_sem_acquire(sender->wake);
        struct receiver *receiver = sender->first;
        if (receiver == NULL)
            break;
        sender->first = receiver->next_to_send;
        /* The message is of no interest, but there must be one. */
        receiver->comm = sg_mailbox_put_async(receiver->mailbox, receiver, (long)receiver->bytes);
    }
}

static void receiver_main(int argc, char **argv)
{
    struct receiver *receiver = sg_actor_self_get_data();
    struct sled_flows *flows = receiver->flows;

    (void)argc, (void)argv;
    while (!flows->stopping) {
        sg_actor_set_host(sg_actor_self(), receiver->dst);
        sg_mailbox_get(receiver->mailbox);
        sg_comm_unref(receiver->comm);

        receiver->next_idle = flows->idle;
        flows->idle = receiver;
        sled_clock_after(flows->clock, 0, receiver->left);
        sg_sem_acquire(receiver->wake);
    }
}

static struct sender *find_sender(struct sled_flows *flows, uint32_t chip, sg_host_t host)
{
    struct sender *sender = &flows->sender[chip];

    if (sender->wake == NULL) {
        const sg_actor_t actor = sg_actor_init("sender", host);
        sender->wake = sg_sem_init(0);
        sg_actor_set_data(actor, sender);
        sg_actor_start(actor, sender_main, 0, NULL);
    }
    return sender;
}

static struct receiver *add_receiver(struct sled_flows *flows)
{
    struct sled_err err = SLED_ERR_INIT;
    struct receiver *receiver;
    char name[16];

    if (sled_vec_reserve(&flows->receiver, &flows->receiver_capacity, (size_t)flows->nreceivers + 1,
                         &err) != SLED_OK ||
        sled_vec_alloc(&receiver, 1, &err) != SLED_OK)
        sled_worker_fail(&err);
    snprintf(name, sizeof name, "%" PRIu32, flows->nreceivers);
    receiver->flows = flows;
    receiver->mailbox = sg_mailbox_by_name(name);
    flows->receiver[flows->nreceivers++] = receiver;
    return receiver;
}

/* Have an idle receiver, or a new one, wait for the message. */
static void await(struct receiver *receiver, sg_host_t dst)
{
    if (receiver->wake != NULL) {
        sg_sem_release(receiver->wake);
        return;
    }
    const sg_actor_t actor = sg_actor_init("receiver", dst);
    receiver->wake = sg_sem_init(0);
    sg_actor_set_data(actor, receiver);
    sg_actor_start(actor, receiver_main, 0, NULL);
}

void sled_flows_send(struct sled_flows *flows, uint32_t src_chip, sg_host_t src, sg_host_t dst,
                     uint64_t bytes, struct sled_event *left)
{
    struct sender *sender = find_sender(flows, src_chip, src);
    struct receiver *receiver = flows->idle;

    assert(bytes > 0 && bytes <= INT64_MAX);
    if (receiver == NULL)
        receiver = add_receiver(flows);
    else
        flows->idle = receiver->next_idle;
    receiver->dst = dst;
    receiver->bytes = bytes;
    receiver->left = left;
    receiver->next_to_send = NULL;
    if (sender->first == NULL)
        sender->first = receiver;
    else
        sender->last->next_to_send = receiver;
    sender->last = receiver;
    await(receiver, dst);
    sg_sem_release(sender->wake);
}

void sled_flows_stop(struct sled_flows *flows)
{
    flows->stopping = true;
    for (uint32_t i = 0; i < flows->nreceivers; i++)
        sg_sem_release(flows->receiver[i]->wake);
    for (uint32_t c = 0; c < flows->nchips; c++)
        if (flows->sender[c].wake != NULL)
            sg_sem_release(flows->sender[c].wake);
}
