/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gate: does what comes out now agree with what came out before? Both ways, since a collective
 * that got faster for no known reason is wrong as well. What is on one side only disagrees, and so
 * does what is no number.
 */
#ifndef SLED_REPORT_COMPARE_H
#define SLED_REPORT_COMPARE_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "report/results.h"

/* How far a metric may be off: by absolute + relative * |base|. */
struct sled_tolerance {
    const char *metric; /* NULL: any that no other tolerance names */
    double relative, absolute;
};

/* "0.1%", "time_ns=5", "time_ns=0.1%+5": the parts of a tolerance; *out borrows text, whose '=' is
 * overwritten. SLED_E_USAGE: negative, no number, or not finite. */
enum sled_status sled_tolerance_parse(char *text, struct sled_tolerance *out, struct sled_err *err);

enum sled_difference_kind {
    SLED_SAME,
    SLED_CHANGED,        /* a metric is off by more than it may */
    SLED_NOT_A_NUMBER,   /* a metric is no finite number, on either side */
    SLED_METRIC_MISSING, /* a metric of the base that the new result has not */
    SLED_STATE_CHANGED,  /* it ran, and now it does not, or the other way round; or it failed */
    SLED_ROW_MISSING,
    SLED_ROW_EXTRA,
    SLED_DIFFERENCES /* count, keep last */
};
/* "same", "changed", "not_a_number", "metric_missing", "state_changed", "missing", "extra" */
extern const char *const sled_difference_names[SLED_DIFFERENCES];

/* One metric of one row, or one row, compared. */
struct sled_difference {
    enum sled_difference_kind kind;
    const char *row, *metric; /* borrowed from the results; metric NULL where there is none */
    double base, now;         /* values; NaN where there is none */
    enum sled_result_state base_state, now_state;
};

struct sled_comparison {
    struct sled_difference *item; /* [count], heap; rows as in base, then extra ones */
    size_t count, capacity;
    size_t of_kind[SLED_DIFFERENCES];
    size_t rows;     /* on both sides */
    size_t compared; /* metrics of these, and rows that are left out on both sides */
};

/* What to compare. */
struct sled_comparison_spec {
    const struct sled_tolerance *tolerance; /* [ntolerances]: the last one that fits counts */
    size_t ntolerances;
    const char *const *metric; /* [nmetrics]: only these; 0: all that the base has */
    size_t nmetrics;
};

/*
 * Compare. *out is initialised here and finished by the caller, also on failure. SLED_E_USAGE for a
 * metric that no result of base has (suggests the nearest), SLED_E_NOMEM.
 */
enum sled_status sled_compare(const struct sled_results *base, const struct sled_results *now,
                              const struct sled_comparison_spec *spec, struct sled_comparison *out,
                              struct sled_err *err);
void sled_comparison_finish(struct sled_comparison *comparison);

/* How many differences there are. */
size_t sled_comparison_bad(const struct sled_comparison *comparison);

/* Differences for people, most changed first, and a line that sums up. */
enum sled_status sled_comparison_write_text(const struct sled_comparison *comparison, FILE *stream,
                                            struct sled_err *err);
/* All that was compared, {"schema":"sledsim/compare/1",…}. */
enum sled_status sled_comparison_write_json(const struct sled_comparison *comparison, FILE *stream,
                                            struct sled_err *err);
/* JUnit XML: a test case per row. */
enum sled_status sled_comparison_write_junit(const struct sled_comparison *comparison, FILE *stream,
                                             struct sled_err *err);
/* What github-action-benchmark reads as "customSmallerIsBetter": the times of `now`. */
enum sled_status sled_results_write_benchmark(const struct sled_results *now, FILE *stream,
                                              struct sled_err *err);

#endif
