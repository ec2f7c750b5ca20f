/* SPDX-License-Identifier: Apache-2.0 */
/* Instruction costs of the vector and scalar engines, and the time of a pipeline of tiles. */
#include "chip/pipeline.h"

#include <assert.h>
#include <math.h>

void sled_tile_add(struct sled_tile *tile, enum sled_engine engine, double busy_s, double latency_s)
{
    assert(latency_s >= busy_s);
    tile->busy_s[engine] += busy_s;
    tile->latency_s += latency_s;
}

/* Cycles that `elements` in each partition take at `rate` over all partitions. */
static double stream_cycles(const struct sled_chip *chip, double rate, uint64_t elements)
{
    assert(rate > 0);
    return ceil((double)elements * (double)chip->sbuf.partitions / rate);
}

void sled_tile_vector(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                      uint64_t elements)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const double cycles = fmax(vector->min_cycles, stream_cycles(chip, rate, elements));

    sled_tile_add(tile, SLED_ENGINE_VECTOR, cycles / vector->clock_hz,
                  (cycles + vector->overhead_cycles) / vector->clock_hz);
}

static void add_scalar(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                       uint64_t elements, double extra_cycles)
{
    const struct sled_scalar_spec *scalar = &chip->scalar;
    const double cycles =
        fmax(scalar->min_cycles, stream_cycles(chip, rate, elements)) + extra_cycles;

    sled_tile_add(tile, SLED_ENGINE_SCALAR, cycles / scalar->clock_hz,
                  (cycles + scalar->overhead_cycles) / scalar->clock_hz);
}

void sled_tile_scalar(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                      uint64_t elements)
{
    add_scalar(tile, chip, rate, elements, 0);
}

void sled_tile_scalar_sum(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                          uint64_t elements)
{
    add_scalar(tile, chip, rate, elements, chip->scalar.accumulate_cycles);
}

double sled_rate(const struct sled_rates *rates, enum sled_dtype dtype)
{
    const unsigned bits = sled_dtype_element_bits(dtype);

    return bits >= 32 ? rates->bits32 : bits >= 16 ? rates->bits16 : rates->bits8;
}

double sled_rate_of_two(const struct sled_rates *rates, enum sled_dtype a, enum sled_dtype b)
{
    return fmin(sled_rate(rates, a), sled_rate(rates, b));
}

void sled_pipe_add(struct sled_pipe *pipe, const struct sled_tile *tile, uint64_t count)
{
    if (count == 0)
        return;
    if (pipe->first.latency_s == 0)
        pipe->first = *tile;
    for (int e = 0; e < SLED_ENGINES; e++)
        pipe->busy_s[e] += (double)count * tile->busy_s[e];
}

double sled_pipe_time(const struct sled_pipe *pipe)
{
    double rest = 0;

    for (int e = 0; e < SLED_ENGINES; e++)
        rest = fmax(rest, pipe->busy_s[e] - pipe->first.busy_s[e]);
    return pipe->first.latency_s + rest;
}
