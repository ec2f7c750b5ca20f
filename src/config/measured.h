/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measured times from CSV files (base/csv_table.h): what was run, and how long it took. Comment
 * lines say where the numbers come from and are kept.
 *
 * A line is a kernel as `sledsim kernel` takes it, a column per option. A measurement is one line,
 * or several that follow each other with the same name in `row`: the kernels ran one after the
 * other in one program, and only their sum was measured; the first line has it. It is a time
 * (`time_us`) or what a published test asserts the time to be below (`below_us`). Where the program
 * also ran something that is no kernel of ours and was measured by itself, `other_us` has that
 * part. `launch_cores` is for a program on more cores than its kernels use, as when they are what
 * the busiest core of several was given.
 */
#ifndef SLED_CONFIG_MEASURED_H
#define SLED_CONFIG_MEASURED_H

#include <stddef.h>

#include "base/csv_table.h"
#include "base/err.h"
#include "model/accuracy.h"

struct sled_measured {
    struct sled_csv_table table;    /* with the provenance in its comments */
    struct sled_kernel *kernels;    /* of all rows */
    struct sled_csv_cell *place;    /* of the line of each, for complaints of the chip */
    struct sled_accuracy_row *rows; /* [nrows], at least one; nothing is predicted yet */
    size_t nrows;
};

/*
 * Read path ("-": standard input). *out is initialised here and finished by the caller, also on
 * failure. Whether a chip can run the kernels is not asked. Errors are located: SLED_E_IO,
 * SLED_E_INPUT (an unknown, double or missing column, a bad value, a column that the kernel has no
 * use for, no time or two, a name that comes back after another), SLED_E_NOMEM.
 */
enum sled_status sled_measured_load(const char *path, struct sled_measured *out,
                                    struct sled_err *err);

/* Accepts a zeroed one. */
void sled_measured_finish(struct sled_measured *measured);

#endif
