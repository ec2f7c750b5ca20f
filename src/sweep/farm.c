/* SPDX-License-Identifier: Apache-2.0 */
/* A farm's life: joining it, parting, and ends that are none of the plan. */
#define _GNU_SOURCE /* RTLD_DEEPBIND */
#include "sweep/farm.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "base/vec.h"
#include "sweep/farm_state.h"

static const double PLAN_S = 600; /* until process 0 deals: it opens files and checks points */
static const double END_S = 600;  /* until process 0 ends a farm that lost somebody */
enum { FINISH_S = 60 };           /* of MPI's own end */

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
    farm->parent = getppid();
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
    farm->patience_s = farm->rank == 0 ? SLED_FARM_LOST_S : PLAN_S;
    farm->heard = sled_monotonic_s();
    SLED_TRY(sled_vec_alloc(&farm->peer, (size_t)farm->size, err));
    for (int i = 0; i < farm->size; i++)
        farm->peer[i].heard = farm->heard;
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
    return farm != NULL && (farm->lost > 0 || farm->gone);
}

bool sled_farm_deals(const struct sled_farm *farm)
{
    return farm->rank == 0;
}

void sled_farm_complain(const struct sled_farm *farm, const struct sled_err *why)
{
    const struct sled_farm_header header = {.kind = COMPLAINT};
    char line[2 * sizeof *why];
    struct sled_err ignored = SLED_ERR_INIT;

    (void)sled_farm_send(farm, 0, &header, sled_err_format(why, line, sizeof line), &ignored);
}

/* ---- parting ---- */

static void say_to_all(struct sled_farm *farm, enum sled_farm_kind kind)
{
    const struct sled_farm_header header = {.kind = kind, .lost = farm->lost};
    struct sled_err ignored = SLED_ERR_INIT;

    for (int i = 1; i < farm->size; i++) {
        struct sled_farm_peer *peer = &farm->peer[i];

        if (!peer->lost && sled_farm_send(farm, i, &header, "", &ignored) != SLED_OK) {
            peer->lost = true;
            farm->lost++;
        }
        peer->heard = sled_monotonic_s();
    }
}

/* How many have yet to answer; who is silent is lost. */
static int count_staying(struct sled_farm *farm)
{
    int staying = 0;

    for (int i = 1; i < farm->size; i++) {
        struct sled_farm_peer *peer = &farm->peer[i];

        if (peer->lost || peer->left)
            continue;
        if (sled_monotonic_s() - peer->heard > SLED_FARM_LOST_S) {
            peer->lost = true;
            farm->lost++;
        } else {
            staying++;
        }
    }
    return staying;
}

/* Process 0: send all home, and hear each say that it goes. What else they say is of no interest
 * any more, but has to be taken: a long message keeps its sender until it is. */
static enum sled_status dismiss(struct sled_farm *farm, struct sled_err *err)
{
    say_to_all(farm, STOP);
    while (count_staying(farm) > 0) {
        struct sled_farm_header header;
        char *text;
        int from;

        SLED_TRY(sled_farm_check_parent(farm, err));
        SLED_TRY(sled_farm_receive(farm, &from, &header, &text, err));
        if (text == NULL) {
            sled_farm_doze();
            continue;
        }
        farm->peer[from].heard = sled_monotonic_s();
        farm->peer[from].left = header.kind == LEAVING;
        free(text);
    }
    say_to_all(farm, GO);
    return SLED_OK;
}

/* The others: hear process 0 say `kind`. */
static enum sled_status await(struct sled_farm *farm, enum sled_farm_kind kind,
                              struct sled_farm_header *header, struct sled_err *err)
{
    for (;;) {
        char *text;

        SLED_TRY(sled_farm_attend(farm, header, &text, err));
        if (text == NULL) {
            sled_farm_doze();
            continue;
        }
        free(text);
        if (header->kind == kind)
            return SLED_OK;
    }
}

static enum sled_status take_leave(struct sled_farm *farm, struct sled_err *err)
{
    const struct sled_farm_header leaving = {.kind = LEAVING};
    struct sled_farm_header header;

    if (!farm->dismissed)
        SLED_TRY(await(farm, STOP, &header, err));
    SLED_TRY(sled_farm_send(farm, 0, &leaving, "", err));
    farm->left = true;
    SLED_TRY(await(farm, GO, &header, err));
    farm->released = true;
    farm->lost = header.lost;
    return SLED_OK;
}

/* MPI did not end in time: a process died on the last steps, which MPI waits for without end. */
static void end_late(int sig)
{
    static const char words[] = "sledsim: MPI does not end, a process was lost at the very last; "
                                "the same command goes on\n";

    (void)sig;
    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(sled_status_exit_code(SLED_E_SIM));
}

static void finish(const struct sled_farm *farm)
{
    const struct sigaction action = {.sa_handler = end_late};
    struct sigaction before;

    sigaction(SIGALRM, &action, &before);
    alarm(FINISH_S);
    farm->transport->finish();
    alarm(0);
    sigaction(SIGALRM, &before, NULL);
}

void sled_farm_part(struct sled_farm *farm)
{
    struct sled_err why = SLED_ERR_INIT;

    if (farm == NULL || farm->parted)
        return;
    farm->parted = true;
    if (farm->gone || (farm->lost > 0 && farm->rank != 0))
        return; /* nobody would answer */
    const enum sled_status st = farm->rank == 0 ? dismiss(farm, &why) : take_leave(farm, &why);
    if (st != SLED_OK && farm->lost == 0)
        farm->lost = 1;
    if (!sled_farm_broken(farm))
        finish(farm);
}

/* Has process 0 said the last GO? */
static bool may_end(const struct sled_farm *farm)
{
    struct sled_err ignored = SLED_ERR_INIT;
    struct sled_farm_header header;
    char *text;
    int from;

    if (sled_farm_receive(farm, &from, &header, &text, &ignored) != SLED_OK)
        return true;
    const bool said = text != NULL && header.kind == GO;
    free(text);
    return said;
}

/*
 * The end without some of the processes. MPI's own would wait for them, and mpirun may end all at
 * the first that ends without it: so process 0 first does what there is to do, and says GO once
 * more. The others wait for that, unless process 0 is what is lost.
 */
static _Noreturn void abandon(struct sled_farm *farm, int exit_code)
{
    const double start = sled_monotonic_s();

    if (farm->rank == 0 && !farm->gone) {
        say_to_all(farm, GO);
        farm->transport->abandon(exit_code);
    }
    while (farm->released && getppid() == farm->parent && !may_end(farm) &&
           sled_monotonic_s() - start < END_S)
        sled_farm_doze();
    _exit(exit_code);
}

void sled_farm_leave(struct sled_farm *farm, int exit_code)
{
    if (farm == NULL)
        return;
    sled_farm_part(farm);
    if (sled_farm_broken(farm))
        abandon(farm, exit_code);
    /* The module stays: MPI's libraries do not bear being unloaded. */
    free(farm->peer);
    free(farm->returned);
    free(farm);
}
