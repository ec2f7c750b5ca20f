/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `sledsim run`. Private to it and to the points of a sweep. */
#ifndef SLED_CLI_RUN_ARGS_H
#define SLED_CLI_RUN_ARGS_H

#include "cli/opt.h"

struct run_args {
    const char *file;
    struct sled_opt_list sets;
    const char *table;
    int network;
    double accuracy;
    int format;
    const char *output;
};

#endif
