/* SPDX-License-Identifier: Apache-2.0 */
/* Matching rows by name, and judging metrics. */
#include "report/compare.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"

const char *const sled_difference_names[SLED_DIFFERENCES] = {
    [SLED_SAME] = "same",
    [SLED_CHANGED] = "changed",
    [SLED_NOT_A_NUMBER] = "not_a_number",
    [SLED_METRIC_MISSING] = "metric_missing",
    [SLED_STATE_CHANGED] = "state_changed",
    [SLED_ROW_MISSING] = "missing",
    [SLED_ROW_EXTRA] = "extra",
};

/* A number, and whether it is a percentage; strtod alone would take "nan", which passes all. */
static bool parse_term(const char **at, double *value, bool *percent)
{
    char *end;

    if (strspn(*at, "0123456789.") == 0)
        return false;
    *value = strtod(*at, &end);
    if (end == *at || !isfinite(*value))
        return false;
    *percent = *end == '%';
    *at = end + *percent;
    return true;
}

enum sled_status sled_tolerance_parse(char *text, struct sled_tolerance *out, struct sled_err *err)
{
    char *equals = strchr(text, '=');
    const char *at = equals == NULL ? text : equals + 1;

    *out = (struct sled_tolerance){.metric = NULL};
    for (;;) {
        double value;
        bool percent;

        if (!parse_term(&at, &value, &percent) || (*at != '+' && *at != '\0'))
            return sled_err_set(err, SLED_E_USAGE,
                                "tolerance \"%s\": expected [METRIC=]PART, as 0.1%%, time_ns=5 or "
                                "time_ns=0.1%%+5",
                                text);
        if (percent)
            out->relative += value / 100;
        else
            out->absolute += value;
        if (*at == '\0')
            break;
        at++;
    }
    if (equals != NULL) {
        *equals = '\0';
        out->metric = text;
    }
    return SLED_OK;
}

static double allowed(const struct sled_comparison_spec *spec, const char *metric, double base)
{
    const struct sled_tolerance *fits = NULL;

    for (size_t i = 0; i < spec->ntolerances; i++) {
        const struct sled_tolerance *t = &spec->tolerance[i];

        if (t->metric == NULL ? fits == NULL || fits->metric == NULL
                              : strcmp(t->metric, metric) == 0)
            fits = t;
    }
    return fits == NULL ? 0 : fits->absolute + fits->relative * fabs(base);
}

static const struct sled_metric *find_metric(const struct sled_named_result *result,
                                             const char *name)
{
    for (size_t i = 0; i < result->nmetrics; i++)
        if (strcmp(result->metric[i].name, name) == 0)
            return &result->metric[i];
    return NULL;
}

static enum sled_status add(struct sled_comparison *out, const struct sled_difference *difference,
                            struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&out->item, &out->capacity, out->count + 1, err));
    out->item[out->count++] = *difference;
    out->of_kind[difference->kind]++;
    return SLED_OK;
}

static bool is_wanted(const struct sled_comparison_spec *spec, const char *metric)
{
    for (size_t i = 0; i < spec->nmetrics; i++)
        if (strcmp(spec->metric[i], metric) == 0)
            return true;
    return spec->nmetrics == 0;
}

static enum sled_status compare_metrics(const struct sled_named_result *base,
                                        const struct sled_named_result *now,
                                        const struct sled_comparison_spec *spec,
                                        struct sled_comparison *out, struct sled_err *err)
{
    for (size_t i = 0; i < base->nmetrics; i++) {
        const struct sled_metric *b = &base->metric[i], *n;
        struct sled_difference difference = {
            .row = base->name, .metric = b->name, .base = b->value};

        if (!is_wanted(spec, b->name))
            continue;
        n = find_metric(now, b->name);
        difference.now = n == NULL ? NAN : n->value;
        if (n == NULL)
            difference.kind = SLED_METRIC_MISSING;
        else if (!isfinite(b->value) || !isfinite(n->value))
            difference.kind = SLED_NOT_A_NUMBER;
        else if (fabs(n->value - b->value) > allowed(spec, b->name, b->value))
            difference.kind = SLED_CHANGED;
        out->compared += n != NULL;
        SLED_TRY(add(out, &difference, err));
    }
    return SLED_OK;
}

static enum sled_status compare_rows(const struct sled_named_result *base,
                                     const struct sled_named_result *now,
                                     const struct sled_comparison_spec *spec,
                                     struct sled_comparison *out, struct sled_err *err)
{
    struct sled_difference difference = {.row = base->name,
                                         .base = NAN,
                                         .now = NAN,
                                         .base_state = base->state,
                                         .now_state = now->state};

    out->rows++;
    if (base->state == SLED_RESULT_RAN && now->state == SLED_RESULT_RAN)
        return compare_metrics(base, now, spec, out, err);
    if (base->state != now->state || now->state == SLED_RESULT_FAILED)
        difference.kind = SLED_STATE_CHANGED;
    out->compared++;
    return add(out, &difference, err);
}

static int compare_names(const void *a, const void *b)
{
    const struct sled_named_result *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

/* results by name. *out is heap memory of the caller. */
static enum sled_status sort(const struct sled_results *results,
                             const struct sled_named_result ***out, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(out, results->count, err));
    for (size_t i = 0; i < results->count; i++)
        (*out)[i] = &results->item[i];
    qsort(*out, results->count, sizeof **out, compare_names);
    return SLED_OK;
}

static const struct sled_named_result *find(const struct sled_named_result *const *sorted,
                                            size_t count, const struct sled_named_result *wanted)
{
    const struct sled_named_result *const *found =
        bsearch(&wanted, sorted, count, sizeof *sorted, compare_names);

    return found == NULL ? NULL : *found;
}

static enum sled_status add_lone(const struct sled_named_result *row,
                                 enum sled_difference_kind kind, struct sled_comparison *out,
                                 struct sled_err *err)
{
    const struct sled_difference difference = {.kind = kind,
                                               .row = row->name,
                                               .base = NAN,
                                               .now = NAN,
                                               .base_state = row->state,
                                               .now_state = row->state};

    return add(out, &difference, err);
}

/* A metric that was asked for is one of the base's, somewhere. */
static enum sled_status check_metric(const struct sled_results *base, const char *metric,
                                     struct sled_err *err)
{
    enum { MOST = 256 };
    const char *names[MOST];
    size_t n = 0;

    for (size_t r = 0; r < base->count; r++) {
        if (find_metric(&base->item[r], metric) != NULL)
            return SLED_OK;
        for (size_t m = 0; m < base->item[r].nmetrics && n < MOST && r == 0; m++)
            names[n++] = base->item[r].metric[m].name;
    }
    const char *near = sled_suggest(metric, names, n);
    return sled_err_set(err, SLED_E_USAGE, "no result of the base has a metric \"%s\"%s%s%s",
                        metric, near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

static enum sled_status check_spec(const struct sled_results *base,
                                   const struct sled_comparison_spec *spec, struct sled_err *err)
{
    for (size_t i = 0; i < spec->nmetrics && base->count > 0; i++)
        SLED_TRY(check_metric(base, spec->metric[i], err));
    for (size_t i = 0; i < spec->ntolerances && base->count > 0; i++)
        if (spec->tolerance[i].metric != NULL)
            SLED_TRY(check_metric(base, spec->tolerance[i].metric, err));
    return SLED_OK;
}

enum sled_status sled_compare(const struct sled_results *base, const struct sled_results *now,
                              const struct sled_comparison_spec *spec, struct sled_comparison *out,
                              struct sled_err *err)
{
    const struct sled_named_result **by_name = NULL, **of_base = NULL;

    *out = (struct sled_comparison){.item = NULL};
    enum sled_status st = check_spec(base, spec, err);
    if (st == SLED_OK)
        st = sort(now, &by_name, err);
    if (st == SLED_OK)
        st = sort(base, &of_base, err);
    for (size_t i = 0; i < base->count && st == SLED_OK; i++) {
        const struct sled_named_result *match = find(by_name, now->count, &base->item[i]);

        st = match == NULL ? add_lone(&base->item[i], SLED_ROW_MISSING, out, err)
                           : compare_rows(&base->item[i], match, spec, out, err);
    }
    for (size_t i = 0; i < now->count && st == SLED_OK; i++)
        if (find(of_base, base->count, &now->item[i]) == NULL)
            st = add_lone(&now->item[i], SLED_ROW_EXTRA, out, err);
    free(by_name);
    free(of_base);
    return st;
}

void sled_comparison_finish(struct sled_comparison *comparison)
{
    free(comparison->item);
    *comparison = (struct sled_comparison){.item = NULL};
}

size_t sled_comparison_bad(const struct sled_comparison *comparison)
{
    return comparison->count - comparison->of_kind[SLED_SAME];
}
