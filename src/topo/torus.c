/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chips at the points of a box of up to six dimensions, each joined to its neighbours:
 *
 *     c3 - c4 - c5      size x = 3, size y = 2
 *     |    |    |       the first dimension varies fastest: chip = x + 3 y
 *     c0 - c1 - c2      wrap x joins c2 to c0 and c5 to c3
 *
 * Every dimension has links of its own kind, and wraps around to a ring or does not. Chips
 * forward. Routes cross dimensions in the order of the file. On a ring of even size the
 * chip half way round is equally far both ways; ties are split, so that the two directions
 * of uniform traffic carry the same.
 */
#include "topo/torus.h"

#include <stdio.h>
#include <string.h>

#include "topo/topo.h"

static const struct sled_field dimension_fields[] = {
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct sled_torus_dimension, name),
     .doc = "short and unique, as \"x\""},
    {.key = "size",
     .type = SLED_FIELD_COUNT,
     .offset = offsetof(struct sled_torus_dimension, size),
     .min = 2,
     .max = SLED_MAX_CHIPS,
     .hardware = true,
     .doc = "chips along it"},
    {.key = "wrap",
     .type = SLED_FIELD_BOOL,
     .offset = offsetof(struct sled_torus_dimension, wrap),
     .dflt = "true",
     .doc = "joins the last chip to the first: a ring; false: a row (mesh)"},
    SLED_WIRE_FIELDS(struct sled_torus_dimension, wire,
                     "per direction, of the link between two neighbours"),
};
static const struct sled_table dimension_table =
    SLED_TABLE("dimension", struct sled_torus_dimension, dimension_fields,
               "one dimension, the first varies fastest with the number of the chip");

static const struct sled_field fields[] = {
    {.key = "dimensions",
     .type = SLED_FIELD_ARRAY,
     .offset = offsetof(struct sled_torus, dimensions),
     .sub = &dimension_table,
     .doc = "1 to 6 dimensions, in the order in which routes cross them"},
    {.key = "sled_dimensions",
     .type = SLED_FIELD_STRINGS,
     .offset = offsetof(struct sled_torus, sled_dimensions),
     .optional = true,
     .doc = "names of the dimensions that lie inside one sled; the others join sleds"},
    {.key = "forward_latency",
     .type = SLED_FIELD_QUANTITY,
     .dim = SLED_DIM_TIME,
     .offset = offsetof(struct sled_torus, forward_latency_s),
     .max = 1.0,
     .hardware = true,
     .doc = "passing through a chip"},
};
static const struct sled_table table = SLED_TABLE(
    "torus", struct sled_torus, fields, "chips joined to their neighbours along each dimension");

/* What the parameters come to. */
struct shape {
    uint32_t ndims;
    const struct sled_torus_dimension *dim; /* [ndims] */
    bool in_sled[SLED_MAX_AXES];
    uint32_t stride[SLED_MAX_AXES]; /* of the chip number along each dimension */
    uint32_t nchips;
};

static enum sled_status check_dimension(const struct shape *shape, uint32_t i, struct sled_err *err)
{
    const struct sled_torus_dimension *dim = &shape->dim[i];
    const size_t longest = sizeof(((struct sled_axis *)NULL)->name) - 1;
    char pointer[48];

    snprintf(pointer, sizeof pointer, "/dimensions/%u/name", i);
    if (dim->name[0] == '\0' || strlen(dim->name) > longest)
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "\"%s\" is not a name of 1 to %zu characters", dim->name, longest);
    for (uint32_t j = 0; j < i; j++)
        if (strcmp(shape->dim[j].name, dim->name) == 0)
            return sled_err_set_at(err, SLED_E_INPUT, pointer, "two dimensions are named \"%s\"",
                                   dim->name);
    if (dim->wrap && dim->size == 2) {
        snprintf(pointer, sizeof pointer, "/dimensions/%u/wrap", i);
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "dimension \"%s\" of size 2 cannot wrap: both ways round join the "
                               "same two chips; write \"wrap\": false, and the sum of both "
                               "bandwidths if there are two links",
                               dim->name);
    }
    return SLED_OK;
}

static enum sled_status check_sled_dimensions(const struct sled_array *names, struct shape *shape,
                                              struct sled_err *err)
{
    const char *const *name = names->items;
    char pointer[48];

    for (size_t i = 0; i < names->count; i++) {
        uint32_t d = 0;
        snprintf(pointer, sizeof pointer, "/sled_dimensions/%zu", i);
        while (d < shape->ndims && strcmp(shape->dim[d].name, name[i]) != 0)
            d++;
        if (d == shape->ndims)
            return sled_err_set_at(err, SLED_E_INPUT, pointer, "no dimension is named \"%s\"",
                                   name[i]);
        if (shape->in_sled[d])
            return sled_err_set_at(err, SLED_E_INPUT, pointer, "\"%s\" is listed twice", name[i]);
        shape->in_sled[d] = true;
    }
    return SLED_OK;
}

static enum sled_status find_shape(const struct sled_torus *p, struct shape *shape,
                                   struct sled_err *err)
{
    uint64_t nchips = 1;

    if (p->dimensions.count == 0 || p->dimensions.count > SLED_MAX_AXES)
        return sled_err_set_at(err, SLED_E_INPUT, "/dimensions", "%zu dimensions, expected 1 to %d",
                               p->dimensions.count, SLED_MAX_AXES);
    *shape = (struct shape){.ndims = (uint32_t)p->dimensions.count, .dim = p->dimensions.items};
    for (uint32_t i = 0; i < shape->ndims; i++) {
        SLED_TRY(check_dimension(shape, i, err));
        shape->stride[i] = (uint32_t)nchips;
        nchips *= shape->dim[i].size;
        if (nchips > SLED_MAX_CHIPS)
            return sled_err_set_at(err, SLED_E_INPUT, "/dimensions",
                                   "the dimensions multiply to more than %d chips", SLED_MAX_CHIPS);
    }
    shape->nchips = (uint32_t)nchips;
    return check_sled_dimensions(&p->sled_dimensions, shape, err);
}

static uint32_t coordinate(const struct shape *shape, uint32_t chip, uint32_t dim)
{
    return chip / shape->stride[dim] % (uint32_t)shape->dim[dim].size;
}

/* The number of a chip among the dimensions inside a sled (slot) and among the others (sled). */
static void place(const struct shape *shape, uint32_t chip, struct sled_node *node)
{
    uint32_t slot_stride = 1, sled_stride = 1;

    node->slot = 0;
    node->sled = 0;
    for (uint32_t d = 0; d < shape->ndims; d++) {
        node->coord[d] = coordinate(shape, chip, d);
        if (shape->in_sled[d]) {
            node->slot += node->coord[d] * slot_stride;
            slot_stride *= (uint32_t)shape->dim[d].size;
        } else {
            node->sled += node->coord[d] * sled_stride;
            sled_stride *= (uint32_t)shape->dim[d].size;
        }
    }
}

static enum sled_status add_chips(const struct shape *shape, double forward_latency_s,
                                  struct sled_fabric *fabric, struct sled_err *err)
{
    for (uint32_t i = 0; i < shape->nchips; i++) {
        struct sled_node chip = sled_node_nowhere(SLED_NODE_CHIP);
        chip.pod = 0;
        chip.forwards = true;
        chip.latency_s = forward_latency_s;
        place(shape, i, &chip);
        snprintf(chip.name, sizeof chip.name, "chip%u", i);
        SLED_TRY(sled_fabric_add_node(fabric, &chip, NULL, err));
    }
    return SLED_OK;
}

/* Join every chip to the next one along a dimension. */
static enum sled_status add_links(const struct shape *shape, uint32_t d, struct sled_fabric *fabric,
                                  struct sled_err *err)
{
    const uint32_t size = (uint32_t)shape->dim[d].size;

    for (uint32_t i = 0; i < shape->nchips; i++) {
        const bool last = coordinate(shape, i, d) == size - 1;
        if (last && !shape->dim[d].wrap)
            continue;
        const uint32_t next = last ? i - (size - 1) * shape->stride[d] : i + shape->stride[d];
        SLED_TRY(sled_wire_join(
            fabric, fabric->chip_node[i], fabric->chip_node[next], 1, &shape->dim[d].wire,
            shape->in_sled[d] ? SLED_LEVEL_SLED : SLED_LEVEL_FABRIC, (uint8_t)d, err));
    }
    return SLED_OK;
}

static enum sled_status build(const void *params, struct sled_fabric *fabric, struct sled_err *err)
{
    const struct sled_torus *p = params;
    struct shape shape = {0};

    SLED_TRY(find_shape(p, &shape, err));
    fabric->naxes = shape.ndims;
    for (uint32_t d = 0; d < shape.ndims; d++) {
        snprintf(fabric->axes[d].name, sizeof fabric->axes[d].name, "%s", shape.dim[d].name);
        fabric->axes[d].size = (uint32_t)shape.dim[d].size;
    }
    SLED_TRY(add_chips(&shape, p->forward_latency_s, fabric, err));
    for (uint32_t d = 0; d < shape.ndims; d++)
        SLED_TRY(add_links(&shape, d, fabric, err));
    return SLED_OK;
}

const struct sled_topo_family sled_topo_torus = {
    .name = "torus",
    .summary = "n-dimensional torus or mesh, own bandwidth and latency per dimension",
    .params = &table,
    .ties = SLED_TIES_SPLIT,
    .build = build,
};
