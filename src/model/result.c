/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result is one block of memory that a parent and its forked simulator share: the
 * child fills it in place, nothing is sent or copied.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "model/result.h"

#include <sys/mman.h>

const char *const sled_resource_kind_names[SLED_RESOURCE_KINDS + 1] = {
    [SLED_RESOURCE_LINK] = "link",
    [SLED_RESOURCE_HBM] = "hbm",
    [SLED_RESOURCE_DMA] = "dma",
    [SLED_RESOURCE_SBUF] = "sbuf",
};

/* Offset of an array of count elements, after which *end lies; all are multiples of 16. */
static size_t take(size_t *end, size_t count, size_t elem_size)
{
    const size_t offset = *end;

    *end += (count * elem_size + 15) / 16 * 16;
    return offset;
}

enum sled_status sled_result_create(const struct sled_result_shape *shape, struct sled_result **out,
                                    struct sled_err *err)
{
    size_t end = 0;
    const size_t used = (size_t)shape->nphases * shape->nresources;

    const size_t self = take(&end, 1, sizeof(struct sled_result));
    const size_t step_begin = take(&end, (size_t)shape->nchips + 1, sizeof(uint32_t));
    const size_t step_start = take(&end, shape->nsteps, sizeof(double));
    const size_t step_end = take(&end, shape->nsteps, sizeof(double));
    const size_t resource = take(&end, shape->nresources, sizeof(struct sled_resource));
    const size_t used_bytes = take(&end, used, sizeof(double));
    const size_t coll_start = take(&end, shape->ncollectives, sizeof(double));
    const size_t coll_end = take(&end, shape->ncollectives, sizeof(double));
    const size_t split = take(&end, shape->ncollectives, sizeof(struct sled_result_split));
    const size_t xfer_begin = take(&end, (size_t)shape->ncollectives + 1, sizeof(uint64_t));
    const size_t xfer_end = take(&end, (size_t)shape->nxfers, sizeof(double));

    char *block = mmap(NULL, end, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return sled_err_nomem(err);

    struct sled_result *result = (void *)(block + self);
    *result = (struct sled_result){
        .nchips = shape->nchips,
        .step_begin = (void *)(block + step_begin),
        .step_start_s = (void *)(block + step_start),
        .step_end_s = (void *)(block + step_end),
        .nphases = shape->nphases,
        .nresources = shape->nresources,
        .resource = (void *)(block + resource),
        .used_bytes = (void *)(block + used_bytes),
        .ncollectives = shape->ncollectives,
        .collective_start_s = (void *)(block + coll_start),
        .collective_end_s = (void *)(block + coll_end),
        .collective_split = (void *)(block + split),
        .xfer_begin = (void *)(block + xfer_begin),
        .xfer_end_s = (void *)(block + xfer_end),
        .block_bytes = end,
    };
    *out = result;
    return SLED_OK;
}

double sled_result_used(const struct sled_result *result, uint32_t resource)
{
    double used = 0;

    for (uint32_t p = 0; p < result->nphases; p++)
        used += result->used_bytes[(size_t)p * result->nresources + resource];
    return used;
}

void sled_result_destroy(struct sled_result *result)
{
    if (result != NULL)
        munmap(result, result->block_bytes);
}
