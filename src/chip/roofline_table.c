/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a chip file's "roofline" object: units, ranges and meaning. */
#include "chip/model.h"
#include "chip/rows.h"
#include "chip/spec.h"

/* A share of what the data sheet promises. */
#define SHARE(key_, type_, member_, doc_) RATIO(key_, type_, member_, 0.01, 1, doc_)

static const struct sled_field format_fields[] = {
    QUANTITY("peak", SLED_DIM_FLOPS, struct sled_roofline_format, peak,
             "dense peak of the data sheet"),
    SHARE("share", struct sled_roofline_format, share, "of the peak that large matmuls reach"),
};
static const struct sled_table format_table =
    SLED_TABLE("format", struct sled_roofline_format, format_fields, "matmuls in a number format");

#define FORMAT(key_, dtype_)                                                            \
    {                                                                                   \
        .key = (key_), .type = SLED_FIELD_OBJECT, .optional = true,                     \
        .offset = (dtype_) * sizeof(struct sled_roofline_format), .sub = &format_table, \
        .doc = "speed of matmuls in that format; absent: not taken"                     \
    }
static const struct sled_field matmul_fields[] = {BY_FORMAT(FORMAT)};
static const struct sled_table matmul_table =
    SLED_TABLE("matmul", struct sled_roofline_format[SLED_DTYPES], matmul_fields,
               "speed of matmuls by number format");

static const struct sled_field attention_fields[] = {
    SHARE("share", struct sled_roofline_attention, share,
          "of the peak that the products of attention reach"),
    QUANTITY("exponential", SLED_DIM_FREQUENCY, struct sled_roofline_attention, exponentials_per_s,
             "exponentials of the whole chip by time, added to that of the products"),
};
static const struct sled_table attention_table = SLED_TABLE(
    "attention", struct sled_roofline_attention, attention_fields, "attention in one kernel");

static const struct sled_field memory_fields[] = {
    QUANTITY("capacity", SLED_DIM_BYTES, struct sled_roofline_memory, capacity_bytes,
             "of the chip's memory"),
    QUANTITY("bandwidth", SLED_DIM_BANDWIDTH, struct sled_roofline_memory, bytes_per_s,
             "of the data sheet, reads and writes together"),
    SHARE("share", struct sled_roofline_memory, share, "of the bandwidth that streams reach"),
    {.key = "kernel_bandwidth",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_BANDWIDTH,
     .optional = true,
     .min = 1e-15,
     .max = SLED_NO_MAX,
     .hardware = true,
     .offset = offsetof(struct sled_roofline_memory, kernel_bytes_per_s),
     .doc = "that kernels reach at most, where they have less than streams"},
};
static const struct sled_table memory_table =
    SLED_TABLE("memory", struct sled_roofline_memory, memory_fields, "the memory of the chip");

static const struct sled_field copy_fields[] = {
    COUNT("engines", struct sled_roofline_copy, engines, 65536,
          "parts of the chip that copy at the same time"),
    QUANTITY("engine_bandwidth", SLED_DIM_BANDWIDTH, struct sled_roofline_copy, engine_bytes_per_s,
             "of one of them"),
    QUANTITY("start", SLED_DIM_TIME, struct sled_roofline_copy, start_s,
             "from the signal to the first byte"),
    RATIO("accumulate_weight", struct sled_roofline_copy, accumulate_weight, 1, 1024,
          "bytes moved per byte that is read, added and written"),
};
static const struct sled_table copy_table =
    SLED_TABLE("copy", struct sled_roofline_copy, copy_fields, "what moves data between chips");

static const struct sled_field roofline_fields[] = {
    OBJECT("matmul", struct sled_chip, roofline.matmul, &matmul_table, "speed of matmuls"),
    OBJECT("attention", struct sled_chip, roofline.attention, &attention_table,
           "attention in one kernel"),
    OBJECT("memory", struct sled_chip, roofline.memory, &memory_table, "the memory of the chip"),
    QUANTITY("launch", SLED_DIM_TIME, struct sled_chip, roofline.launch_s,
             "fixed time of any kernel"),
    QUANTITY("matmul_start", SLED_DIM_TIME, struct sled_chip, roofline.matmul_start_s,
             "more of it, of a matmul"),
    {.key = "clock",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_FREQUENCY,
     .min = 1,
     .hardware = true,
     .optional = true,
     .offset = offsetof(struct sled_chip, roofline.clock_hz),
     .doc = "highest clock; what a library's protocol costs goes with it"},
    QUANTITY("cache_bandwidth", SLED_DIM_BANDWIDTH, struct sled_chip, roofline.cache_bytes_per_s,
             "of the last-level cache: what collectives in SRAM are bounded by"),
    OBJECT("copy", struct sled_chip, roofline.copy, &copy_table, "what moves data between chips"),
    QUANTITY("link", SLED_DIM_BANDWIDTH, struct sled_chip, roofline.link_bytes_per_s,
             "chip-to-chip bandwidth, both directions together; never used for a time"),
};
const struct sled_table sled_roofline_table =
    SLED_TABLE("roofline", struct sled_chip, roofline_fields, "a chip by its published ceilings");
