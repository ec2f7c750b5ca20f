/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers made of the 32 bits that rng.h permutes. */
#include "base/rng.h"

#include <assert.h>

void sled_rng_init(struct sled_rng *rng, uint64_t seed, uint64_t stream)
{
    rng->state = 0;
    rng->inc = stream << 1 | 1; /* odd, so that the state has its full period */
    sled_rng_u32(rng);
    rng->state += seed;
    sled_rng_u32(rng);
}

double sled_rng_unit(struct sled_rng *rng)
{
    const uint64_t high = sled_rng_u32(rng) >> 5;
    const uint64_t low = sled_rng_u32(rng) >> 6;

    return (double)(high << 26 | low) * 0x1p-53;
}

uint32_t sled_rng_below(struct sled_rng *rng, uint32_t bound)
{
    assert(bound >= 1);
    uint32_t value = sled_rng_u32(rng);

    /* 2^32 is not a multiple of bound: refuse the first 2^32 mod bound values, which are below it
     * themselves. Most values are not, and need no second division. */
    if (value < bound) {
        const uint32_t refused = -bound % bound;

        while (value < refused)
            value = sled_rng_u32(rng);
    }
    return value % bound;
}
