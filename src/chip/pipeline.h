/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a core needs for many tiles that pass through several engines.
 *
 * A tile is a chain of instructions, each on one engine, each waiting for the one before.
 * Tiles are independent, so engines work on different tiles at once. With J equal tiles
 * that keep engine e busy for b[e] each and take L alone, the last one leaves after
 *
 *     L + (J - 1) max_e b[e]
 *
 * (the makespan of a flow shop with identical jobs). For tiles of several sizes this becomes
 *
 *     T = L(first tile) + max_e (busy[e] - busy[e] of the first tile)
 *
 * with the largest tile first: the pipeline fills once, then the busiest engine sets the
 * pace. T is exact for equal tiles and for one, never below any engine's busy time, and
 * grows with every tile and instruction.
 */
#ifndef SLED_CHIP_PIPELINE_H
#define SLED_CHIP_PIPELINE_H

#include <stdint.h>

#include "chip/spec.h"
#include "model/kernel.h"

/* One tile; zero it, then add its instructions in order. */
struct sled_tile {
    double latency_s; /* from the first instruction's start to the last one's result */
    double busy_s[SLED_ENGINES];
};

/* An instruction that keeps engine busy for busy_s and whose result is there after
 * latency_s >= busy_s. */
void sled_tile_add(struct sled_tile *tile, enum sled_engine engine, double busy_s,
                   double latency_s);

/*
 * An instruction on `elements` per partition at `rate` (elements per cycle, all lanes). Engines
 * cannot start the next one sooner than their minimum, nor a dependent one before the overhead.
 */
void sled_tile_vector(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                      uint64_t elements);
void sled_tile_scalar(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                      uint64_t elements);
/* The same with a sum over the results read out at its end. */
void sled_tile_scalar_sum(struct sled_tile *tile, const struct sled_chip *chip, double rate,
                          uint64_t elements);

/* The rate for elements of this format; for two tensors, of the slower one. */
double sled_rate(const struct sled_rates *rates, enum sled_dtype dtype);
double sled_rate_of_two(const struct sled_rates *rates, enum sled_dtype a, enum sled_dtype b);

/* All tiles of a core; zero it, then add tiles, largest first. */
struct sled_pipe {
    struct sled_tile first;
    double busy_s[SLED_ENGINES]; /* of all tiles, the first included */
};
void sled_pipe_add(struct sled_pipe *pipe, const struct sled_tile *tile, uint64_t count);
double sled_pipe_time(const struct sled_pipe *pipe);

#endif
