/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels and chunks: an algorithm that takes them runs once per channel on a part of the
 * elements, each time along another way, and cuts what it moves into chunks that follow one
 * another. Private to this folder.
 */
#ifndef SLED_COLL_SPLIT_H
#define SLED_COLL_SPLIT_H

#include "model/collective.h"

struct sled_split {
    uint32_t channels, chunks; /* >= 1 */
};

/* What the request asks for; where it leaves it open, default_channels and default_chunks. */
struct sled_split sled_split_of(const struct sled_coll_req *req, uint32_t default_channels,
                                uint32_t default_chunks);

/*
 * Default chunks of an algorithm that moves parts of n / nparts elements over one link after
 * another, which are busy at the same time only if the part is cut. Over h hops that cost a each,
 * and b for the whole part, c chunks take (h + c - 1) (a + b / c), least at c^2 = (h - 1) b / a. So
 * chunks grow with the root of the part: 2 from 128 KiB on, 4 from 512 KiB, 32 at most.
 */
uint32_t sled_split_pipeline(const struct sled_coll_req *req, uint64_t nparts);

/* One channel and one piece, for algorithms that take neither. */
#define SLED_UNSPLIT ((struct sled_split){.channels = 1, .chunks = 1})

/* Part i of a span that is cut into nparts, as sled_block cuts. */
struct sled_span sled_span_part(struct sled_span whole, uint32_t nparts, uint32_t i);

/* Elements of a channel: its part of all, or its part of one block where blocks are given. */
struct sled_span sled_split_part(const struct sled_coll_req *req, struct sled_split split,
                                 uint32_t channel);
struct sled_span sled_split_block(const struct sled_coll_req *req, struct sled_split split,
                                  uint32_t channel, uint32_t block);

#endif
