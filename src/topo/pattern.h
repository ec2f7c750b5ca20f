/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index patterns: one row of text that stands for many names.
 *
 *     chip{0..143}      a range: chip0, chip1, … chip143, both ends included
 *     tray{i/4}         an expression, here of the value that the range has
 *     {i}  {i%4}  {(i+1)%8}  {4*j+i}
 *
 * The ranges of a row are nested loops, the first outermost; i, j and k are the values of
 * the first, second and third. Their order is that of the row's patterns ("from" before
 * "to"), and an expression may use the ranges before it; so may the bounds of a range:
 * from "chip{0..7}" to "chip{i+1..7}" is every pair once. A range whose end is one below
 * its start is empty. Expressions have whole numbers, + - * / % and parentheses; / rounds
 * down and % is never negative.
 */
#ifndef SLED_TOPO_PATTERN_H
#define SLED_TOPO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SLED_PATTERN_RANGES = 3 };

/* The values of the ranges of a row. */
struct sled_pattern_values {
    int64_t value[SLED_PATTERN_RANGES];
    uint32_t count;
};

/* Walks through all values of the ranges in text[ntexts]. */
struct sled_pattern_row {
    const char *const *text; /* [ntexts], borrowed */
    size_t ntexts;
    struct sled_pattern_values at; /* of the last sled_pattern_next */
    size_t bad;                    /* after an error: which text is to blame */

    /* Private. */
    int64_t last[SLED_PATTERN_RANGES];
    uint64_t produced;
};

void sled_pattern_begin(struct sled_pattern_row *row, const char *const *text, size_t ntexts);

/*
 * Go to the next values; *more is false when there are none left. A row without ranges
 * yields once. Fails with SLED_E_INPUT, saying which column of which pattern is wrong, and
 * for more than a million values.
 */
enum sled_status sled_pattern_next(struct sled_pattern_row *row, bool *more, struct sled_err *err);

/*
 * Write what text stands for at these values. *nranges counts the ranges of the row met so
 * far: 0 for its first pattern, values->count for texts that may have none of their own.
 * Fails with SLED_E_INPUT, also where out[size] is too short.
 */
enum sled_status sled_pattern_expand(const char *text, const struct sled_pattern_values *values,
                                     uint32_t *nranges, char *out, size_t size,
                                     struct sled_err *err);

/* The whole number below 10^9 that text, which may have no ranges, stands for. SLED_E_INPUT. */
enum sled_status sled_pattern_number(const char *text, const struct sled_pattern_values *values,
                                     uint32_t *out, struct sled_err *err);

#endif
