/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a command, and the registry of all of them. A new command is one file
 * cmd_<name>.c in this folder and one row in cmds.def, nothing else.
 *
 * Results go to stdout (or to where sled_output_open leads), nothing else does. A command
 * does not report its failure: main prints it and turns it into the exit code. It opens its
 * outputs before it works, so that an unwritable one is known before a long run.
 */
#ifndef SLED_CLI_CMD_H
#define SLED_CLI_CMD_H

#include <stddef.h>

#include "base/err.h"
#include "cli/opt.h"

/* One command. Instances are const and live for the whole process. */
struct sled_cmd {
    const char *name;
    const char *summary;     /* one line for `sledsim help`, <= 60 bytes, no full stop */
    const char *description; /* for --help: paragraphs, lines <= 80 bytes; NULL for none */
    const char *examples;    /* for --help: one command a line, each ends in '\n'; or NULL */
    struct sled_opt_table args;

    /* args is the struct that the table describes, filled and checked. */
    enum sled_status (*run)(const void *args, struct sled_err *err);
};

/* All commands, in cmds.def order; *count receives their number. Borrowed. */
const struct sled_cmd *const *sled_cmd_all(size_t *count);

/* NULL with err set (SLED_E_USAGE, suggests the nearest). Borrowed, immortal. */
const struct sled_cmd *sled_cmd_find(const char *name, struct sled_err *err);

/* Print to stdout what `sledsim NAME --help` prints; of the program when cmd is NULL.
 * Fails with SLED_E_NOMEM. */
enum sled_status sled_cmd_print_help(const struct sled_cmd *cmd, struct sled_err *err);

/* Parse argv[argc] (without program and command names) for cmd, and run it or print its
 * help. Errors of the parser, prefixed with the command's name, and of the command. */
enum sled_status sled_cmd_dispatch(const struct sled_cmd *cmd, int argc, char *const *argv,
                                   struct sled_err *err);

/* Print the one line that tells a failure to stderr. Commands leave this to main, except for
 * failures that do not end them. */
void sled_cmd_report(const struct sled_err *err);

/* Declarations of all commands: sled_cmd_<name>. */
#define SLED_CMD(name) extern const struct sled_cmd sled_cmd_##name;
#include "cli/cmds.def"
#undef SLED_CMD

#endif
