/* SPDX-License-Identifier: Apache-2.0 */
/* A list of blocks, each handed out from its start. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct sled_arena_block {
    struct sled_arena_block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

enum { BLOCK_BYTES = 16 * 1024 };

void sled_arena_finish(struct sled_arena *arena)
{
    while (arena->blocks != NULL) {
        struct sled_arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}

void *sled_arena_alloc(struct sled_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;

    struct sled_arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        const size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

        block = calloc(1, sizeof *block + room);
        if (block == NULL)
            return NULL;
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }

    void *out = block->data + block->used;
    block->used += size;
    return out;
}

char *sled_arena_strndup(struct sled_arena *arena, const char *text, size_t len)
{
    char *copy = sled_arena_alloc(arena, len + 1);

    if (copy != NULL)
        memcpy(copy, text, len);
    return copy;
}
