/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the `torus` family, as its table in torus.c describes them. */
#ifndef SLED_TOPO_TORUS_H
#define SLED_TOPO_TORUS_H

#include "topo/stage.h"

struct sled_torus_dimension {
    const char *name;
    uint64_t size;
    bool wrap; /* a ring, not a row */
    struct sled_wire wire;
};

struct sled_torus {
    struct sled_array dimensions;      /* of struct sled_torus_dimension, 1..SLED_MAX_AXES */
    struct sled_array sled_dimensions; /* of const char *: those inside one sled */
    double forward_latency_s;
};

#endif
