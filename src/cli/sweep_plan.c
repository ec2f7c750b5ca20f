/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of points, checks before the run, and its order. */
#include "cli/sweep_plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/sweep_point.h"
#include "cli/sweep_request.h"

enum {
    MAX_LOADED = 64, /* parts that are loaded to guess at the work of their points */
    MAX_CHECKED = 8, /* points that are tried with a value before it is refused */
    MAX_KEPT = 16    /* of these, in memory for the processes of all points */
};

/* The key of the file that is a part of doc. */
static enum sled_status part_key(struct sled_doc *doc, char key[SLED_KEY_SIZE],
                                 struct sled_err *err)
{
    struct sled_key *hash;
    struct sled_str text = SLED_STR_INIT;

    SLED_TRY(sled_key_create(&hash, err));
    const cJSON *part = sled_pointer_get(sled_doc_root(doc), sweep_point_part(doc));
    if (part != NULL)
        sled_canonical_json(part, &text);
    sled_key_add(hash, sweep_point_part(doc));
    sled_key_add(hash, sled_str_text(&text));
    sled_key_text(hash, key);
    sled_key_destroy(hash);
    const enum sled_status st = sled_str_status(&text, err);
    sled_str_finish(&text);
    return st;
}

/* The part of that key; points of neighbouring numbers mostly share theirs. */
static enum sled_status find_part(struct sweep_plan *plan, const char *key, size_t point,
                                  size_t *out, struct sled_err *err)
{
    for (size_t i = plan->nparts; i-- > 0;)
        if (strcmp(plan->part[i].key, key) == 0) {
            *out = i;
            return SLED_OK;
        }
    SLED_TRY(sled_vec_reserve(&plan->part, &plan->part_capacity, plan->nparts + 1, err));
    *out = plan->nparts++;
    plan->part[*out] = (struct sweep_plan_part){.first = point};
    memcpy(plan->part[*out].key, key, SLED_KEY_SIZE);
    return SLED_OK;
}

static enum sled_status key_of(struct sled_doc *doc, char key[SLED_KEY_SIZE], struct sled_err *err)
{
    struct sled_key *hash;

    SLED_TRY(sled_key_create(&hash, err));
    const enum sled_status st = sweep_point_key(doc, hash, err);
    sled_key_text(hash, key);
    sled_key_destroy(hash);
    return st;
}

static enum sled_status key_point(struct sweep_plan *plan, size_t p, struct sled_err *err)
{
    struct sweep_plan_point *point = &plan->point[p];
    char key[SLED_KEY_SIZE];
    struct sled_doc *doc;

    SLED_TRY(sled_sweep_resolve(plan->sweep, p, &doc, err));
    enum sled_status st = key_of(doc, point->key, err);
    if (st == SLED_OK)
        st = part_key(doc, key, err);
    if (st == SLED_OK)
        st = find_part(plan, key, p, &point->part, err);
    if (st == SLED_OK) {
        const cJSON *network = sled_pointer_get(sled_doc_root(doc), "/network");

        point->ranks = sweep_point_ranks(doc);
        point->reference = cJSON_IsString(network) && strcmp(network->valuestring, "simgrid") == 0;
    }
    sled_doc_destroy(doc);
    return st;
}

static int compare_keys(const void *a, const void *b)
{
    const struct sweep_plan_point *const *x = a, *const *y = b;
    const int order = memcmp((*x)->key, (*y)->key, SLED_KEY_SIZE);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static enum sled_status check_distinct(const struct sweep_plan *plan, struct sled_err *err)
{
    const size_t n = sled_sweep_points(plan->sweep);
    const struct sweep_plan_point **sorted;
    enum sled_status st = SLED_OK;

    SLED_TRY(sled_vec_alloc(&sorted, n, err));
    for (size_t p = 0; p < n; p++)
        sorted[p] = &plan->point[p];
    qsort(sorted, n, sizeof *sorted, compare_keys);
    for (size_t i = 1; i < n && st == SLED_OK; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            st = sled_doc_fail(sled_sweep_doc(plan->sweep), "", err, SLED_E_INPUT,
                               "points %zu and %zu are the same (see --dry-run)",
                               (size_t)(sorted[i - 1] - plan->point),
                               (size_t)(sorted[i] - plan->point));
    free(sorted);
    return st;
}

enum sled_status sweep_plan_init(struct sweep_plan *out, const char *path, const char *const *sets,
                                 size_t nsets, struct sled_err *err)
{
    *out = (struct sweep_plan){.sweep = NULL};
    SLED_TRY(sled_sweep_load(path, sets, nsets, sweep_references, &out->sweep, err));
    SLED_TRY(sled_vec_alloc(&out->point, sled_sweep_points(out->sweep), err));
    for (size_t p = 0; p < sled_sweep_points(out->sweep); p++)
        SLED_TRY(key_point(out, p, err));
    return check_distinct(out, err);
}

void sweep_plan_finish(struct sweep_plan *plan)
{
    for (size_t i = 0; i < plan->nparts; i++) {
        if (plan->part[i].config != NULL)
            sled_config_finish(plan->part[i].config);
        free(plan->part[i].config);
    }
    free(plan->part);
    free(plan->point);
    sled_sweep_destroy(plan->sweep);
    *plan = (struct sweep_plan){.sweep = NULL};
}

static enum sled_status check_point(const struct sweep_plan *plan, size_t point,
                                    struct sled_err *err)
{
    struct sled_doc *doc;

    SLED_TRY(sled_sweep_resolve(plan->sweep, point, &doc, err));
    const enum sled_status st = sweep_point_check(doc, err);
    sled_doc_destroy(doc);
    return st;
}

/* What becomes of a value: with some others it may make no sense, but with one of the first it has
 * to. */
static enum sled_status check_value(const struct sweep_plan *plan, size_t axis, size_t value,
                                    bool *good, struct sled_err *err)
{
    size_t p = sled_sweep_point_with(plan->sweep, axis, value, 0);
    struct sled_err first = SLED_ERR_INIT;

    for (int tries = 0; p != SIZE_MAX && tries < MAX_CHECKED; tries++) {
        struct sled_err why = SLED_ERR_INIT;

        if (good[p])
            return SLED_OK;
        good[p] = check_point(plan, p, &why) == SLED_OK;
        if (good[p])
            return SLED_OK;
        if (tries == 0)
            first = why;
        p = sled_sweep_point_with(plan->sweep, axis, value, p + 1);
    }
    if (first.code == SLED_OK) /* no point has the value */
        return SLED_OK;
    *err = first;
    sled_doc_locate(sled_sweep_doc(plan->sweep), sled_sweep_source(plan->sweep, axis, value), err);
    return err->code;
}

enum sled_status sweep_plan_check(const struct sweep_plan *plan, struct sled_err *err)
{
    const size_t n = sled_sweep_points(plan->sweep);
    const char *place = "/base";
    bool *good;
    enum sled_status st = SLED_OK;

    SLED_TRY(sled_vec_alloc(&good, n, err));
    for (size_t c = 0; c < sled_sweep_columns(plan->sweep) && st == SLED_OK; c++)
        for (size_t v = 0; v < sled_sweep_values(plan->sweep, c) && st == SLED_OK; v++)
            st = check_value(plan, c, v, good, err);
    if (st == SLED_OK && sled_sweep_columns(plan->sweep) == 0)
        st = check_point(plan, 0, err);
    for (size_t p = n; p-- > 0 && sled_sweep_included(plan->sweep, p) && st == SLED_OK;) {
        place = "/include";
        st = check_point(plan, p, err);
    }
    free(good);
    if (st != SLED_OK && st != SLED_E_NOMEM)
        sled_doc_locate(sled_sweep_doc(plan->sweep), place, err);
    return st;
}

/* How many chips the part has; keeps it for the processes of its points if there are several. */
static enum sled_status load_part(struct sweep_plan *plan, struct sweep_plan_part *part, bool keep,
                                  double *chips, struct sled_err *err)
{
    struct sled_config *config;
    struct sled_doc *doc;

    SLED_TRY(sled_vec_alloc(&config, 1, err));
    enum sled_status st = sled_sweep_resolve(plan->sweep, part->first, &doc, err);
    if (st == SLED_OK) {
        st = sweep_point_load(doc, config, err);
        sled_doc_destroy(doc);
    }
    if (st != SLED_OK) { /* the points will say so, each as its own failure */
        sled_config_finish(config);
        free(config);
        if (st == SLED_E_NOMEM)
            return st;
        *err = (struct sled_err)SLED_ERR_INIT;
        return SLED_OK;
    }
    *chips = config->workload == NULL ? config->topology->fabric.nchips
             : config->workload->kind == SLED_WORKLOAD_FORWARD
                 ? (double)sled_forward_chips(&config->workload->forward)
                 : (double)config->workload->layer.ranks;
    if (keep) {
        part->config = config;
        return SLED_OK;
    }
    sled_config_finish(config);
    free(config);
    return SLED_OK;
}

/* Points and what they need, for qsort. */
struct entry {
    size_t point;
    double expected;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->expected != y->expected)
        return x->expected > y->expected ? -1 : 1;
    return (x->point > y->point) - (x->point < y->point);
}

/* Work grows with the square of ranks; the reference network needs some 100 times as much. */
static enum sled_status sort(const struct sweep_plan *plan, const double *chips, size_t *todo,
                             size_t count, struct sled_err *err)
{
    struct entry *entry;

    SLED_TRY(sled_vec_alloc(&entry, count, err));
    for (size_t i = 0; i < count; i++) {
        const struct sweep_plan_point *point = &plan->point[todo[i]];
        const double ranks = point->ranks > 0 ? (double)point->ranks : chips[point->part];

        entry[i] = (struct entry){.point = todo[i],
                                  .expected = ranks * ranks * (point->reference ? 100 : 1)};
    }
    qsort(entry, count, sizeof *entry, compare_entries);
    for (size_t i = 0; i < count; i++)
        todo[i] = entry[i].point;
    free(entry);
    return SLED_OK;
}

enum sled_status sweep_plan_order(struct sweep_plan *plan, size_t *todo, size_t count,
                                  struct sled_err *err)
{
    size_t kept = 0, loaded = 0;
    double *chips, last = 0;
    enum sled_status st = SLED_OK;

    SLED_TRY(sled_vec_alloc(&chips, plan->nparts, err));
    for (size_t i = 0; i < count; i++)
        plan->part[plan->point[todo[i]].part].uses++;
    for (size_t i = 0; i < plan->nparts && st == SLED_OK; i++) {
        struct sweep_plan_part *part = &plan->part[i];
        const bool keep = part->uses > 1 && kept < MAX_KEPT;

        if (part->uses > 0 && (keep || loaded < MAX_LOADED)) {
            st = load_part(plan, part, keep, &last, err);
            loaded++;
            kept += part->config != NULL;
        }
        chips[i] = last;
    }
    if (st == SLED_OK)
        st = sort(plan, chips, todo, count, err);
    free(chips);
    return st;
}

static enum sled_status run_resolved(const struct sweep_plan *plan, size_t point,
                                     struct sled_doc *doc, struct sled_str *out,
                                     struct sled_err *err)
{
    struct sled_config *shared = plan->part[plan->point[point].part].config, own = {0};
    char key[SLED_KEY_SIZE];

    SLED_TRY(key_of(doc, key, err));
    if (strcmp(key, plan->point[point].key) != 0)
        return sled_err_set(err, SLED_E_INPUT, "a file of this point changed while the sweep ran");
    enum sled_status st = shared != NULL ? SLED_OK : sweep_point_load(doc, &own, err);
    if (st == SLED_OK)
        st = sweep_point_run(doc, shared != NULL ? shared : &own, out, err);
    sled_config_finish(&own);
    return st;
}

enum sled_status sweep_plan_run(const struct sweep_plan *plan, size_t point, struct sled_str *out,
                                struct sled_err *err)
{
    struct sled_doc *doc;

    SLED_TRY(sled_sweep_resolve(plan->sweep, point, &doc, err));
    const enum sled_status st = run_resolved(plan, point, doc, out, err);
    sled_doc_destroy(doc);
    return st;
}
