/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timeline of a kernel in the Trace Event Format of Chrome, which Perfetto reads: one row per
 * engine of a core, and one for the rounds of a loop that repeat and are not drawn one by one.
 *
 *     sled_kernel_trace_begin("attention", stream);
 *     sled_kernel_trace_slice(stream, SLED_ENGINE_TENSOR, "scores", 0, 213e-9);    any number
 *     sled_kernel_trace_end(stream);
 *
 * Errors are the stream's, found by whoever owns it.
 */
#ifndef SLED_REPORT_KERNEL_TRACE_H
#define SLED_REPORT_KERNEL_TRACE_H

#include <stdint.h>
#include <stdio.h>

#include "model/kernel.h"

/* kernel is a name without characters that JSON escapes, as those below. */
void sled_kernel_trace_begin(const char *kernel, FILE *stream);
/* stream is a FILE; void, so that these can be callbacks of whoever runs the kernel. */
void sled_kernel_trace_slice(void *stream, enum sled_engine engine, const char *name,
                             double start_s, double busy_s);
void sled_kernel_trace_repeat(void *stream, uint64_t times, double start_s, double span_s);
void sled_kernel_trace_end(FILE *stream);

#endif
