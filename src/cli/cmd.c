/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of commands: finding one, its help, and running it. */
#include "cli/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"

static const struct sled_cmd *const cmds[] = {
#define SLED_CMD(name) &sled_cmd_##name,
#include "cli/cmds.def"
#undef SLED_CMD
};

const struct sled_cmd *const *sled_cmd_all(size_t *count)
{
    *count = SLED_ARRAY_LEN(cmds);
    return cmds;
}

const struct sled_cmd *sled_cmd_find(const char *name, struct sled_err *err)
{
    const char *names[SLED_ARRAY_LEN(cmds)];

    for (size_t i = 0; i < SLED_ARRAY_LEN(cmds); i++) {
        if (strcmp(cmds[i]->name, name) == 0)
            return cmds[i];
        names[i] = cmds[i]->name;
    }

    const char *near = sled_suggest(name, names, SLED_ARRAY_LEN(names));
    if (near == NULL)
        sled_err_set(err, SLED_E_USAGE, "unknown command \"%s\"; see \"sledsim help\"", name);
    else
        sled_err_set(err, SLED_E_USAGE, "unknown command \"%s\"; did you mean \"%s\"?", name, near);
    return NULL;
}

static void program_help(struct sled_str *out)
{
    sled_str_add(out,
                 "usage: sledsim COMMAND [ARGUMENT]...\n"
                 "\n"
                 "Predict how long communication and compute take on a multi-chip accelerator\n"
                 "fabric.\n"
                 "\n"
                 "commands:\n");
    for (size_t i = 0; i < SLED_ARRAY_LEN(cmds); i++)
        sled_str_addf(out, "  %-9s %s\n", cmds[i]->name, cmds[i]->summary);
    sled_str_add(out,
                 "\n"
                 "\"sledsim COMMAND --help\" tells what a command takes.\n"
                 "Results go to standard output, messages to standard error; the exit codes are\n"
                 "in \"sledsim explain exit-codes\".\n");
}

/* Append lines of text, each indented. */
static void add_indented(const char *text, struct sled_str *out)
{
    while (*text != '\0') {
        const size_t len = strcspn(text, "\n");

        sled_str_add(out, "  ");
        sled_str_addn(out, text, len);
        sled_str_add(out, "\n");
        text += len + (text[len] == '\n');
    }
}

static void command_help(const struct sled_cmd *cmd, struct sled_str *out)
{
    sled_str_addf(out, "usage: sledsim %s", cmd->name);
    sled_opt_usage(&cmd->args, out);
    sled_str_addf(out, "\n\n%s\n", cmd->summary);
    if (cmd->description != NULL)
        sled_str_addf(out, "\n%s", cmd->description);
    sled_str_add(out, "\n");
    sled_opt_help(&cmd->args, out);
    if (cmd->examples != NULL) {
        sled_str_add(out, "\nexamples:\n");
        add_indented(cmd->examples, out);
    }
}

enum sled_status sled_cmd_print_help(const struct sled_cmd *cmd, struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;

    if (cmd == NULL)
        program_help(&text);
    else
        command_help(cmd, &text);
    const enum sled_status st = sled_str_status(&text, err);
    if (st == SLED_OK)
        fputs(sled_str_text(&text), stdout);
    sled_str_finish(&text);
    return st;
}

enum sled_status sled_cmd_dispatch(const struct sled_cmd *cmd, int argc, char *const *argv,
                                   struct sled_err *err)
{
    void *args = malloc(cmd->args.size);
    bool help;

    if (args == NULL)
        return sled_err_nomem(err);

    enum sled_status st = sled_opt_parse(&cmd->args, argc, argv, args, &help, err);
    if (st != SLED_OK)
        sled_err_prefix(err, "%s: ", cmd->name);
    else
        st = help ? sled_cmd_print_help(cmd, err) : cmd->run(args, err);
    sled_opt_finish(&cmd->args, args);
    free(args);
    return st;
}

void sled_cmd_report(const struct sled_err *err)
{
    char line[2 * sizeof *err];

    fflush(stdout); /* what was printed before comes first; main finds its errors */
    fprintf(stderr, "sledsim: %s\n", sled_err_format(err, line, sizeof line));
}
