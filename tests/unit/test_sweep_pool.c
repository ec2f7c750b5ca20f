/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: every point has one outcome, whatever its process does. */
#define _DEFAULT_SOURCE /* usleep, MAP_ANONYMOUS */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_main.h"
#include "sweep/pool.h"

enum { POINTS = 40 };

/* What point p does: by its remainder. */
enum behaviour { WORKS, REFUSES, IS_BAD, CRASHES, ABORTS, HANGS, EATS, SLOW, BEHAVIOURS };

struct bench {
    size_t next, npoints;
    enum sled_pool_cause cause[POINTS];
    char text[POINTS][128];
    unsigned tries[POINTS];
    size_t outcomes[POINTS];
    size_t ticks;
    int *starts; /* [POINTS], shared with the processes */
    bool once;   /* crash only at the first try */
    enum behaviour only;
    bool mixed;
    enum sled_status done_fails;
};

static enum sled_status work(void *ctx, size_t point, struct sled_str *out, struct sled_err *err)
{
    struct bench *b = ctx;
    const enum behaviour behaviour = b->mixed ? (enum behaviour)(point % BEHAVIOURS) : b->only;
    const int start = __sync_fetch_and_add(&b->starts[point], 1);

    if (b->once && start > 0) {
        sled_str_addf(out, "second %zu", point);
        return SLED_OK;
    }
    switch (behaviour) {
    case REFUSES:
        return sled_err_set(err, SLED_E_UNSUPPORTED, "refused %zu", point);
    case IS_BAD:
        return sled_err_set(err, SLED_E_INPUT, "bad %zu", point);
    case CRASHES:
        raise(SIGKILL);
        break;
    case ABORTS:
        (void)!write(STDERR_FILENO, "last word\n", 10);
        abort();
    case HANGS:
        for (;;)
            pause();
    case EATS: {
        char *memory = malloc((size_t)1 << 40);

        if (memory == NULL)
            return sled_err_nomem(err);
        free(memory);
        break;
    }
    case SLOW:
        usleep(20000);
        break;
    default:
        break;
    }
    sled_str_addf(out, "done %zu", point);
    for (int i = 0; i < 30000 && point == 0; i++) /* more than a pipe holds */
        sled_str_add(out, "xxxx");
    return SLED_OK;
}

static bool next(void *ctx, size_t *point)
{
    struct bench *b = ctx;

    if (b->next == b->npoints)
        return false;
    *point = b->next++;
    return true;
}

static enum sled_status done(void *ctx, const struct sled_pool_outcome *outcome,
                             struct sled_err *err)
{
    struct bench *b = ctx;

    b->cause[outcome->point] = outcome->cause;
    snprintf(b->text[outcome->point], sizeof b->text[0], "%s", outcome->text);
    b->tries[outcome->point] = outcome->tries;
    b->outcomes[outcome->point]++;
    return b->done_fails == SLED_OK ? SLED_OK : sled_err_set(err, b->done_fails, "disk full");
}

static enum sled_status tick(void *ctx, struct sled_err *err)
{
    struct bench *b = ctx;

    (void)err;
    b->ticks++;
    return SLED_OK;
}

static const struct sled_pool_ops ops = {.work = work, .next = next, .done = done, .tick = tick};

static void init(struct bench *b, enum behaviour only, size_t npoints)
{
    *b = (struct bench){.npoints = npoints, .only = only};
    b->starts = mmap(NULL, POINTS * sizeof *b->starts, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(b->starts, MAP_FAILED);
}

static void finish(struct bench *b)
{
    munmap(b->starts, POINTS * sizeof *b->starts);
}

START_TEST(every_point_has_one_outcome)
{
    const struct sled_pool_limits limits = {
        .jobs = (unsigned)_i, .time_s = 0.3, .memory_bytes = (uint64_t)1 << 32};
    static const struct {
        enum sled_pool_cause cause;
        unsigned tries;
    } expected[BEHAVIOURS] = {
        [WORKS] = {SLED_POOL_DONE, 1},   [REFUSES] = {SLED_POOL_REFUSED, 1},
        [IS_BAD] = {SLED_POOL_INPUT, 1}, [CRASHES] = {SLED_POOL_CRASH, 2},
        [ABORTS] = {SLED_POOL_CRASH, 2}, [HANGS] = {SLED_POOL_TIME, 2},
        [EATS] = {SLED_POOL_MEMORY, 2},  [SLOW] = {SLED_POOL_DONE, 1},
    };
    struct sled_err err = SLED_ERR_INIT;
    struct bench b;

    init(&b, WORKS, 2 * BEHAVIOURS);
    b.mixed = true;
    ck_assert_msg(sled_pool_run(&limits, &ops, &b, &err) == SLED_OK, "%s", err.msg);
    for (size_t p = 0; p < b.npoints; p++) {
        ck_assert_uint_eq(b.outcomes[p], 1);
        ck_assert_int_eq(b.cause[p], expected[p % BEHAVIOURS].cause);
        ck_assert_uint_eq(b.tries[p], expected[p % BEHAVIOURS].tries);
        ck_assert_uint_eq((unsigned)b.starts[p], b.tries[p]);
    }
    ck_assert_str_eq(b.text[BEHAVIOURS], "done 8");
    ck_assert_str_eq(b.text[REFUSES], "refused 1");
    ck_assert_str_eq(b.text[IS_BAD], "bad 2");
    ck_assert_str_eq(b.text[CRASHES], "killed by signal 9 (Killed)");
    ck_assert_str_eq(b.text[ABORTS], "killed by signal 6 (Aborted); its last words: last word");
    ck_assert_str_eq(b.text[HANGS], "not done after 0.3 s");
    ck_assert_uint_gt(b.ticks, 0);
    finish(&b);
}
END_TEST

START_TEST(a_second_try_can_succeed)
{
    const struct sled_pool_limits limits = {.jobs = 3};
    struct sled_err err = SLED_ERR_INIT;
    struct bench b;

    init(&b, CRASHES, 10);
    b.once = true;
    ck_assert_int_eq(sled_pool_run(&limits, &ops, &b, &err), SLED_OK);
    for (size_t p = 0; p < b.npoints; p++) {
        ck_assert_int_eq(b.cause[p], SLED_POOL_DONE);
        ck_assert_uint_eq(b.tries[p], 2);
        ck_assert_int_eq(strncmp(b.text[p], "second ", 7), 0);
    }
    finish(&b);
}
END_TEST

START_TEST(a_result_that_cannot_be_kept_ends_the_pool)
{
    const struct sled_pool_limits limits = {.jobs = 2};
    struct sled_err err = SLED_ERR_INIT;
    struct bench b;

    init(&b, SLOW, POINTS);
    b.done_fails = SLED_E_IO;
    ck_assert_int_eq(sled_pool_run(&limits, &ops, &b, &err), SLED_E_IO);
    ck_assert_str_eq(err.msg, "disk full");
    ck_assert_uint_lt(b.next, POINTS);
    finish(&b);
}
END_TEST

START_TEST(a_signal_ends_the_pool_with_an_error)
{
    const struct sled_pool_limits limits = {.jobs = 2};
    struct sled_err err = SLED_ERR_INIT;
    struct bench b;

    init(&b, HANGS, 2);
    const pid_t parent = getpid(), killer = fork();
    if (killer == 0) {
        usleep(200000);
        kill(parent, SIGTERM);
        _exit(0);
    }
    ck_assert_int_eq(sled_pool_run(&limits, &ops, &b, &err), SLED_E_SIM);
    ck_assert_str_eq(err.msg, "stopped by signal 15 (Terminated)");
    finish(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep_pool");
    TCase *pool = tcase_create("pool");

    tcase_add_loop_test(pool, every_point_has_one_outcome, 1, 5);
    tcase_add_test(pool, a_second_try_can_succeed);
    tcase_add_test(pool, a_result_that_cannot_be_kept_ends_the_pool);
    tcase_add_test(pool, a_signal_ends_the_pool_with_an_error);
    suite_add_tcase(suite, pool);
    return sled_check_main(suite);
}
