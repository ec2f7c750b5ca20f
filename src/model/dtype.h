/* SPDX-License-Identifier: Apache-2.0 */
/* Number formats and their sizes, microscaled ones included. */
#ifndef SLED_MODEL_DTYPE_H
#define SLED_MODEL_DTYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum sled_dtype {
    SLED_FP32,
    SLED_BF16,
    SLED_FP16,
    SLED_FP8,   /* E4M3 or E5M2, scaled per tensor by software if at all */
    SLED_MXFP8, /* OCP MX v1.0: 8-bit elements, one E8M0 scale byte per 32 */
    SLED_MXFP4, /* 4-bit elements, one E8M0 scale byte per 32 */
    SLED_DTYPES /* count, keep last */
};

/* NULL-terminated, indexed by enum sled_dtype: "fp32", "bf16", … */
extern const char *const sled_dtype_names[SLED_DTYPES + 1];

/* Bits of one element, scale not counted. */
unsigned sled_dtype_element_bits(enum sled_dtype dtype);

/* Does a group of 32 elements share a scale? */
bool sled_dtype_is_mx(enum sled_dtype dtype);

/* Bits of `count` elements including their scales; a partial group of 32 has a whole
 * scale. OCP Microscaling Formats (MX) Specification v1.0, section 5. */
uint64_t sled_dtype_bits(enum sled_dtype dtype, uint64_t count);

/* The same in whole bytes, rounded up. */
uint64_t sled_dtype_bytes(enum sled_dtype dtype, uint64_t count);

/* From a name; SLED_E_INPUT lists the known ones. */
enum sled_status sled_dtype_parse(const char *name, enum sled_dtype *out, struct sled_err *err);

#endif
