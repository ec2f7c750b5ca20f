/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes by sled, then edges. */
#include "report/fabric_dot.h"

#include <stdbool.h>

#include "base/units.h"

static void write_node(const struct sled_node *node, FILE *stream)
{
    if (node->kind == SLED_NODE_CHIP)
        fprintf(stream, "    \"%s\" [shape=box];\n", node->name);
    else if (node->members > 1)
        fprintf(stream, "    \"%s\" [shape=ellipse, label=\"%s\\nx%u\"];\n", node->name, node->name,
                node->members - node->failed_members);
    else
        fprintf(stream, "    \"%s\" [shape=ellipse];\n", node->name);
}

/* The link back, if it is the same in everything that is drawn. */
static bool has_mirror(const struct sled_fabric *fabric, uint32_t id)
{
    const struct sled_link *link = &fabric->link[id];

    for (uint32_t i = 0; i < fabric->nlinks; i++) {
        const struct sled_link *other = &fabric->link[i];

        if (other->src == link->dst && other->dst == link->src)
            return sled_link_bandwidth(fabric, i) == sled_link_bandwidth(fabric, id);
    }
    return false;
}

void sled_fabric_write_dot(const struct sled_fabric *fabric, const char *name, FILE *stream)
{
    fprintf(stream, "digraph \"%s\" {\n", name);
    for (uint32_t sled = 0; sled < fabric->nsleds; sled++) {
        fprintf(stream, "  subgraph cluster_sled%u {\n    label=\"sled %u\";\n", sled, sled);
        for (uint32_t i = 0; i < fabric->nnodes; i++)
            if (fabric->node[i].sled == sled)
                write_node(&fabric->node[i], stream);
        fprintf(stream, "  }\n");
    }
    for (uint32_t i = 0; i < fabric->nnodes; i++)
        if (fabric->node[i].sled == SLED_NONE)
            write_node(&fabric->node[i], stream);
    for (uint32_t i = 0; i < fabric->nlinks; i++) {
        const struct sled_link *link = &fabric->link[i];
        const double bandwidth = sled_link_bandwidth(fabric, i);
        const bool both = has_mirror(fabric, i);
        char text[32];

        if (both && link->src > link->dst)
            continue; /* drawn with its mirror image */
        fprintf(stream, "  \"%s\" -> \"%s\" [%slabel=\"%s\"%s];\n", fabric->node[link->src].name,
                fabric->node[link->dst].name, both ? "dir=none, " : "",
                sled_units_format(bandwidth, SLED_DIM_BANDWIDTH, text, sizeof text),
                bandwidth > 0 ? "" : ", style=dotted");
    }
    fprintf(stream, "}\n");
}
