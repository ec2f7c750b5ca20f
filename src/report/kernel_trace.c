/* SPDX-License-Identifier: Apache-2.0 */
#include "report/kernel_trace.h"

#include <inttypes.h>

/* Of the rows, below those of the engines. */
enum { REPEATS = SLED_ENGINES };

static void write_row(const char *name, int row, FILE *stream)
{
    fprintf(stream,
            ",\n{\"ph\": \"M\", \"pid\": 0, \"tid\": %d, \"name\": \"thread_name\", "
            "\"args\": {\"name\": \"%s\"}}",
            row, name);
}

void sled_kernel_trace_begin(const char *kernel, FILE *stream)
{
    fprintf(stream,
            "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
            "{\"ph\": \"M\", \"pid\": 0, \"name\": \"process_name\", "
            "\"args\": {\"name\": \"%s\"}}",
            kernel);
    for (int e = 0; e < SLED_ENGINES; e++)
        write_row(sled_engine_names[e], e, stream);
    write_row("repeats", REPEATS, stream);
}

/* Times in microseconds, as the format wants them, to the picosecond. */
static void write_slice(FILE *stream, int row, double start_s, double span_s)
{
    fprintf(stream, ",\n{\"ph\": \"X\", \"pid\": 0, \"tid\": %d, \"ts\": %.6f, \"dur\": %.6f, ",
            row, start_s * 1e6, span_s * 1e6);
}

void sled_kernel_trace_slice(void *stream, enum sled_engine engine, const char *name,
                             double start_s, double busy_s)
{
    write_slice(stream, (int)engine, start_s, busy_s);
    fprintf(stream, "\"name\": \"%s\"}", name);
}

void sled_kernel_trace_repeat(void *stream, uint64_t times, double start_s, double span_s)
{
    write_slice(stream, REPEATS, start_s, span_s);
    fprintf(stream, "\"name\": \"%" PRIu64 " more rounds as before\"}", times);
}

void sled_kernel_trace_end(FILE *stream)
{
    fprintf(stream, "\n]}\n");
}
