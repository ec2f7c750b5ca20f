/* SPDX-License-Identifier: Apache-2.0 */
/* From lines of CSV to measurements: one table says what columns there are. */
#include "config/measured.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"

/* What a cell is read as, into a member of struct sled_kernel unless it is about the row. */
enum cell_type {
    CELL_COUNT,   /* uint64_t */
    CELL_COUNT32, /* uint32_t */
    CELL_FLAG,    /* bool: "yes", "no", or empty, which is no */
    CELL_DTYPE,   /* enum sled_dtype */
    CELL_KIND,    /* enum sled_kernel_kind */
    CELL_NAME,    /* of the measurement */
    CELL_CORES,   /* uint32_t, of the program */
    CELL_TIME     /* of the measurement, microseconds */
};

struct column {
    const char *name;
    enum cell_type type;
    size_t offset;
    bool in_header;                              /* every file has it */
    bool required;                               /* in every line whose kernel it belongs to */
    bool (*belongs)(enum sled_kernel_kind kind); /* NULL: to all kernels */
};

static bool is_matmul(enum sled_kernel_kind kind)
{
    return kind == SLED_KERNEL_MATMUL;
}

static bool may_stream(enum sled_kernel_kind kind)
{
    return is_matmul(kind) || sled_kernel_has_heads(kind);
}

enum {
    COLUMN_ROW,
    COLUMN_KERNEL,
    COLUMN_TIME,
    COLUMN_BELOW,
    COLUMN_OTHER,
    COLUMN_LAUNCH,
    COLUMN_WEIGHT_DTYPE
};

#define OF_KERNEL(name_, type_, member_) \
    .name = (name_), .type = (type_), .offset = offsetof(struct sled_kernel, member_)

/* An option of `sledsim kernel` is a row here. The kernel comes before what depends on it. */
static const struct column columns[] = {
    [COLUMN_ROW] = {.name = "row", .type = CELL_NAME, .in_header = true, .required = true},
    [COLUMN_KERNEL] = {OF_KERNEL("kernel", CELL_KIND, kind), .in_header = true, .required = true},
    [COLUMN_TIME] = {.name = "time_us", .type = CELL_TIME},
    [COLUMN_BELOW] = {.name = "below_us", .type = CELL_TIME},
    [COLUMN_OTHER] = {.name = "other_us", .type = CELL_TIME},
    [COLUMN_LAUNCH] = {.name = "launch_cores", .type = CELL_CORES},
    [COLUMN_WEIGHT_DTYPE] = {OF_KERNEL("weight_dtype", CELL_DTYPE, weight_dtype),
                             .belongs = is_matmul},
    {OF_KERNEL("m", CELL_COUNT, m), .in_header = true, .required = true},
    {OF_KERNEL("n", CELL_COUNT, n), .in_header = true, .required = true},
    {OF_KERNEL("k", CELL_COUNT, k), .required = true, .belongs = sled_kernel_has_k},
    {OF_KERNEL("heads", CELL_COUNT32, heads), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("kv_heads", CELL_COUNT32, kv_heads), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("causal", CELL_FLAG, causal), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("move_columns", CELL_COUNT, move_columns), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("dtype", CELL_DTYPE, dtype)},
    {OF_KERNEL("out_dtype", CELL_DTYPE, out_dtype)},
    {OF_KERNEL("from_hbm", CELL_FLAG, weights_from_hbm), .belongs = may_stream},
    {OF_KERNEL("cores", CELL_COUNT32, cores)},
};
enum { NCOLUMNS = SLED_ARRAY_LEN(columns), ABSENT = -1 };
enum { MAX_COUNT32 = 65536 };

/* A file that is being read: where in it each of our columns is. */
struct reader {
    struct sled_measured *out;
    int at[NCOLUMNS]; /* index into the cells of a line, or ABSENT */
    size_t nkernels;
    const struct sled_csv_cell *launch; /* cores of the row that is being read; NULL: not given */
    struct sled_err *err;
};

static enum sled_status unknown_column(struct reader *in, const struct sled_csv_cell *cell)
{
    const char *names[NCOLUMNS];

    for (size_t c = 0; c < NCOLUMNS; c++)
        names[c] = columns[c].name;
    const char *near = sled_suggest(cell->text, names, NCOLUMNS);
    return sled_csv_fail(&in->out->table, cell, in->err, SLED_E_INPUT, "no column \"%.40s\"%s%s%s",
                         cell->text, near == NULL ? "" : "; did you mean \"",
                         near == NULL ? "" : near,
                         near == NULL ? "; `sledsim accuracy --help` lists them" : "\"?");
}

static enum sled_status read_header(struct reader *in)
{
    const struct sled_csv_table *table = &in->out->table;

    for (size_t c = 0; c < NCOLUMNS; c++)
        in->at[c] = ABSENT;
    for (size_t i = 0; i < table->ncolumns; i++) {
        size_t c = 0;

        while (c < NCOLUMNS && strcmp(columns[c].name, table->header[i].text) != 0)
            c++;
        if (c == NCOLUMNS)
            return unknown_column(in, &table->header[i]);
        if (in->at[c] != ABSENT)
            return sled_csv_fail(table, &table->header[i], in->err, SLED_E_INPUT,
                                 "column \"%s\" is there twice", columns[c].name);
        in->at[c] = (int)i;
    }
    for (size_t c = 0; c < NCOLUMNS; c++)
        if (columns[c].in_header && in->at[c] == ABSENT)
            return sled_csv_fail(table, &table->header[0], in->err, SLED_E_INPUT,
                                 "the header lacks the column \"%s\"", columns[c].name);
    if (in->at[COLUMN_TIME] == ABSENT && in->at[COLUMN_BELOW] == ABSENT)
        return sled_csv_fail(table, &table->header[0], in->err, SLED_E_INPUT,
                             "the header lacks the column \"time_us\" or \"below_us\"");
    return SLED_OK;
}

/* Cell of a column in a line of cells; NULL where it is absent or empty. */
static const struct sled_csv_cell *find_cell(const struct reader *in,
                                             const struct sled_csv_cell *line, size_t column)
{
    const int at = in->at[column];

    return at == ABSENT || line[at].text[0] == '\0' ? NULL : &line[at];
}

static enum sled_status parse_count(const char *text, uint64_t max, uint64_t *out,
                                    struct sled_err *err)
{
    uint64_t value = 0;

    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return sled_err_set(err, SLED_E_INPUT,
                                "\"%.40s\" is not a whole number from 1 to %" PRIu64, text, max);
        value = value * 10 + (uint64_t)(*c - '0');
        if (value > max)
            break;
    }
    if (value < 1 || value > max)
        return sled_err_set(err, SLED_E_INPUT, "expected 1 to %" PRIu64 ", found %.40s", max, text);
    *out = value;
    return SLED_OK;
}

static enum sled_status parse_flag(const char *text, bool *out, struct sled_err *err)
{
    *out = strcmp(text, "yes") == 0;
    if (!*out && strcmp(text, "no") != 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "expected \"yes\", \"no\" or nothing, found \"%.40s\"", text);
    return SLED_OK;
}

static enum sled_status parse_kind(const char *text, enum sled_kernel_kind *out,
                                   struct sled_err *err)
{
    for (int i = 0; i < SLED_KERNELS; i++) {
        if (strcmp(text, sled_kernel_names[i]) == 0) {
            *out = (enum sled_kernel_kind)i;
            return SLED_OK;
        }
    }
    const char *near = sled_suggest(text, sled_kernel_names, SLED_KERNELS);
    return sled_err_set(err, SLED_E_INPUT, "no kernel \"%.40s\"%s%s%s", text,
                        near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "; `sledsim list kernels` has them" : "\"?");
}

/* Value of a column into its member of kernel. */
static enum sled_status parse_cell(const struct column *column, const char *text,
                                   struct sled_kernel *kernel, struct sled_err *err)
{
    void *member = (char *)kernel + column->offset;
    uint64_t count = 0;

    switch (column->type) {
    case CELL_COUNT:
        return parse_count(text, UINT32_MAX, member, err);
    case CELL_COUNT32:
        SLED_TRY(parse_count(text, MAX_COUNT32, &count, err));
        *(uint32_t *)member = (uint32_t)count;
        return SLED_OK;
    case CELL_FLAG:
        return parse_flag(text, member, err);
    case CELL_DTYPE:
        return sled_dtype_parse(text, member, err);
    case CELL_KIND:
        return parse_kind(text, member, err);
    case CELL_NAME:
    case CELL_CORES:
    case CELL_TIME:
        break; /* not of the kernel */
    }
    return SLED_OK;
}

/* Say which column a complaint is about, and where. */
static enum sled_status complain(struct reader *in, const struct column *column,
                                 const struct sled_csv_cell *cell)
{
    sled_err_prefix(in->err, "%s: ", column->name);
    return sled_csv_locate(&in->out->table, cell, in->err);
}

static enum sled_status missing(struct reader *in, const struct sled_csv_cell *line, size_t column,
                                const char *what)
{
    const int at = in->at[column];

    return sled_csv_fail(&in->out->table, &line[at == ABSENT ? 0 : at], in->err, SLED_E_INPUT,
                         "%s: %s needs it, found nothing", columns[column].name, what);
}

static enum sled_status read_kernel(struct reader *in, const struct sled_csv_cell *line,
                                    struct sled_kernel *kernel)
{
    *kernel = (struct sled_kernel){.dtype = SLED_BF16, .out_dtype = SLED_BF16, .cores = 1};
    for (size_t c = COLUMN_KERNEL; c < NCOLUMNS; c++) {
        const struct column *column = &columns[c];
        const struct sled_csv_cell *cell = find_cell(in, line, c);
        const bool belongs = column->belongs == NULL || column->belongs(kernel->kind);

        if (cell == NULL && belongs && column->required)
            return missing(in, line, c,
                           c == COLUMN_KERNEL ? "every line" : sled_kernel_names[kernel->kind]);
        if (cell == NULL)
            continue;
        if (!belongs) {
            sled_err_set(in->err, SLED_E_INPUT,
                         "%s has no such thing, expected nothing, found \"%.40s\"",
                         sled_kernel_names[kernel->kind], cell->text);
            return complain(in, column, cell);
        }
        if (parse_cell(column, cell->text, kernel, in->err) != SLED_OK)
            return complain(in, column, cell);
    }

    /* As `sledsim kernel` has it where an option is absent. */
    if (find_cell(in, line, COLUMN_WEIGHT_DTYPE) == NULL)
        kernel->weight_dtype = kernel->dtype;
    if (sled_kernel_has_heads(kernel->kind)) {
        kernel->heads = kernel->heads == 0 ? 1 : kernel->heads;
        kernel->kv_heads = kernel->kv_heads == 0 ? kernel->heads : kernel->kv_heads;
    }
    return SLED_OK;
}

static enum sled_status parse_time(const char *text, double *out_s, struct sled_err *err)
{
    char *end;
    const double us = strtod(text, &end);

    /* strtod also takes blanks, signs, hexadecimal and "inf". */
    if (strspn(text, "0123456789.eE+-") != strlen(text) || *end != '\0' || text[0] == '-' ||
        text[0] == '+' || !isfinite(us) || us <= 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "expected microseconds above 0, such as 12.5, found \"%.40s\"", text);
    *out_s = us / 1e6;
    return SLED_OK;
}

/* The time of a measurement, from its first line. */
static enum sled_status read_time(struct reader *in, const struct sled_csv_cell *line,
                                  struct sled_accuracy_row *out)
{
    const struct sled_csv_cell *time = find_cell(in, line, COLUMN_TIME);
    const struct sled_csv_cell *below = find_cell(in, line, COLUMN_BELOW);

    if (time == NULL && below == NULL)
        return missing(in, line, in->at[COLUMN_TIME] == ABSENT ? COLUMN_BELOW : COLUMN_TIME,
                       "the first line of a row");
    if (time != NULL && below != NULL)
        return sled_csv_fail(&in->out->table, below, in->err, SLED_E_INPUT,
                             "below_us: the row has a time_us already, expected nothing, found "
                             "\"%.40s\"",
                             below->text);
    out->is_bound = below != NULL;
    const struct sled_csv_cell *cell = time != NULL ? time : below;
    const struct sled_csv_cell *other = find_cell(in, line, COLUMN_OTHER);
    if (parse_time(cell->text, &out->measured_s, in->err) != SLED_OK)
        return complain(in, &columns[time != NULL ? COLUMN_TIME : COLUMN_BELOW], cell);
    if (other != NULL && parse_time(other->text, &out->other_s, in->err) != SLED_OK)
        return complain(in, &columns[COLUMN_OTHER], other);
    if (out->other_s >= out->measured_s)
        return sled_csv_fail(&in->out->table, other, in->err, SLED_E_INPUT,
                             "other_us: a part of the time of the row, expected less than %.40s, "
                             "found %.40s",
                             cell->text, other->text);
    return SLED_OK;
}

/* A further line of a row has a kernel and nothing else. */
static enum sled_status read_no_time(struct reader *in, const struct sled_csv_cell *line)
{
    for (size_t c = COLUMN_TIME; c <= COLUMN_LAUNCH; c++) {
        const struct sled_csv_cell *cell = find_cell(in, line, c);

        if (cell != NULL)
            return sled_csv_fail(&in->out->table, cell, in->err, SLED_E_INPUT,
                                 "%s: only the first line of a row has it, expected nothing, found "
                                 "\"%.40s\"",
                                 columns[c].name, cell->text);
    }
    return SLED_OK;
}

static enum sled_status begin_row(struct reader *in, const struct sled_csv_cell *line,
                                  const struct sled_csv_cell *name)
{
    struct sled_measured *out = in->out;
    struct sled_accuracy_row *row = &out->rows[out->nrows];

    for (size_t r = 0; r < out->nrows; r++)
        if (strcmp(out->rows[r].name, name->text) == 0)
            return sled_csv_fail(&out->table, name, in->err, SLED_E_INPUT,
                                 "row: \"%.40s\" was on line %" PRIu32
                                 " already; kernels of one row follow each other",
                                 name->text, out->rows[r].line);
    *row = (struct sled_accuracy_row){
        .name = name->text, .line = name->line, .kernels = &out->kernels[in->nkernels]};
    SLED_TRY(read_time(in, line, row));
    out->nrows++;

    uint64_t cores = 0;
    in->launch = find_cell(in, line, COLUMN_LAUNCH);
    if (in->launch != NULL &&
        parse_count(in->launch->text, MAX_COUNT32, &cores, in->err) != SLED_OK)
        return complain(in, &columns[COLUMN_LAUNCH], in->launch);
    row->cores = (uint32_t)cores;
    return SLED_OK;
}

static enum sled_status read_line(struct reader *in, const struct sled_csv_cell *line)
{
    struct sled_measured *out = in->out;
    const struct sled_csv_cell *name = find_cell(in, line, COLUMN_ROW);

    if (name == NULL)
        return missing(in, line, COLUMN_ROW, "every line");
    if (out->nrows > 0 && strcmp(out->rows[out->nrows - 1].name, name->text) == 0)
        SLED_TRY(read_no_time(in, line));
    else
        SLED_TRY(begin_row(in, line, name));

    struct sled_accuracy_row *row = &out->rows[out->nrows - 1];
    struct sled_kernel *kernel = &out->kernels[in->nkernels];
    SLED_TRY(read_kernel(in, line, kernel));
    out->place[in->nkernels] = line[0];
    if (in->launch != NULL && kernel->cores > row->cores)
        return sled_csv_fail(&out->table, in->launch, in->err, SLED_E_INPUT,
                             "launch_cores: expected at least the %" PRIu32
                             " cores of the kernel on line %" PRIu32 ", found %" PRIu32,
                             kernel->cores, line[0].line, row->cores);
    if (kernel->cores > row->cores)
        row->cores = kernel->cores;
    row->nkernels++;
    in->nkernels++;
    return SLED_OK;
}

enum sled_status sled_measured_load(const char *path, struct sled_measured *out,
                                    struct sled_err *err)
{
    struct reader in = {.out = out, .err = err};

    *out = (struct sled_measured){0};
    SLED_TRY(sled_csv_table_read(path, &out->table, err));
    SLED_TRY(read_header(&in));
    if (out->table.nrows == 0)
        return sled_csv_fail(&out->table, &out->table.header[0], err, SLED_E_INPUT,
                             "expected lines below the header, found none");
    SLED_TRY(sled_vec_alloc(&out->kernels, out->table.nrows, err));
    SLED_TRY(sled_vec_alloc(&out->place, out->table.nrows, err));
    SLED_TRY(sled_vec_alloc(&out->rows, out->table.nrows, err));
    for (size_t r = 0; r < out->table.nrows; r++)
        SLED_TRY(read_line(&in, &out->table.cells[r * out->table.ncolumns]));
    return SLED_OK;
}

void sled_measured_finish(struct sled_measured *measured)
{
    free(measured->kernels);
    free(measured->place);
    free(measured->rows);
    sled_csv_table_finish(&measured->table);
    *measured = (struct sled_measured){0};
}
