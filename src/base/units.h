/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical quantities: text with a unit <-> double in SI base units.
 *
 * A quantity in a file is a string "<number><space?><unit>", case-sensitive:
 * decimal prefixes k M G T P E are powers of 1000 and, for bytes and rates
 * only, Ki Mi Gi Ti Pi are powers of 1024; B is bytes, b is bits; a rate is
 * written "GB/s", "GBps", "Gbps" or "Gb/s". Seconds and joules take p n u m
 * ("ns"). "FLOPS" may be written "FLOP/s" or "F". The number is decimal, without
 * sign: "1.5", "2e3".
 */
#ifndef SLED_BASE_UNITS_H
#define SLED_BASE_UNITS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum sled_dim {
    SLED_DIM_RATIO,     /* no unit: written as a bare JSON number */
    SLED_DIM_TIME,      /* s */
    SLED_DIM_BYTES,     /* B */
    SLED_DIM_BANDWIDTH, /* B/s */
    SLED_DIM_FREQUENCY, /* 1/s, written "2.4GHz" */
    SLED_DIM_FLOPS,     /* flop/s, written "2517TFLOPS" or "2.517PF" */
    SLED_DIM_POWER,     /* W */
    SLED_DIM_ENERGY,    /* J */
    SLED_DIMS           /* count, keep last */
};

/* Noun for messages: "time", "size", "bandwidth", … */
const char *sled_dim_name(enum sled_dim dim);

/* A quantity as one would write it, for messages: "10ns", "64MiB", "50GB/s", … */
const char *sled_dim_example(enum sled_dim dim);

/*
 * Parse text as a quantity of dimension dim into *out (SI base unit); the result
 * is the double nearest to what was written. RATIO takes a bare number or "5%".
 * Fails with SLED_E_INPUT, saying what the text is instead where that is known
 * ("\"400Gb\" is a size, not a bandwidth; write \"400Gbps\" or \"50GB/s\"").
 * Negative, non-finite and unit-less text is refused.
 */
enum sled_status sled_units_parse(const char *text, enum sled_dim dim, double *out,
                                  struct sled_err *err);

/*
 * Parse a message size as nccl-tests does: "8", "64K", "1M", "8G" are powers of
 * 1024 (in either case) and so are "64KiB", "1MiB"; "64kB", "1MB" are powers of
 * 1000. Whole bytes up to 2^53. Fails with SLED_E_INPUT.
 */
enum sled_status sled_units_parse_size(const char *text, uint64_t *out_bytes, struct sled_err *err);

/*
 * Print a quantity for people: four significant digits and the unit whose
 * mantissa is in [1, 1000) ("1.234 us", "640 GB/s"). BYTES use binary prefixes
 * when binary is exact to four digits ("64 MiB"), else decimal. Infinity is
 * "unlimited". Returns buf.
 */
const char *sled_units_format(double value, enum sled_dim dim, char *buf, size_t size);

#endif
