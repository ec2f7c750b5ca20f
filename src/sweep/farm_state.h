/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of a farm share: its processes and their messages. Private to farm*.c.
 *
 * READY asks for a point, TAKE deals one, DONE is what became of it; COMPLAINT says why a process
 * cannot work. All say BEAT while they live: the others to process 0, and process 0 to them while
 * it deals. Parting takes two steps, so that nobody waits in the end of MPI, which has no time
 * limit, for somebody who is not on the way there: process 0 says STOP, every other one answers
 * LEAVING, its last word, and GO comes when all have answered or are lost. A farm that lost some
 * cannot end as MPI wants it; there a second GO comes when process 0 has no more to do.
 */
#ifndef SLED_SWEEP_FARM_STATE_H
#define SLED_SWEEP_FARM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "sweep/pool.h"
#include "sweep/transport.h"

/* A silence of any process but 0 that is no delay of the network any more, in seconds. */
enum { SLED_FARM_LOST_S = 15 };

enum sled_farm_kind { READY, TAKE, BEAT, DONE, COMPLAINT, STOP, LEAVING, GO };

/* What a message begins with; a text follows: TAKE's key, DONE's result or message, and what a
 * COMPLAINT is about. */
struct sled_farm_header {
    enum sled_farm_kind kind;
    enum sled_pool_cause cause;
    unsigned tries;
    int lost; /* of GO: processes that will not come */
    size_t point;
    double wall_s;
};

/* A process, as process 0 sees it. */
struct sled_farm_peer {
    bool ready; /* waits for a point */
    bool busy;  /* has one */
    bool left;  /* has said LEAVING */
    bool lost;
    size_t point;
    double heard;
};

struct sled_farm {
    void *module;
    const struct sled_transport *transport;
    int rank, size;
    pid_t parent;      /* mpirun, or its agent on this machine */
    int lost;          /* processes that are silent for too long */
    bool gone;         /* mpirun is, and with it all that MPI can do */
    bool parted;       /* all have, from all */
    double beat;       /* when the last one was sent */
    double patience_s; /* with the silence of another process */
    /* On process 0. */
    struct sled_farm_peer *peer; /* [size], heap */
    size_t *returned;            /* [nreturned], heap: points of lost processes */
    size_t nreturned, returned_capacity;
    /* On the others. */
    double heard;   /* when process 0 was */
    bool dismissed; /* it said STOP, */
    bool left;      /* LEAVING was the answer, */
    bool released;  /* and it said GO */
};

void sled_farm_doze(void);

/* Whether the time has come for another BEAT. */
bool sled_farm_beats(struct sled_farm *farm);

/* SLED_E_SIM when mpirun is gone: nobody would end what goes on then. */
enum sled_status sled_farm_check_parent(struct sled_farm *farm, struct sled_err *err);

/* SLED_E_SIM when the other side does not take it, SLED_E_NOMEM. */
enum sled_status sled_farm_send(const struct sled_farm *farm, int to,
                                const struct sled_farm_header *header, const char *text,
                                struct sled_err *err);

/* The next message, if there is one: *text is heap memory of the caller, NULL if there is none. */
enum sled_status sled_farm_receive(const struct sled_farm *farm, int *from,
                                   struct sled_farm_header *header, char **text,
                                   struct sled_err *err);

/* Any process but 0: say that it lives, and hear what process 0 says, as sled_farm_receive. To be
 * called some times a second. SLED_E_SIM when process 0 or mpirun is lost. */
enum sled_status sled_farm_attend(struct sled_farm *farm, struct sled_farm_header *header,
                                  char **text, struct sled_err *err);

#endif
