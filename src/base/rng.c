/* SPDX-License-Identifier: Apache-2.0 */
/* PCG-XSH-RR: a 64-bit linear congruential state, 32 permuted bits out. */
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

uint32_t sled_rng_u32(struct sled_rng *rng)
{
    const uint64_t old = rng->state;
    const uint32_t xorshifted = (uint32_t)((old >> 18 ^ old) >> 27);
    const uint32_t turn = (uint32_t)(old >> 59);

    rng->state = old * UINT64_C(6364136223846793005) + rng->inc;
    return xorshifted >> turn | xorshifted << (-turn & 31);
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

    /* 2^32 is not a multiple of bound: refuse the first 2^32 mod bound values. */
    const uint32_t refused = -bound % bound;
    uint32_t value = sled_rng_u32(rng);

    while (value < refused)
        value = sled_rng_u32(rng);
    return value % bound;
}
