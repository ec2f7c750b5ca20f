/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fabric: chips and switches joined by directed links, and the routes between
 * chips. Plain data that a topology family builds, routing completes, and the
 * simulator, the reports and the tests read.
 *
 * Parallel members (ten NeuronSwitches of a stage, the lanes of a link) are one
 * node or one link with a count: capacity is the sum, a route sees one hop, and a
 * failed member takes its share away. That is exact for evenly striped transfers.
 */
#ifndef SLED_MODEL_FABRIC_H
#define SLED_MODEL_FABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SLED_NONE UINT32_MAX
#define SLED_MAX_AXES 6
#define SLED_MAX_CHIPS 16384 /* routes of all pairs must fit into memory */

enum sled_node_kind { SLED_NODE_CHIP, SLED_NODE_SWITCH };

/* What a link is part of; results are grouped by it. */
enum sled_level {
    SLED_LEVEL_SLED,   /* inside a sled (tray, server board) */
    SLED_LEVEL_FABRIC, /* between sleds of a rack or pod */
    SLED_LEVEL_RACK,   /* between racks */
    SLED_LEVEL_POD,    /* between pods */
    SLED_LEVELS        /* count, keep last */
};

enum sled_medium {
    SLED_MEDIUM_PCB,
    SLED_MEDIUM_BACKPLANE,
    SLED_MEDIUM_COPPER,
    SLED_MEDIUM_OPTICAL,
    SLED_MEDIUMS /* count, keep last */
};

/* NULL-terminated, indexed by the enum: "sled", "fabric", … and "pcb", "backplane", … */
extern const char *const sled_level_names[SLED_LEVELS + 1];
extern const char *const sled_medium_names[SLED_MEDIUMS + 1];
const char *sled_level_name(enum sled_level level);
const char *sled_medium_name(enum sled_medium medium);

struct sled_node {
    enum sled_node_kind kind;
    char name[32]; /* unique; chips are "chip<i>" in family-built fabrics */
    uint32_t chip; /* index among chips, in the order they were added; SLED_NONE for a
                      switch. Set by sled_fabric_add_node. */
    uint32_t pod, rack, sled, slot; /* place; SLED_NONE where it has no meaning. Pods, racks
                              and sleds are numbered over the whole fabric, slots in a sled. */
    uint32_t coord[SLED_MAX_AXES];  /* on fabric->axes; SLED_NONE for a switch */
    uint32_t members;               /* parallel members, >= 1 */
    uint32_t failed_members;        /* <= members; all failed: the node is gone */
    bool forwards;                  /* may be an intermediate hop; switches always are */
    bool reduces;                   /* a switch that adds up and replicates what passes it */
    double latency_s;               /* of passing through (switch traversal, chip forwarding) */
};

struct sled_link {
    uint32_t src, dst;            /* nodes; traffic flows src -> dst only */
    double bandwidth_bytes_per_s; /* of all members and lanes together, none failed */
    double latency_s;
    uint32_t lanes;   /* of all members, for the record; 0: not stated */
    uint32_t members; /* parallel members the bandwidth is the sum of, >= 1 */
    uint32_t failed_members;
    enum sled_medium medium;
    enum sled_level level;
    uint8_t dimension; /* for dimension-ordered routing; lower ones are crossed first */
};

struct sled_axis {
    char name[12]; /* "sled", "x" */
    uint32_t size;
};

/* Order of decisions when several shortest and widest routes exist. */
enum sled_ties {
    SLED_TIES_SPREAD, /* each pair is pinned to one, dealt in turn per source */
    SLED_TIES_SPLIT   /* a transfer is cut into equal parts, one per route */
};

/*
 * Routes between all ordered pairs of chips. A pair has one or more paths, each of
 * which carries an equal share of every transfer. Paths of pair (s, d) are
 * pair_begin[s * nchips + d] .. pair_begin[s * nchips + d + 1] - 1; the links of
 * path p are link[path_begin[p] .. path_begin[p + 1] - 1], in order of travel. A
 * chip to itself has no path.
 * A chip and a switch that reduces have at most one, the link between them.
 */
struct sled_routes {
    uint32_t *pair_begin;                /* [nchips * nchips + 1] */
    uint32_t *to_reducer, *from_reducer; /* [nchips][nreducers]: path, or SLED_NONE */
    uint32_t *path_begin;                /* [npaths + 1] */
    uint32_t *link;                      /* [path_begin[npaths]] */
    uint32_t npaths;
};

/*
 * Owned by whoever created it; the arrays may be read, never reallocated, by others.
 * Where the coordinates of the chips fill the box of axes, shifting along an axis is
 * taken to be a symmetry of the fabric: routing deals its turns by it.
 */
struct sled_fabric {
    struct sled_node *node; /* [nnodes] */
    uint32_t nnodes;
    struct sled_link *link; /* [nlinks] */
    uint32_t nlinks;
    uint32_t *chip_node; /* [nchips]: node of chip i */
    uint32_t nchips;
    uint32_t *reducer_node; /* [nreducers]: node of the switch that is endpoint nchips + i */
    uint32_t nreducers;
    uint32_t nsleds, nracks, npods; /* counted by sled_fabric_check */
    struct sled_axis axes[SLED_MAX_AXES];
    uint32_t naxes;
    struct sled_routes routes; /* empty until sled_routing_compute */

    /* Private. */
    size_t node_capacity, link_capacity, chip_capacity, reducer_capacity;
    uint32_t *name_slot; /* [name_slots]: hash table of nodes by name, SLED_NONE is empty */
    size_t name_slots;
};

/* One path of a pair, borrowed from the fabric. */
struct sled_path {
    const uint32_t *link; /* [nlinks], in order of travel */
    uint32_t nlinks;
};

void sled_fabric_init(struct sled_fabric *fabric);
/* Accepts a zeroed fabric. */
void sled_fabric_finish(struct sled_fabric *fabric);

/*
 * Append a copy of *node; its chip number is set here. *id (may be NULL) receives
 * the index. Fails with SLED_E_INPUT on a duplicate name, a bad number or one chip
 * more than SLED_MAX_CHIPS, SLED_E_NOMEM.
 */
enum sled_status sled_fabric_add_node(struct sled_fabric *fabric, const struct sled_node *node,
                                      uint32_t *id, struct sled_err *err);

/* Append one direction between existing nodes. SLED_E_INPUT on a bad number, naming both
 * ends; SLED_E_NOMEM. */
enum sled_status sled_fabric_add_link(struct sled_fabric *fabric, const struct sled_link *link,
                                      struct sled_err *err);

/* Append link and its mirror image: two directions of equal kind. */
enum sled_status sled_fabric_connect(struct sled_fabric *fabric, const struct sled_link *link,
                                     struct sled_err *err);

/* Index of the node of this name, or SLED_NONE. */
uint32_t sled_fabric_find(const struct sled_fabric *fabric, const char *name);

/*
 * Fail `members` more parallel members of a node (0: all that are left). A link whose
 * member count is a multiple of the node's is striped over them and loses the same
 * share; other links only go when the whole node does. SLED_E_INPUT when more fail than
 * there are. The link form fails both directions between two nodes.
 */
enum sled_status sled_fabric_fail_node(struct sled_fabric *fabric, uint32_t node, uint32_t members,
                                       struct sled_err *err);
enum sled_status sled_fabric_fail_link(struct sled_fabric *fabric, uint32_t a, uint32_t b,
                                       uint32_t members, struct sled_err *err);

/*
 * Bandwidth of what is left of a link, bytes/s; 0 when it, or an end of it, is gone.
 * Failed members of the link count on top of those that a failed end took away.
 */
double sled_link_bandwidth(const struct sled_fabric *fabric, uint32_t link);

/* What the functions above cannot see: at least one chip, at most one link per ordered
 * pair of nodes. Counts sleds, racks and pods. SLED_E_INPUT, SLED_E_NOMEM. */
enum sled_status sled_fabric_check(struct sled_fabric *fabric, struct sled_err *err);

/*
 * Transfers begin and end at endpoints: chips, numbered first, then switches that reduce.
 * Number of paths between two of them; 0 for src == dst, and where a switch is not linked to
 * a chip, or to another switch. Routes must exist.
 */
uint32_t sled_fabric_paths(const struct sled_fabric *fabric, uint32_t src, uint32_t dst,
                           uint32_t *first);
static inline uint32_t sled_fabric_endpoints(const struct sled_fabric *fabric)
{
    return fabric->nchips + fabric->nreducers;
}
uint32_t sled_fabric_endpoint_node(const struct sled_fabric *fabric, uint32_t endpoint);

/* Endpoints of the switches that reduce and are linked, both ways, to each of chip[count]: written
 * to out[nreducers], returned how many. Routes must exist. */
uint32_t sled_fabric_reducers_of(const struct sled_fabric *fabric, const uint32_t *chip,
                                 uint32_t count, uint32_t *out);
struct sled_path sled_fabric_path(const struct sled_fabric *fabric, uint32_t path);

/* Links plus intermediate nodes, and a switch where it begins, seconds. */
double sled_path_latency(const struct sled_fabric *fabric, struct sled_path path);
/* Least link bandwidth along the path, bytes/s. */
double sled_path_bandwidth(const struct sled_fabric *fabric, struct sled_path path);

#endif
