/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two 8-bit floating-point formats of OCP, bit by bit (OCP 8-bit Floating Point
 * Specification (OFP8) v1.0): a sign, an exponent and a mantissa, with subnormals.
 *
 *            exponent  bias  largest  least normal  least subnormal  infinity  NaN
 *     e4m3    4 bits      7      448          2^-6             2^-9        no  S.1111.111
 *     e5m2    5 bits     15    57344         2^-14            2^-16       yes  S.11111.{01,10,11}
 */
#ifndef SLED_MODEL_FP8_H
#define SLED_MODEL_FP8_H

#include <stdint.h>

enum sled_fp8 {
    SLED_FP8_E4M3,
    SLED_FP8_E5M2,
    SLED_FP8_FORMATS /* count, keep last */
};
/* NULL-terminated, indexed by enum sled_fp8: "e4m3", "e5m2". */
extern const char *const sled_fp8_names[SLED_FP8_FORMATS + 1];

/* Largest finite value, and the exponent of the power of two at or below it. */
double sled_fp8_max(enum sled_fp8 format);
int sled_fp8_max_exponent(enum sled_fp8 format);

/* What a code stands for; exact. Infinities and NaN where the format has them. */
double sled_fp8_decode(enum sled_fp8 format, uint8_t code);

/*
 * The nearest code, ties to the even mantissa. What rounds beyond the largest finite value
 * becomes that (saturation); an infinity stays one, and is NaN in e4m3, which has none. Zeros keep
 * their sign; the NaN is 0x7f.
 */
uint8_t sled_fp8_encode(enum sled_fp8 format, double value);

#endif
