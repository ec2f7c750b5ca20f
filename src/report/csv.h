/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated values, quoted as RFC 4180 says, lines ended by a line feed. Numbers are
 * printed with the fewest digits that read back as the same double. What cannot be written
 * is the stream's error, found by whoever owns it.
 */
#ifndef SLED_REPORT_CSV_H
#define SLED_REPORT_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct sled_csv {
    FILE *stream;   /* borrowed */
    bool row_begun; /* a cell of the current row is out */
};

#define SLED_CSV_INIT(stream_) \
    {                          \
        .stream = (stream_)    \
    }

/* Add the next cell of the row. */
void sled_csv_text(struct sled_csv *csv, const char *text);
void sled_csv_count(struct sled_csv *csv, uint64_t count);
void sled_csv_number(struct sled_csv *csv, double number); /* finite */

void sled_csv_end_row(struct sled_csv *csv);

#endif
