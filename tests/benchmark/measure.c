/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wall time and peak memory of a whole process, the best of several runs:
 *
 *     measure RUNS PROGRAM [ARG]...
 *
 * prints "SECONDS KIBIBYTES". No run begins after ten seconds. What the program says on stdout is
 * thrown away. The memory is the largest resident set of any one process of the run: sledsim
 * simulates in a child of its own, and the kernel counts what processes have in common once for
 * each, so a sum would be too much.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const double PATIENCE_S = 10;

static double now_s(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void run_child(char *const *command)
{
    const int null = open("/dev/null", O_WRONLY);

    if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(126);
    execvp(command[0], command);
    _exit(127);
}

/* One run: 0, or -1 after a word on stderr. */
static int measure(char *const *command, double *seconds, long *kibibytes)
{
    struct rusage usage;
    int status;

    const double start_s = now_s();
    const pid_t pid = fork();
    if (pid < 0) {
        fprintf(stderr, "measure: fork: %s\n", strerror(errno));
        return -1;
    }
    if (pid == 0)
        run_child(command);
    if (wait4(pid, &status, 0, &usage) != pid) {
        fprintf(stderr, "measure: wait4: %s\n", strerror(errno));
        return -1;
    }
    *seconds = now_s() - start_s;
    *kibibytes = usage.ru_maxrss;
    if (WIFSIGNALED(status))
        fprintf(stderr, "measure: %s: %s\n", command[0], strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        fprintf(stderr, "measure: %s: exit status %d\n", command[0], WEXITSTATUS(status));
    return status == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    double best_s = 0, spent_s = 0;
    long most_kib = 0;

    const long runs = argc < 3 ? 0 : strtol(argv[1], NULL, 10);
    if (runs < 1) {
        fputs("usage: measure RUNS PROGRAM [ARG]...\n", stderr);
        return 2;
    }
    for (long i = 0; i < runs && spent_s < PATIENCE_S; i++) {
        double seconds;
        long kibibytes;

        if (measure(argv + 2, &seconds, &kibibytes) != 0)
            return 1;
        spent_s += seconds;
        if (i == 0 || seconds < best_s)
            best_s = seconds;
        if (kibibytes > most_kib)
            most_kib = kibibytes;
    }
    printf("%.4f %ld\n", best_s, most_kib);
    return 0;
}
