/* SPDX-License-Identifier: Apache-2.0 */
/* From outcomes of processes to results on disk. */
#include "cli/sweep_run.h"

#include <stdlib.h>

#include "base/cpus.h"
#include "base/monotonic.h"
#include "base/str.h"
#include "report/json.h"

/* A disk may take longer over a result than a processor; a crash of the machine costs the results
 * of that time. */
static const double SYNC_S = 0.5;

static enum sled_status work(void *ctx, size_t point, struct sled_str *out, struct sled_err *err)
{
    const struct sweep_run *run = ctx;

    return sweep_plan_run(run->plan, point, out, err);
}

/* {"key":…,"status":…, and then what ran, or why it did not. */
static void add_result(const char *key, const struct sled_pool_outcome *outcome,
                       struct sled_str *out)
{
    const enum sled_point_status status = outcome->cause == SLED_POOL_DONE ? SLED_POINT_OK
                                          : outcome->cause == SLED_POOL_REFUSED
                                              ? SLED_POINT_LEFT_OUT
                                              : SLED_POINT_FAILED;

    sled_str_addf(out, "{\"key\":\"%s\",\"status\":\"%s\",", key, sled_point_status_names[status]);
    if (status == SLED_POINT_OK) {
        sled_str_add(out, outcome->text);
    } else {
        if (status == SLED_POINT_FAILED)
            sled_str_addf(out, "\"cause\":\"%s\",", sled_pool_cause_names[outcome->cause]);
        sled_str_add(out, "\"message\":");
        sled_json_add_string(outcome->text, out);
    }
    sled_str_add(out, "}");
}

static enum sled_status keep(struct sweep_run *run, const struct sled_pool_outcome *outcome,
                             struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;

    add_result(run->plan->point[outcome->point].key, outcome, &text);
    enum sled_status st = sled_str_status(&text, err);
    if (st == SLED_OK)
        st = sled_store_append(run->store, sled_str_text(&text), outcome->tries, outcome->wall_s,
                               err);
    sled_str_finish(&text);
    return st;
}

static struct sled_pool_limits limits_of(const struct sweep_args *args)
{
    return (struct sled_pool_limits){
        .jobs = args->jobs > 0 ? (unsigned)args->jobs : sled_cpus(),
        .time_s = args->time_s,
        .memory_bytes = args->memory_bytes,
    };
}

static bool next(void *ctx, size_t *point)
{
    struct sweep_run *run = ctx;

    if (run->next == run->ntodo)
        return false;
    *point = run->todo[run->next++];
    return true;
}

static enum sled_status done(void *ctx, const struct sled_pool_outcome *outcome,
                             struct sled_err *err)
{
    struct sweep_run *run = ctx;

    SLED_TRY(keep(run, outcome, err));
    run->done++;
    run->failed += outcome->cause > SLED_POOL_REFUSED;
    return SLED_OK;
}

static enum sled_status tick(void *ctx, struct sled_err *err)
{
    struct sweep_run *run = ctx;
    const double now = sled_monotonic_s();

    sled_progress_draw(&run->progress, run->done, run->failed);
    if (now - run->synced < SYNC_S)
        return SLED_OK;
    run->synced = now;
    return sled_store_sync(run->store, err);
}

static const struct sled_pool_ops ops = {.work = work, .next = next, .done = done, .tick = tick};

static const char *key(void *ctx, size_t point)
{
    const struct sweep_run *run = ctx;

    return run->plan->point[point].key;
}

/* Here, or on a farm. */
static enum sled_status run_all(struct sweep_run *run, struct sled_farm *farm, struct sled_err *err)
{
    const struct sled_pool_limits limits = limits_of(run->args);
    struct sled_err ignored = SLED_ERR_INIT; /* there is a failure already */

    SLED_TRY(sled_store_prepare(run->store, err));
    sled_progress_begin(&run->progress, run->ntodo);
    enum sled_status st = farm == NULL ? sled_pool_run(&limits, &ops, run, err)
                                       : sled_farm_deal(farm, &ops, key, run, err);
    sled_progress_end(&run->progress);
    if (st == SLED_OK)
        st = sled_store_sync(run->store, err);
    else
        (void)sled_store_sync(run->store, &ignored);
    if (st != SLED_OK)
        sled_err_prefix(err,
                        "%zu of %zu points done, the same command goes on from there: ", run->done,
                        run->ntodo);
    return st;
}

enum sled_status sweep_run_here(struct sweep_run *run, struct sled_err *err)
{
    return run_all(run, NULL, err);
}

enum sled_status sweep_run_deal(struct sweep_run *run, struct sled_farm *farm, struct sled_err *err)
{
    return run_all(run, farm, err);
}

enum sled_status sweep_run_serve(struct sweep_run *run, struct sled_farm *farm,
                                 struct sled_err *err)
{
    struct sled_pool_limits limits = limits_of(run->args);

    limits.jobs = 1; /* as many processes as points at a time are for mpirun to say */
    return sled_farm_work(farm, &limits, &ops, key, sled_sweep_points(run->plan->sweep), run, err);
}
