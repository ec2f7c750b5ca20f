/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim mx-error: what quantising to 8 or 4 bits does to numbers with outliers among them. */
#include "cli/cmd.h"

#include <stdlib.h>

#include <cjson/cJSON.h>

#include "base/rng.h"
#include "base/vec.h"
#include "cli/output.h"
#include "model/quantise.h"
#include "report/json.h"
#include "report/table.h"

enum { FORMAT_TABLE, FORMAT_JSON };
static const char *const format_names[] = {"table", "json", NULL};

struct mx_error_args {
    uint64_t count;
    uint64_t seed;
    uint64_t every;
    double outlier;
    double spread;
    int format;
    const char *output;
};

static const struct sled_opt options[] = {
    {.name = "count",
     .letter = 'n',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "65536",
     .min = 1,
     .max = 1 << 26,
     .offset = offsetof(struct mx_error_args, count),
     .help = "numbers to draw"},
    {.name = "spread",
     .kind = SLED_OPT_RATIO,
     .arg = "SIGMA",
     .dflt = "1",
     .min = 1e-12,
     .max = 1e12,
     .offset = offsetof(struct mx_error_args, spread),
     .help = "standard deviation of the normal distribution"},
    {.name = "outlier",
     .kind = SLED_OPT_RATIO,
     .arg = "RATIO",
     .dflt = "100000",
     .min = 1,
     .max = 1e12,
     .offset = offsetof(struct mx_error_args, outlier),
     .help = "an outlier is so many times larger"},
    {.name = "every",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "1024",
     .min = 2,
     .max = 1 << 26,
     .offset = offsetof(struct mx_error_args, every),
     .help = "one number in so many is an outlier"},
    {.name = "seed",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .dflt = "1",
     .offset = offsetof(struct mx_error_args, seed),
     .help = "of the random numbers"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "table",
     .offset = offsetof(struct mx_error_args, format),
     .help = "of the output"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct mx_error_args, output),
     .help = "write there instead of stdout"},
};

/* One line of the answer. */
struct row {
    const char *method;
    enum sled_narrow format;
    struct sled_quantise_error outliers, rest;
};

/* Normal to good approximation: twelve uniform numbers have variance 1 and mean 6. No logarithm,
 * whose last bit differs between machines. */
static double draw_normal(struct sled_rng *rng)
{
    double sum = -6;

    for (int i = 0; i < 12; i++)
        sum += sled_rng_unit(rng);
    return sum;
}

/* The first number of every so many is the outlier: where it lies in its group of 32 is no matter,
 * as long as most groups have none. */
static bool is_outlier(const struct mx_error_args *args, size_t i)
{
    return i % args->every == 0;
}

static void draw(const struct mx_error_args *args, float *value)
{
    struct sled_rng rng;

    sled_rng_init(&rng, args->seed, 0);
    for (size_t i = 0; i < args->count; i++)
        value[i] =
            (float)(draw_normal(&rng) * args->spread * (is_outlier(args, i) ? args->outlier : 1));
}

static enum sled_status measure(const struct mx_error_args *args,
                                const struct sled_quantiser *quantiser, const float *value,
                                double *got, struct row *row, struct sled_err *err)
{
    SLED_TRY(quantiser->round_trip(row->format, value, args->count, got, err));
    for (size_t i = 0; i < args->count; i++)
        sled_quantise_error_add(is_outlier(args, i) ? &row->outliers : &row->rest, value[i],
                                got[i]);
    return SLED_OK;
}

static double lost_share(const struct sled_quantise_error *error)
{
    return error->count == 0 ? 0 : (double)error->lost / (double)error->count;
}

static enum sled_status write_text(const struct mx_error_args *args, const struct row *rows,
                                   size_t nrows, FILE *stream, struct sled_err *err)
{
    static const struct sled_column columns[] = {
        {.title = "method"},
        {.title = "format"},
        {.title = "outliers", .unit = "(%)", .right = true},
        {.title = "the rest", .unit = "(%)", .right = true},
        {.title = "lost", .unit = "(%)", .right = true},
    };
    struct sled_text_table table;

    fprintf(stream,
            "# %llu normal numbers of spread %g, every %llu-th %g times larger, seed %llu\n"
            "# error: root of squared errors over squared values; lost: of the rest, became 0\n",
            (unsigned long long)args->count, args->spread, (unsigned long long)args->every,
            args->outlier, (unsigned long long)args->seed);
    sled_text_table_init(&table, columns, SLED_ARRAY_LEN(columns));
    for (size_t i = 0; i < nrows; i++) {
        sled_text_table_cell(&table, rows[i].method);
        sled_text_table_cell(&table, sled_narrow_names[rows[i].format]);
        sled_text_table_cellf(&table, "%.2f", 100 * sled_quantise_error_rms(&rows[i].outliers));
        sled_text_table_cellf(&table, "%.2f", 100 * sled_quantise_error_rms(&rows[i].rest));
        sled_text_table_cellf(&table, "%.2f", 100 * lost_share(&rows[i].rest));
    }
    const enum sled_status st = sled_text_table_write(&table, stream, err);
    sled_text_table_finish(&table);
    return st;
}

static enum sled_status write_json(const struct mx_error_args *args, const struct row *rows,
                                   size_t nrows, FILE *stream, struct sled_err *err)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddStringToObject(root, "schema", "sledsim/mx-error/1");
    cJSON *input = cJSON_AddObjectToObject(root, "input");
    cJSON *results = cJSON_AddArrayToObject(root, "results");

    cJSON_AddNumberToObject(input, "count", (double)args->count);
    cJSON_AddNumberToObject(input, "spread", args->spread);
    cJSON_AddNumberToObject(input, "outlier", args->outlier);
    cJSON_AddNumberToObject(input, "every", (double)args->every);
    cJSON_AddNumberToObject(input, "seed", (double)args->seed);
    for (size_t i = 0; i < nrows; i++) {
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "method", rows[i].method);
        cJSON_AddStringToObject(item, "format", sled_narrow_names[rows[i].format]);
        cJSON_AddNumberToObject(item, "outliers_rms_error",
                                sled_quantise_error_rms(&rows[i].outliers));
        cJSON_AddNumberToObject(item, "rest_rms_error", sled_quantise_error_rms(&rows[i].rest));
        cJSON_AddNumberToObject(item, "rest_lost", lost_share(&rows[i].rest));
        cJSON_AddItemToArray(results, item);
    }
    const enum sled_status st = sled_json_write(root, stream, err);
    cJSON_Delete(root);
    return st;
}

static enum sled_status write_rows(const struct mx_error_args *args, const struct row *rows,
                                   size_t nrows, struct sled_err *err)
{
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st = args->format == FORMAT_JSON
                              ? write_json(args, rows, nrows, out.stream, err)
                              : write_text(args, rows, nrows, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct mx_error_args *args = opaque;
    size_t nquantisers;
    const struct sled_quantiser *quantiser = sled_quantisers(&nquantisers);
    const size_t nrows = nquantisers * SLED_NARROW_FORMATS;
    float *value = NULL;
    double *got = NULL;
    struct row *rows = NULL;

    enum sled_status st = sled_vec_alloc(&value, args->count, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&got, args->count, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&rows, nrows, err);
    if (st == SLED_OK)
        draw(args, value);
    for (size_t i = 0; i < nrows && st == SLED_OK; i++) {
        const struct sled_quantiser *method = &quantiser[i % nquantisers];

        rows[i] =
            (struct row){.method = method->name, .format = (enum sled_narrow)(i / nquantisers)};
        st = measure(args, method, value, got, &rows[i], err);
    }
    if (st == SLED_OK)
        st = write_rows(args, rows, nrows, err);
    free(rows);
    free(got);
    free(value);
    return st;
}

const struct sled_cmd sled_cmd_mx_error = {
    .name = "mx-error",
    .summary = "measure what quantising to 8 or 4 bits does to outliers",
    .description =
        "Draws normal numbers with outliers among them and brings them to few bits and back: by a\n"
        "cast (cast), with one scale for all (absmax), and with a power of two for every 32 as\n"
        "OCP MX v1.0 has it (mx); in both FP8 formats and in FP4. The error is that of the "
        "outliers and of\n"
        "the rest, each against their own size; lost is the part of the rest that became zero.\n",
    .examples = "sledsim mx-error\n"
                "sledsim mx-error --outlier 100 --every 4096 --format json\n",
    .args = {.options = options,
             .noptions = SLED_ARRAY_LEN(options),
             .size = sizeof(struct mx_error_args)},
    .run = run,
};
