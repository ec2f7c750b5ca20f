/* SPDX-License-Identifier: Apache-2.0 */
/* What a topology file contains, and the way from there to a routed fabric. */
#include "config/topology.h"

#include "base/vec.h"
#include "config/chip_file.h"
#include "config/variants.h"
#include "topo/routing.h"

struct failed_part {
    const char *node;
    struct sled_array link;
    uint64_t members;
};

static const struct sled_field failed_fields[] = {
    {.key = "node",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct failed_part, node),
     .doc = "name of the node that has failed"},
    {.key = "link",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     .offset = offsetof(struct failed_part, link),
     .doc = "names of the two nodes whose link has failed, both directions"},
    {.key = "members",
     .type = SLED_FIELD_COUNT,
     .dflt = "\"all\"",
     .unlimited = "all",
     .min = 1,
     .max = SLED_NO_MAX,
     .offset = offsetof(struct failed_part, members),
     .doc = "how many of its parallel members"},
};
const struct sled_table sled_config_failed_table =
    SLED_TABLE("failed", struct failed_part, failed_fields, "a part that has failed");

struct fixed_row {
    struct sled_array route;
};

static const struct sled_field fixed_fields[] = {
    {.key = "route",
     .type = SLED_FIELD_STRINGS,
     .offset = offsetof(struct fixed_row, route),
     .doc = "node names from the source chip to the destination chip"},
};
static const struct sled_table fixed_table =
    SLED_TABLE("fixed", struct fixed_row, fixed_fields, "one row of a fixed routing table");

enum { TIES_BY_FAMILY, TIES_SPREAD, TIES_SPLIT };
static const char *const ties_choices[] = {"by_family", "spread", "split", NULL};
static const char *const policy_choices[] = {"minimal", "valiant", "fixed", NULL};

struct routing_object {
    int policy; /* enum sled_routing_policy */
    int ties;
    struct sled_array fixed;
};

static const struct sled_field routing_fields[] = {
    {.key = "policy",
     .type = SLED_FIELD_CHOICE,
     .choices = policy_choices,
     .dflt = "\"minimal\"",
     .offset = offsetof(struct routing_object, policy),
     .doc =
         "minimal: fewest hops, then widest; valiant: over an intermediate chip; fixed: by table"},
    {.key = "ties",
     .type = SLED_FIELD_CHOICE,
     .choices = ties_choices,
     .dflt = "\"by_family\"",
     .offset = offsetof(struct routing_object, ties),
     .doc = "equal routes of a pair: spread pins the pair to one, split cuts each transfer"},
    {.key = "fixed",
     .type = SLED_FIELD_ARRAY,
     .optional = true,
     .sub = &fixed_table,
     .offset = offsetof(struct routing_object, fixed),
     .doc = "routes of policy fixed"},
};
const struct sled_table sled_config_routing_table =
    SLED_TABLE("routing", struct routing_object, routing_fields, "how routes are chosen");

struct site_power {
    double beside_w;
};

static const struct sled_field site_power_fields[] = {
    {.key = "beside",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_POWER,
     .optional = true,
     .max = SLED_NO_MAX,
     .hardware = true,
     .offset = offsetof(struct site_power, beside_w),
     .doc = "for each chip, all the time: its part of processors, switches, fans and conversion"},
};
static const struct sled_table site_power_table =
    SLED_TABLE("power", struct site_power, site_power_fields,
               "what is drawn beside the chips; nothing if absent");

struct topology_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    cJSON *chip;
    const char *family;
    struct routing_object routing;
    struct sled_array failed;
    struct site_power power;
    cJSON *parameters; /* one key per family shares this member: only the chosen one is read */
};

static const struct sled_field topology_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct topology_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct topology_file, kind),
     .doc = "\"topology\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct topology_file, name),
     .doc = "what results call the topology"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct topology_file, description),
     .doc = "one line for people"},
    {.key = "chip",
     .type = SLED_FIELD_ANY,
     .offset = offsetof(struct topology_file, chip),
     .doc = "path of the chip file, relative to this file"},
    {.key = "family",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct topology_file, family),
     .doc = "builder of the fabric; the key of its parameters"},
    {.key = "routing",
     .type = SLED_FIELD_OBJECT,
     .dflt = "{}",
     .sub = &sled_config_routing_table,
     .offset = offsetof(struct topology_file, routing),
     .doc = "how routes are chosen"},
    {.key = "failed",
     .type = SLED_FIELD_ARRAY,
     .dflt = "[]",
     .sub = &sled_config_failed_table,
     .offset = offsetof(struct topology_file, failed),
     .doc = "parts that have failed"},
    {.key = "power",
     .type = SLED_FIELD_OBJECT,
     .dflt = "{}",
     .sub = &site_power_table,
     .offset = offsetof(struct topology_file, power),
     .doc = "what is drawn beside the chips"},
};
const struct sled_table sled_config_topology_table =
    SLED_TABLE("topology", struct topology_file, topology_fields, "a topology file");

static const char *family_name(size_t i)
{
    size_t count;
    const struct sled_topo_family *const *family = sled_topo_all(&count);

    return i < count ? family[i]->name : NULL;
}

static const char *family_summary(size_t i)
{
    size_t count;

    return sled_topo_all(&count)[i]->summary;
}

static const struct sled_variants families = {"family", family_name, family_summary};

static enum sled_status fail_part(struct sled_doc *doc, const char *place,
                                  const struct failed_part *part, struct sled_fabric *fabric,
                                  struct sled_err *err)
{
    const bool is_link = part->link.count != 0;

    if (is_link == (part->node != NULL))
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "a failed part is either a \"node\" or a \"link\" of two nodes");
    if (is_link && part->link.count != 2)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT, "a link has 2 ends, found %zu names",
                             part->link.count);

    const char *const *end = is_link ? part->link.items : &part->node;
    const size_t nends = is_link ? 2 : 1;
    uint32_t node[2];

    for (size_t i = 0; i < nends; i++) {
        node[i] = sled_fabric_find(fabric, end[i]);
        if (node[i] == SLED_NONE)
            return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                                 "no node is named \"%s\"; `sledsim topo FILE --format json` "
                                 "lists the nodes",
                                 end[i]);
    }

    const uint32_t members = (uint32_t)(part->members > UINT32_MAX ? UINT32_MAX : part->members);
    const enum sled_status st = is_link
                                    ? sled_fabric_fail_link(fabric, node[0], node[1], members, err)
                                    : sled_fabric_fail_node(fabric, node[0], members, err);
    if (st != SLED_OK)
        sled_doc_locate(doc, place, err);
    return st;
}

/* cut: where to point when a pair of chips has no route. */
static enum sled_status route(struct sled_doc *doc, const char *place, const char *cut,
                              const struct routing_object *object,
                              const struct sled_topo_family *family, struct sled_arena *arena,
                              struct sled_fabric *fabric, struct sled_err *err)
{
    const struct fixed_row *row = object->fixed.items;
    struct sled_fixed_route *fixed =
        sled_arena_alloc(arena, object->fixed.count * sizeof *fixed + 1);

    if (fixed == NULL)
        return sled_err_nomem(err);
    for (size_t i = 0; i < object->fixed.count; i++)
        fixed[i] =
            (struct sled_fixed_route){.node = row[i].route.items, .nnodes = row[i].route.count};
    if (object->policy != SLED_ROUTING_FIXED && object->fixed.count != 0)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "\"fixed\" routes need \"policy\": \"fixed\", found \"%s\"",
                             policy_choices[object->policy]);

    const struct sled_routing_spec spec = {
        .policy = (enum sled_routing_policy)object->policy,
        .ties = object->ties == TIES_BY_FAMILY ? family->ties
                : object->ties == TIES_SPREAD  ? SLED_TIES_SPREAD
                                               : SLED_TIES_SPLIT,
        .fixed = fixed,
        .nfixed = object->fixed.count,
    };
    const enum sled_status st = sled_routing_compute(fabric, &spec, err);
    if (st != SLED_OK) /* what is wrong with "routing" says with which key of it */
        sled_doc_locate(doc, err->pointer[0] == '\0' ? cut : place, err);
    return st;
}

enum sled_status sled_config_read_topology(struct sled_doc *doc, const char *pointer,
                                           struct sled_arena *arena, struct sled_topology *out,
                                           struct sled_err *err)
{
    struct topology_file file;
    struct sled_table table;
    char place[256];

    SLED_TRY(sled_variants_table(&sled_config_topology_table, &families,
                                 offsetof(struct topology_file, parameters), arena, &table, err));
    SLED_TRY(sled_field_read(&table, doc, pointer, arena, &file, err));
    out->name = file.name;
    out->description = file.description == NULL ? "" : file.description;

    sled_variants_place(place, sizeof place, pointer, "chip");
    SLED_TRY(
        sled_config_read_chip(doc, place, arena, &out->chip, &out->power, &out->chip_name, err));
    out->power.beside_w = file.power.beside_w;

    out->family = sled_topo_find(file.family, err);
    if (out->family == NULL) {
        sled_variants_place(place, sizeof place, pointer, "family");
        sled_doc_locate(doc, place, err);
        return err->code;
    }
    SLED_TRY(sled_variants_check(doc, pointer, &families, out->family->name, err));
    sled_variants_place(place, sizeof place, pointer, file.family);

    void *params = sled_arena_alloc(arena, out->family->params->size);
    if (params == NULL)
        return sled_err_nomem(err);
    SLED_TRY(sled_field_read(out->family->params, doc, place, arena, params, err));
    if (out->family->build(params, &out->fabric, err) != SLED_OK ||
        sled_fabric_check(&out->fabric, err) != SLED_OK) {
        sled_doc_locate(doc, place, err);
        return err->code;
    }

    const struct failed_part *part = file.failed.items;
    for (size_t i = 0; i < file.failed.count; i++) {
        sled_variants_place(place, sizeof place, pointer, "failed");
        sled_pointer_add_index(place, sizeof place, i);
        SLED_TRY(fail_part(doc, place, &part[i], &out->fabric, err));
    }

    char cut[256];
    sled_variants_place(place, sizeof place, pointer, "routing");
    sled_variants_place(cut, sizeof cut, pointer, file.failed.count != 0 ? "failed" : file.family);
    SLED_TRY(route(doc, place, cut, &file.routing, out->family, arena, &out->fabric, err));

    struct sled_chip_ports ports;
    sled_chip_ports(out->chip, &ports);
    if (sled_machine_init(&out->machine, &out->fabric, &ports, err) != SLED_OK) {
        sled_doc_locate(doc, pointer, err);
        return err->code;
    }
    return SLED_OK;
}

enum sled_status sled_config_topology_sources(struct sled_doc *doc, const char *pointer,
                                              const struct sled_topology *topology,
                                              struct sled_err *err)
{
    char place[256];

    sled_variants_place(place, sizeof place, pointer, topology->family->name);
    SLED_TRY(sled_field_check_sources(topology->family->params, doc, place, err));
    sled_variants_place(place, sizeof place, pointer, "power");
    SLED_TRY(sled_field_check_sources(&site_power_table, doc, place, err));
    sled_variants_place(place, sizeof place, pointer, "chip");
    return sled_config_chip_sources(doc, place, topology->chip, err);
}
