/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What families share: a kind of cable, and a stage of parallel switches that chips or
 * other stages are joined to. A striped stage is one node with members; otherwise every
 * switch is a node of its own and each pair of chips is pinned to one by routing.
 */
#ifndef SLED_TOPO_STAGE_H
#define SLED_TOPO_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "model/fabric.h"

/* One cable, trace or bundle, as a family's parameters describe it. */
struct sled_wire {
    double bandwidth_bytes_per_s; /* per direction */
    double latency_s;
    uint64_t lanes; /* 0: not stated */
    int medium;     /* enum sled_medium */
};

/* Rows of a table whose struct type_ has a struct sled_wire member_; doc_ says whose
 * bandwidth it is. */
/* clang-format off */
#define SLED_WIRE_FIELDS(type_, member_, doc_)                                                     \
    {.key = "bandwidth", .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_BANDWIDTH,                   \
     .offset = offsetof(type_, member_.bandwidth_bytes_per_s), .min = 1.0, .max = SLED_NO_MAX,     \
     .hardware = true, .doc = (doc_)},                                                             \
    {.key = "link_latency", .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_TIME,                     \
     .offset = offsetof(type_, member_.latency_s), .max = 1.0,                                     \
     .hardware = true, .doc = "flight time of one link, without the nodes at its ends"},           \
    {.key = "lanes", .type = SLED_FIELD_COUNT, .optional = true,                                   \
     .offset = offsetof(type_, member_.lanes), .min = 1, .max = 1024,                              \
     .hardware = true, .doc = "lanes of one link, for the record"},                                \
    {.key = "medium", .type = SLED_FIELD_CHOICE, .choices = sled_medium_names,                     \
     .offset = offsetof(type_, member_.medium), .doc = "what the link runs over"}
/* clang-format on */

/* A stage of parallel switches and the links into it. */
struct sled_stage {
    uint64_t switches;
    bool striping;
    double switch_latency_s;
    bool reduces;
    struct sled_wire wire; /* to one switch */
};

/* The same for a struct sled_stage member_. */
/* clang-format off */
#define SLED_STAGE_FIELDS(type_, member_, doc_)                                                    \
    {.key = "switches", .type = SLED_FIELD_COUNT,                                                  \
     .offset = offsetof(type_, member_.switches), .min = 1, .max = 1024,                           \
     .hardware = true, .doc = "parallel switches"},                                                \
    {.key = "striping", .type = SLED_FIELD_BOOL,                                                   \
     .offset = offsetof(type_, member_.striping), .dflt = "true",                                  \
     .doc = "spread each transfer over all parallel switches; false pins each pair to one"},       \
    {.key = "switch_latency", .type = SLED_FIELD_QUANTITY, .dim = SLED_DIM_TIME,                   \
     .offset = offsetof(type_, member_.switch_latency_s), .max = 1.0,                              \
     .hardware = true, .doc = "passing through one switch"},                                       \
    {.key = "reduces", .type = SLED_FIELD_BOOL,                                                    \
     .offset = offsetof(type_, member_.reduces), .dflt = "false",                                  \
     .doc = "do the switches add up and replicate on the way? in_switch collectives need it"},     \
    SLED_WIRE_FIELDS(type_, member_.wire, doc_)
/* clang-format on */

/* The nodes that a stage became: consecutive ones, each of so many members. */
struct sled_stage_nodes {
    uint32_t first;
    uint32_t count;
    uint32_t members; /* of each */
};

/* A single node that is nowhere in particular; callers fill in what they know. */
struct sled_node sled_node_nowhere(enum sled_node_kind kind);

/*
 * Add the switches of a stage to the fabric, placed like *where (pod, rack, sled). A striped
 * stage is one node called name; otherwise they are name.m0, name.m1, …. Errors of
 * sled_fabric_add_node.
 */
enum sled_status sled_stage_add(struct sled_fabric *fabric, const struct sled_stage *stage,
                                const char *name, const struct sled_node *where,
                                struct sled_stage_nodes *out, struct sled_err *err);

/* Join a chip or a switch to all switches of a stage, in both directions: one wire between
 * every member of the node and every switch. Errors of sled_fabric_connect. */
enum sled_status sled_stage_join(struct sled_fabric *fabric, uint32_t node,
                                 const struct sled_stage_nodes *stage, const struct sled_wire *wire,
                                 enum sled_level level, struct sled_err *err);

/* Join two nodes, in both directions, by `count` parallel wires. Errors of sled_fabric_connect. */
enum sled_status sled_wire_join(struct sled_fabric *fabric, uint32_t a, uint32_t b, uint32_t count,
                                const struct sled_wire *wire, enum sled_level level,
                                uint8_t dimension, struct sled_err *err);

#endif
