/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers that are the same on every machine: PCG32 (O'Neill, "PCG: A
 * Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random
 * Number Generation", HMC-CS-2014-0905), which libc's rand() does not promise.
 */
#ifndef SLED_BASE_RNG_H
#define SLED_BASE_RNG_H

#include <stdint.h>

struct sled_rng {
    uint64_t state;
    uint64_t inc;
};

/* Start stream number `stream` of `seed`; streams are independent. */
void sled_rng_init(struct sled_rng *rng, uint64_t seed, uint64_t stream);

/* 32 random bits. PCG-XSH-RR: a 64-bit linear congruential state, of which the high bits are folded
 * and turned by the highest five. Inline, because traffic is drawn token by token. */
static inline uint32_t sled_rng_u32(struct sled_rng *rng)
{
    const uint64_t old = rng->state;
    const uint32_t xorshifted = (uint32_t)((old >> 18 ^ old) >> 27);
    const uint32_t turn = (uint32_t)(old >> 59);

    rng->state = old * UINT64_C(6364136223846793005) + rng->inc;
    return xorshifted >> turn | xorshifted << (-turn & 31);
}

/* Uniform in [0, 1) with 53 random bits. */
double sled_rng_unit(struct sled_rng *rng);

/* Uniform in 0..bound-1, without modulo bias; bound >= 1. */
uint32_t sled_rng_below(struct sled_rng *rng, uint32_t bound);

#endif
