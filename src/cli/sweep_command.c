/* SPDX-License-Identifier: Apache-2.0 */
/* What `sledsim sweep` does: plan, run what is missing, merge. */
#include "cli/sweep_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "cli/cmd.h"
#include "cli/sweep_args.h"
#include "cli/sweep_plan.h"
#include "cli/sweep_run.h"
#include "cli/sweep_tables.h"
#include "sweep/store.h"

/* "I/N" */
static enum sled_status parse_shard(const char *text, uint32_t *index, uint32_t *count,
                                    struct sled_err *err)
{
    unsigned long i, n;
    char *end;

    *index = 0;
    *count = 1;
    if (text == NULL)
        return SLED_OK;
    i = strtoul(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '/' && end[1] >= '0' && end[1] <= '9') {
        n = strtoul(end + 1, &end, 10);
        if (*end == '\0' && n <= UINT32_MAX && i < n) {
            *index = (uint32_t)i;
            *count = (uint32_t)n;
            return SLED_OK;
        }
    }
    return sled_err_set(err, SLED_E_USAGE, "--shard \"%s\": expected I/N, I from 0 to N-1, as 0/4",
                        text);
}

/* A failure that another try may mend, since it was not the point's own input. */
static enum sled_status is_worth_a_try(struct sled_store *store, const char *key, bool *out,
                                       struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;

    const enum sled_status st = sled_store_text(store, key, &text, err);
    *out = strstr(sled_str_text(&text), "\"cause\":\"input\"") == NULL;
    sled_str_finish(&text);
    return st;
}

static enum sled_status is_missing(struct sled_store *store, const char *key, bool *out,
                                   struct sled_err *err)
{
    enum sled_point_status status;

    *out = !sled_store_find(store, key, &status);
    if (!*out && status == SLED_POINT_FAILED)
        return is_worth_a_try(store, key, out, err);
    return SLED_OK;
}

/* What becomes of a sweep that is loaded. */
struct sweep {
    const struct sweep_args *args;
    struct sweep_plan plan;
    struct sled_store *store;
    char *dir;              /* heap */
    struct sled_farm *farm; /* that mpirun started; NULL without */
};

/* The points of this shard that have no result: run->todo is heap memory of the caller. */
static enum sled_status find_todo(struct sweep *sweep, struct sweep_run *run, struct sled_err *err)
{
    const size_t n = sled_sweep_points(sweep->plan.sweep);
    uint32_t index, count;

    SLED_TRY(parse_shard(sweep->args->shard, &index, &count, err));
    SLED_TRY(sled_vec_alloc(&run->todo, n, err));
    for (size_t p = index; p < n; p += count) {
        bool missing;

        SLED_TRY(is_missing(sweep->store, sweep->plan.point[p].key, &missing, err));
        if (missing)
            run->todo[run->ntodo++] = p;
    }
    return SLED_OK;
}

static enum sled_status run_missing(struct sweep *sweep, struct sled_err *err)
{
    struct sweep_run run = {.args = sweep->args, .plan = &sweep->plan, .store = sweep->store};

    enum sled_status st = find_todo(sweep, &run, err);
    if (st == SLED_OK && run.ntodo > 0) {
        st = sled_store_prepare(sweep->store, err); /* before the work */
        if (st == SLED_OK)
            st = sweep_plan_check(&sweep->plan, err);
        if (st == SLED_OK)
            st = sweep_plan_order(&sweep->plan, run.todo, run.ntodo, err);
        if (st == SLED_OK)
            st = sweep->farm == NULL ? sweep_run_here(&run, err)
                                     : sweep_run_deal(&run, sweep->farm, err);
    }
    free(run.todo);
    return st;
}

/* How many points have no result, how many have failed, and the first that did. */
struct tally {
    size_t missing, failed, first_failed;
};

static struct tally count(struct sweep *sweep)
{
    struct tally tally = {0};
    enum sled_point_status status;

    for (size_t p = 0; p < sled_sweep_points(sweep->plan.sweep); p++) {
        if (!sled_store_find(sweep->store, sweep->plan.point[p].key, &status)) {
            tally.missing++;
        } else if (status == SLED_POINT_FAILED) {
            if (tally.failed++ == 0)
                tally.first_failed = p;
        }
    }
    return tally;
}

static enum sled_status print(struct sweep *sweep, const struct sled_rows *rows,
                              struct sled_err *err)
{
    switch ((enum sweep_format)sweep->args->format) {
    case SWEEP_FORMAT_TABLE:
        return sweep_tables_print(&sweep->plan, rows, stdout, err);
    case SWEEP_FORMAT_CSV:
        sled_rows_write_csv(rows, stdout);
        return SLED_OK;
    case SWEEP_FORMAT_JSONL:
        return sweep_tables_lines(&sweep->plan, sweep->store, stdout, err);
    case SWEEP_FORMAT_NONE:
        return SLED_OK;
    }
    return SLED_OK;
}

/* "message" of the result of a point. */
static enum sled_status fail_of_point(struct sweep *sweep, const struct tally *tally,
                                      struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;
    char *settings = NULL;

    enum sled_status st =
        sled_store_text(sweep->store, sweep->plan.point[tally->first_failed].key, &text, err);
    if (st == SLED_OK) {
        cJSON *tree = sled_sweep_settings(sweep->plan.sweep, tally->first_failed);
        cJSON *result = cJSON_Parse(sled_str_text(&text));
        const cJSON *message = cJSON_GetObjectItemCaseSensitive(result, "message");

        settings = tree == NULL ? NULL : cJSON_PrintUnformatted(tree);
        st = settings == NULL || result == NULL
                 ? sled_err_nomem(err)
                 : sled_err_set(err, SLED_E_SIM, "%zu of %zu points failed, the first at %s: %s",
                                tally->failed, sled_sweep_points(sweep->plan.sweep), settings,
                                cJSON_IsString(message) ? message->valuestring : "");
        cJSON_Delete(result);
        cJSON_Delete(tree);
    }
    cJSON_free(settings);
    sled_str_finish(&text);
    return st;
}

static enum sled_status write_tables(struct sweep *sweep, struct sled_err *err)
{
    struct sled_rows *rows;

    SLED_TRY(sled_store_check(sweep->store, err));
    SLED_TRY(sled_store_make(sweep->store, err)); /* all may come from other directories */
    SLED_TRY(sweep_tables_rows(&sweep->plan, sweep->store, &rows, err));
    enum sled_status st = sweep_tables_write(&sweep->plan, sweep->store, rows, sweep->dir, err);
    if (st == SLED_OK)
        st = print(sweep, rows, err);
    sled_rows_destroy(rows);
    return st;
}

/* Tables, when all points are there or when they were asked for. */
static enum sled_status merge(struct sweep *sweep, struct sled_err *err)
{
    const size_t n = sled_sweep_points(sweep->plan.sweep);

    /* Others may have added theirs since. */
    sled_store_close(sweep->store);
    sweep->store = NULL;
    SLED_TRY(sled_store_open(sweep->dir, &sweep->store, err));
    for (size_t i = 0; i < sweep->args->from.count; i++)
        SLED_TRY(sled_store_add(sweep->store, sweep->args->from.items[i], err));

    const struct tally tally = count(sweep);
    if (tally.missing > 0 && !sweep->args->merge) {
        fprintf(stderr, "sledsim: %zu of %zu points are left to other shards\n", tally.missing, n);
        return SLED_OK;
    }
    if (tally.missing < n)
        SLED_TRY(write_tables(sweep, err));
    if (sled_store_torn(sweep->store) > 0)
        fprintf(stderr, "sledsim: %zu lines in \"%s\" were cut short and count for nothing\n",
                sled_store_torn(sweep->store), sweep->dir);
    if (tally.missing > 0)
        return sled_err_set(err, SLED_E_SIM, "%zu of %zu points have no result in \"%s\"",
                            tally.missing, n, sweep->dir);
    return tally.failed == 0 ? SLED_OK : fail_of_point(sweep, &tally, err);
}

/* The points as a table: number, settings, key, and what is known of them. */
static enum sled_status print_points(struct sweep *sweep, struct sled_err *err)
{
    const struct sled_sweep *s = sweep->plan.sweep;
    enum sled_status st = SLED_OK;

    for (size_t p = 0; p < sled_sweep_points(s) && st == SLED_OK; p++) {
        enum sled_point_status status;
        cJSON *settings = sled_sweep_settings(s, p);
        char *text = settings == NULL ? NULL : cJSON_PrintUnformatted(settings);
        const char *key = sweep->plan.point[p].key;

        if (text == NULL)
            st = sled_err_nomem(err);
        else
            printf("%zu %s %s %s\n", p, key,
                   sled_store_find(sweep->store, key, &status) ? sled_point_status_names[status]
                                                               : "to_do",
                   text);
        cJSON_free(text);
        cJSON_Delete(settings);
    }
    return st;
}

static enum sled_status open_store(struct sweep *sweep, struct sled_err *err)
{
    struct sled_str dir = SLED_STR_INIT;

    if (sweep->args->out != NULL)
        sled_str_add(&dir, sweep->args->out);
    else
        sled_str_addf(&dir, "%s.sweep", sled_sweep_name(sweep->plan.sweep));
    SLED_TRY(sled_str_status(&dir, err));
    sweep->dir = dir.text; /* taken over */
    SLED_TRY(sled_store_open(sweep->dir, &sweep->store, err));
    for (size_t i = 0; i < sweep->args->from.count; i++)
        SLED_TRY(sled_store_add(sweep->store, sweep->args->from.items[i], err));
    return SLED_OK;
}

/* What mpirun makes of the command: process 0 does what it does alone, the others work for it. */
static enum sled_status join(struct sweep *sweep, struct sled_err *err)
{
    const struct sweep_args *args = sweep->args;

    SLED_TRY(sled_farm_join(SLEDSIM_MODULEDIR, &sweep->farm, err));
    if (sweep->farm == NULL)
        return SLED_OK;
    if ((args->jobs > 0 || args->shard != NULL) && sled_farm_deals(sweep->farm))
        return sled_err_set(err, SLED_E_USAGE,
                            "mpirun says how many points run at a time; drop --jobs and --shard");
    return SLED_OK;
}

static enum sled_status perform(struct sweep *sweep, struct sled_err *err)
{
    if (sweep->farm != NULL && !sled_farm_deals(sweep->farm)) {
        struct sweep_run run = {.args = sweep->args, .plan = &sweep->plan};

        return sweep->args->merge || sweep->args->dry_run ? SLED_OK
                                                          : sweep_run_serve(&run, sweep->farm, err);
    }
    SLED_TRY(open_store(sweep, err));
    if (!sweep->args->dry_run && !sweep->args->merge)
        SLED_TRY(run_missing(sweep, err));
    sled_farm_part(sweep->farm); /* before the rest, which may take its time */
    if (sweep->args->dry_run) {
        SLED_TRY(sweep_plan_check(&sweep->plan, err));
        return print_points(sweep, err);
    }
    return merge(sweep, err);
}

enum sled_status sweep_command(const void *opaque, struct sled_err *err)
{
    struct sweep sweep = {.args = opaque};
    uint32_t index, count;

    SLED_TRY(parse_shard(sweep.args->shard, &index, &count, err));
    /* The plan first: a process that is at it could not say to others that it lives. */
    enum sled_status st = sweep_plan_init(&sweep.plan, sweep.args->file, sweep.args->sets.items,
                                          sweep.args->sets.count, err);
    struct sled_err no_farm = SLED_ERR_INIT;
    if (join(&sweep, &no_farm) != SLED_OK) {
        *err = no_farm;
        st = err->code;
    }
    if (st == SLED_OK)
        st = perform(&sweep, err);
    sled_store_close(sweep.store);
    free(sweep.dir);
    sweep_plan_finish(&sweep.plan);
    if (st != SLED_OK && sweep.farm != NULL && !sled_farm_deals(sweep.farm) &&
        !sled_farm_broken(sweep.farm)) {
        sled_farm_complain(sweep.farm, err);
        *err = (struct sled_err)SLED_ERR_INIT;
        st = SLED_OK; /* mpirun ends with the status of process 0 */
    }
    if (sled_farm_broken(sweep.farm)) { /* nothing is printed after leaving it */
        if (st != SLED_OK)
            sled_cmd_report(err);
        fflush(stdout);
    }
    sled_farm_leave(sweep.farm, sled_status_exit_code(st));
    return st;
}

enum sled_status sweep_check_file(const char *path, struct sled_err *err)
{
    struct sweep_plan plan;

    enum sled_status st = sweep_plan_init(&plan, path, NULL, 0, err);
    if (st == SLED_OK)
        st = sweep_plan_check(&plan, err);
    sweep_plan_finish(&plan);
    return st;
}
