/* SPDX-License-Identifier: Apache-2.0 */
/* What cmd_accuracy.c and what it hands collectives to share. Private to `sledsim accuracy`. */
#ifndef SLED_CLI_ACCURACY_H
#define SLED_CLI_ACCURACY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cli/opt.h"
#include "model/accuracy.h"

enum { ACCURACY_TABLE, ACCURACY_JSON, ACCURACY_CSV };

struct accuracy_args {
    struct sled_opt_list files;
    const char *chip, *topology; /* one of the two */
    struct sled_opt_list sets;

    /* With a topology. */
    const char *table, *op, *dtype;
    uint64_t ranks;
    bool ranks_given;
    int memory;
    bool memory_given, dtype_given;

    int show;
    int format;
    double max_error;
    bool max_error_given;
    const char *output;
};

/* Files of collectives, on args->topology. */
enum sled_status accuracy_collectives(const struct accuracy_args *args, struct sled_err *err);

/* Is the error over all rows as small as was asked for? SLED_E_CHECK. */
enum sled_status accuracy_judge_error(const struct accuracy_args *args,
                                      const struct sled_accuracy_stats *stats,
                                      struct sled_err *err);

#endif
