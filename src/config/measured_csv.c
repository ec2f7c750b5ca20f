/* SPDX-License-Identifier: Apache-2.0 */
/* Measured collectives as CSV. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv_table.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "coll/coll.h"
#include "config/measured_forms.h"

enum { OP, RANKS, SIZE, TIME, DTYPE, ALGORITHM, COLUMNS };
static const char *const names[COLUMNS] = {"op",      "num_gpus", "size_bytes",
                                           "time_us", "dtype",    "algorithm"};
enum { REQUIRED = DTYPE, ABSENT = -1, MAX_RANKS = 65536 };

struct reader {
    const struct sled_csv_table *table;
    int at[COLUMNS];
    struct sled_measured_collectives *out;
    struct sled_err *err;
};

static enum sled_status read_header(struct reader *in)
{
    const struct sled_csv_table *table = in->table;

    for (int c = 0; c < COLUMNS; c++)
        in->at[c] = ABSENT;
    for (size_t i = 0; i < table->ncolumns; i++) {
        int c = 0;

        while (c < COLUMNS && strcmp(names[c], table->header[i].text) != 0)
            c++;
        if (c == COLUMNS) {
            const char *near = sled_suggest(table->header[i].text, names, COLUMNS);

            return sled_csv_fail(table, &table->header[i], in->err, SLED_E_INPUT,
                                 "no column \"%.40s\"%s%s%s known: op, num_gpus, size_bytes, "
                                 "time_us, dtype, algorithm",
                                 table->header[i].text, near == NULL ? ";" : "; did you mean \"",
                                 near == NULL ? "" : near, near == NULL ? "" : "\"?");
        }
        if (in->at[c] != ABSENT)
            return sled_csv_fail(table, &table->header[i], in->err, SLED_E_INPUT,
                                 "column \"%s\" is there twice", names[c]);
        in->at[c] = (int)i;
    }
    for (int c = 0; c < REQUIRED; c++)
        if (in->at[c] == ABSENT)
            return sled_csv_fail(table, &table->header[0], in->err, SLED_E_INPUT,
                                 "the header lacks the column \"%s\"", names[c]);
    return SLED_OK;
}

/* NULL where the column is absent or the cell empty. */
static const struct sled_csv_cell *cell_of(const struct reader *in,
                                           const struct sled_csv_cell *line, int column)
{
    const int at = in->at[column];

    return at == ABSENT || line[at].text[0] == '\0' ? NULL : &line[at];
}

static enum sled_status read_count(const struct reader *in, const struct sled_csv_cell *line,
                                   int column, uint64_t max, uint64_t *out)
{
    const struct sled_csv_cell *cell = &line[in->at[column]];
    char *end;
    const uint64_t value = strtoull(cell->text, &end, 10);

    if (strspn(cell->text, "0123456789") != strlen(cell->text) || cell->text[0] == '\0' ||
        value < 1 || value > max || strlen(cell->text) > 19)
        return sled_csv_fail(in->table, cell, in->err, SLED_E_INPUT,
                             "%s: expected a whole number from 1 to %" PRIu64 ", found \"%.40s\"",
                             names[column], max, cell->text);
    *out = value;
    return SLED_OK;
}

static enum sled_status read_time(const struct reader *in, const struct sled_csv_cell *line,
                                  double *out_s)
{
    const struct sled_csv_cell *cell = &line[in->at[TIME]];
    char *end;
    const double us = strtod(cell->text, &end);

    /* strtod also takes blanks, signs, hexadecimal and "inf". */
    if (strspn(cell->text, "0123456789.eE+-") != strlen(cell->text) || *end != '\0' ||
        !isfinite(us) || us <= 0)
        return sled_csv_fail(in->table, cell, in->err, SLED_E_INPUT,
                             "time_us: expected microseconds above 0, such as 12.5, found "
                             "\"%.40s\"",
                             cell->text);
    *out_s = us / 1e6;
    return SLED_OK;
}

/* What may be left out: type of elements, algorithm. */
static enum sled_status read_rest(struct reader *in, const struct sled_csv_cell *line,
                                  struct sled_collective_row *row)
{
    const struct sled_csv_cell *dtype = cell_of(in, line, DTYPE);
    const struct sled_csv_cell *algorithm = cell_of(in, line, ALGORITHM);

    if (dtype != NULL) {
        row->elem_bytes = sled_measured_elem_bytes(dtype->text);
        if (row->elem_bytes == 0)
            return sled_csv_fail(in->table, dtype, in->err, SLED_E_INPUT,
                                 "dtype: no type \"%.40s\"; such as fp32, bf16, fp8, int8",
                                 dtype->text);
    }
    if (algorithm != NULL) {
        if (sled_coll_find(row->op, algorithm->text, in->err) == NULL) {
            sled_err_prefix(in->err, "algorithm: ");
            return sled_csv_locate(in->table, algorithm, in->err);
        }
        row->picked = sled_arena_strndup(&in->out->arena, algorithm->text, strlen(algorithm->text));
        if (row->picked == NULL)
            return sled_err_nomem(in->err);
    }
    return SLED_OK;
}

static enum sled_status read_line(struct reader *in, const struct sled_csv_cell *line)
{
    const struct sled_csv_cell *op = &line[in->at[OP]];
    struct sled_collective_row row = {
        .op = sled_measured_op(op->text), .line = op->line, .column = op->column};
    uint64_t ranks;

    if (row.op == SLED_COLL_KINDS)
        return sled_csv_fail(in->table, op, in->err, SLED_E_INPUT,
                             "op: no operation \"%.40s\"; `sledsim list algorithms` has them",
                             op->text);
    SLED_TRY(read_count(in, line, RANKS, MAX_RANKS, &ranks));
    row.ranks = (uint32_t)ranks;
    SLED_TRY(read_count(in, line, SIZE, UINT64_C(1) << 53, &row.size_bytes));
    SLED_TRY(read_time(in, line, &row.measured_s));
    SLED_TRY(read_rest(in, line, &row));
    return sled_measured_add_row(in->out, &row, in->err);
}

static enum sled_status read_table(const struct sled_csv_table *table,
                                   struct sled_measured_collectives *out, struct sled_err *err)
{
    struct reader in = {.table = table, .out = out, .err = err};

    for (size_t i = 0; i < table->ncomments; i++)
        SLED_TRY(
            sled_measured_add_comment(out, table->comments[i], strlen(table->comments[i]), err));
    SLED_TRY(read_header(&in));
    for (size_t r = 0; r < table->nrows; r++)
        SLED_TRY(read_line(&in, table->cells + r * table->ncolumns));
    return SLED_OK;
}

enum sled_status sled_measured_read_csv(const char *text, size_t len,
                                        struct sled_measured_collectives *out, struct sled_err *err)
{
    struct sled_csv_table table;

    enum sled_status st = sled_csv_table_parse(out->path, text, len, &table, err);
    if (st == SLED_OK)
        st = read_table(&table, out, err);
    sled_csv_table_finish(&table);
    return st;
}
