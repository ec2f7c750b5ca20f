/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of four children each, which share a line of cache, that knows where everybody stands. */
#include "base/heap.h"

#include <stdlib.h>

#include "base/vec.h"

enum { CHILDREN = 4 };

enum sled_status sled_heap_reserve(struct sled_heap *heap, uint32_t limit, struct sled_err *err)
{
    size_t entries = heap->limit, places = heap->limit;

    if (limit <= heap->limit)
        return SLED_OK;
    SLED_TRY(sled_vec_reserve(&heap->entry, &entries, limit, err));
    SLED_TRY(sled_vec_reserve(&heap->at, &places, limit, err));
    while (heap->limit < limit)
        heap->at[heap->limit++] = UINT32_MAX;
    return SLED_OK;
}

void sled_heap_finish(struct sled_heap *heap)
{
    free(heap->entry);
    free(heap->at);
    *heap = (struct sled_heap){0};
}

static bool is_before(const struct sled_heap_entry *a, const struct sled_heap_entry *b)
{
    return a->key < b->key;
}

static void place(struct sled_heap *heap, uint32_t at, struct sled_heap_entry entry)
{
    heap->entry[at] = entry;
    heap->at[entry.number] = at;
}

/* Move the gap at `at` up to where the entry belongs, and put it there. */
static void rise(struct sled_heap *heap, uint32_t at, struct sled_heap_entry entry)
{
    while (at > 0 && is_before(&entry, &heap->entry[(at - 1) / CHILDREN])) {
        place(heap, at, heap->entry[(at - 1) / CHILDREN]);
        at = (at - 1) / CHILDREN;
    }
    place(heap, at, entry);
}

static uint32_t first_child(const struct sled_heap *heap, uint32_t at)
{
    const uint32_t begin = CHILDREN * at + 1;
    const uint32_t end = heap->count - begin < CHILDREN ? heap->count : begin + CHILDREN;
    uint32_t first = begin;

    for (uint32_t child = begin + 1; child < end; child++)
        if (is_before(&heap->entry[child], &heap->entry[first]))
            first = child;
    return first;
}

/* The same downwards. */
static void sink(struct sled_heap *heap, uint32_t at, struct sled_heap_entry entry)
{
    while (at < (heap->count - 1 + CHILDREN - 1) / CHILDREN) {
        const uint32_t child = first_child(heap, at);

        if (!is_before(&heap->entry[child], &entry))
            break;
        place(heap, at, heap->entry[child]);
        at = child;
    }
    place(heap, at, entry);
}

/* What stood at `at` has made room for the entry. */
static void settle(struct sled_heap *heap, uint32_t at, struct sled_heap_entry entry)
{
    if (at > 0 && is_before(&entry, &heap->entry[(at - 1) / CHILDREN]))
        rise(heap, at, entry);
    else
        sink(heap, at, entry);
}

void sled_heap_set(struct sled_heap *heap, uint32_t number, double key)
{
    const struct sled_heap_entry entry = {.key = key, .number = number};

    if (sled_heap_has(heap, number))
        settle(heap, heap->at[number], entry);
    else
        rise(heap, heap->count++, entry);
}

void sled_heap_remove(struct sled_heap *heap, uint32_t number)
{
    const uint32_t at = heap->at[number];
    const struct sled_heap_entry last = heap->entry[--heap->count];

    heap->at[number] = UINT32_MAX;
    if (last.number != number)
        settle(heap, at, last);
}
