/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim accuracy FILE…`: how far predictions are from what others measured. */
#include "cli/cmd.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chip/chip.h"
#include "cli/output.h"
#include "config/config.h"
#include "config/measured.h"
#include "report/accuracy.h"

enum { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };
static const char *const format_names[] = {"table", "json", "csv", NULL};
/* In the order of enum sled_accuracy_show. */
static const char *const show_names[] = {"all", "off", "none", NULL};

struct accuracy_args {
    struct sled_opt_list files;
    const char *chip;
    struct sled_opt_list sets;
    int show;
    int format;
    double max_error;
    bool max_error_given;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "MEASURED",
     .offset = offsetof(struct accuracy_args, files),
     .many = true,
     .help = "CSV files of measured times"},
};

static const struct sled_opt options[] = {
    {.name = "chip",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .required = true,
     .offset = offsetof(struct accuracy_args, chip),
     .help = "chip file, of the chip that was measured"},
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     .offset = offsetof(struct accuracy_args, sets),
     .help = "replace a value of the chip file"},
    {.name = "rows",
     .kind = SLED_OPT_CHOICE,
     .arg = "WHICH",
     .choices = show_names,
     .dflt = "all",
     .offset = offsetof(struct accuracy_args, show),
     .help = "that the table lists below its sums"},
    {.name = "max-error",
     .kind = SLED_OPT_RATIO,
     .arg = "PERCENT",
     .min = 0,
     .max = 1e6,
     .offset = offsetof(struct accuracy_args, max_error),
     .given_offset = offsetof(struct accuracy_args, max_error_given),
     .help = "exit 1 if the mean error is above it, or a bound is broken"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .offset = offsetof(struct accuracy_args, format),
     .help = "of the output"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct accuracy_args, output),
     .help = "write there instead of stdout"},
};

/* A file, and what is predicted of it. */
struct prediction {
    struct sled_measured measured;
    double *launch_s; /* per row */
};

/* The kernels of a row one after the other, launched together. */
static enum sled_status predict_row(const struct sled_chip *chip,
                                    const struct sled_measured *measured,
                                    struct sled_accuracy_row *row, double *launch_s,
                                    struct sled_err *err)
{
    const struct sled_csv_cell *place = &measured->place[row->kernels - measured->kernels];

    *launch_s = sled_chip_launch(chip, row->kernels, row->nkernels, row->cores);
    row->predicted_s = row->other_s + *launch_s;
    for (size_t k = 0; k < row->nkernels; k++) {
        struct sled_kernel_cost cost;

        if (sled_chip_kernel(chip, &row->kernels[k], &cost, err) != SLED_OK)
            return sled_csv_locate(&measured->table, &place[k], err);
        row->predicted_s += cost.time_s;
    }
    return SLED_OK;
}

static enum sled_status predict(const char *path, const struct sled_chip *chip,
                                struct prediction *out, struct sled_accuracy_file *file,
                                struct sled_err *err)
{
    struct sled_measured *measured = &out->measured;

    SLED_TRY(sled_measured_load(path, measured, err));
    SLED_TRY(sled_vec_alloc(&out->launch_s, measured->nrows, err));
    for (size_t r = 0; r < measured->nrows; r++)
        SLED_TRY(predict_row(chip, measured, &measured->rows[r], &out->launch_s[r], err));
    *file = (struct sled_accuracy_file){
        .path = path,
        .provenance = measured->table.comments,
        .nlines = measured->table.ncomments,
        .rows = measured->rows,
        .nrows = measured->nrows,
        .launch_s = out->launch_s,
    };
    return SLED_OK;
}

/* Is it as good as was asked for? */
static enum sled_status judge(const struct accuracy_args *args,
                              const struct sled_accuracy_report *report, struct sled_err *err)
{
    struct sled_accuracy_stats stats;

    sled_accuracy_sum(report, NULL, SLED_ACCURACY_BANDS, &stats);
    const double error = 100 * sled_accuracy_error(&stats);

    if (!args->max_error_given)
        return SLED_OK;
    if (error > args->max_error)
        return sled_err_set(err, SLED_E_CHECK,
                            "the mean error over %zu rows is %.2f %%, above --max-error %g",
                            stats.times, error, args->max_error);
    if (stats.broken > 0)
        return sled_err_set(err, SLED_E_CHECK, "%zu of %zu bounds are broken", stats.broken,
                            stats.bounds);
    return SLED_OK;
}

static enum sled_status write_report(const struct accuracy_args *args,
                                     const struct sled_config *config,
                                     const struct sled_accuracy_report *report, FILE *stream,
                                     struct sled_err *err)
{
    switch (args->format) {
    case FORMAT_JSON:
        return sled_accuracy_write_json(report, sled_doc_root(config->doc), stream, err);
    case FORMAT_CSV:
        sled_accuracy_write_csv(report, stream);
        return SLED_OK;
    default:
        return sled_accuracy_write_text(report, (enum sled_accuracy_show)args->show, stream, err);
    }
}

static enum sled_status run_files(const struct accuracy_args *args,
                                  const struct sled_config *config, struct prediction *predictions,
                                  struct sled_accuracy_file *files, struct sled_err *err)
{
    const struct sled_accuracy_report report = {
        .chip = config->chip_name, .files = files, .nfiles = args->files.count};
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st = SLED_OK;
    for (size_t f = 0; f < args->files.count && st == SLED_OK; f++)
        st = predict(args->files.items[f], config->chip, &predictions[f], &files[f], err);
    if (st == SLED_OK)
        st = write_report(args, config, &report, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st == SLED_OK ? judge(args, &report, err) : st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct accuracy_args *args = opaque;
    struct prediction *predictions = NULL;
    struct sled_accuracy_file *files = NULL;
    struct sled_config config;

    enum sled_status st =
        sled_config_load(args->chip, args->sets.items, args->sets.count, "chip", &config, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&predictions, args->files.count, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&files, args->files.count, err);
    if (st == SLED_OK)
        st = run_files(args, &config, predictions, files, err);
    for (size_t f = 0; predictions != NULL && f < args->files.count; f++) {
        sled_measured_finish(&predictions[f].measured);
        free(predictions[f].launch_s);
    }
    free(files);
    free(predictions);
    sled_config_finish(&config);
    return st;
}

const struct sled_cmd sled_cmd_accuracy = {
    .name = "accuracy",
    .summary = "hold predicted kernel times against measured ones",
    .description =
        "Times the kernels of every row of the files on the chip, as `sledsim kernel` does, and\n"
        "compares the sum with what was measured: mean error and bias by length of the time, and\n"
        "the rows that are off, worst first. On NeuronCores a row is launched by itself.\n"
        "\n"
        "Columns of a file: row, kernel, m, n, k, and as the options of `sledsim kernel` heads,\n"
        "kv_heads, causal, move_columns, dtype, weight_dtype, out_dtype, from_hbm, cores; then\n"
        "time_us, or below_us where only a bound is known. Flags are \"yes\" or empty. Lines with\n"
        "the same row follow each other and are one time, on the first of them; so are other_us,\n"
        "a part of the time that is no kernel here and was measured by itself, and launch_cores,\n"
        "where the program runs on more cores than its kernels use. Lines that begin with # say\n"
        "where the numbers are from.\n",
    .examples = "sledsim accuracy tests/accuracy/kernels/h100-gemm-bf16.csv \\\n"
                "        --chip topologies/chips/h100.json --rows off\n",
    .args = SLED_OPT_TABLE(struct accuracy_args, operands, options),
    .run = run,
};
