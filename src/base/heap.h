/* SPDX-License-Identifier: Apache-2.0 */
/* A set of numbers with a key each, the least key first. Which of equal keys is first depends on
 * nothing but the calls so far; among many of them every call is O(1). */
#ifndef SLED_BASE_HEAP_H
#define SLED_BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct sled_heap_entry {
    double key;
    uint32_t number;
};

/* Zeroed, it is empty and takes no numbers yet. */
struct sled_heap {
    struct sled_heap_entry *entry; /* [count]: entry[0] is the first, the others in no order */
    uint32_t count;
    uint32_t *at;   /* [limit], private: place of a number in entry, UINT32_MAX outside */
    uint32_t limit; /* private */
};

/* Let it take numbers below limit, which only grows. SLED_E_NOMEM. */
enum sled_status sled_heap_reserve(struct sled_heap *heap, uint32_t limit, struct sled_err *err);
/* Accepts a zeroed heap. */
void sled_heap_finish(struct sled_heap *heap);

static inline bool sled_heap_has(const struct sled_heap *heap, uint32_t number)
{
    return heap->at[number] != UINT32_MAX;
}

/* Key of a number that is in. */
static inline double sled_heap_key(const struct sled_heap *heap, uint32_t number)
{
    return heap->entry[heap->at[number]].key;
}

/* Put a number in, or give it another key. O(log count). */
void sled_heap_set(struct sled_heap *heap, uint32_t number, double key);

/* Take out a number that is in. O(log count). */
void sled_heap_remove(struct sled_heap *heap, uint32_t number);

#endif
