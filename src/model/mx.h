/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Microscaling as the OCP Microscaling Formats (MX) Specification v1.0 has it: 32 elements of one
 * narrow format share a scale, a power of two in a byte (E8M0). MXFP8 has elements of e4m3 or e5m2,
 * MXFP4 of e2m1, one in each byte here. This is the numeric reference; what it takes in time is a
 * matter of the chip.
 *
 *     scale    X = 2^(floor(log2 max|v|) - largest exponent of the element format)
 *     element  v / X to the nearest element, ties to even, saturating
 *     back     X times the element; all NaN when X is
 *
 * v / X reaches below twice the largest power of two, so that the upper end of e4m3's last
 * binade, [464, 512), saturates to 448, and that of e2m1, [7, 8), to 6. What the specification
 * leaves to implementations: infinities and NaN do not count for max|v| and become what the element
 * format has for them (in e2m1, infinities the largest number; a NaN, which it has not, makes the
 * scale of its group NaN); a group without a finite value other than zero has the least scale,
 * 2^-127; and so has one whose scale would lie below that.
 */
#ifndef SLED_MODEL_MX_H
#define SLED_MODEL_MX_H

#include <stddef.h>

#include "model/narrow.h"

enum { SLED_MX_GROUP = 32 };

/* Groups of `count` elements; the last one may be partial. */
size_t sled_mx_groups(size_t count);

/* What a scale stands for: 2^(code - 127), NaN for 255. */
double sled_mx_scale(uint8_t code);

/* value[count] to scale[sled_mx_groups(count)] and element[count]. */
void sled_mx_quantise(enum sled_narrow format, const float *value, size_t count, uint8_t *scale,
                      uint8_t *element);

/* The reverse, exact: products may exceed the range of float. */
void sled_mx_dequantise(enum sled_narrow format, const uint8_t *scale, const uint8_t *element,
                        size_t count, double *out);

#endif
