/* SPDX-License-Identifier: Apache-2.0 */
/* Euclid's way. */
#include "base/gcd.h"

uint64_t sled_gcd(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}
