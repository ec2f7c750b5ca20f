/* SPDX-License-Identifier: Apache-2.0 */
/* Edit distance with transpositions, over three rows instead of the whole matrix. */
#include "base/suggest.h"

#include <string.h>

enum { MAX_LEN = 63 };

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Names are ASCII; tolower() would ask the locale. */
static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a[na] into b[nb]. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t rows[3][MAX_LEN + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= nb; j++)
        above[j] = j;
    for (size_t i = 1; i <= na; i++) {
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            const size_t substitute = above[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));

            row[j] = min(substitute, min(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = min(row[j], before[j - 2] + 1);
        }
        size_t *const oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[nb];
}

const char *sled_suggest(const char *word, const char *const *names, size_t count)
{
    const size_t len = strlen(word);
    const char *best = NULL;
    size_t best_distance = 2 + len / 3; /* one more than is near enough */

    if (len > MAX_LEN)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const size_t name_len = strlen(names[i]);
        if (name_len > MAX_LEN)
            continue;

        const size_t d = distance(word, len, names[i], name_len);
        const size_t longer = len > name_len ? len : name_len;
        if (d < best_distance && d < longer) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
