/* SPDX-License-Identifier: Apache-2.0 */
/* The line on a terminal that says how far something long has come; nothing anywhere else. */
#ifndef SLED_CLI_PROGRESS_H
#define SLED_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct sled_progress {
    bool shown;     /* standard error is a terminal */
    bool drawn;     /* there is a line to clear */
    size_t total;   /* of this run */
    double started; /* monotonic seconds */
    double drawn_at;
};

void sled_progress_begin(struct sled_progress *progress, size_t total);
/* Draw "12/100 points, 1 failed, 41.2/s, 2 s left", at most a few times a second. */
void sled_progress_draw(struct sled_progress *progress, size_t done, size_t failed);
/* Clear the line. */
void sled_progress_end(struct sled_progress *progress);

#endif
