/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known name nearest to what somebody typed. */
#ifndef SLED_BASE_SUGGEST_H
#define SLED_BASE_SUGGEST_H

#include <stddef.h>

/*
 * Nearest of names[count] to word by edit distance with transpositions, case
 * ignored, or NULL when none is near enough (distance > 1 + length / 3, or no
 * letter in common). Words and names longer than 63 bytes are near nothing. Ties
 * go to the earlier name. Returns a borrowed element of names.
 */
const char *sled_suggest(const char *word, const char *const *names, size_t count);

#endif
