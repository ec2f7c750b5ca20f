/* SPDX-License-Identifier: Apache-2.0 */
/* Dealing ranks to groups. */
#include "model/groups.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"

void sled_groups_finish(struct sled_groups *groups)
{
    free(groups->begin);
    free(groups->rank);
    *groups = (struct sled_groups){0};
}

static enum sled_status alloc(uint32_t count, uint32_t nranks, struct sled_groups *out,
                              struct sled_err *err)
{
    struct sled_groups groups = {.count = count};

    enum sled_status st = sled_vec_alloc(&groups.begin, (size_t)count + 1, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&groups.rank, nranks, err);
    if (st == SLED_OK)
        *out = groups;
    else
        sled_groups_finish(&groups);
    return st;
}

enum sled_status sled_groups_div(uint32_t nranks, uint32_t size, struct sled_groups *out,
                                 struct sled_err *err)
{
    assert(size >= 1);
    const uint32_t count = nranks / size + (nranks % size != 0);

    SLED_TRY(alloc(count, nranks, out, err));
    for (uint32_t g = 0; g < count; g++)
        out->begin[g] = g * size;
    out->begin[count] = nranks;
    for (uint32_t r = 0; r < nranks; r++)
        out->rank[r] = r;
    return SLED_OK;
}

enum sled_status sled_groups_mod(uint32_t nranks, uint32_t count, struct sled_groups *out,
                                 struct sled_err *err)
{
    uint32_t n = 0;

    assert(count >= 1 && count <= nranks);
    SLED_TRY(alloc(count, nranks, out, err));
    for (uint32_t g = 0; g < count; g++) {
        out->begin[g] = n;
        for (uint32_t r = g; r < nranks; r += count)
            out->rank[n++] = r;
    }
    out->begin[count] = n;
    return SLED_OK;
}

void sled_groups_sizes(const struct sled_groups *groups, uint32_t *least, uint32_t *most)
{
    *least = *most = sled_groups_size(groups, 0);
    for (uint32_t g = 1; g < groups->count; g++) {
        const uint32_t size = sled_groups_size(groups, g);

        *least = size < *least ? size : *least;
        *most = size > *most ? size : *most;
    }
}
