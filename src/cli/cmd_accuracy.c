/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim accuracy FILE…`: how far predictions are from what others measured. */
#include "cli/cmd.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"
#include "chip/chip.h"
#include "cli/accuracy.h"
#include "cli/output.h"
#include "config/config.h"
#include "config/measured.h"
#include "report/accuracy.h"

/* In the order of ACCURACY_TABLE and the others. */
static const char *const format_names[] = {"table", "json", "csv", NULL};
/* In the order of enum sled_accuracy_show. */
static const char *const show_names[] = {"all", "off", "none", NULL};

static const struct sled_operand operands[] = {
    {.name = "MEASURED",
     .offset = offsetof(struct accuracy_args, files),
     .many = true,
     .help = "files of measured times"},
};

static const struct sled_opt options[] = {
    {.name = "chip",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct accuracy_args, chip),
     .help = "of kernels: chip file, of the chip that was measured"},
    {.name = "topology",
     .letter = 't',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct accuracy_args, topology),
     .help = "of collectives: topology file, of the fabric that was measured"},
    {.name = "table",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct accuracy_args, table),
     .help = "with --topology: selection table; collectives/neuron.json if absent"},
    {.name = "memory",
     .letter = 'm',
     .kind = SLED_OPT_CHOICE,
     .arg = "MEMORY",
     .choices = sled_memory_names,
     .dflt = "hbm",
     .offset = offsetof(struct accuracy_args, memory),
     .given_offset = offsetof(struct accuracy_args, memory_given),
     .help = "with --topology: where the buffers are"},
    {.name = "op",
     .kind = SLED_OPT_TEXT,
     .arg = "OP",
     .offset = offsetof(struct accuracy_args, op),
     .help = "with --topology: operation, of files that do not say it"},
    {.name = "ranks",
     .letter = 'r',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct accuracy_args, ranks),
     .given_offset = offsetof(struct accuracy_args, ranks_given),
     .help = "with --topology: ranks, of files that do not say it"},
    {.name = "dtype",
     .letter = 'd',
     .kind = SLED_OPT_TEXT,
     .arg = "TYPE",
     .dflt = "bf16",
     .offset = offsetof(struct accuracy_args, dtype),
     .given_offset = offsetof(struct accuracy_args, dtype_given),
     .help = "with --topology: element type, of rows that do not say it"},
    {.name = "set",
     .kind = SLED_OPT_LIST,
     .arg = "/POINTER=VALUE",
     .offset = offsetof(struct accuracy_args, sets),
     .help = "replace a value of the chip or topology file"},
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

enum sled_status accuracy_judge_error(const struct accuracy_args *args,
                                      const struct sled_accuracy_stats *stats, struct sled_err *err)
{
    const double error = 100 * sled_accuracy_error(stats);

    if (args->max_error_given && error > args->max_error)
        return sled_err_set(err, SLED_E_CHECK,
                            "the mean error over %zu rows is %.2f %%, above --max-error %g",
                            stats->times, error, args->max_error);
    return SLED_OK;
}

/* Is it as good as was asked for? */
static enum sled_status judge(const struct accuracy_args *args,
                              const struct sled_accuracy_report *report, struct sled_err *err)
{
    struct sled_accuracy_stats stats;

    sled_accuracy_sum(report, NULL, SLED_ACCURACY_BANDS, &stats);
    SLED_TRY(accuracy_judge_error(args, &stats, err));
    if (args->max_error_given && stats.broken > 0)
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
    case ACCURACY_JSON:
        return sled_accuracy_write_json(report, sled_doc_root(config->doc), stream, err);
    case ACCURACY_CSV:
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

static enum sled_status run_kernels(const struct accuracy_args *args, struct sled_err *err)
{
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

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct accuracy_args *args = opaque;

    if ((args->chip == NULL) == (args->topology == NULL))
        return sled_err_set(err, SLED_E_USAGE,
                            "say either --chip, for kernels, or --topology, for collectives");
    if (args->topology != NULL)
        return accuracy_collectives(args, err);
    if (args->table != NULL || args->op != NULL || args->ranks_given || args->memory_given ||
        args->dtype_given)
        return sled_err_set(err, SLED_E_USAGE,
                            "--table, --memory, --op, --ranks and --dtype go with --topology");
    return run_kernels(args, err);
}

const struct sled_cmd sled_cmd_accuracy = {
    .name = "accuracy",
    .summary = "hold predicted times of kernels and collectives against measured ones",
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
        "where the numbers are from.\n"
        "\n"
        "With --topology the files are of collectives, and every row runs as `sledsim bench\n"
        "--algorithm auto` runs it. They are what nccl-tests prints, what it or nccom-test writes\n"
        "as JSON, or CSV with columns op, num_gpus, size_bytes, time_us and, where it is known,\n"
        "dtype and algorithm, that of the library by our name.\n",
    .examples = "sledsim accuracy tests/accuracy/kernels/h100-gemm-bf16.csv \\\n"
                "        --chip topologies/chips/h100.json --rows off\n"
                "sledsim accuracy tests/accuracy/collectives/nccl-8xh100.csv \\\n"
                "        -t topologies/dgx-h100.json --table collectives/nccl.json --rows none\n",
    .args = SLED_OPT_TABLE(struct accuracy_args, operands, options),
    .run = run,
};
