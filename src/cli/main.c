/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: finds the command, and turns its failure into one line on stderr and an exit
 * code.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cmd.h"
#include "cli/output.h"

/*
 * A standard stream that the caller closed would lend its number to the next file we open,
 * and output would end up in it. Occupy the number so that using it fails.
 */
static void occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

static enum sled_status run(int argc, char **argv, struct sled_err *err)
{
    if (argc < 2)
        return sled_err_set(err, SLED_E_USAGE, "missing command; see \"sledsim help\"");

    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";

    const struct sled_cmd *cmd = sled_cmd_find(name, err);
    if (cmd == NULL)
        return err->code;
    return sled_cmd_dispatch(cmd, argc - 2, argv + 2, err);
}

/* Standard output is a result like any other: what got lost on the way is a failure. */
static enum sled_status flush_stdout(struct sled_err *err)
{
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, NULL, err));
    const enum sled_status st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st;
}

int main(int argc, char **argv)
{
    struct sled_err err = SLED_ERR_INIT;

    occupy_standard_streams();
    signal(SIGPIPE, SIG_IGN); /* a reader that left is a write error, which can be reported */

    enum sled_status st = run(argc, argv, &err);
    if (st == SLED_OK)
        st = flush_stdout(&err);
    if (st != SLED_OK)
        sled_cmd_report(&err);
    return sled_status_exit_code(st);
}
