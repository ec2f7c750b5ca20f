/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim compare: a gate on results. */
#include "cli/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/output.h"
#include "cli/results_file.h"
#include "report/compare.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_JUNIT, FORMAT_BENCHMARK };
static const char *const format_names[] = {"table", "json", "junit", "benchmark", NULL};

static const char default_tolerance[] = "0.1%";

struct compare_args {
    const char *base, *now;
    struct sled_opt_list tolerances, metrics;
    int format;
    const char *output, *junit, *benchmark;
};

#define AT(member) .offset = offsetof(struct compare_args, member)

static const struct sled_operand operands[] = {
    {.name = "BASE", AT(base), .help = "what results are held to"},
    {.name = "NEW", AT(now), .help = "results"},
};

static const struct sled_opt options[] = {
    {.name = "tolerance",
     .kind = SLED_OPT_LIST,
     .arg = "[METRIC=]PART[+PART]",
     AT(tolerances),
     .help = "how far a metric may be off, both ways: 0.1%, time_ns=5 or both; 0.1% if absent"},
    {.name = "metric",
     .kind = SLED_OPT_LIST,
     .arg = "METRIC",
     AT(metrics),
     .help = "compare this one, as time_ns; all that BASE has if absent"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     AT(format),
     .help = "of the output; benchmark is that of github-action-benchmark"},
    {.name = "junit",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(junit),
     .help = "also write JUnit XML there"},
    {.name = "benchmark",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(benchmark),
     .help = "also write the JSON of github-action-benchmark there"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(output),
     .help = "write there instead of stdout"},
};

/* Both sides, and what came of it. */
struct comparing {
    const struct compare_args *args;
    struct sled_results base, now;
    struct sled_comparison comparison;
    struct sled_output output, junit, benchmark;
};

static enum sled_status open_outputs(struct comparing *c, struct sled_err *err)
{
    const struct compare_args *args = c->args;

    SLED_TRY(sled_output_open(&c->output, args->output, err));
    if (args->junit != NULL)
        SLED_TRY(sled_output_open(&c->junit, args->junit, err));
    if (args->benchmark != NULL)
        SLED_TRY(sled_output_open(&c->benchmark, args->benchmark, err));
    return SLED_OK;
}

static enum sled_status write(const struct comparing *c, int format, FILE *stream,
                              struct sled_err *err)
{
    switch (format) {
    case FORMAT_JSON:
        return sled_comparison_write_json(&c->comparison, stream, err);
    case FORMAT_JUNIT:
        return sled_comparison_write_junit(&c->comparison, stream, err);
    case FORMAT_BENCHMARK:
        return sled_results_write_benchmark(&c->now, stream, err);
    default:
        return sled_comparison_write_text(&c->comparison, stream, err);
    }
}

static enum sled_status write_outputs(struct comparing *c, struct sled_err *err)
{
    SLED_TRY(write(c, c->args->format, c->output.stream, err));
    SLED_TRY(sled_output_commit(&c->output, err));
    if (c->args->junit != NULL) {
        SLED_TRY(write(c, FORMAT_JUNIT, c->junit.stream, err));
        SLED_TRY(sled_output_commit(&c->junit, err));
    }
    if (c->args->benchmark != NULL) {
        SLED_TRY(write(c, FORMAT_BENCHMARK, c->benchmark.stream, err));
        SLED_TRY(sled_output_commit(&c->benchmark, err));
    }
    return SLED_OK;
}

/* Differences are a failed gate; that nothing was compared is no verdict, and no success. */
static enum sled_status judge(const struct sled_comparison *comparison, struct sled_err *err)
{
    const size_t bad = sled_comparison_bad(comparison);

    if (comparison->compared == 0)
        return sled_err_set(err, SLED_E_NO_VERDICT,
                            "nothing was compared: no result of BASE and NEW has the same name and "
                            "metric");
    if (bad > 0)
        return sled_err_set(err, SLED_E_CHECK, "%zu difference%s", bad, bad == 1 ? "" : "s");
    return SLED_OK;
}

static enum sled_status compare(struct comparing *c, const struct sled_comparison_spec *spec,
                                struct sled_err *err)
{
    SLED_TRY(sled_results_load(c->args->base, &c->base, err));
    SLED_TRY(sled_results_load(c->args->now, &c->now, err));
    SLED_TRY(open_outputs(c, err));
    SLED_TRY(sled_compare(&c->base, &c->now, spec, &c->comparison, err));
    SLED_TRY(write_outputs(c, err));
    return judge(&c->comparison, err);
}

/* The tolerances that were given, or the default; both arrays are heap memory of the caller. */
static enum sled_status parse_tolerances(const struct sled_opt_list *given, char ***text,
                                         struct sled_tolerance **out, size_t *count,
                                         struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(text, given->count + 1, err));
    SLED_TRY(sled_vec_alloc(out, given->count + 1, err));
    for (size_t i = 0; i <= given->count; i++) {
        const char *one = i == 0 ? default_tolerance : given->items[i - 1];

        (*text)[i] = strdup(one);
        if ((*text)[i] == NULL)
            return sled_err_nomem(err);
        SLED_TRY(sled_tolerance_parse((*text)[i], &(*out)[i], err));
        *count = i + 1;
    }
    return SLED_OK;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    struct comparing c = {.args = opaque};
    char **text = NULL;
    struct sled_tolerance *tolerance = NULL;
    struct sled_comparison_spec spec = {.metric = c.args->metrics.items,
                                        .nmetrics = c.args->metrics.count};

    enum sled_status st =
        parse_tolerances(&c.args->tolerances, &text, &tolerance, &spec.ntolerances, err);
    spec.tolerance = tolerance;
    if (st == SLED_OK)
        st = compare(&c, &spec, err);
    sled_output_finish(&c.benchmark);
    sled_output_finish(&c.junit);
    sled_output_finish(&c.output);
    sled_comparison_finish(&c.comparison);
    sled_results_finish(&c.now);
    sled_results_finish(&c.base);
    for (size_t i = 0; text != NULL && i <= c.args->tolerances.count; i++)
        free(text[i]);
    free(text);
    free(tolerance);
    return st;
}

const struct sled_cmd sled_cmd_compare = {
    .name = "compare",
    .summary = "hold results to earlier ones, within a tolerance",
    .description =
        "BASE and NEW are each a folder of sweep, JSON of bench or run, or a baseline. Rows\n"
        "meet by what was asked for. A metric that is off by more than it may, either way,\n"
        "is a difference; so is a row that only one side has, a metric that is gone or no\n"
        "number, and a point that failed. A value may be off by the sum of the PARTs: a\n"
        "percentage of BASE's, or a number in the metric's unit.\n"
        "\n"
        "Exit code 0: all agree; 1: there are differences; 5: nothing was compared.\n",
    .examples = "sledsim compare tests/baselines/collectives.json collectives.sweep\n"
                "sledsim compare old.json new.json --tolerance time_ns=0.5%+2 --metric time_ns\n"
                "sledsim compare old.json new.json --junit junit.xml\n",
    .args = SLED_OPT_TABLE(struct compare_args, operands, options),
    .run = run,
};
