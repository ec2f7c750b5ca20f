/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which a source deals its ties: destinations by their displacement from it.
 *
 * The axes of a fabric span a box. Where the coordinates of the chips fill it, each chip is
 * a cell, and the displacement from s to d is, per axis, the difference of coordinates
 * around the ring of that axis. Elsewhere the chips in their own order form one ring.
 */
#ifndef SLED_TOPO_TURNS_H
#define SLED_TOPO_TURNS_H

#include "base/err.h"
#include "model/fabric.h"

struct sled_turns {
    uint32_t nchips;
    uint32_t naxes;
    uint32_t size[SLED_MAX_AXES]; /* their product is nchips */
    uint32_t *cell_of;            /* [nchips]: cell of a chip, the last axis varies fastest */
    uint32_t *chip_at;            /* [nchips]: the inverse */
};

/* Fails with SLED_E_NOMEM; finish is due in either case. */
enum sled_status sled_turns_init(struct sled_turns *turns, const struct sled_fabric *fabric,
                                 struct sled_err *err);
/* Accepts zeroed turns. */
void sled_turns_finish(struct sled_turns *turns);

/* The chip whose displacement from chip s has this number, 0 <= displacement < nchips;
 * number 0 is s itself. */
uint32_t sled_turns_chip(const struct sled_turns *turns, uint32_t s, uint32_t displacement);

/* Place of a chip on the last axis, and that axis' size. */
uint32_t sled_turns_place(const struct sled_turns *turns, uint32_t chip, uint32_t *size);

#endif
