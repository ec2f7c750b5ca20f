/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of the `custom` family, as its table in custom.c describes them: nodes and
 * links, one row for many (pattern.h has the language).
 *
 *     "nodes": [
 *         {"name": "chip{0..143}", "kind": "chip", "sled": "{i/4}", "slot": "{i%4}"},
 *         {"name": "tray{0..35}", "kind": "switch", "sled": "{i}", "latency": "115ns"},
 *         {"name": "nsw", "kind": "switch", "members": 10, "latency": "115ns"}],
 *     "links": [
 *         {"from": "chip{0..143}", "to": "tray{i/4}", "level": "sled", …},
 *         {"from": "chip{0..143}", "to": "nsw", "members": 10, "level": "fabric", …}]
 *
 * Chips are numbered in the order of their rows.
 */
#ifndef SLED_TOPO_CUSTOM_H
#define SLED_TOPO_CUSTOM_H

#include "topo/stage.h"

struct sled_custom_node {
    const char *name;                     /* pattern with ranges */
    int kind;                             /* enum sled_node_kind */
    const char *pod, *rack, *sled, *slot; /* patterns of numbers; NULL where not given */
    uint64_t members;
    bool forwards; /* chips only */
    bool reduces;  /* switches only */
    double latency_s;
    bool has_latency;
};

enum sled_custom_direction { SLED_CUSTOM_BOTH, SLED_CUSTOM_FORWARD };

struct sled_custom_link {
    const char *from, *to; /* patterns with ranges */
    struct sled_wire wire; /* of one member */
    uint64_t members;
    int level; /* enum sled_level */
    uint64_t dimension;
    int direction; /* enum sled_custom_direction */
};

struct sled_custom {
    struct sled_array nodes; /* of struct sled_custom_node */
    struct sled_array links; /* of struct sled_custom_link */
};

#endif
