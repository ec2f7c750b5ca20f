/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels made of parts, one of which needs the results of another: a stream of the tiles of all of
 * them, in which an engine waits for another where the parts meet, as with a semaphore. What does
 * not wait goes on: the weights of the next part come in, other parts compute.
 *
 * Two instructions of one engine must be in the order of their parts, so a part's instructions
 * have ages from its `base` on, and a later part no lower base than the last age of the one it
 * waits for. Transfers keep age 0: they are asked for as early as there are buffers.
 */
#ifndef SLED_CHIP_PARTS_H
#define SLED_CHIP_PARTS_H

#include "chip/kernels.h"

/* Add a matmul in the way that keeps its busiest engine busy for the shortest time, to which comes
 * the time until its first result, `fill` times: 0 where something else hides that, and 1 where
 * nothing does. Instructions have ages from base on. Returns the last age. */
uint32_t sled_parts_matmul(const struct sled_chip *chip, const struct sled_kernel *matmul,
                           double fill, uint32_t base, double stretch,
                           struct sled_instr_stream *stream);

/* Add a matmul in a way of its own choice, see sled_kernel_matmul; the rest is the same. */
uint32_t sled_parts_matmul_way(const struct sled_chip *chip, const struct sled_kernel *matmul,
                               uint32_t way, uint32_t base, double stretch,
                               struct sled_instr_stream *stream);

/* Add a kernel of independent tiles, or the only way to program it, in the same manner. */
uint32_t sled_parts_add(const struct sled_chip *chip, const struct sled_kernel *kernel,
                        uint32_t base, struct sled_instr_stream *stream);

/* Add so many of a tile of independent work, spread over the ages from base on. */
void sled_parts_tiles(const struct sled_tile *tile, uint64_t count, uint32_t base,
                      struct sled_instr_stream *stream);

/* `waiting` goes on when the vector and scalar engines have done everything so far, whose last age
 * is `age`, and the vector engine's last result is there. */
void sled_parts_wait(const struct sled_chip *chip, enum sled_engine waiting, uint32_t age,
                     struct sled_instr_stream *stream);

/* Transfers run ahead by as many tiles as SBUF has room for what they bring, and by no fewer than
 * there are ages. Call it when everything has been added. */
void sled_parts_limit(const struct sled_chip *chip, struct sled_instr_stream *stream);

#endif
