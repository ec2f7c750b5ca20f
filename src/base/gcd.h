/* SPDX-License-Identifier: Apache-2.0 */
/* The greatest common divisor. */
#ifndef SLED_BASE_GCD_H
#define SLED_BASE_GCD_H

#include <stdint.h>

/* Of a and 0 it is a. */
uint64_t sled_gcd(uint64_t a, uint64_t b);

#endif
