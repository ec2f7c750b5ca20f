/* SPDX-License-Identifier: Apache-2.0 */
/* From lines of CSV to measurements of kernels: which columns there are, and which lines are one.
 */
#include "config/measured.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"
#include "config/measured_columns.h"

static bool is_matmul(enum sled_kernel_kind kind)
{
    return kind == SLED_KERNEL_MATMUL;
}

static bool may_stream(enum sled_kernel_kind kind)
{
    return is_matmul(kind) || sled_kernel_has_heads(kind);
}

/* A line: a kernel, and on the first line of a row what is of the row. */
struct line {
    const char *row;
    double time_s, below_s, other_s; /* 0: not given */
    uint32_t launch_cores;           /* the same */
    struct sled_kernel kernel;
};

#define OF_ROW(name_, type_, member_) \
    .name = (name_), .type = (type_), .offset = offsetof(struct line, member_)
#define OF_KERNEL(name_, type_, member_) OF_ROW(name_, type_, kernel.member_)

enum { ROW, TIME, BELOW, OTHER, LAUNCH_CORES, KERNEL };

/* An option of `sledsim kernel` is a row here. The kernel comes before what depends on it. */
static const struct sled_measured_column columns[] = {
    [ROW] = {OF_ROW("row", SLED_CELL_NAME, row), .in_header = true, .required = true},
    [TIME] = {OF_ROW("time_us", SLED_CELL_TIME, time_s)},
    [BELOW] = {OF_ROW("below_us", SLED_CELL_TIME, below_s)},
    [OTHER] = {OF_ROW("other_us", SLED_CELL_TIME, other_s)},
    [LAUNCH_CORES] = {OF_ROW("launch_cores", SLED_CELL_COUNT32, launch_cores)},
    [KERNEL] = {OF_KERNEL("kernel", SLED_CELL_KERNEL, kind), .in_header = true, .required = true},
    {OF_KERNEL("m", SLED_CELL_COUNT, m), .in_header = true, .required = true},
    {OF_KERNEL("n", SLED_CELL_COUNT, n), .in_header = true, .required = true},
    {OF_KERNEL("k", SLED_CELL_COUNT, k), .required = true, .belongs = sled_kernel_has_k},
    {OF_KERNEL("heads", SLED_CELL_COUNT32, heads), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("kv_heads", SLED_CELL_COUNT32, kv_heads), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("causal", SLED_CELL_FLAG, causal), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("move_columns", SLED_CELL_COUNT, move_columns), .belongs = sled_kernel_has_heads},
    {OF_KERNEL("dtype", SLED_CELL_DTYPE, dtype)},
    {OF_KERNEL("weight_dtype", SLED_CELL_DTYPE, weight_dtype), .belongs = is_matmul},
    {OF_KERNEL("out_dtype", SLED_CELL_DTYPE, out_dtype)},
    {OF_KERNEL("from_hbm", SLED_CELL_FLAG, weights_from_hbm), .belongs = may_stream},
    {OF_KERNEL("cores", SLED_CELL_COUNT32, cores)},
};

/* A file that is being read. */
struct reader {
    struct sled_measured *out;
    struct sled_measured_columns columns;
    size_t nkernels;
    const struct sled_csv_cell *launch; /* cores of the row that is being read; NULL: not given */
    struct sled_err *err;
};

static enum sled_status useless(struct reader *in, size_t column, const struct sled_csv_cell *cell,
                                enum sled_kernel_kind kind)
{
    struct sled_str why = SLED_STR_INIT;

    sled_str_addf(&why, "%s has no such thing", sled_kernel_names[kind]);
    const enum sled_status st =
        sled_measured_useless(&in->columns, column, cell, sled_str_text(&why), in->err);
    sled_str_finish(&why);
    return st;
}

/* All cells of a line. Each column is checked against the kernel, which was read before. */
static enum sled_status read_cells(struct reader *in, const struct sled_csv_cell *cells,
                                   struct line *out)
{
    enum sled_dtype none = SLED_DTYPES;

    *out = (struct line){
        .kernel = {.dtype = SLED_BF16, .weight_dtype = none, .out_dtype = SLED_BF16, .cores = 1}};
    for (size_t c = 0; c < SLED_ARRAY_LEN(columns); c++) {
        const struct sled_csv_cell *cell = sled_measured_cell(&in->columns, cells, c);
        const enum sled_kernel_kind kind = out->kernel.kind;
        const bool belongs = columns[c].belongs == NULL || columns[c].belongs(kind);

        if (cell == NULL && belongs && columns[c].required)
            return sled_measured_missing(&in->columns, cells, c,
                                         c <= KERNEL ? "every line" : sled_kernel_names[kind],
                                         in->err);
        if (cell != NULL && !belongs)
            return useless(in, c, cell, kind);
        if (cell != NULL)
            SLED_TRY(sled_measured_read_cell(&in->columns, c, cell, out, in->err));
    }

    /* As `sledsim kernel` has it where an option is absent. */
    struct sled_kernel *kernel = &out->kernel;
    if (kernel->weight_dtype == none)
        kernel->weight_dtype = kernel->dtype;
    if (sled_kernel_has_heads(kernel->kind)) {
        kernel->heads = kernel->heads == 0 ? 1 : kernel->heads;
        kernel->kv_heads = kernel->kv_heads == 0 ? kernel->heads : kernel->kv_heads;
    }
    return SLED_OK;
}

/* The times of a row, on its first line. */
static enum sled_status take_time(struct reader *in, const struct sled_csv_cell *cells,
                                  const struct line *line, struct sled_accuracy_row *row)
{
    if (line->time_s == 0 && line->below_s == 0)
        return sled_measured_missing(&in->columns, cells,
                                     in->columns.at[TIME] == NULL ? BELOW : TIME,
                                     "the first line of a row", in->err);
    if (line->time_s > 0 && line->below_s > 0)
        return sled_measured_useless(&in->columns, BELOW,
                                     sled_measured_cell(&in->columns, cells, BELOW),
                                     "the row has a time_us", in->err);
    row->is_bound = line->below_s > 0;
    row->measured_s = row->is_bound ? line->below_s : line->time_s;
    row->other_s = line->other_s;
    if (row->other_s >= row->measured_s)
        return sled_csv_fail(&in->out->table, sled_measured_cell(&in->columns, cells, OTHER),
                             in->err, SLED_E_INPUT,
                             "other_us: a part of the time of the row, expected less than %g, "
                             "found %g",
                             row->measured_s * 1e6, row->other_s * 1e6);
    return SLED_OK;
}

/* A further line of a row has a kernel and nothing else. */
static enum sled_status check_further(struct reader *in, const struct sled_csv_cell *cells)
{
    for (size_t c = TIME; c <= LAUNCH_CORES; c++) {
        const struct sled_csv_cell *cell = sled_measured_cell(&in->columns, cells, c);

        if (cell != NULL)
            return sled_measured_useless(&in->columns, c, cell,
                                         "only the first line of a row has it", in->err);
    }
    return SLED_OK;
}

static enum sled_status begin_row(struct reader *in, const struct sled_csv_cell *cells,
                                  const struct line *line)
{
    struct sled_measured *out = in->out;
    struct sled_accuracy_row *row = &out->rows[out->nrows];
    const struct sled_csv_cell *name = sled_measured_cell(&in->columns, cells, ROW);

    for (size_t r = 0; r < out->nrows; r++)
        if (strcmp(out->rows[r].name, line->row) == 0)
            return sled_csv_fail(&out->table, name, in->err, SLED_E_INPUT,
                                 "row: \"%.40s\" was on line %" PRIu32
                                 " already; kernels of one row follow each other",
                                 line->row, out->rows[r].line);
    *row = (struct sled_accuracy_row){.name = line->row,
                                      .line = name->line,
                                      .kernels = &out->kernels[in->nkernels],
                                      .cores = line->launch_cores};
    SLED_TRY(take_time(in, cells, line, row));
    in->launch = sled_measured_cell(&in->columns, cells, LAUNCH_CORES);
    out->nrows++;
    return SLED_OK;
}

static enum sled_status add_kernel(struct reader *in, const struct sled_csv_cell *cells,
                                   const struct sled_kernel *kernel)
{
    struct sled_measured *out = in->out;
    struct sled_accuracy_row *row = &out->rows[out->nrows - 1];

    if (in->launch != NULL && kernel->cores > row->cores)
        return sled_csv_fail(&out->table, in->launch, in->err, SLED_E_INPUT,
                             "launch_cores: expected at least the %" PRIu32
                             " cores of the kernel on line %" PRIu32 ", found %" PRIu32,
                             kernel->cores, cells[0].line, row->cores);
    if (kernel->cores > row->cores)
        row->cores = kernel->cores;
    out->kernels[in->nkernels] = *kernel;
    out->place[in->nkernels] = cells[0];
    row->nkernels++;
    in->nkernels++;
    return SLED_OK;
}

static enum sled_status read_line(struct reader *in, const struct sled_csv_cell *cells)
{
    struct sled_measured *out = in->out;
    struct line line;

    SLED_TRY(read_cells(in, cells, &line));
    if (out->nrows > 0 && strcmp(out->rows[out->nrows - 1].name, line.row) == 0)
        SLED_TRY(check_further(in, cells));
    else
        SLED_TRY(begin_row(in, cells, &line));
    return add_kernel(in, cells, &line.kernel);
}

enum sled_status sled_measured_load(const char *path, struct sled_measured *out,
                                    struct sled_err *err)
{
    struct reader in = {.out = out, .err = err};
    const struct sled_csv_table *table = &out->table;

    *out = (struct sled_measured){0};
    SLED_TRY(sled_csv_table_read(path, &out->table, err));
    SLED_TRY(sled_measured_find_columns(table, columns, SLED_ARRAY_LEN(columns), &in.columns, err));
    if (in.columns.at[TIME] == NULL && in.columns.at[BELOW] == NULL)
        return sled_csv_fail(table, &table->header[0], err, SLED_E_INPUT,
                             "the header lacks the column \"time_us\" or \"below_us\"");
    if (table->nrows == 0)
        return sled_csv_fail(table, &table->header[0], err, SLED_E_INPUT,
                             "expected lines below the header, found none");
    SLED_TRY(sled_vec_alloc(&out->kernels, table->nrows, err));
    SLED_TRY(sled_vec_alloc(&out->place, table->nrows, err));
    SLED_TRY(sled_vec_alloc(&out->rows, table->nrows, err));
    for (size_t r = 0; r < table->nrows; r++)
        SLED_TRY(read_line(&in, &table->cells[r * table->ncolumns]));
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
