/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One or two tiers of switches:
 *
 *           spine switches            every leaf switch to every spine switch
 *          /      |       \
 *     leaf0     leaf1     leaf2       each a group of parallel switches
 *     / | \     / | \     / | \
 *     c0..c3    c4..c7    c8..c11     each chip to every switch of its group
 *
 * A leaf of c chips whose links to the spine are slower, all together, than those to its
 * chips is oversubscribed: choose the bandwidths for it.
 */
#include "topo/switched.h"

#include <stdio.h>

#include "topo/topo.h"

static const struct sled_field leaf_fields[] = {
    {.key = "chips",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_switched_leaf, chips),
     .min = 1,
     .max = SLED_MAX_CHIPS,
     .hardware = true,
     .doc = "chips on one group of leaf switches"},
    SLED_STAGE_FIELDS(struct sled_switched_leaf, stage,
                      "per direction, of a chip and one leaf switch"),
};
static const struct sled_table leaf_table = SLED_TABLE(
    "leaf", struct sled_switched_leaf, leaf_fields, "the switches that chips are joined to");

static const struct sled_field spine_fields[] = {
    SLED_STAGE_FIELDS(struct sled_switched_spine, stage,
                      "per direction, of one leaf switch and one spine switch"),
};
static const struct sled_table spine_table = SLED_TABLE(
    "spine", struct sled_switched_spine, spine_fields, "the switches that join the leaves");

static const struct sled_field fields[] = {
    {.key = "chips",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_switched, chips),
     .min = 1,
     .max = SLED_MAX_CHIPS,
     .hardware = true,
     .doc = "chips, dealt to sleds and leaves in order"},
    {.key = "chips_per_sled",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_switched, chips_per_sled),
     .min = 1,
     .max = SLED_MAX_CHIPS,
     .hardware = true,
     .doc = "chips of one sled (server)"},
    {.key = "leaf",
     .type = SLED_FIELD_OBJECT,
     .offset = offsetof(struct sled_switched, leaf),
     .sub = &leaf_table,
     .doc = "first tier"},
    {.key = "spine",
     .type = SLED_FIELD_OBJECT,
     .offset = offsetof(struct sled_switched, spine),
     .optional = true,
     .present_offset = offsetof(struct sled_switched, has_spine),
     .sub = &spine_table,
     .doc = "second tier, where there is more than one leaf"},
};
static const struct sled_table table =
    SLED_TABLE("switched", struct sled_switched, fields, "chips on one or two tiers of switches");

static enum sled_status check(const struct sled_switched *p, struct sled_err *err)
{
    const unsigned long long chips = p->chips;

    if (p->chips % p->chips_per_sled != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/chips_per_sled",
                               "%llu chips cannot be dealt evenly to sleds of %llu", chips,
                               (unsigned long long)p->chips_per_sled);
    if (p->chips % p->leaf.chips != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/leaf/chips",
                               "%llu chips cannot be dealt evenly to leaves of %llu", chips,
                               (unsigned long long)p->leaf.chips);
    if (p->chips > p->leaf.chips && !p->has_spine)
        return sled_err_set_at(err, SLED_E_INPUT, "",
                               "%llu chips on leaves of %llu need the key \"spine\"", chips,
                               (unsigned long long)p->leaf.chips);
    if (p->chips == p->leaf.chips && p->has_spine)
        return sled_err_set_at(err, SLED_E_INPUT, "/spine",
                               "a spine joins leaves, but one leaf holds all %llu chips", chips);
    return SLED_OK;
}

static void add_axes(const struct sled_switched *p, struct sled_fabric *fabric)
{
    const uint32_t nleaves = (uint32_t)(p->chips / p->leaf.chips);

    if (nleaves > 1)
        fabric->axes[fabric->naxes++] = (struct sled_axis){.name = "leaf", .size = nleaves};
    fabric->axes[fabric->naxes++] =
        (struct sled_axis){.name = "chip", .size = (uint32_t)p->leaf.chips};
}

static enum sled_status add_chips(const struct sled_switched *p, struct sled_fabric *fabric,
                                  struct sled_err *err)
{
    for (uint32_t i = 0; i < p->chips; i++) {
        struct sled_node chip = sled_node_nowhere(SLED_NODE_CHIP);
        chip.pod = 0;
        chip.sled = i / (uint32_t)p->chips_per_sled;
        chip.slot = i % (uint32_t)p->chips_per_sled;
        chip.coord[0] = i / (uint32_t)p->leaf.chips;
        chip.coord[fabric->naxes - 1] = i % (uint32_t)p->leaf.chips;
        snprintf(chip.name, sizeof chip.name, "chip%u", i);
        SLED_TRY(sled_fabric_add_node(fabric, &chip, NULL, err));
    }
    return SLED_OK;
}

/* A group of leaf switches with its chips, and with the spine if there is one. */
static enum sled_status add_leaf(const struct sled_switched *p, uint32_t leaf,
                                 const struct sled_stage_nodes *spine, struct sled_fabric *fabric,
                                 struct sled_err *err)
{
    const uint32_t nchips = (uint32_t)p->leaf.chips, first = leaf * nchips;
    const bool inside_sled = nchips <= p->chips_per_sled && p->chips_per_sled % nchips == 0;
    struct sled_node where = sled_node_nowhere(SLED_NODE_SWITCH);
    struct sled_stage_nodes nodes;
    char name[sizeof where.name];

    where.pod = 0;
    where.sled = inside_sled ? first / (uint32_t)p->chips_per_sled : SLED_NONE;
    snprintf(name, sizeof name, "leaf%u", leaf);
    SLED_TRY(sled_stage_add(fabric, &p->leaf.stage, name, &where, &nodes, err));
    for (uint32_t i = first; i < first + nchips; i++)
        SLED_TRY(sled_stage_join(fabric, fabric->chip_node[i], &nodes, &p->leaf.stage.wire,
                                 inside_sled ? SLED_LEVEL_SLED : SLED_LEVEL_FABRIC, err));
    for (uint32_t i = 0; i < nodes.count && p->has_spine; i++)
        SLED_TRY(sled_stage_join(fabric, nodes.first + i, spine, &p->spine.stage.wire,
                                 SLED_LEVEL_FABRIC, err));
    return SLED_OK;
}

static enum sled_status build(const void *params, struct sled_fabric *fabric, struct sled_err *err)
{
    const struct sled_switched *p = params;
    const uint32_t nleaves = (uint32_t)(p->chips / p->leaf.chips);
    struct sled_stage_nodes spine = {0};

    SLED_TRY(check(p, err));
    add_axes(p, fabric);
    SLED_TRY(add_chips(p, fabric, err));
    if (p->has_spine) {
        struct sled_node where = sled_node_nowhere(SLED_NODE_SWITCH);
        where.pod = 0;
        SLED_TRY(sled_stage_add(fabric, &p->spine.stage, "spine", &where, &spine, err));
    }
    for (uint32_t leaf = 0; leaf < nleaves; leaf++)
        SLED_TRY(add_leaf(p, leaf, &spine, fabric, err));
    return SLED_OK;
}

const struct sled_topo_family sled_topo_switched = {
    .name = "switched",
    .summary = "chips on one or two tiers of switches, any oversubscription",
    .params = &table,
    .ties = SLED_TIES_SPREAD,
    .build = build,
};
