/* SPDX-License-Identifier: Apache-2.0 */
/* Shorthands for the rows of chip tables: every number of a chip is hardware, and positive. */
#ifndef SLED_CHIP_ROWS_H
#define SLED_CHIP_ROWS_H

#include <stddef.h>

#include "base/field.h"
#include "model/dtype.h"

#define QUANTITY(key_, dim_, type_, member_, doc_)                                              \
    {                                                                                           \
        .key = (key_), .type = SLED_FIELD_QUANTITY, .dim = (dim_),                              \
        .offset = offsetof(type_, member_), .min = 1e-15, .max = SLED_NO_MAX, .hardware = true, \
        .doc = (doc_)                                                                           \
    }
#define RATIO(key_, type_, member_, min_, max_, doc_)                                \
    {                                                                                \
        .key = (key_), .type = SLED_FIELD_RATIO, .offset = offsetof(type_, member_), \
        .min = (min_), .max = (max_), .hardware = true, .doc = (doc_)                \
    }
#define COUNT(key_, type_, member_, max_, doc_)                                                \
    {                                                                                          \
        .key = (key_), .type = SLED_FIELD_COUNT, .offset = offsetof(type_, member_), .min = 1, \
        .max = (max_), .hardware = true, .doc = (doc_)                                         \
    }
#define OBJECT(key_, type_, member_, sub_, doc_)                                      \
    {                                                                                 \
        .key = (key_), .type = SLED_FIELD_OBJECT, .offset = offsetof(type_, member_), \
        .sub = (sub_), .doc = (doc_)                                                  \
    }

/* For a table whose struct is an array indexed by enum sled_dtype: ROW(key, index) of each format.
 */
#define BY_FORMAT(ROW)                                                                            \
    ROW("fp32", SLED_FP32), ROW("bf16", SLED_BF16), ROW("fp16", SLED_FP16), ROW("fp8", SLED_FP8), \
        ROW("mxfp8", SLED_MXFP8), ROW("mxfp4", SLED_MXFP4)

#endif
