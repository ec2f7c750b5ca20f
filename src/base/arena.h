/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that lives and dies together: the strings and arrays of one loaded
 * configuration. Nothing in an arena is freed alone.
 */
#ifndef SLED_BASE_ARENA_H
#define SLED_BASE_ARENA_H

#include <stddef.h>

#include "base/err.h"

struct sled_arena {
    struct sled_arena_block *blocks; /* newest first */
};

#define SLED_ARENA_INIT \
    {                   \
        .blocks = NULL  \
    }

/* Free everything; the arena is empty and usable again. Accepts a zeroed arena. */
void sled_arena_finish(struct sled_arena *arena);

/* size zeroed bytes, aligned for any type, owned by the arena; NULL when memory ran out. */
void *sled_arena_alloc(struct sled_arena *arena, size_t size);

/* Copy of text[len] plus a terminator, owned by the arena; NULL when memory ran out. */
char *sled_arena_strndup(struct sled_arena *arena, const char *text, size_t len);

#endif
