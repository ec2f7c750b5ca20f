/* SPDX-License-Identifier: Apache-2.0 */
/* Growable arrays without a container type: a pointer, a count and a capacity. */
#ifndef SLED_BASE_VEC_H
#define SLED_BASE_VEC_H

#include <stddef.h>

#include "base/err.h"

#define SLED_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Make room for at least `need` elements of elem_size bytes in the heap array
 * *array (NULL and capacity 0 to begin with). Capacity doubles, so that n
 * appends cost O(n). The caller owns the array and frees it with free().
 * Fails with SLED_E_NOMEM, leaving array and capacity as they were.
 *
 *     SLED_TRY(sled_vec_reserve(&list->item, &list->capacity, list->count + 1, err));
 */
enum sled_status sled_vec_reserve_(void *array, size_t *capacity, size_t need, size_t elem_size,
                                   struct sled_err *err);
#define sled_vec_reserve(array, capacity, need, err) \
    sled_vec_reserve_((array), (capacity), (need), sizeof **(array), (err))

/*
 * Allocate count zeroed elements; count 0 gives a valid one-byte block. The
 * caller frees it. Fails with SLED_E_NOMEM, also where count * size overflows.
 */
enum sled_status sled_vec_alloc_(void *array, size_t count, size_t elem_size, struct sled_err *err);
#define sled_vec_alloc(array, count, err) sled_vec_alloc_((array), (count), sizeof **(array), (err))

#endif
