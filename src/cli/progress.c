/* SPDX-License-Identifier: Apache-2.0 */
/* Talk for people who wait. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/monotonic.h"

void sled_progress_begin(struct sled_progress *progress, size_t total)
{
    *progress = (struct sled_progress){
        .shown = isatty(STDERR_FILENO) != 0, .total = total, .started = sled_monotonic_s()};
}

/* "12 s", "3 min", "1 h 20 min" */
static void format_left(double seconds, char *buf, size_t size)
{
    if (seconds < 120)
        snprintf(buf, size, "%.0f s", seconds);
    else if (seconds < 7200)
        snprintf(buf, size, "%.0f min", seconds / 60);
    else
        snprintf(buf, size, "%.0f h %.0f min", (double)(long)(seconds / 3600),
                 (seconds - 3600 * (double)(long)(seconds / 3600)) / 60);
}

void sled_progress_draw(struct sled_progress *progress, size_t done, size_t failed)
{
    const double at = sled_monotonic_s(), passed = at - progress->started;
    char left[48] = "";

    if (!progress->shown || (progress->drawn && at - progress->drawn_at < 0.2))
        return;
    if (done > 0 && passed > 1)
        format_left(passed / (double)done * (double)(progress->total - done), left, sizeof left);
    fprintf(stderr, "\r\033[K%zu/%zu points, %zu failed, %.1f/s%s%s", done, progress->total, failed,
            passed > 0 ? (double)done / passed : 0.0, left[0] == '\0' ? "" : ", ", left);
    fputs(left[0] == '\0' ? "" : " left", stderr);
    fflush(stderr);
    progress->drawn = true;
    progress->drawn_at = at;
}

void sled_progress_end(struct sled_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
