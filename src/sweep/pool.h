/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Points run side by side, each in a process of its own that is forked for it and inherits all that
 * is loaded. Whatever becomes of that process is an outcome of its point and of nothing else: what
 * dies, takes too long or runs out of memory is tried once more, and then has failed.
 */
#ifndef SLED_SWEEP_POOL_H
#define SLED_SWEEP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct sled_pool_limits {
    unsigned jobs;         /* processes at a time, at least 1 */
    double time_s;         /* of one point; 0: none */
    uint64_t memory_bytes; /* address space of one process; 0: no limit of ours */
};

enum sled_pool_cause {
    SLED_POOL_DONE,
    SLED_POOL_REFUSED, /* SLED_E_UNSUPPORTED: a valid request that cannot be served */
    SLED_POOL_INPUT,   /* another error that would be the same again */
    SLED_POOL_CRASH,
    SLED_POOL_TIME,
    SLED_POOL_MEMORY,
    SLED_POOL_CAUSES /* count, keep last */
};
/* "done", "refused", "input", "crash", "time", "memory" */
extern const char *const sled_pool_cause_names[SLED_POOL_CAUSES];

/* What became of a point. */
struct sled_pool_outcome {
    size_t point;
    enum sled_pool_cause cause;
    const char *text; /* DONE: what work wrote; else the message. Borrowed */
    unsigned tries;
    double wall_s; /* of the last try */
};

struct sled_pool_ops {
    /* In the process of the point: append the result to out. */
    enum sled_status (*work)(void *ctx, size_t point, struct sled_str *out, struct sled_err *err);
    /* Here, when a process is free: *point receives the next one; false: no more for now. */
    bool (*next)(void *ctx, size_t *point);
    /* Here, when a point has ended. An error ends the pool. */
    enum sled_status (*done)(void *ctx, const struct sled_pool_outcome *outcome,
                             struct sled_err *err);
    /* Here, some times a second. An error ends the pool. */
    enum sled_status (*tick)(void *ctx, struct sled_err *err);
};

/*
 * Run until next has no more and all processes have ended; or until done or tick fails, or SIGINT
 * or SIGTERM comes (SLED_E_SIM): then the processes that are left are killed. SLED_E_SIM too when
 * no process can be made, SLED_E_NOMEM.
 */
enum sled_status sled_pool_run(const struct sled_pool_limits *limits,
                               const struct sled_pool_ops *ops, void *ctx, struct sled_err *err);

#endif
