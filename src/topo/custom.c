/* SPDX-License-Identifier: Apache-2.0 */
/* Any fabric at all: the rows of the file are expanded to nodes and links as they stand. */
#include "topo/custom.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "topo/pattern.h"
#include "topo/topo.h"

static const char *const kinds[] = {"chip", "switch", NULL};
static const char *const directions[] = {"both", "forward", NULL};

static const struct sled_field node_fields[] = {
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_node, name),
     .doc = "unique; a pattern: \"chip{0..7}\" is eight nodes"},
    {.key = "kind",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct sled_custom_node, kind),
     .choices = kinds,
     .doc = "chips are numbered in the order of the rows"},
    {.key = "pod",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_node, pod),
     .optional = true,
     .doc = "pattern of a number"},
    {.key = "rack",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_node, rack),
     .optional = true,
     .doc = "pattern of a number, counted over the whole fabric"},
    {.key = "sled",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_node, sled),
     .optional = true,
     .doc = "pattern of a number, counted over the whole fabric, as \"{i/4}\""},
    {.key = "slot",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_node, slot),
     .optional = true,
     .doc = "pattern of a number: the place in the sled, as \"{i%4}\""},
    {.key = "members",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_custom_node, members),
     .dflt = "1",
     .min = 1,
     .max = 1024,
     .hardware = true,
     .doc = "parallel switches that this node stands for; transfers are striped over them"},
    {.key = "forwards",
     .type = SLED_FIELD_BOOL,
     .offset = offsetof(struct sled_custom_node, forwards),
     .dflt = "false",
     .doc = "may a chip pass on what is not for it? Switches always do"},
    {.key = "reduces",
     .type = SLED_FIELD_BOOL,
     .offset = offsetof(struct sled_custom_node, reduces),
     .dflt = "false",
     .doc = "does a switch add up and replicate on the way? in_switch collectives need it"},
    {.key = "latency",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct sled_custom_node, latency_s),
     .optional = true,
     .max = 1.0,
     .present_offset = offsetof(struct sled_custom_node, has_latency),
     .hardware = true,
     .doc = "passing through; switches and forwarding chips need it"},
};
static const struct sled_table node_table =
    SLED_TABLE("node", struct sled_custom_node, node_fields, "one node, or many by a pattern");

static const struct sled_field link_fields[] = {
    {.key = "from",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_link, from),
     .doc = "pattern of the node where the link begins"},
    {.key = "to",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_custom_link, to),
     .doc = "pattern of the node where it ends; may use the ranges of \"from\""},
    SLED_WIRE_FIELDS(struct sled_custom_link, wire, "per direction, of one member"),
    {.key = "members",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_custom_link, members),
     .dflt = "1",
     .min = 1,
     .max = 1048576,
     .hardware = true,
     .doc = "parallel links; as many as an end has members, or a multiple: striped over them"},
    {.key = "level",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct sled_custom_link, level),
     .choices = sled_level_names,
     .doc = "what it is part of; of equally short routes the one of lower levels is taken"},
    {.key = "dimension",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_custom_link, dimension),
     .dflt = "0",
     .max = UINT8_MAX,
     .doc = "of equally good routes the one that crosses low dimensions first is taken"},
    {.key = "direction",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct sled_custom_link, direction),
     .choices = directions,
     .dflt = "\"both\"",
     .doc = "both: two links, one each way; forward: one"},
};
static const struct sled_table link_table =
    SLED_TABLE("link", struct sled_custom_link, link_fields, "one link, or many by patterns");

static const struct sled_field fields[] = {
    {.key = "nodes",
     .type = SLED_FIELD_ARRAY,
     .offset = offsetof(struct sled_custom, nodes),
     .sub = &node_table,
     .doc = "chips and switches"},
    {.key = "links",
     .type = SLED_FIELD_ARRAY,
     .offset = offsetof(struct sled_custom, links),
     .sub = &link_table,
     .doc = "what joins them"},
};
static const struct sled_table table =
    SLED_TABLE("custom", struct sled_custom, fields, "explicit nodes and links");

/* Say where a failure belongs that was decided without knowing: /array/row/key. */
static enum sled_status at_row(struct sled_err *err, const char *array, size_t row, const char *key)
{
    snprintf(err->pointer, sizeof err->pointer, "/%s/%zu%s%s", array, row,
             key[0] == '\0' ? "" : "/", key);
    return err->code;
}

/* A place from its pattern; SLED_NONE where the row does not give one. */
static enum sled_status read_place(const char *pattern, const struct sled_pattern_values *values,
                                   size_t row, const char *key, uint32_t *out, struct sled_err *err)
{
    *out = SLED_NONE;
    if (pattern != NULL && sled_pattern_number(pattern, values, out, err) != SLED_OK)
        return at_row(err, "nodes", row, key);
    return SLED_OK;
}

static enum sled_status check_node_row(const struct sled_custom_node *row, size_t index,
                                       struct sled_err *err)
{
    const char *needs_latency = row->kind == SLED_NODE_SWITCH ? "a switch"
                                : row->forwards               ? "a chip that forwards"
                                                              : NULL;
    char pointer[48];

    if (needs_latency != NULL && !row->has_latency) {
        snprintf(pointer, sizeof pointer, "/nodes/%zu", index);
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "%s needs the key \"latency\"",
                               needs_latency);
    }
    if (row->kind == SLED_NODE_CHIP && row->members > 1) {
        snprintf(pointer, sizeof pointer, "/nodes/%zu/members", index);
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "a chip has 1 member, not %llu; members are parallel switches",
                               (unsigned long long)row->members);
    }
    return SLED_OK;
}

static enum sled_status add_nodes(const struct sled_custom_node *row, size_t index,
                                  struct sled_fabric *fabric, struct sled_err *err)
{
    struct sled_pattern_row values;
    bool more;

    SLED_TRY(check_node_row(row, index, err));
    sled_pattern_begin(&values, &row->name, 1);
    for (;;) {
        struct sled_node node = sled_node_nowhere((enum sled_node_kind)row->kind);
        uint32_t nranges = 0;

        if (sled_pattern_next(&values, &more, err) != SLED_OK)
            return at_row(err, "nodes", index, "name");
        if (!more)
            return SLED_OK;
        if (sled_pattern_expand(row->name, &values.at, &nranges, node.name, sizeof node.name,
                                err) != SLED_OK)
            return at_row(err, "nodes", index, "name");
        SLED_TRY(read_place(row->pod, &values.at, index, "pod", &node.pod, err));
        SLED_TRY(read_place(row->rack, &values.at, index, "rack", &node.rack, err));
        SLED_TRY(read_place(row->sled, &values.at, index, "sled", &node.sled, err));
        SLED_TRY(read_place(row->slot, &values.at, index, "slot", &node.slot, err));
        node.members = (uint32_t)row->members;
        node.forwards = row->forwards;
        node.reduces = row->reduces;
        node.latency_s = row->latency_s;
        if (sled_fabric_add_node(fabric, &node, NULL, err) != SLED_OK)
            return at_row(err, "nodes", index, "name");
    }
}

/* The node that an end of a link means. */
static enum sled_status find_end(const struct sled_fabric *fabric, const char *pattern,
                                 const struct sled_pattern_values *values, uint32_t *nranges,
                                 uint32_t *node, struct sled_err *err)
{
    char name[sizeof fabric->node->name];

    SLED_TRY(sled_pattern_expand(pattern, values, nranges, name, sizeof name, err));
    *node = sled_fabric_find(fabric, name);
    if (*node == SLED_NONE)
        return sled_err_set(err, SLED_E_INPUT, "no node is named \"%s\"", name);
    return SLED_OK;
}

static enum sled_status add_links(const struct sled_custom_link *row, size_t index,
                                  struct sled_fabric *fabric, struct sled_err *err)
{
    const char *const ends[] = {row->from, row->to};
    static const char *const keys[] = {"from", "to"};
    struct sled_pattern_row values;
    bool more;

    sled_pattern_begin(&values, ends, SLED_ARRAY_LEN(ends));
    for (;;) {
        uint32_t node[2], nranges = 0;

        if (sled_pattern_next(&values, &more, err) != SLED_OK)
            return at_row(err, "links", index, keys[values.bad]);
        if (!more)
            return SLED_OK;
        for (size_t e = 0; e < SLED_ARRAY_LEN(ends); e++)
            if (find_end(fabric, ends[e], &values.at, &nranges, &node[e], err) != SLED_OK)
                return at_row(err, "links", index, keys[e]);

        const struct sled_link link = {
            .src = node[0],
            .dst = node[1],
            .bandwidth_bytes_per_s = row->wire.bandwidth_bytes_per_s * (double)row->members,
            .latency_s = row->wire.latency_s,
            .lanes = (uint32_t)(row->wire.lanes * row->members),
            .members = (uint32_t)row->members,
            .medium = (enum sled_medium)row->wire.medium,
            .level = (enum sled_level)row->level,
            .dimension = (uint8_t)row->dimension,
        };
        const enum sled_status status = row->direction == SLED_CUSTOM_BOTH
                                            ? sled_fabric_connect(fabric, &link, err)
                                            : sled_fabric_add_link(fabric, &link, err);
        if (status != SLED_OK)
            return at_row(err, "links", index, "");
    }
}

/*
 * Where all sleds, numbered from 0, have equally many chips, the axes are sled and place in
 * the sled; elsewhere the chips are one row.
 */
static enum sled_status add_axes(struct sled_fabric *fabric, struct sled_err *err)
{
    const uint32_t n = fabric->nchips;
    uint32_t *filled; /* chips met in each sled */
    uint32_t nsleds = 0;
    bool regular = true;

    SLED_TRY(sled_vec_alloc(&filled, n, err));
    for (uint32_t i = 0; i < n && regular; i++) {
        struct sled_node *chip = &fabric->node[fabric->chip_node[i]];
        regular = chip->sled < n;
        if (regular) {
            chip->coord[0] = chip->sled;
            chip->coord[1] = filled[chip->sled]++;
            nsleds = chip->sled + 1 > nsleds ? chip->sled + 1 : nsleds;
        }
    }
    for (uint32_t s = 1; s < nsleds; s++)
        regular = regular && filled[s] == filled[0];
    regular = regular && nsleds > 1 && filled[0] > 1;
    free(filled);

    if (regular) {
        fabric->naxes = 2;
        fabric->axes[0] = (struct sled_axis){.name = "sled", .size = nsleds};
        fabric->axes[1] = (struct sled_axis){.name = "slot", .size = n / nsleds};
        return SLED_OK;
    }
    fabric->naxes = 1;
    fabric->axes[0] = (struct sled_axis){.name = "chip", .size = n};
    for (uint32_t i = 0; i < n; i++) {
        fabric->node[fabric->chip_node[i]].coord[0] = i;
        fabric->node[fabric->chip_node[i]].coord[1] = SLED_NONE;
    }
    return SLED_OK;
}

static enum sled_status build(const void *params, struct sled_fabric *fabric, struct sled_err *err)
{
    const struct sled_custom *p = params;
    const struct sled_custom_node *node = p->nodes.items;
    const struct sled_custom_link *link = p->links.items;

    for (size_t i = 0; i < p->nodes.count; i++)
        SLED_TRY(add_nodes(&node[i], i, fabric, err));
    if (fabric->nchips == 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/nodes", "no node is of kind \"chip\"");
    for (size_t i = 0; i < p->links.count; i++)
        SLED_TRY(add_links(&link[i], i, fabric, err));
    return add_axes(fabric, err);
}

const struct sled_topo_family sled_topo_custom = {
    .name = "custom",
    .summary = "explicit nodes and links, written with index patterns",
    .params = &table,
    .ties = SLED_TIES_SPREAD,
    .build = build,
};
