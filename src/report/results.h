/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results as a gate sees them: rows with a name and metrics, whatever command they came from. The
 * name is all that was asked for, "algorithm=ring op=all_reduce size=64KiB …": so that rows of two
 * versions, or of two machines, of the same question meet.
 */
#ifndef SLED_REPORT_RESULTS_H
#define SLED_REPORT_RESULTS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "report/rows.h"

enum sled_result_state {
    SLED_RESULT_RAN,
    SLED_RESULT_LEFT_OUT, /* it cannot be served, and that is the result */
    SLED_RESULT_FAILED,
    SLED_RESULT_STATES /* count, keep last */
};
/* "ran", "left_out", "failed" */
extern const char *const sled_result_state_names[SLED_RESULT_STATES];

struct sled_metric {
    const char *name; /* with its unit, as "time_ns" */
    double value;     /* NaN where a result has none */
};

struct sled_named_result {
    const char *name;
    enum sled_result_state state;
    struct sled_metric *metric; /* [nmetrics], in the arena */
    size_t nmetrics;
};

struct sled_results {
    struct sled_arena arena;
    struct sled_named_result *item; /* [count], heap */
    size_t count, capacity;
};

/* Frees what is inside. Accepts zeroed results. */
void sled_results_finish(struct sled_results *results);

/* Append a result; the name is copied. *metrics room for nmetrics. */
enum sled_status sled_results_add(struct sled_results *results, const char *name,
                                  enum sled_result_state state, size_t nmetrics,
                                  struct sled_named_result **out, struct sled_err *err);

/* A copy of a name that lives as long as results; NULL when memory ran out. */
const char *sled_results_keep(struct sled_results *results, const char *text);

/*
 * Append what rows say. Columns that begin with '/' (settings of a sweep) and those that say what
 * was asked for (op, algorithm, size_bytes, …) make the name, by the last part of a pointer and
 * files without folder and ".json"; other numbers are metrics. SLED_E_NOMEM.
 */
enum sled_status sled_results_add_rows(struct sled_results *results, const struct sled_rows *rows,
                                       struct sled_err *err);

/* No two results have one name. SLED_E_INPUT names it. */
enum sled_status sled_results_check(const struct sled_results *results, struct sled_err *err);

#endif
