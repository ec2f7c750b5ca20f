/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap that knows where everybody stands. */
#include "base/heap.h"

#include <stdlib.h>

#include "base/vec.h"

enum sled_status sled_heap_reserve(struct sled_heap *heap, uint32_t limit, struct sled_err *err)
{
    size_t items = heap->limit, keys = heap->limit, places = heap->limit;

    if (limit <= heap->limit)
        return SLED_OK;
    SLED_TRY(sled_vec_reserve(&heap->item, &items, limit, err));
    SLED_TRY(sled_vec_reserve(&heap->key, &keys, limit, err));
    SLED_TRY(sled_vec_reserve(&heap->at, &places, limit, err));
    while (heap->limit < limit)
        heap->at[heap->limit++] = UINT32_MAX;
    return SLED_OK;
}

void sled_heap_finish(struct sled_heap *heap)
{
    free(heap->item);
    free(heap->key);
    free(heap->at);
    *heap = (struct sled_heap){0};
}

static bool is_before(const struct sled_heap *heap, uint32_t a, uint32_t b)
{
    return heap->key[a] < heap->key[b] || (heap->key[a] == heap->key[b] && a < b);
}

static void place(struct sled_heap *heap, uint32_t at, uint32_t number)
{
    heap->item[at] = number;
    heap->at[number] = at;
}

/* Find the place of a number from `at` on, where there is a gap. */
static void settle(struct sled_heap *heap, uint32_t at, uint32_t number)
{
    while (at > 0 && is_before(heap, number, heap->item[(at - 1) / 2])) {
        place(heap, at, heap->item[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && is_before(heap, heap->item[child + 1], heap->item[child]))
            child++;
        if (!is_before(heap, heap->item[child], number))
            break;
        place(heap, at, heap->item[child]);
        at = child;
    }
    place(heap, at, number);
}

void sled_heap_set(struct sled_heap *heap, uint32_t number, double key)
{
    heap->key[number] = key;
    settle(heap, sled_heap_has(heap, number) ? heap->at[number] : heap->count++, number);
}

void sled_heap_remove(struct sled_heap *heap, uint32_t number)
{
    const uint32_t at = heap->at[number];
    const uint32_t last = heap->item[--heap->count];

    heap->at[number] = UINT32_MAX;
    if (last != number)
        settle(heap, at, last);
}
