/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ranges of numbers and quantities. A quantity is counted in the unit of "from", so that "64KiB"
 * times 4 is "256KiB" and not a rounded number of bytes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "sweep/axes.h"

/* The ends as numbers of one unit. */
struct range {
    double from, to, by;
    bool multiplies;
    const char *unit; /* of a quantity, as written behind "from"; NULL for numbers */
    enum sled_dim dim;
};

static enum sled_status fail_at(const struct sled_doc *doc, const char *at, const char *key,
                                const char *what, struct sled_err *err)
{
    char pointer[256];

    snprintf(pointer, sizeof pointer, "%s/%s", at, key);
    return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "expected %s", what);
}

/* The dimension that text is a quantity of, and where its unit begins. */
static bool find_unit(const char *text, enum sled_dim *dim, const char **unit)
{
    char *end;

    strtod(text, &end);
    *unit = end;
    for (int d = SLED_DIM_TIME; d < SLED_DIMS; d++) {
        struct sled_err ignored = SLED_ERR_INIT;
        double value;

        if (sled_units_parse(text, (enum sled_dim)d, &value, &ignored) == SLED_OK) {
            *dim = (enum sled_dim)d;
            return true;
        }
    }
    return false;
}

/* text as a number of range->unit. */
static enum sled_status in_unit(const struct range *range, const char *text, double *out,
                                struct sled_err *err)
{
    char *end;
    char one[32];
    double value, unit;

    *out = strtod(text, &end);
    if (strcmp(end, range->unit) == 0)
        return SLED_OK;
    snprintf(one, sizeof one, "1%s", range->unit);
    SLED_TRY(sled_units_parse(text, range->dim, &value, err));
    SLED_TRY(sled_units_parse(one, range->dim, &unit, err));
    *out = value / unit;
    return SLED_OK;
}

/* A bound of the range, at key. */
static enum sled_status read_end(const struct sled_doc *doc, const char *at, const cJSON *item,
                                 const char *key, const struct range *range, double *out,
                                 struct sled_err *err)
{
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(item, key);

    if (range->unit == NULL) {
        if (!cJSON_IsNumber(node))
            return fail_at(doc, at, key, "a number, as \"from\" is", err);
        *out = node->valuedouble;
        return SLED_OK;
    }
    if (!cJSON_IsString(node))
        return fail_at(doc, at, key, "a quantity, as \"from\" is", err);
    if (in_unit(range, node->valuestring, out, err) != SLED_OK) {
        char pointer[256];

        snprintf(pointer, sizeof pointer, "%s/%s", at, key);
        sled_doc_locate(doc, pointer, err);
        return err->code;
    }
    return SLED_OK;
}

static enum sled_status check_keys(const struct sled_doc *doc, const char *at, const cJSON *range,
                                   struct sled_err *err)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, range)
    {
        const char *key = item->string;
        char pointer[256];

        if (strcmp(key, "from") == 0 || strcmp(key, "to") == 0 || strcmp(key, "factor") == 0 ||
            strcmp(key, "step") == 0)
            continue;
        snprintf(pointer, sizeof pointer, "%s", at);
        sled_pointer_add(pointer, sizeof pointer, key);
        return sled_doc_fail_key(doc, pointer, err, SLED_E_INPUT,
                                 "unknown key \"%s\" of a range; known: from, to, factor, step",
                                 key);
    }
    return SLED_OK;
}

static enum sled_status read_range(const struct sled_doc *doc, const char *at, const cJSON *item,
                                   struct range *out, struct sled_err *err)
{
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(item, "from");
    const cJSON *factor = cJSON_GetObjectItemCaseSensitive(item, "factor");
    const cJSON *step = cJSON_GetObjectItemCaseSensitive(item, "step");

    *out = (struct range){.multiplies = factor != NULL};
    SLED_TRY(check_keys(doc, at, item, err));
    if (from == NULL || cJSON_GetObjectItemCaseSensitive(item, "to") == NULL ||
        (factor == NULL) == (step == NULL))
        return sled_doc_fail(doc, at, err, SLED_E_INPUT,
                             "a range has \"from\", \"to\", and either \"factor\" or \"step\"");
    if (cJSON_IsString(from)) {
        if (!find_unit(from->valuestring, &out->dim, &out->unit))
            return fail_at(doc, at, "from", "a number, or a quantity like \"64KiB\"", err);
    } else if (!cJSON_IsNumber(from)) {
        return fail_at(doc, at, "from", "a number, or a quantity like \"64KiB\"", err);
    }
    SLED_TRY(read_end(doc, at, item, "from", out, &out->from, err));
    SLED_TRY(read_end(doc, at, item, "to", out, &out->to, err));
    if (factor != NULL) {
        if (!cJSON_IsNumber(factor) || factor->valuedouble <= 1.0)
            return fail_at(doc, at, "factor", "a number above 1", err);
        out->by = factor->valuedouble;
    } else {
        SLED_TRY(read_end(doc, at, item, "step", out, &out->by, err));
        if (!(out->by > 0.0))
            return fail_at(doc, at, "step", "a step above 0", err);
    }
    if (out->multiplies && !(out->from > 0.0))
        return fail_at(doc, at, "from", "more than 0, as it is multiplied", err);
    if (out->to < out->from)
        return fail_at(doc, at, "to", "no less than \"from\"", err);
    return SLED_OK;
}

/* number to 15 digits, so that three steps of 0.1 are 0.3. */
static cJSON *make_value(const struct range *range, double number)
{
    char text[64];
    const size_t len = (size_t)snprintf(text, sizeof text, "%.15g", number);

    if (range->unit == NULL)
        return cJSON_CreateNumber(strtod(text, NULL));
    snprintf(text + len, sizeof text - len, "%s", range->unit);
    return cJSON_CreateString(text);
}

enum sled_status sled_sweep_range(const struct sled_doc *doc, const char *at, const cJSON *range,
                                  cJSON *out, struct sled_err *err)
{
    struct range r;
    const double slack = 1e-9; /* of one value: rounding must not lose the upper end */
    double number;

    SLED_TRY(read_range(doc, at, range, &r, err));
    number = r.from;
    for (size_t i = 0; number <= r.to + slack * fabs(r.to); i++) {
        if (i >= SLED_SWEEP_MAX_VALUES)
            return sled_doc_fail(doc, at, err, SLED_E_INPUT, "more than %d values",
                                 SLED_SWEEP_MAX_VALUES);
        if (!cJSON_AddItemToArray(out, make_value(&r, number)))
            return sled_err_nomem(err);
        number = r.multiplies ? number * r.by : r.from + (double)(i + 1) * r.by;
    }
    return SLED_OK;
}
