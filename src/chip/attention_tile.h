/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tiles of flash attention (Dao and others, 2022), over blocks of a tile of queries and some
 * keys. With the running maximum, which is not known before the last block:
 *
 *     tensor: scores = queries x keys, to PSUM, a row for each query
 *     vector: maximum of each row, which the scalar engine shares where it can reduce; the running
 *             one on GPSIMD where the vector engine has the exponential
 *     scalar: exp(score - maximum) and its sum, or on chips with the accelerated
 *     vector: exponential that does the same
 *     scalar: the factor by which the running maximum changed what is there already
 *     tensor: transpose the weights, so that keys lie along the partitions
 *     vector (scalar, where the vector engine has the exponential): copy them out of PSUM
 *     vector: quantize them, for a microscaled product
 *     tensor: weights x values, to PSUM
 *     vector: rescale the running result and sum, add the new ones; divide after the last block
 *
 * Where a bound of the scores is known beforehand (fixed_max), it takes the place of the maximum,
 * as softmax is the same whatever is subtracted. Nothing then runs along a row, so the scores are
 * made transposed, and what is left is
 *
 *     tensor: scores = keys x queries, to PSUM, a row for each key
 *     scalar or vector: exp(score - bound), written in the format of the product; no larger than 1,
 *             an 8-bit format needs no scale of its own, so a microscaled product gets equal ones
 *     tensor: weights x values, with one column of ones for the sum, added up in PSUM
 *     vector: divide after the last block
 *
 * Attention masks the last block of each tile (GPSIMD) where it is causal, and the first one too
 * where it is windowed.
 *
 * From HBM, queries come for several tiles at once and results leave a tile at a time. Keys and
 * values come a block at a time with the tile (decoding), or are there before it (a section of
 * them, which all queries use: sled_attention_section).
 *
 * A product over a head's few elements fills only a part of the array's depth. Microscaled ones
 * that short run side by side in row tiles. In fp8 the depth is twice as large as that of bf16,
 * and half of it stays empty in scores = queries x keys; weights x values fills it.
 */
#ifndef SLED_CHIP_ATTENTION_TILE_H
#define SLED_CHIP_ATTENTION_TILE_H

#include "chip/stream.h"

enum { SLED_ATTENTION_STEPS = 8 }; /* of a block, at most: a step is the keys of one transpose */

/* What the tiles of one attention have in common; chip and share are borrowed. */
struct sled_attention_plan {
    const struct sled_chip *chip;
    const struct sled_kernel *share;
    bool by_vector;    /* who does the exponential */
    uint64_t queries;  /* of a tile: its rows */
    uint64_t groups;   /* of queries that share keys and values, in a tile */
    uint64_t together; /* tiles whose queries come in one transfer from HBM; 0: they are in SBUF */
    bool loads;        /* keys and values of a block come from HBM with it */
    double stretch;    /* of DMA, see sled_tile_dma */
};

/* Steps of a block: as many as PSUM has room for. 0: not even one. */
uint64_t sled_attention_steps(const struct sled_chip *chip, bool by_vector);

/* The transfer that brings so many keys, and their values, for all tiles that follow. */
struct sled_tile sled_attention_section(const struct sled_attention_plan *plan, uint64_t keys);

/* One block: the plan's queries on so many keys, the last ones they see or not. */
struct sled_tile sled_attention_tile(const struct sled_attention_plan *plan, uint64_t keys,
                                     bool last);

#endif
