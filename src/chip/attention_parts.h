/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tiles of attention_tile.h have beside their products: softmax, and what brings its
 * weights where the tensor engine takes them from. Private to those tiles. Every function
 * adds instructions to the tile; `keys` are those of the block.
 */
#ifndef SLED_CHIP_ATTENTION_PARTS_H
#define SLED_CHIP_ATTENTION_PARTS_H

#include "chip/attention_tile.h"

/* exp(score - maximum) of a block in which queries lie along the partitions: its maximum and the
 * running one of each row, the exponential with its sum, and the factor between the maxima. */
void sled_attention_running_softmax(const struct sled_attention_plan *plan, uint64_t keys,
                                    struct sled_tile *tile);

/* exp(score - bound) of a block in which keys lie along the partitions, cast to what the
 * product with the values takes. */
void sled_attention_fixed_softmax(const struct sled_attention_plan *plan, uint64_t keys,
                                  struct sled_tile *tile);

/* Strike out what the queries must not see, at `edges` edges of the block. */
void sled_attention_mask(const struct sled_attention_plan *plan, uint64_t edges,
                         struct sled_tile *tile);

/* Weights from PSUM, where the tensor engine left them transposed, to SBUF; quantized there for
 * a microscaled product. */
void sled_attention_moves(const struct sled_attention_plan *plan, uint64_t keys,
                          struct sled_tile *tile);

/* The block's result joins the running one, which the maximum may have changed. */
void sled_attention_accumulate(const struct sled_attention_plan *plan, struct sled_tile *tile);

/* The sum gets the sink's part; the result is divided by it. */
void sled_attention_divide(const struct sled_attention_plan *plan, struct sled_tile *tile);

#endif
