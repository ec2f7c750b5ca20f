/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the `switched` family, as its table in switched.c describes them. */
#ifndef SLED_TOPO_SWITCHED_H
#define SLED_TOPO_SWITCHED_H

#include "topo/stage.h"

struct sled_switched_leaf {
    uint64_t chips; /* that share one group of leaf switches */
    struct sled_stage stage;
};

struct sled_switched_spine {
    struct sled_stage stage;
};

struct sled_switched {
    uint64_t chips;
    uint64_t chips_per_sled;
    struct sled_switched_leaf leaf;
    struct sled_switched_spine spine;
    bool has_spine;
};

#endif
