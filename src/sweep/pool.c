/* SPDX-License-Identifier: Apache-2.0 */
/* Processes, pipes and clocks of a pool. Nothing here gets into a result. */
#define _GNU_SOURCE /* memfd_create, pipe2 */
#include "sweep/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/monotonic.h"
#include "base/vec.h"

enum { TRIES = 2, TICK_MS = 100 };

const char *const sled_pool_cause_names[SLED_POOL_CAUSES] = {
    [SLED_POOL_DONE] = "done",   [SLED_POOL_REFUSED] = "refused", [SLED_POOL_INPUT] = "input",
    [SLED_POOL_CRASH] = "crash", [SLED_POOL_TIME] = "time",       [SLED_POOL_MEMORY] = "memory",
};

/* What a process says before its text. */
struct report {
    enum sled_status code;
    size_t len;
};

/* A process that runs a point, or room for one. */
struct slot {
    pid_t pid; /* 0: free */
    int pipe;
    int log; /* its standard error */
    size_t point;
    unsigned tries;
    double start;
    bool late; /* it was killed for taking too long */
    struct sled_str got;
};

struct pool {
    const struct sled_pool_limits *limits;
    const struct sled_pool_ops *ops;
    void *ctx;
    struct slot *slot; /* [limits->jobs], heap */
    struct pollfd *poll;
};

static volatile sig_atomic_t stopped_by;

static void stop(int sig)
{
    stopped_by = sig;
}

static bool write_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        const ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static _Noreturn void child_main(const struct pool *pool, size_t point, int out, int log,
                                 pid_t parent)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_str text = SLED_STR_INIT;

    /* Nobody would read the result of a parent that is killed, before or after this call. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (getppid() != parent || dup2(log, STDERR_FILENO) < 0)
        _exit(EXIT_FAILURE);
    if (pool->limits->memory_bytes != 0) {
        const struct rlimit limit = {.rlim_cur = pool->limits->memory_bytes,
                                     .rlim_max = pool->limits->memory_bytes};

        if (setrlimit(RLIMIT_AS, &limit) != 0)
            _exit(EXIT_FAILURE);
    }

    enum sled_status st = pool->ops->work(pool->ctx, point, &text, &err);
    if (st == SLED_OK)
        st = sled_str_status(&text, &err);

    char message[2 * sizeof err];
    const char *say = sled_str_text(&text);
    if (st != SLED_OK)
        say = sled_err_format(&err, message, sizeof message);
    const struct report report = {.code = st, .len = strlen(say)};
    if (!write_all(out, &report, sizeof report) || !write_all(out, say, report.len))
        _exit(EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

/* A process for slot->point. */
static enum sled_status start(struct pool *pool, struct slot *slot, struct sled_err *err)
{
    int ends[2];
    const pid_t parent = getpid();

    if (pipe2(ends, O_CLOEXEC) != 0)
        return sled_err_set(err, SLED_E_SIM, "no pipe for a point: %s", strerror(errno));
    slot->log = memfd_create("standard error of a point", MFD_CLOEXEC);
    slot->pipe = ends[0];
    slot->pid = slot->log < 0 ? -1 : fork();
    if (slot->pid == 0)
        child_main(pool, slot->point, ends[1], slot->log, parent);

    const int error = errno;
    close(ends[1]);
    if (slot->pid < 0) {
        slot->pid = 0;
        close(slot->pipe);
        if (slot->log >= 0)
            close(slot->log);
        return sled_err_set(err, SLED_E_SIM, "no process for a point: %s", strerror(error));
    }
    slot->tries++;
    slot->late = false;
    slot->start = sled_monotonic_s();
    return SLED_OK;
}

/* The last line that the process wrote to its standard error; "" if there is none. */
static void last_words(int log, char *buf, size_t size)
{
    char text[4096];
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
        if (*line != '\0')
            snprintf(buf, size, "%.250s", line);
    }
}

/* What to say of a process that ended without a report. */
static void say_death(const struct pool *pool, const struct slot *slot, int status, char *buf,
                      size_t size)
{
    char words[256];

    if (slot->late) {
        snprintf(buf, size, "not done after %g s", pool->limits->time_s);
        return;
    }
    last_words(slot->log, words, sizeof words);
    if (WIFSIGNALED(status))
        snprintf(buf, size, "killed by signal %d (%s)%s%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), words[0] == '\0' ? "" : "; its last words: ", words);
    else
        snprintf(buf, size, "ended with status %d%s%s", WEXITSTATUS(status),
                 words[0] == '\0' ? "" : "; its last words: ", words);
}

static enum sled_pool_cause cause_of(enum sled_status code)
{
    switch (code) {
    case SLED_OK:
        return SLED_POOL_DONE;
    case SLED_E_UNSUPPORTED:
        return SLED_POOL_REFUSED;
    case SLED_E_NOMEM:
        return SLED_POOL_MEMORY;
    case SLED_E_SIM:
        return SLED_POOL_CRASH;
    default:
        return SLED_POOL_INPUT;
    }
}

/* The process has closed its pipe: tell its outcome, or try again. */
static enum sled_status end(struct pool *pool, struct slot *slot, struct sled_err *err)
{
    struct sled_pool_outcome outcome = {.point = slot->point, .tries = slot->tries};
    struct report report;
    char message[512];
    int status = 0;

    outcome.wall_s = sled_monotonic_s() - slot->start;
    while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR)
        ;
    slot->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS &&
        slot->got.len >= sizeof report) {
        memcpy(&report, slot->got.text, sizeof report);
        outcome.cause = cause_of(report.code);
        outcome.text = slot->got.text + sizeof report;
    } else {
        outcome.cause = slot->late ? SLED_POOL_TIME : SLED_POOL_CRASH;
        say_death(pool, slot, status, message, sizeof message);
        outcome.text = message;
    }
    close(slot->log);
    close(slot->pipe);

    enum sled_status st;
    if (outcome.cause >= SLED_POOL_CRASH && slot->tries < TRIES) {
        sled_str_finish(&slot->got);
        return start(pool, slot, err);
    }
    st = pool->ops->done(pool->ctx, &outcome, err);
    sled_str_finish(&slot->got);
    return st;
}

/* What the process has written; at its end, what became of it. */
static enum sled_status receive(struct pool *pool, struct slot *slot, struct sled_err *err)
{
    char buf[65536];
    const ssize_t n = read(slot->pipe, buf, sizeof buf);

    if (n > 0) {
        sled_str_addn(&slot->got, buf, (size_t)n);
        return sled_str_status(&slot->got, err);
    }
    if (n < 0 && errno == EINTR)
        return SLED_OK;
    return end(pool, slot, err);
}

static enum sled_status fill(struct pool *pool, size_t *busy, struct sled_err *err)
{
    *busy = 0;
    for (unsigned i = 0; i < pool->limits->jobs; i++) {
        struct slot *slot = &pool->slot[i];

        if (slot->pid == 0 && pool->ops->next(pool->ctx, &slot->point)) {
            slot->tries = 0;
            SLED_TRY(start(pool, slot, err));
        }
        *busy += slot->pid != 0;
    }
    return SLED_OK;
}

static void kill_late(const struct pool *pool)
{
    const double limit = pool->limits->time_s;

    for (unsigned i = 0; limit > 0 && i < pool->limits->jobs; i++) {
        struct slot *slot = &pool->slot[i];

        if (slot->pid != 0 && !slot->late && sled_monotonic_s() - slot->start > limit) {
            slot->late = true;
            kill(slot->pid, SIGKILL);
        }
    }
}

/* Wait until a process says something, or for the next tick. */
static enum sled_status wait_some(struct pool *pool, struct sled_err *err)
{
    for (unsigned i = 0; i < pool->limits->jobs; i++)
        pool->poll[i] = (struct pollfd){.fd = pool->slot[i].pid == 0 ? -1 : pool->slot[i].pipe,
                                        .events = POLLIN};
    const int n = poll(pool->poll, pool->limits->jobs, TICK_MS);
    if (n < 0 && errno != EINTR)
        return sled_err_set(err, SLED_E_SIM, "lost the points: %s", strerror(errno));
    for (unsigned i = 0; n > 0 && i < pool->limits->jobs; i++)
        if (pool->poll[i].revents != 0)
            SLED_TRY(receive(pool, &pool->slot[i], err));
    return SLED_OK;
}

static enum sled_status run(struct pool *pool, struct sled_err *err)
{
    size_t busy;

    for (;;) {
        if (stopped_by != 0)
            return sled_err_set(err, SLED_E_SIM, "stopped by signal %d (%s)", (int)stopped_by,
                                strsignal(stopped_by));
        SLED_TRY(fill(pool, &busy, err));
        if (busy == 0)
            return SLED_OK;
        SLED_TRY(wait_some(pool, err));
        kill_late(pool);
        SLED_TRY(pool->ops->tick(pool->ctx, err));
    }
}

static void kill_rest(struct pool *pool)
{
    for (unsigned i = 0; i < pool->limits->jobs; i++) {
        struct slot *slot = &pool->slot[i];

        if (slot->pid != 0) {
            kill(slot->pid, SIGKILL);
            while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
                ;
            close(slot->pipe);
            close(slot->log);
        }
        sled_str_finish(&slot->got);
    }
}

enum sled_status sled_pool_run(const struct sled_pool_limits *limits,
                               const struct sled_pool_ops *ops, void *ctx, struct sled_err *err)
{
    struct pool pool = {.limits = limits, .ops = ops, .ctx = ctx};
    struct sigaction action = {.sa_handler = stop}, old_int, old_term;

    enum sled_status st = sled_vec_alloc(&pool.slot, limits->jobs, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&pool.poll, limits->jobs, err);
    if (st == SLED_OK) {
        stopped_by = 0;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, &action, &old_int);
        sigaction(SIGTERM, &action, &old_term);
        st = run(&pool, err);
        kill_rest(&pool);
        sigaction(SIGINT, &old_int, NULL);
        sigaction(SIGTERM, &old_term, NULL);
    }
    free(pool.slot);
    free(pool.poll);
    return st;
}
