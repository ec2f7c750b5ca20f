/* SPDX-License-Identifier: Apache-2.0 */
/* How many channels and chunks, and what of the elements is whose. */
#include "coll/split.h"

#define UNIT_BYTES (32 * 1024)
#define MOST_CHUNKS 32

uint32_t sled_split_pipeline(const struct sled_coll_req *req, uint64_t nparts)
{
    const uint64_t units = req->nelems * req->elem_bytes / nparts / UNIT_BYTES;
    uint32_t chunks = 1;

    while (chunks < MOST_CHUNKS && (uint64_t)(chunks + 1) * (chunks + 1) <= units)
        chunks++;
    return chunks;
}

struct sled_split sled_split_of(const struct sled_coll_req *req, uint32_t default_channels,
                                uint32_t default_chunks)
{
    return (struct sled_split){
        .channels = req->channels > 0 ? req->channels : default_channels,
        .chunks = req->chunks > 0 ? req->chunks : default_chunks,
    };
}

struct sled_span sled_span_part(struct sled_span whole, uint32_t nparts, uint32_t i)
{
    struct sled_span part = sled_block(whole.count, nparts, i);

    part.offset += whole.offset;
    return part;
}

struct sled_span sled_split_part(const struct sled_coll_req *req, struct sled_split split,
                                 uint32_t channel)
{
    return sled_block(req->nelems, split.channels, channel);
}

struct sled_span sled_split_block(const struct sled_coll_req *req, struct sled_split split,
                                  uint32_t channel, uint32_t block)
{
    return sled_span_part(sled_block(req->nelems, req->nranks, block), split.channels, channel);
}
