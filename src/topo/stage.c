/* SPDX-License-Identifier: Apache-2.0 */
/* Stages of parallel switches, striped or one by one. */
#include "topo/stage.h"

#include <stdio.h>

struct sled_node sled_node_nowhere(enum sled_node_kind kind)
{
    struct sled_node node = {.kind = kind,
                             .pod = SLED_NONE,
                             .rack = SLED_NONE,
                             .sled = SLED_NONE,
                             .slot = SLED_NONE,
                             .members = 1};

    for (uint32_t a = 0; a < SLED_MAX_AXES; a++)
        node.coord[a] = SLED_NONE;
    return node;
}

enum sled_status sled_stage_add(struct sled_fabric *fabric, const struct sled_stage *stage,
                                const char *name, const struct sled_node *where,
                                struct sled_stage_nodes *out, struct sled_err *err)
{
    const uint32_t switches = (uint32_t)stage->switches;
    const struct sled_stage_nodes nodes = {.first = fabric->nnodes,
                                           .count = stage->striping ? 1 : switches,
                                           .members = stage->striping ? switches : 1};
    struct sled_node node = *where;

    node.members = nodes.members;
    node.latency_s = stage->switch_latency_s;
    node.reduces = stage->reduces;
    for (uint32_t m = 0; m < nodes.count; m++) {
        if (stage->striping)
            snprintf(node.name, sizeof node.name, "%s", name);
        else
            snprintf(node.name, sizeof node.name, "%s.m%u", name, m);
        SLED_TRY(sled_fabric_add_node(fabric, &node, NULL, err));
    }
    *out = nodes;
    return SLED_OK;
}

enum sled_status sled_stage_join(struct sled_fabric *fabric, uint32_t node,
                                 const struct sled_stage_nodes *stage, const struct sled_wire *wire,
                                 enum sled_level level, struct sled_err *err)
{
    const uint32_t count = fabric->node[node].members * stage->members;

    for (uint32_t i = 0; i < stage->count; i++)
        SLED_TRY(sled_wire_join(fabric, node, stage->first + i, count, wire, level, 0, err));
    return SLED_OK;
}

enum sled_status sled_wire_join(struct sled_fabric *fabric, uint32_t a, uint32_t b, uint32_t count,
                                const struct sled_wire *wire, enum sled_level level,
                                uint8_t dimension, struct sled_err *err)
{
    const struct sled_link link = {
        .src = a,
        .dst = b,
        .bandwidth_bytes_per_s = wire->bandwidth_bytes_per_s * count,
        .latency_s = wire->latency_s,
        .lanes = (uint32_t)wire->lanes * count,
        .members = count,
        .medium = (enum sled_medium)wire->medium,
        .level = level,
        .dimension = dimension,
    };

    return sled_fabric_connect(fabric, &link, err);
}
