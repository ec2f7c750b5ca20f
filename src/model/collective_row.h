/* SPDX-License-Identifier: Apache-2.0 */
/* A collective that was measured, and what we say of it. */
#ifndef SLED_MODEL_COLLECTIVE_ROW_H
#define SLED_MODEL_COLLECTIVE_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "model/accuracy.h"
#include "model/collective.h"

/* Texts are borrowed. */
struct sled_collective_row {
    enum sled_coll_kind op;
    uint32_t ranks;
    uint64_t size_bytes;   /* whole buffer of a rank, a multiple of elem_bytes */
    uint32_t elem_bytes;   /* 0: not said */
    uint32_t line, column; /* of its file; 0: not known */
    double measured_s;     /* above 0 */
    const char *picked;    /* algorithm that the library used, by our name; NULL: not published */

    double predicted_s;    /* 0 until someone simulated it */
    const char *algorithm; /* that we picked */
    const char *rule;      /* by which, as results call it */
};

/* Bands by size, within which errors have the same causes: starting, steps, bandwidth. */
struct sled_size_band {
    const char *name;
    uint64_t up_to_bytes; /* inclusive; UINT64_MAX for the last */
};
enum { SLED_SIZE_BANDS = 3 };
extern const struct sled_size_band sled_size_bands[SLED_SIZE_BANDS];

/* The band of a size. */
size_t sled_size_band(uint64_t bytes);

/* Add a predicted row to what sled_accuracy_error and its like take. */
void sled_collective_row_add(struct sled_accuracy_stats *stats,
                             const struct sled_collective_row *row);

#endif
