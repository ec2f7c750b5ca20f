/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The narrow floating-point formats of OCP, bit by bit: a sign, an exponent and a mantissa, with
 * subnormals. Those of 8 bits are of the 8-bit Floating Point Specification (OFP8) v1.0; that of 4
 * bits, an element of MXFP4, of the Microscaling Formats (MX) Specification v1.0. A code is in the
 * low bits of a byte.
 *
 *            exponent  bias  largest  least normal  least subnormal  infinity  NaN
 *     e4m3    4 bits      7      448          2^-6             2^-9        no  S.1111.111
 *     e5m2    5 bits     15    57344         2^-14            2^-16       yes  S.11111.{01,10,11}
 *     e2m1    2 bits      1        6             1              1/2        no  no
 */
#ifndef SLED_MODEL_NARROW_H
#define SLED_MODEL_NARROW_H

#include <stdbool.h>
#include <stdint.h>

enum sled_narrow {
    SLED_NARROW_E4M3,
    SLED_NARROW_E5M2,
    SLED_NARROW_E2M1,
    SLED_NARROW_FORMATS /* count, keep last */
};
/* NULL-terminated, indexed by enum sled_narrow: "e4m3", "e5m2", "e2m1". */
extern const char *const sled_narrow_names[SLED_NARROW_FORMATS + 1];

/* Largest finite value, and the exponent of the power of two at or below it. */
double sled_narrow_max(enum sled_narrow format);
int sled_narrow_max_exponent(enum sled_narrow format);

/* Codes that there are: 2 to the number of bits. */
unsigned sled_narrow_codes(enum sled_narrow format);

/* Has it a NaN? */
bool sled_narrow_has_nan(enum sled_narrow format);

/* What a code, below sled_narrow_codes, stands for; exact. Infinities and NaN where the format has
 * them. */
double sled_narrow_decode(enum sled_narrow format, uint8_t code);

/*
 * The nearest code, ties to the even mantissa. What rounds beyond the largest finite value
 * becomes that (saturation). An infinity stays one in e5m2, is NaN in e4m3, which has none, and
 * saturates in e2m1, which has neither; a NaN may not be asked of e2m1. Zeros keep their sign; the
 * NaN is 0x7f.
 */
uint8_t sled_narrow_encode(enum sled_narrow format, double value);

#endif
