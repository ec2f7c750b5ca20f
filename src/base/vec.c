/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation with overflow checks and errors instead of NULL. */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum sled_status sled_vec_reserve_(void *array, size_t *capacity, size_t need, size_t elem_size,
                                   struct sled_err *err)
{
    if (need <= *capacity)
        return SLED_OK;

    size_t cap = *capacity == 0 ? 16 : *capacity;
    while (cap < need) {
        if (cap > SIZE_MAX / 2)
            return sled_err_nomem(err);
        cap *= 2;
    }
    if (cap > SIZE_MAX / elem_size)
        return sled_err_nomem(err);

    void *block; /* copied in and out: array points to a pointer of any type */
    memcpy(&block, array, sizeof block);
    block = realloc(block, cap * elem_size);
    if (block == NULL)
        return sled_err_nomem(err);
    memcpy(array, &block, sizeof block);
    *capacity = cap;
    return SLED_OK;
}

enum sled_status sled_vec_alloc_(void *array, size_t count, size_t elem_size, struct sled_err *err)
{
    void *block = calloc(count == 0 ? 1 : count, elem_size);

    if (block == NULL)
        return sled_err_nomem(err);
    memcpy(array, &block, sizeof block);
    return SLED_OK;
}
