/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim baseline: keep results for later ones to be held to. */
#include "cli/cmd.h"

#include <string.h>

#include "cli/output.h"
#include "cli/results_file.h"
#include "report/baseline.h"

struct baseline_args {
    const char *results;
    const char *reason;
    struct sled_opt_list metrics;
    const char *output;
};

#define AT(member) .offset = offsetof(struct baseline_args, member)

static const struct sled_operand operands[] = {
    {.name = "RESULTS", AT(results), .help = "a folder of sweep, or JSON of bench or run"},
};

static const struct sled_opt options[] = {
    {.name = "reason",
     .kind = SLED_OPT_TEXT,
     .arg = "TEXT",
     .required = true,
     AT(reason),
     .help = "why these results are right, or why they changed"},
    {.name = "metric",
     .kind = SLED_OPT_LIST,
     .arg = "METRIC",
     AT(metrics),
     .help = "keep this one; time_ns if absent"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     AT(output),
     .help = "write there instead of stdout"},
};

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    static const char *const default_metric[] = {"time_ns"};
    const struct baseline_args *args = opaque;
    struct sled_results results;
    struct sled_output out;

    if (args->reason[strspn(args->reason, " \t")] == '\0')
        return sled_err_set(err, SLED_E_USAGE, "--reason is empty; say why the results are right");
    enum sled_status st = sled_results_load(args->results, &results, err);
    if (st == SLED_OK && results.count == 0)
        st = sled_err_set(err, SLED_E_NO_VERDICT, "\"%s\" has no results", args->results);
    if (st == SLED_OK) {
        st = sled_output_open(&out, args->output, err);
        if (st == SLED_OK)
            st =
                args->metrics.count > 0
                    ? sled_baseline_write(&results, args->reason, SLEDSIM_VERSION,
                                          args->metrics.items, args->metrics.count, out.stream, err)
                    : sled_baseline_write(&results, args->reason, SLEDSIM_VERSION, default_metric,
                                          1, out.stream, err);
        if (st == SLED_OK)
            st = sled_output_commit(&out, err);
        sled_output_finish(&out);
    }
    sled_results_finish(&results);
    return st;
}

const struct sled_cmd sled_cmd_baseline = {
    .name = "baseline",
    .summary = "keep results for compare, with a reason",
    .description = "Writes the names and metrics of RESULTS, a line each, for `sledsim compare`.\n"
                   "What failed cannot be kept; what cannot be served is kept as such.\n",
    .examples = "sledsim baseline collectives.sweep -o tests/baselines/collectives.json \\\n"
                "    --reason \"links count their headers\"\n",
    .args = SLED_OPT_TABLE(struct baseline_args, operands, options),
    .run = run,
};
