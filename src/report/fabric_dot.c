/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes by sled, then edges. */
#include "report/fabric_dot.h"

#include <stdbool.h>

#include "base/units.h"

/* Names are the user's own: a quote in one must not end it. */
static void write_name(const char *name, FILE *stream)
{
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\')
            fputc('\\', stream);
        fputc(*name, stream);
    }
}

static void write_quoted(const char *name, FILE *stream)
{
    fputc('"', stream);
    write_name(name, stream);
    fputc('"', stream);
}

static void write_node(const struct sled_node *node, FILE *stream)
{
    fputs(node->sled == SLED_NONE ? "  " : "    ", stream);
    write_quoted(node->name, stream);
    if (node->kind == SLED_NODE_CHIP) {
        fputs(" [shape=box];\n", stream);
    } else if (node->members > 1) {
        fputs(" [shape=ellipse, label=\"", stream);
        write_name(node->name, stream);
        fprintf(stream, "\\nx%u\"];\n", node->members - node->failed_members);
    } else {
        fputs(" [shape=ellipse];\n", stream);
    }
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
    fputs("digraph ", stream);
    write_quoted(name, stream);
    fputs(" {\n", stream);
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
        fputs("  ", stream);
        write_quoted(fabric->node[link->src].name, stream);
        fputs(" -> ", stream);
        write_quoted(fabric->node[link->dst].name, stream);
        fprintf(stream, " [%slabel=\"%s\"%s];\n", both ? "dir=none, " : "",
                sled_units_format(bandwidth, SLED_DIM_BANDWIDTH, text, sizeof text),
                bandwidth > 0 ? "" : ", style=dotted");
    }
    fprintf(stream, "}\n");
}
