/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the `ultraserver` family, as its table in ultraserver.c describes them. */
#ifndef SLED_TOPO_ULTRASERVER_H
#define SLED_TOPO_ULTRASERVER_H

#include "topo/stage.h"

enum sled_tray_kind {
    SLED_TRAY_SWITCH, /* every chip of a sled joined to all switches of its tray */
    SLED_TRAY_DIRECT  /* the chips of a sled joined pair by pair */
};

struct sled_ultraserver_tray {
    int kind; /* enum sled_tray_kind */
    struct sled_wire wire;
    uint64_t switches; /* SWITCH only */
    bool has_switches;
    double switch_latency_s; /* SWITCH only */
    bool has_switch_latency;
};

enum sled_plane_scope {
    SLED_PLANES_POD, /* one set of planes for all racks */
    SLED_PLANES_RACK /* a set of planes in each rack */
};

enum sled_plane_assignment {
    SLED_PLANES_ALL,    /* every chip is on every plane */
    SLED_PLANES_BY_SLOT /* chip k of a sled is on plane k mod count */
};

struct sled_ultraserver_planes {
    uint64_t count;
    int scope;               /* enum sled_plane_scope */
    int assignment;          /* enum sled_plane_assignment */
    struct sled_stage stage; /* one plane */
};

struct sled_ultraserver_rack_links {
    uint64_t count; /* parallel links */
    struct sled_wire wire;
};

struct sled_ultraserver {
    uint64_t sleds; /* of all racks together */
    uint64_t chips_per_sled;
    uint64_t racks;
    struct sled_ultraserver_tray tray;
    bool has_tray;
    struct sled_ultraserver_planes planes;
    struct sled_ultraserver_rack_links rack_links;
    bool has_rack_links;
    bool chips_forward;
    double forward_latency_s;
    bool has_forward_latency;
};

#endif
