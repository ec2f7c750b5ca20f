/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a result goes. A file appears complete or not at all: it is written under a
 * temporary name beside the final one and renamed at the end. What was not committed is
 * removed, also when a signal ends the process.
 *
 *     struct sled_output out;
 *     SLED_TRY(sled_output_open(&out, args->output, err));
 *     st = ... write to out.stream ...;
 *     if (st == SLED_OK)
 *         st = sled_output_commit(&out, err);
 *     sled_output_finish(&out);
 *     return st;
 */
#ifndef SLED_CLI_OUTPUT_H
#define SLED_CLI_OUTPUT_H

#include <stdio.h>

#include "base/err.h"

struct sled_output {
    FILE *stream;             /* write here; errors are found by commit */
    char *path;               /* final name, owned; NULL: standard output */
    char *temporary;          /* name until commit, owned; NULL when written in place */
    struct sled_output *next; /* list of what a signal must remove */
};

/*
 * Open path for writing; NULL or "-" is standard output. A device or a pipe is written in
 * place. Fails with SLED_E_IO ("cannot write \"x/y\": No such file or directory") or
 * SLED_E_NOMEM. out must stay where it is until sled_output_finish.
 */
enum sled_status sled_output_open(struct sled_output *out, const char *path, struct sled_err *err);

/* Flush, and give the file its name. SLED_E_IO when anything written got lost. */
enum sled_status sled_output_commit(struct sled_output *out, struct sled_err *err);

/* Close; remove the temporary file if it was not committed. */
void sled_output_finish(struct sled_output *out);

#endif
