/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim help [COMMAND]` */
#include "cli/cmd.h"

#include <stddef.h>

struct help_args {
    const char *command;
};

static const struct sled_operand operands[] = {
    {.name = "COMMAND",
     .offset = offsetof(struct help_args, command),
     .optional = true,
     .help = "command to explain; the whole program when absent"},
};

static enum sled_status run(const void *data, struct sled_err *err)
{
    const struct help_args *args = data;
    const struct sled_cmd *cmd = NULL;

    if (args->command != NULL) {
        cmd = sled_cmd_find(args->command, err);
        if (cmd == NULL)
            return err->code;
    }
    return sled_cmd_print_help(cmd, err);
}

const struct sled_cmd sled_cmd_help = {
    .name = "help",
    .summary = "tell what there is, or how one command is used",
    .args = {.operands = operands, .noperands = 1, .size = sizeof(struct help_args)},
    .run = run,
};
