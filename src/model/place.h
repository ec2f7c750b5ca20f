/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the ranks of a collective are, as far as an algorithm may know: who shares a sled, a
 * rack, a pod, who is whose neighbour on a torus, and how many switches reduce for all of them. No
 * chips, no links.
 */
#ifndef SLED_MODEL_PLACE_H
#define SLED_MODEL_PLACE_H

#include <stdint.h>

#include "base/err.h"
#include "model/fabric.h"

/* From the smallest to the largest; those of one kind lie inside those of the next. */
enum sled_unit { SLED_UNIT_SLED, SLED_UNIT_RACK, SLED_UNIT_POD, SLED_UNITS };

/* P is nranks. Arrays are on the heap. */
struct sled_place {
    uint32_t nranks;
    /* [P] each, or NULL where it is not known: ranks of one sled (rack, pod) have the same
     * number. Numbered from 0 in the order in which their lowest ranks come. */
    uint32_t *unit[SLED_UNITS];
    /* A box with one rank at each of its points; naxes is 0 where there is none. */
    uint32_t naxes;
    uint32_t size[SLED_MAX_AXES]; /* [naxes], each at least 2 */
    uint32_t *coord;              /* [P * naxes], NULL where naxes is 0 */
    uint32_t nswitches;           /* that reduce on the way and are linked to all ranks */
    uint32_t
        nsled_switches; /* the same of a sled's own ranks alone, where it has several: fewest */
};

/*
 * The place of ranks on chips chip_of_rank[nranks] of a checked fabric. Chips without a sled,
 * rack or pod make that unit unknown for all. The box may be a part of the fabric's, as a
 * plane or every other row: it is found by counting the coordinates that occur. SLED_E_NOMEM.
 * The caller finishes *out.
 */
enum sled_status sled_place_on_fabric(const struct sled_fabric *fabric,
                                      const uint32_t *chip_of_rank, uint32_t nranks,
                                      struct sled_place *out, struct sled_err *err);

/* Ranks 0, 1, … in order in sleds of sled_size >= 1; the last may have fewer. SLED_E_NOMEM. */
enum sled_status sled_place_in_sleds(uint32_t nranks, uint32_t sled_size, struct sled_place *out,
                                     struct sled_err *err);

/* Rank r at the point x + size[0] * (y + size[1] * …) = r of a box of 1 to SLED_MAX_AXES axes of
 * at least 2. SLED_E_INPUT when the box has not nranks points, SLED_E_NOMEM. */
enum sled_status sled_place_on_torus(uint32_t nranks, const uint32_t *size, uint32_t naxes,
                                     struct sled_place *out, struct sled_err *err);

/* Accepts a zeroed place. */
void sled_place_finish(struct sled_place *place);

#endif
