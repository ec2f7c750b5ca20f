/* SPDX-License-Identifier: Apache-2.0 */
/* From cells to values, and the complaints about both. */
#include "config/measured_columns.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"
#include "base/units.h"

static enum sled_status unknown_column(const struct sled_measured_columns *in,
                                       const struct sled_csv_cell *cell, struct sled_err *err)
{
    const char *names[SLED_MEASURED_MAX_COLUMNS];

    for (size_t c = 0; c < in->ncolumns; c++)
        names[c] = in->columns[c].name;
    const char *near = sled_suggest(cell->text, names, in->ncolumns);
    return sled_csv_fail(in->table, cell, err, SLED_E_INPUT, "no column \"%.40s\"%s%s%s",
                         cell->text, near == NULL ? "" : "; did you mean \"",
                         near == NULL ? "" : near,
                         near == NULL ? "; `sledsim accuracy --help` lists them" : "\"?");
}

enum sled_status sled_measured_find_columns(const struct sled_csv_table *table,
                                            const struct sled_measured_column *columns,
                                            size_t ncolumns, struct sled_measured_columns *out,
                                            struct sled_err *err)
{
    assert(ncolumns <= SLED_MEASURED_MAX_COLUMNS);
    *out = (struct sled_measured_columns){.table = table, .columns = columns, .ncolumns = ncolumns};
    for (size_t i = 0; i < table->ncolumns; i++) {
        const struct sled_csv_cell *title = &table->header[i];
        size_t c = 0;

        while (c < ncolumns && strcmp(columns[c].name, title->text) != 0)
            c++;
        if (c == ncolumns)
            return unknown_column(out, title, err);
        if (out->at[c] != NULL)
            return sled_csv_fail(table, title, err, SLED_E_INPUT, "column \"%s\" is there twice",
                                 columns[c].name);
        out->at[c] = title;
    }
    for (size_t c = 0; c < ncolumns; c++)
        if (columns[c].in_header && out->at[c] == NULL)
            return sled_csv_fail(table, &table->header[0], err, SLED_E_INPUT,
                                 "the header lacks the column \"%s\"", columns[c].name);
    return SLED_OK;
}

const struct sled_csv_cell *sled_measured_cell(const struct sled_measured_columns *in,
                                               const struct sled_csv_cell *line, size_t column)
{
    if (in->at[column] == NULL)
        return NULL;
    line += in->at[column] - in->table->header;
    return line->text[0] == '\0' ? NULL : line;
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

static enum sled_status parse_time(const char *text, double *out_s, struct sled_err *err)
{
    struct sled_err unused = SLED_ERR_INIT;
    char with_unit[64];
    double time_s = 0;

    const int len = snprintf(with_unit, sizeof with_unit, "%sus", text);
    if (len < 0 || (size_t)len >= sizeof with_unit ||
        sled_units_parse(with_unit, SLED_DIM_TIME, &time_s, &unused) != SLED_OK || time_s <= 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "expected microseconds above 0, such as 12.5, found \"%.40s\"", text);
    *out_s = time_s;
    return SLED_OK;
}

static enum sled_status parse_kernel(const char *text, enum sled_kernel_kind *out,
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

static enum sled_status parse(enum sled_cell_type type, const char *text, void *member,
                              struct sled_err *err)
{
    uint64_t count = 0;

    switch (type) {
    case SLED_CELL_NAME:
        *(const char **)member = text;
        return SLED_OK;
    case SLED_CELL_COUNT:
        return parse_count(text, UINT32_MAX, member, err);
    case SLED_CELL_COUNT32:
        SLED_TRY(parse_count(text, 65536, &count, err));
        *(uint32_t *)member = (uint32_t)count;
        return SLED_OK;
    case SLED_CELL_FLAG:
        return parse_flag(text, member, err);
    case SLED_CELL_TIME:
        return parse_time(text, member, err);
    case SLED_CELL_DTYPE:
        return sled_dtype_parse(text, member, err);
    case SLED_CELL_KERNEL:
        break;
    }
    return parse_kernel(text, member, err);
}

enum sled_status sled_measured_read_cell(const struct sled_measured_columns *in, size_t column,
                                         const struct sled_csv_cell *cell, void *object,
                                         struct sled_err *err)
{
    const struct sled_measured_column *of = &in->columns[column];

    if (parse(of->type, cell->text, (char *)object + of->offset, err) == SLED_OK)
        return SLED_OK;
    sled_err_prefix(err, "%s: ", of->name);
    return sled_csv_locate(in->table, cell, err);
}

enum sled_status sled_measured_missing(const struct sled_measured_columns *in,
                                       const struct sled_csv_cell *line, size_t column,
                                       const char *who, struct sled_err *err)
{
    const struct sled_csv_cell *title = in->at[column];

    return sled_csv_fail(in->table, title == NULL ? line : &line[title - in->table->header], err,
                         SLED_E_INPUT, "%s: %s needs it, found nothing", in->columns[column].name,
                         who);
}

enum sled_status sled_measured_useless(const struct sled_measured_columns *in, size_t column,
                                       const struct sled_csv_cell *cell, const char *why,
                                       struct sled_err *err)
{
    return sled_csv_fail(in->table, cell, err, SLED_E_INPUT,
                         "%s: %s, expected nothing, found \"%.40s\"", in->columns[column].name, why,
                         cell->text);
}
