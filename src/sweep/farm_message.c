/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of a farm, and signs of life. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "base/vec.h"
#include "sweep/farm_state.h"

static const double BEAT_S = 1; /* a process says that it lives */

/* Of process 0, once it has begun to deal. Longer than what it allows the others: it keeps results,
 * and a disk may be slow. */
static const double SILENCE_S = 60;

void sled_farm_doze(void)
{
    const struct timespec t = {.tv_nsec = 1000000};

    nanosleep(&t, NULL);
}

enum sled_status sled_farm_check_parent(struct sled_farm *farm, struct sled_err *err)
{
    farm->gone = farm->gone || getppid() != farm->parent;
    return farm->gone ? sled_err_set(err, SLED_E_SIM, "mpirun is gone") : SLED_OK;
}

enum sled_status sled_farm_send(const struct sled_farm *farm, int to,
                                const struct sled_farm_header *header, const char *text,
                                struct sled_err *err)
{
    const size_t len = strlen(text);
    char *message;

    SLED_TRY(sled_vec_alloc(&message, sizeof *header + len, err));
    memcpy(message, header, sizeof *header);
    memcpy(message + sizeof *header, text, len);
    if (farm->transport->send(to, message, sizeof *header + len, farm->patience_s) != 0)
        return sled_err_set(err, SLED_E_SIM, "cannot reach process %d of MPI", to);
    free(message); /* not after a failure: MPI may still look at it */
    return SLED_OK;
}

enum sled_status sled_farm_receive(const struct sled_farm *farm, int *from,
                                   struct sled_farm_header *header, char **text,
                                   struct sled_err *err)
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

bool sled_farm_beats(struct sled_farm *farm)
{
    const double now = sled_monotonic_s();

    if (now - farm->beat < BEAT_S)
        return false;
    farm->beat = now;
    return true;
}

enum sled_status sled_farm_attend(struct sled_farm *farm, struct sled_farm_header *header,
                                  char **text, struct sled_err *err)
{
    const struct sled_farm_header beat = {.kind = BEAT};
    int from;

    *text = NULL;
    SLED_TRY(sled_farm_check_parent(farm, err));
    SLED_TRY(sled_farm_receive(farm, &from, header, text, err));
    if (*text != NULL) {
        farm->heard = sled_monotonic_s();
        farm->patience_s = SILENCE_S;
        return SLED_OK;
    }
    if (sled_monotonic_s() - farm->heard > farm->patience_s) {
        farm->lost = 1;
        return sled_err_set(err, SLED_E_SIM, "process 0 of MPI is lost");
    }
    return !farm->left && sled_farm_beats(farm) ? sled_farm_send(farm, 0, &beat, "", err) : SLED_OK;
}
