/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `sledsim sweep`. Private to its files, cmd_sweep.c and sweep_*.c. */
#ifndef SLED_CLI_SWEEP_ARGS_H
#define SLED_CLI_SWEEP_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"

enum sweep_format { SWEEP_FORMAT_TABLE, SWEEP_FORMAT_CSV, SWEEP_FORMAT_JSONL, SWEEP_FORMAT_NONE };

struct sweep_args {
    const char *file;
    struct sled_opt_list sets;
    const char *out; /* NULL: NAME.sweep */
    uint64_t jobs;   /* 0: as many as processors */
    const char *shard;
    struct sled_opt_list from;
    bool merge, dry_run;
    double time_s;         /* 0: no limit */
    uint64_t memory_bytes; /* 0: no limit */
    int format;
};

#endif
