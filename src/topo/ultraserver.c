/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Racks of sleds of chips, joined three ways:
 *
 *     rack 0                                 rack 1
 *     +- sled 0 -+   +- sled 1 -+            +- sled 2 -+
 *     | c0    c1 |   | c2    c3 |            | c4    c5 |
 *     |  \    /  |   |  \    /  |            |  \    /  |
 *     |  tray 0  |   |  tray 1  |            |  tray 2  |
 *     +--|----|--+   +--|----|--+            +--|----|--+
 *        +----+---------+----+--- planes -------+----+       of the pod, or of each rack
 *        c0 ------------------- rack link ----- c4           same place, other rack
 *
 * A tray is a stage of switches or a direct link per pair of chips. A plane is a stage of
 * switches that all chips join, or only those in some of the slots of a sled. Where a chip
 * cannot reach another in one hop (other plane, other rack), chips in between may forward.
 */
#include "topo/ultraserver.h"

#include <stdio.h>

#include "topo/topo.h"

static const char *const tray_kinds[] = {"switch", "direct", NULL};
static const char *const plane_scopes[] = {"pod", "rack", NULL};
static const char *const plane_assignments[] = {"all", "by_slot", NULL};

static const struct sled_field tray_fields[] = {
    {.key = "kind",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct sled_ultraserver_tray, kind),
     .choices = tray_kinds,
     .doc = "switch: chips join all switches of the tray; direct: chips are joined in pairs"},
    {.key = "switches",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_ultraserver_tray, switches),
     .optional = true,
     .min = 1,
     .max = 1024,
     .present_offset = offsetof(struct sled_ultraserver_tray, has_switches),
     .hardware = true,
     .doc = "parallel switches of one tray; every transfer is striped over all"},
    {.key = "switch_latency",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct sled_ultraserver_tray, switch_latency_s),
     .optional = true,
     .max = 1.0,
     .present_offset = offsetof(struct sled_ultraserver_tray, has_switch_latency),
     .hardware = true,
     .doc = "passing through one tray switch"},
    SLED_WIRE_FIELDS(struct sled_ultraserver_tray, wire,
                     "per direction, of a chip and one tray switch, or of a pair of chips"),
};
static const struct sled_table tray_table =
    SLED_TABLE("tray", struct sled_ultraserver_tray, tray_fields, "what joins the chips of a sled");

static const struct sled_field plane_fields[] = {
    {.key = "count",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_ultraserver_planes, count),
     .min = 1,
     .max = 64,
     .hardware = true,
     .doc = "planes of one set"},
    {.key = "scope",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct sled_ultraserver_planes, scope),
     .choices = plane_scopes,
     .doc = "pod: one set of planes for all racks; rack: a set in each rack"},
    {.key = "assignment",
     .type = SLED_FIELD_CHOICE,
     .offset = offsetof(struct sled_ultraserver_planes, assignment),
     .choices = plane_assignments,
     .doc = "all: every chip is on every plane; by_slot: chip k of a sled on plane k mod count"},
    SLED_STAGE_FIELDS(struct sled_ultraserver_planes, stage,
                      "per direction, of a chip and one switch"),
};
static const struct sled_table plane_table =
    SLED_TABLE("planes", struct sled_ultraserver_planes, plane_fields,
               "stages of switches that join sleds; each plane is one stage");

static const struct sled_field rack_link_fields[] = {
    {.key = "count",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_ultraserver_rack_links, count),
     .min = 1,
     .max = 64,
     .hardware = true,
     .doc = "parallel links between the two chips"},
    SLED_WIRE_FIELDS(struct sled_ultraserver_rack_links, wire, "per direction, of one link"),
};
static const struct sled_table rack_link_table =
    SLED_TABLE("rack_links", struct sled_ultraserver_rack_links, rack_link_fields,
               "direct links between chips of the same place in different racks");

static const struct sled_field fields[] = {
    {.key = "sleds",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_ultraserver, sleds),
     .min = 1,
     .max = SLED_MAX_CHIPS,
     .hardware = true,
     .doc = "sleds of all racks together, dealt to the racks in order"},
    {.key = "chips_per_sled",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_ultraserver, chips_per_sled),
     .min = 1,
     .max = 1024,
     .hardware = true,
     .doc = "chips of one sled"},
    {.key = "racks",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_ultraserver, racks),
     .min = 1,
     .max = 1024,
     .hardware = true,
     .doc = "racks, each with the same number of sleds"},
    {.key = "tray",
     .type = SLED_FIELD_OBJECT,
     .offset = offsetof(struct sled_ultraserver, tray),
     .optional = true,
     .present_offset = offsetof(struct sled_ultraserver, has_tray),
     .sub = &tray_table,
     .doc = "links inside a sled; without it chips of a sled meet on the planes only"},
    {.key = "planes",
     .type = SLED_FIELD_OBJECT,
     .offset = offsetof(struct sled_ultraserver, planes),
     .sub = &plane_table,
     .doc = "switches between sleds"},
    {.key = "rack_links",
     .type = SLED_FIELD_OBJECT,
     .offset = offsetof(struct sled_ultraserver, rack_links),
     .optional = true,
     .present_offset = offsetof(struct sled_ultraserver, has_rack_links),
     .sub = &rack_link_table,
     .doc = "direct links between racks"},
    {.key = "chips_forward",
     .type = SLED_FIELD_BOOL,
     .offset = offsetof(struct sled_ultraserver, chips_forward),
     .dflt = "false",
     .doc = "may chips pass on what is not for them?"},
    {.key = "forward_latency",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct sled_ultraserver, forward_latency_s),
     .optional = true,
     .max = 1.0,
     .present_offset = offsetof(struct sled_ultraserver, has_forward_latency),
     .hardware = true,
     .doc = "passing through a chip; needed where chips forward"},
};
static const struct sled_table table =
    SLED_TABLE("ultraserver", struct sled_ultraserver, fields,
               "racks of sleds of chips, joined by trays, planes and rack links");

/* What the parameters come to. */
struct shape {
    uint32_t racks, sleds_per_rack, chips_per_sled;
    bool racks_are_axis, sleds_are_axis, slots_are_axis;
};

static enum sled_status check_tray(const struct sled_ultraserver *p, struct sled_err *err)
{
    const struct sled_ultraserver_tray *tray = &p->tray;

    if (!p->has_tray)
        return SLED_OK;
    if (p->chips_per_sled == 1)
        return sled_err_set_at(err, SLED_E_INPUT, "/tray",
                               "a tray joins the chips of a sled, but a sled has 1 chip");
    if (tray->kind == SLED_TRAY_SWITCH && !tray->has_switches)
        return sled_err_set_at(err, SLED_E_INPUT, "/tray",
                               "a tray of kind \"switch\" needs the key \"switches\"");
    if (tray->kind == SLED_TRAY_SWITCH && !tray->has_switch_latency)
        return sled_err_set_at(err, SLED_E_INPUT, "/tray",
                               "a tray of kind \"switch\" needs the key \"switch_latency\"");
    if (tray->kind == SLED_TRAY_DIRECT && tray->has_switches)
        return sled_err_set_at(err, SLED_E_INPUT, "/tray/switches",
                               "a tray of kind \"direct\" has no switches");
    if (tray->kind == SLED_TRAY_DIRECT && tray->has_switch_latency)
        return sled_err_set_at(err, SLED_E_INPUT, "/tray/switch_latency",
                               "a tray of kind \"direct\" has no switches");
    return SLED_OK;
}

static enum sled_status check(const struct sled_ultraserver *p, struct sled_err *err)
{
    if (p->sleds % p->racks != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/racks",
                               "%llu sleds cannot be dealt evenly to %llu racks",
                               (unsigned long long)p->sleds, (unsigned long long)p->racks);
    SLED_TRY(check_tray(p, err));
    if (p->planes.assignment == SLED_PLANES_BY_SLOT && p->planes.count > p->chips_per_sled)
        return sled_err_set_at(err, SLED_E_INPUT, "/planes/count",
                               "%llu planes assigned by slot, but a sled has %llu chips",
                               (unsigned long long)p->planes.count,
                               (unsigned long long)p->chips_per_sled);
    if (p->has_rack_links && p->racks == 1)
        return sled_err_set_at(err, SLED_E_INPUT, "/rack_links",
                               "links between racks need at least 2 racks, there is 1");
    if (p->chips_forward && !p->has_forward_latency)
        return sled_err_set_at(err, SLED_E_INPUT, "",
                               "chips that forward need the key \"forward_latency\"");
    return SLED_OK;
}

static void add_axis(struct sled_fabric *fabric, const char *name, uint32_t size)
{
    struct sled_axis *axis = &fabric->axes[fabric->naxes++];

    snprintf(axis->name, sizeof axis->name, "%s", name);
    axis->size = size;
}

static struct shape add_axes(const struct sled_ultraserver *p, struct sled_fabric *fabric)
{
    const struct shape shape = {
        .racks = (uint32_t)p->racks,
        .sleds_per_rack = (uint32_t)(p->sleds / p->racks),
        .chips_per_sled = (uint32_t)p->chips_per_sled,
        .racks_are_axis = p->racks > 1,
        .sleds_are_axis = p->sleds > p->racks,
        .slots_are_axis = p->chips_per_sled > 1,
    };

    if (shape.racks_are_axis)
        add_axis(fabric, "rack", shape.racks);
    if (shape.sleds_are_axis)
        add_axis(fabric, "sled", shape.sleds_per_rack);
    if (shape.slots_are_axis)
        add_axis(fabric, "slot", shape.chips_per_sled);
    return shape;
}

/* Chips by rack, sled and slot; so chip numbers follow from places. */
static enum sled_status add_chips(const struct sled_ultraserver *p, const struct shape *shape,
                                  struct sled_fabric *fabric, struct sled_err *err)
{
    const uint64_t nchips = p->sleds * p->chips_per_sled;

    if (nchips > SLED_MAX_CHIPS)
        return sled_err_set_at(err, SLED_E_INPUT, "/sleds", "%llu chips are more than %d",
                               (unsigned long long)nchips, SLED_MAX_CHIPS);
    for (uint32_t i = 0; i < nchips; i++) {
        struct sled_node chip = sled_node_nowhere(SLED_NODE_CHIP);
        uint32_t axis = 0;
        chip.pod = 0;
        chip.sled = i / shape->chips_per_sled;
        chip.slot = i % shape->chips_per_sled;
        chip.rack = chip.sled / shape->sleds_per_rack;
        if (shape->racks_are_axis)
            chip.coord[axis++] = chip.rack;
        if (shape->sleds_are_axis)
            chip.coord[axis++] = chip.sled % shape->sleds_per_rack;
        if (shape->slots_are_axis)
            chip.coord[axis++] = chip.slot;
        chip.forwards = p->chips_forward;
        chip.latency_s = p->chips_forward ? p->forward_latency_s : 0.0;
        snprintf(chip.name, sizeof chip.name, "chip%u", i);
        SLED_TRY(sled_fabric_add_node(fabric, &chip, NULL, err));
    }
    return SLED_OK;
}

static enum sled_status add_switch_tray(const struct sled_ultraserver_tray *tray, uint32_t sled,
                                        const struct shape *shape, struct sled_fabric *fabric,
                                        struct sled_err *err)
{
    const struct sled_stage stage = {
        .switches = tray->switches, .striping = true, .switch_latency_s = tray->switch_latency_s};
    struct sled_node where = sled_node_nowhere(SLED_NODE_SWITCH);
    struct sled_stage_nodes nodes;
    char name[sizeof where.name];

    where.pod = 0;
    where.rack = sled / shape->sleds_per_rack;
    where.sled = sled;
    snprintf(name, sizeof name, "tray%u", sled);
    SLED_TRY(sled_stage_add(fabric, &stage, name, &where, &nodes, err));
    for (uint32_t slot = 0; slot < shape->chips_per_sled; slot++)
        SLED_TRY(sled_stage_join(fabric, fabric->chip_node[sled * shape->chips_per_sled + slot],
                                 &nodes, &tray->wire, SLED_LEVEL_SLED, err));
    return SLED_OK;
}

static enum sled_status add_direct_tray(const struct sled_ultraserver_tray *tray, uint32_t sled,
                                        const struct shape *shape, struct sled_fabric *fabric,
                                        struct sled_err *err)
{
    const uint32_t *chip = &fabric->chip_node[sled * shape->chips_per_sled];

    for (uint32_t a = 0; a < shape->chips_per_sled; a++)
        for (uint32_t b = a + 1; b < shape->chips_per_sled; b++)
            SLED_TRY(
                sled_wire_join(fabric, chip[a], chip[b], 1, &tray->wire, SLED_LEVEL_SLED, 0, err));
    return SLED_OK;
}

/* "nsw", with ".r<rack>" where every rack has its own and ".p<plane>" where there are several. */
static void plane_name(const struct sled_ultraserver_planes *planes, uint32_t rack, uint32_t plane,
                       char *buf, size_t size)
{
    int len = snprintf(buf, size, "nsw");

    if (planes->scope == SLED_PLANES_RACK)
        len += snprintf(buf + len, size - (size_t)len, ".r%u", rack);
    if (planes->count > 1)
        snprintf(buf + len, size - (size_t)len, ".p%u", plane);
}

/* One plane, joined to its chips among chip[nchips], the chips of the rack or the pod. */
static enum sled_status add_plane(const struct sled_ultraserver_planes *planes, uint32_t rack,
                                  uint32_t plane, uint32_t first_chip, uint32_t nchips,
                                  struct sled_fabric *fabric, struct sled_err *err)
{
    struct sled_node where = sled_node_nowhere(SLED_NODE_SWITCH);
    struct sled_stage_nodes nodes;
    char name[sizeof where.name];

    where.pod = 0;
    where.rack = planes->scope == SLED_PLANES_RACK ? rack : SLED_NONE;
    plane_name(planes, rack, plane, name, sizeof name);
    SLED_TRY(sled_stage_add(fabric, &planes->stage, name, &where, &nodes, err));
    for (uint32_t i = first_chip; i < first_chip + nchips; i++) {
        const uint32_t chip = fabric->chip_node[i];
        if (planes->assignment == SLED_PLANES_BY_SLOT &&
            fabric->node[chip].slot % planes->count != plane)
            continue;
        SLED_TRY(
            sled_stage_join(fabric, chip, &nodes, &planes->stage.wire, SLED_LEVEL_FABRIC, err));
    }
    return SLED_OK;
}

static enum sled_status add_planes(const struct sled_ultraserver_planes *planes,
                                   const struct shape *shape, struct sled_fabric *fabric,
                                   struct sled_err *err)
{
    const uint32_t nsets = planes->scope == SLED_PLANES_RACK ? shape->racks : 1;
    const uint32_t nchips = fabric->nchips / nsets;

    for (uint32_t set = 0; set < nsets; set++)
        for (uint32_t plane = 0; plane < planes->count; plane++)
            SLED_TRY(add_plane(planes, set, plane, set * nchips, nchips, fabric, err));
    return SLED_OK;
}

static enum sled_status add_rack_links(const struct sled_ultraserver_rack_links *links,
                                       const struct shape *shape, struct sled_fabric *fabric,
                                       struct sled_err *err)
{
    const uint32_t chips_per_rack = shape->sleds_per_rack * shape->chips_per_sled;

    for (uint32_t a = 0; a < shape->racks; a++)
        for (uint32_t b = a + 1; b < shape->racks; b++)
            for (uint32_t i = 0; i < chips_per_rack; i++)
                SLED_TRY(sled_wire_join(fabric, fabric->chip_node[a * chips_per_rack + i],
                                        fabric->chip_node[b * chips_per_rack + i],
                                        (uint32_t)links->count, &links->wire, SLED_LEVEL_RACK, 0,
                                        err));
    return SLED_OK;
}

static enum sled_status build(const void *params, struct sled_fabric *fabric, struct sled_err *err)
{
    const struct sled_ultraserver *p = params;

    SLED_TRY(check(p, err));
    const struct shape shape = add_axes(p, fabric);
    SLED_TRY(add_chips(p, &shape, fabric, err));
    for (uint32_t sled = 0; sled < p->sleds && p->has_tray; sled++) {
        if (p->tray.kind == SLED_TRAY_SWITCH)
            SLED_TRY(add_switch_tray(&p->tray, sled, &shape, fabric, err));
        else
            SLED_TRY(add_direct_tray(&p->tray, sled, &shape, fabric, err));
    }
    SLED_TRY(add_planes(&p->planes, &shape, fabric, err));
    if (p->has_rack_links)
        SLED_TRY(add_rack_links(&p->rack_links, &shape, fabric, err));
    return SLED_OK;
}

const struct sled_topo_family sled_topo_ultraserver = {
    .name = "ultraserver",
    .summary = "racks of sleds of chips; tray switches, switch planes, rack links",
    .params = &table,
    .ties = SLED_TIES_SPREAD,
    .build = build,
};
