/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of CSV files of measured times: a table says what there are and what their cells are read
 * as. Private to the measured*.c files.
 */
#ifndef SLED_CONFIG_MEASURED_COLUMNS_H
#define SLED_CONFIG_MEASURED_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/csv_table.h"
#include "base/err.h"
#include "model/kernel.h"

/* What a cell is read as, into a member of the struct that its table is about. */
enum sled_cell_type {
    SLED_CELL_NAME,    /* const char *, borrowed */
    SLED_CELL_COUNT,   /* uint64_t, 1 to 2^32 - 1 */
    SLED_CELL_COUNT32, /* uint32_t, 1 to 65536 */
    SLED_CELL_FLAG,    /* bool: "yes" or "no" */
    SLED_CELL_TIME,    /* double, s; written in microseconds, above 0 */
    SLED_CELL_DTYPE,   /* enum sled_dtype */
    SLED_CELL_KERNEL   /* enum sled_kernel_kind */
};

struct sled_measured_column {
    const char *name;
    enum sled_cell_type type;
    size_t offset;
    bool in_header; /* every file has it */
    bool required;  /* every line whose kernel it belongs to fills it */
    bool (*belongs)(enum sled_kernel_kind kind); /* NULL: to all kernels */
};

enum { SLED_MEASURED_MAX_COLUMNS = 64 };

/* Columns of some table, and where in the lines of a file they are. */
struct sled_measured_columns {
    const struct sled_csv_table *table;
    const struct sled_measured_column *columns; /* [ncolumns], at most the maximum */
    size_t ncolumns;
    const struct sled_csv_cell *at[SLED_MEASURED_MAX_COLUMNS]; /* in the header; NULL: absent */
};

/* Find the columns in the header of table. Error located (SLED_E_INPUT): one that is unknown, there
 * twice, or missing. */
enum sled_status sled_measured_find_columns(const struct sled_csv_table *table,
                                            const struct sled_measured_column *columns,
                                            size_t ncolumns, struct sled_measured_columns *out,
                                            struct sled_err *err);

/* Cell of a column in a line of cells; NULL where it is absent or empty. */
const struct sled_csv_cell *sled_measured_cell(const struct sled_measured_columns *in,
                                               const struct sled_csv_cell *line, size_t column);

/* Read a cell of a column into its member of object. Error located, with the name of the column. */
enum sled_status sled_measured_read_cell(const struct sled_measured_columns *in, size_t column,
                                         const struct sled_csv_cell *cell, void *object,
                                         struct sled_err *err);

/* Decide that a line lacks a cell which `who` needs, or has one that is of no use ("why"). */
enum sled_status sled_measured_missing(const struct sled_measured_columns *in,
                                       const struct sled_csv_cell *line, size_t column,
                                       const char *who, struct sled_err *err);
enum sled_status sled_measured_useless(const struct sled_measured_columns *in, size_t column,
                                       const struct sled_csv_cell *cell, const char *why,
                                       struct sled_err *err);

#endif
