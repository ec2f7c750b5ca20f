/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levels worked out: who shares out which blocks with whom. Private to levels.c.
 *
 * Blocks that have the same digits below a level travel together through it: they are a lane.
 * Lane x of level l splits by digit: lane x * radix + d of level l + 1 has the blocks with
 * digit d at level l.
 */
#ifndef SLED_COLL_LEVEL_TABLE_H
#define SLED_COLL_LEVEL_TABLE_H

#include "base/err.h"
#include "coll/levels.h"

struct sled_tier {
    uint32_t radix, nlanes;
    uint32_t nunits;   /* that share out */
    uint32_t nparents; /* units of the next level, in each of which some do */
    uint32_t *child;   /* [nparents][radix]: units by digit; SLED_NONE beyond the last */
    uint32_t *holder;  /* [nunits][nlanes]: the rank of the unit that holds the lane's blocks */
    uint32_t *block;   /* [P]: blocks by lane of the next level */
    uint32_t *begin;   /* [nlanes * radix + 1]: of each such lane in block[] */
};

struct sled_level_table {
    uint32_t nranks, nlevels;
    struct sled_tier level[SLED_MAX_LEVELS];
};

/* Lanes list their blocks by number, or by digits, the lowest level first: the order of the last
 * level, in which all lanes are contiguous. The caller finishes *out. SLED_E_UNSUPPORTED where
 * units are so uneven that the digits of a few multiply to 2^26 combinations; SLED_E_NOMEM. */
enum sled_status sled_level_table_init(const struct sled_levels *levels, bool by_number,
                                       struct sled_level_table *out, struct sled_err *err);
void sled_level_table_finish(struct sled_level_table *table);

/* Units that make up a parent. */
uint32_t sled_tier_children(const struct sled_tier *level, uint32_t parent);

#endif
