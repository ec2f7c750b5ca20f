/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run in a child process of its own: SimGrid allows one engine per process, for
 * ever. The child fills the result in shared memory; what it says on stderr is kept and
 * told only if it dies.
 */
#define _GNU_SOURCE /* memfd_create, MAP_ANONYMOUS */
#include "sim/sim.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <simgrid/engine.h>

#include "sim/chips.h"
#include "sim/clock.h"
#include "sim/engine.h"
#include "sim/executor.h"
#include "sim/network.h"
#include "sim/worker.h"

/* Flows and streams there can be at once, at the very most. */
static uint64_t most_actors(const struct sled_sim_spec *spec)
{
    const struct sled_fabric *fabric = spec->machine->fabric;
    uint32_t most_paths = 1;
    uint64_t transfers = 0;

    for (uint32_t s = 0; s < fabric->nchips; s++) {
        for (uint32_t d = 0; d < fabric->nchips; d++) {
            uint32_t first;
            const uint32_t paths = sled_fabric_paths(fabric, s, d, &first);
            most_paths = paths > most_paths ? paths : most_paths;
        }
    }
    for (uint32_t i = 0; i < spec->program->ncollectives; i++)
        transfers += spec->program->collective[i].plan->count;
    return transfers * most_paths + 2 * (uint64_t)fabric->nchips * SLED_STREAMS + 1;
}

/* All that a run consists of; the child's process takes it along when it ends. */
struct run {
    struct sled_clock clock;
    struct sled_network *network;
    struct sled_executor *executor;
    struct sled_chips *chips;
};

static enum sled_status assemble(struct run *run, const struct sled_sim_spec *spec,
                                 struct sled_result *result, struct sled_err *err)
{
    sled_clock_init(&run->clock);
    SLED_TRY(sled_network_create(spec->network, spec->accuracy, spec->machine, &run->clock,
                                 &run->network, err));
    SLED_TRY(sled_executor_create(spec->machine, spec->program, run->network, &run->clock, result,
                                  &run->executor, err));

    const struct sled_stage stage = {.machine = spec->machine,
                                     .program = spec->program,
                                     .network = run->network,
                                     .clock = &run->clock,
                                     .executor = run->executor,
                                     .result = result,
                                     .start_s = spec->start_s};
    SLED_TRY(sled_chips_create(&stage, &run->chips, err));
    return run->network->ops->start(run->network, err);
}

static enum sled_status simulate(const struct sled_sim_spec *spec, struct sled_result *result,
                                 struct sled_err *err)
{
    struct run run = {0};

    sled_engine_init(most_actors(spec));
    enum sled_status status = assemble(&run, spec, result, err);
    if (status == SLED_OK) {
        sled_clock_start(&run.clock);
        sled_chips_start(run.chips);
        simgrid_run();
        sled_executor_count(run.executor);
        result->weight_error = run.network->ops->weight_error(run.network);
        if (sled_chips_left(run.chips) > 0)
            status = sled_err_set(err, SLED_E_SIM,
                                  "the simulation stopped after %.9g s with %" PRIu32
                                  " streams unfinished",
                                  simgrid_get_clock(), sled_chips_left(run.chips));
    }
    sled_chips_destroy(run.chips);
    sled_executor_destroy(run.executor);
    sled_network_destroy(run.network);
    sled_clock_finish(&run.clock);
    return status;
}

static _Noreturn void child_main(const struct sled_sim_spec *spec, int log, pid_t parent,
                                 struct sled_result *result, struct sled_err *report)
{
    struct sled_err err = SLED_ERR_INIT;

    /* Nobody would read the result of a parent that is killed, before or after this call. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(log, STDERR_FILENO) < 0)
        _exit(EXIT_FAILURE);
    sled_worker_enter(report);
    if (simulate(spec, result, &err) != SLED_OK)
        sled_worker_fail(&err);
    _exit(EXIT_SUCCESS);
}

/* The last line of the log that is not part of a backtrace; "" if there is none. */
static void last_words(int log, char *buf, size_t size)
{
    char text[8192];
    const off_t len = lseek(log, 0, SEEK_END);
    const off_t from = len > (off_t)sizeof text - 1 ? len - ((off_t)sizeof text - 1) : 0;
    const ssize_t n = len < 0 ? -1 : pread(log, text, sizeof text - 1, from);

    buf[0] = '\0';
    if (n < 0)
        return;
    text[n] = '\0';
    for (char *line = text, *next; line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        line += strspn(line, " \t");
        if (*line != '\0' && strncmp(line, "->", 2) != 0)
            snprintf(buf, size, "%s", line);
    }
}

static enum sled_status died(int wait_status, int log, struct sled_err *err)
{
    char words[256], how[64];

    if (WIFSIGNALED(wait_status))
        snprintf(how, sizeof how, "was killed by signal %d (%s)", WTERMSIG(wait_status),
                 strsignal(WTERMSIG(wait_status)));
    else
        snprintf(how, sizeof how, "ended with status %d", WEXITSTATUS(wait_status));
    last_words(log, words, sizeof words);
    return sled_err_set(err, SLED_E_SIM, "the simulation %s%s%s", how,
                        words[0] == '\0' ? "" : "; its last words: ", words);
}

/* Run the child to its end. *report is shared with it. */
static enum sled_status run_child(const struct sled_sim_spec *spec, int log,
                                  struct sled_result *result, struct sled_err *report,
                                  struct sled_err *err)
{
    const pid_t parent = getpid();
    const pid_t pid = fork();
    int wait_status;

    if (pid < 0)
        return sled_err_set(err, SLED_E_SIM, "no process for the simulation: %s", strerror(errno));
    if (pid == 0)
        child_main(spec, log, parent, result, report);
    while (waitpid(pid, &wait_status, 0) < 0) {
        if (errno != EINTR)
            return sled_err_set(err, SLED_E_SIM, "lost the simulation: %s", strerror(errno));
    }
    if (report->code != SLED_OK) {
        *err = *report;
        return err->code;
    }
    return WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == EXIT_SUCCESS
               ? SLED_OK
               : died(wait_status, log, err);
}

static enum sled_status run_logged(const struct sled_sim_spec *spec, struct sled_result *result,
                                   struct sled_err *err)
{
    struct sled_err *report =
        mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED)
        return sled_err_nomem(err);

    enum sled_status status;
    const int log = memfd_create("simulation log", MFD_CLOEXEC);
    if (log < 0) {
        status = sled_err_set(err, SLED_E_IO, "log of the simulation: %s", strerror(errno));
    } else {
        status = run_child(spec, log, result, report, err);
        close(log);
    }
    munmap(report, sizeof *report);
    return status;
}

/* The result's arrays that are known before the run. */
static enum sled_status create_result(const struct sled_sim_spec *spec, struct sled_result **out,
                                      struct sled_err *err)
{
    const struct sled_program *program = spec->program;
    struct sled_result_shape shape = {.nchips = program->nchips,
                                      .nphases = program->nphases,
                                      .nresources = spec->machine->nresources,
                                      .ncollectives = program->ncollectives};
    struct sled_result *result;

    for (uint32_t c = 0; c < program->nchips; c++)
        shape.nsteps += program->chip[c].nsteps;
    for (uint32_t i = 0; i < program->ncollectives && spec->keep_transfers; i++)
        shape.nxfers += program->collective[i].plan->count;
    SLED_TRY(sled_result_create(&shape, &result, err));

    for (uint32_t c = 0; c < program->nchips; c++)
        result->step_begin[c + 1] = result->step_begin[c] + program->chip[c].nsteps;
    for (uint32_t r = 0; r < shape.nresources; r++)
        result->resource[r] = spec->machine->resource[r];
    for (uint32_t i = 0; i < program->ncollectives && spec->keep_transfers; i++)
        result->xfer_begin[i + 1] = result->xfer_begin[i] + program->collective[i].plan->count;
    *out = result;
    return SLED_OK;
}

enum sled_status sled_sim_run(const struct sled_sim_spec *spec, struct sled_result **out,
                              struct sled_err *err)
{
    struct sled_result *result;

    SLED_TRY(create_result(spec, &result, err));
    const enum sled_status status = run_logged(spec, result, err);
    if (status != SLED_OK) {
        sled_result_destroy(result);
        return status;
    }
    *out = result;
    return SLED_OK;
}
