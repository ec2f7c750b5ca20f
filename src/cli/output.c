/* SPDX-License-Identifier: Apache-2.0 */
/* Output files that are complete or absent. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

#define MAX_ATTEMPTS 100 /* temporary names that a killed process may have left */

/* Temporary files not yet committed, for the signal handler alone. The simulator forks:
 * a child that dies must leave its parent's files in peace. */
static struct sled_output *volatile pending;
static volatile pid_t pending_owner;

static const int fatal_signals[] = {SIGHUP, SIGINT, SIGTERM};

static void remove_pending(int sig)
{
    if (getpid() == pending_owner) {
        for (const struct sled_output *out = pending; out != NULL; out = out->next)
            unlink(out->temporary);
    }
    signal(sig, SIG_DFL);
    raise(sig);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = remove_pending};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SLED_ARRAY_LEN(fatal_signals); i++) {
        struct sigaction old;
        /* What the parent asked us to ignore (nohup) stays ignored. */
        if (sigaction(fatal_signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(fatal_signals[i], &action, NULL);
    }
}

/* Run with the fatal signals blocked: the list is being changed. */
static void block_signals(sigset_t *old)
{
    sigset_t fatal;

    sigemptyset(&fatal);
    for (size_t i = 0; i < SLED_ARRAY_LEN(fatal_signals); i++)
        sigaddset(&fatal, fatal_signals[i]);
    sigprocmask(SIG_BLOCK, &fatal, old);
}

static void unblock_signals(const sigset_t *old)
{
    sigprocmask(SIG_SETMASK, old, NULL);
}

static void link_pending(struct sled_output *out)
{
    out->next = pending;
    pending = out;
    pending_owner = getpid();
    catch_signals();
}

static void unlink_pending(const struct sled_output *out)
{
    if (pending == out) {
        pending = out->next;
        return;
    }
    for (struct sled_output *at = pending; at != NULL; at = at->next) {
        if (at->next == out) {
            at->next = out->next;
            return;
        }
    }
}

static enum sled_status cannot_write(const char *path, int error, struct sled_err *err)
{
    if (path == NULL)
        return sled_err_set(err, SLED_E_IO, "cannot write standard output: %s", strerror(error));
    return sled_err_set(err, SLED_E_IO, "cannot write \"%s\": %s", path, strerror(error));
}

/* Create a file beside out->path under a name that nobody uses; returns errno, 0 when done. */
static int create_temporary(struct sled_output *out)
{
    const size_t size = strlen(out->path) + 48;
    int fd = -1;

    out->temporary = malloc(size);
    if (out->temporary == NULL)
        return ENOMEM;
    for (int attempt = 0; fd < 0 && attempt < MAX_ATTEMPTS; attempt++) {
        snprintf(out->temporary, size, "%s.%ld-%d.tmp", out->path, (long)getpid(), attempt);
        fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }

    const int error = errno;
    if (fd >= 0 && (out->stream = fdopen(fd, "w")) != NULL)
        return 0;
    if (fd >= 0) {
        close(fd);
        unlink(out->temporary);
    }
    free(out->temporary);
    out->temporary = NULL;
    return error;
}

/* Decide how to write path; returns errno, 0 when done. */
static int open_path(struct sled_output *out, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        if (errno != ENOENT)
            return errno;
        out->path = strdup(path);
        return out->path == NULL ? ENOMEM : create_temporary(out);
    }
    if (S_ISDIR(st.st_mode))
        return EISDIR;
    /* A file that may not be written is not replaced either, though rename could. */
    if (access(path, W_OK) != 0)
        return errno;
    if (S_ISREG(st.st_mode)) {
        /* Replace the file, not a symbolic link that leads to it. */
        out->path = realpath(path, NULL);
        return out->path == NULL ? errno : create_temporary(out);
    }
    out->path = strdup(path);
    if (out->path == NULL)
        return ENOMEM;
    out->stream = fopen(path, "w");
    return out->stream == NULL ? errno : 0;
}

enum sled_status sled_output_open(struct sled_output *out, const char *path, struct sled_err *err)
{
    *out = (struct sled_output){.stream = NULL};
    if (path == NULL || strcmp(path, "-") == 0) {
        out->stream = stdout;
        return SLED_OK;
    }

    sigset_t old;
    block_signals(&old);
    const int error = open_path(out, path);
    if (out->temporary != NULL)
        link_pending(out);
    unblock_signals(&old);
    if (error == 0)
        return SLED_OK;
    free(out->path);
    out->path = NULL;
    return error == ENOMEM ? sled_err_nomem(err) : cannot_write(path, error, err);
}

/*
 * Why something written got lost. Where that was a while ago, stdio has dropped the reason
 * with the text: one byte more meets the same one. The output is beyond repair anyway.
 */
static int lost_because(FILE *stream)
{
    return write(fileno(stream), "\n", 1) == -1 ? errno : EIO;
}

enum sled_status sled_output_commit(struct sled_output *out, struct sled_err *err)
{
    if (fflush(out->stream) != 0)
        return cannot_write(out->path, errno, err);
    if (ferror(out->stream))
        return cannot_write(out->path, lost_because(out->stream), err);
    if (out->temporary == NULL)
        return SLED_OK;

    /* Without fsync a crash of the machine could leave a complete name on an empty file. */
    if (fsync(fileno(out->stream)) != 0)
        return cannot_write(out->path, errno, err);

    sigset_t old;
    block_signals(&old);
    const int error = rename(out->temporary, out->path) == 0 ? 0 : errno;
    if (error == 0) {
        unlink_pending(out);
        free(out->temporary);
        out->temporary = NULL;
    }
    unblock_signals(&old);
    return error == 0 ? SLED_OK : cannot_write(out->path, error, err);
}

void sled_output_finish(struct sled_output *out)
{
    if (out->stream != NULL && out->stream != stdout)
        fclose(out->stream);
    if (out->temporary != NULL) {
        sigset_t old;
        block_signals(&old);
        unlink(out->temporary);
        unlink_pending(out);
        unblock_signals(&old);
        free(out->temporary);
    }
    free(out->path);
    *out = (struct sled_output){.stream = NULL};
}
