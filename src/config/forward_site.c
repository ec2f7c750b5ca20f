/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks on chips, and how evenly experts load them. */
#include "config/forward_site.h"

#include <stdlib.h>

#include "base/vec.h"
#include "config/forward_run.h"
#include "model/place.h"

void sled_forward_site_finish(struct sled_forward_site *site)
{
    sled_forward_pass_finish(&site->pass);
    sled_kernel_costs_finish(&site->own_costs);
    free(site->chip_of_place);
    free(site->part_of_chip);
}

/* Chips by their number in their unit, then by unit. */
static enum sled_status order_across(const struct sled_fabric *fabric, enum sled_unit unit,
                                     const char *name, uint32_t *chips, struct sled_err *err)
{
    struct sled_place place;
    uint32_t n = 0;

    SLED_TRY(sled_place_on_fabric(fabric, chips, fabric->nchips, &place, err));
    const uint32_t *unit_of = place.unit[unit];
    enum sled_status st = SLED_OK;
    if (unit_of == NULL)
        st = sled_err_set_at(err, SLED_E_INPUT, "/forward/layout/order",
                             "chips of this topology are in no %s", name);
    for (uint32_t round = 0; st == SLED_OK && n < fabric->nchips; round++) {
        for (uint32_t c = 0; c < fabric->nchips; c++) {
            uint32_t before = 0;

            for (uint32_t d = 0; d < c; d++)
                before += unit_of[d] == unit_of[c];
            if (before == round)
                chips[n++] = c;
        }
    }
    sled_place_finish(&place);
    return st;
}

static enum sled_status place_ranks(const struct sled_fabric *fabric, int order,
                                    uint32_t **chip_of_place, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(chip_of_place, fabric->nchips, err));
    for (uint32_t c = 0; c < fabric->nchips; c++)
        (*chip_of_place)[c] = c;
    switch ((enum sled_chip_order)order) {
    case SLED_ORDER_ACROSS_SLEDS:
        return order_across(fabric, SLED_UNIT_SLED, "sleds", *chip_of_place, err);
    case SLED_ORDER_ACROSS_RACKS:
        return order_across(fabric, SLED_UNIT_RACK, "racks", *chip_of_place, err);
    case SLED_ORDER_IN_ORDER:
        break;
    }
    return SLED_OK;
}

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

/* Join the owner of every link between two chips of a unit with the unit. */
static void join_links(const struct sled_fabric *fabric, const uint32_t *chip, uint32_t n,
                       uint32_t unit, uint32_t *owner, uint32_t *parent)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++) {
            uint32_t first;
            const uint32_t npaths =
                i == j ? 0 : sled_fabric_paths(fabric, chip[i], chip[j], &first);

            for (uint32_t p = 0; p < npaths; p++) {
                const struct sled_path path = sled_fabric_path(fabric, first + p);

                for (uint32_t l = 0; l < path.nlinks; l++) {
                    if (owner[path.link[l]] == SLED_NONE)
                        owner[path.link[l]] = unit;
                    else
                        parent[root_of(parent, unit)] = root_of(parent, owner[path.link[l]]);
                }
            }
        }
    }
}

/* Replicas that share no link are parts of their own. */
static enum sled_status find_parts(const struct sled_fabric *fabric,
                                   const struct sled_forward *forward,
                                   struct sled_forward_site *site, struct sled_err *err)
{
    const uint32_t nunits = (uint32_t)forward->layout.replicas;
    const uint32_t size = (uint32_t)(sled_forward_chips(forward) / nunits);
    uint32_t *owner = NULL, *parent = NULL;

    SLED_TRY(sled_vec_alloc(&site->part_of_chip, fabric->nchips, err));
    site->nparts = nunits;
    if (nunits == 1)
        return SLED_OK;
    enum sled_status st = sled_vec_alloc(&owner, fabric->nlinks, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&parent, nunits, err);
    if (st == SLED_OK) {
        for (uint32_t l = 0; l < fabric->nlinks; l++)
            owner[l] = SLED_NONE;
        for (uint32_t u = 0; u < nunits; u++)
            parent[u] = u;
        for (uint32_t u = 0; u < nunits; u++)
            join_links(fabric, site->chip_of_place + (size_t)u * size, size, u, owner, parent);
        for (uint32_t p = 0; p < nunits * size; p++)
            site->part_of_chip[site->chip_of_place[p]] = root_of(parent, p / size);
    }
    free(owner);
    free(parent);
    return st;
}

/* Ranks that follow each other on a sled; 1 where neighbours are not to share one. */
static uint32_t ranks_per_sled(const struct sled_workload *workload)
{
    const struct sled_fabric *fabric = &workload->topology.fabric;

    return workload->forward.layout.order == SLED_ORDER_IN_ORDER && fabric->nsleds > 0
               ? fabric->nchips / fabric->nsleds
               : 1;
}

enum sled_status sled_forward_site_init(struct sled_forward_site *site,
                                        const struct sled_workload *workload,
                                        struct sled_kernel_costs *costs, struct sled_err *err)
{
    const struct sled_topology *topology = &workload->topology;
    const struct sled_fabric *fabric = &topology->fabric;
    struct sled_forward forward = workload->forward;

    *site = (struct sled_forward_site){.own_costs = {.chip = topology->chip}};
    site->costs = costs != NULL ? costs : &site->own_costs;
    if (forward.cores == 0) /* "all" */
        forward.cores = sled_chip_cores(topology->chip);
    forward.in_memory = topology->machine.ports.direct_kernels;
    SLED_TRY(place_ranks(fabric, forward.layout.order, &site->chip_of_place, err));
    SLED_TRY(find_parts(fabric, &forward, site, err));
    return sled_forward_pass_init(&site->pass, &workload->model, &forward, site->chip_of_place,
                                  fabric->nchips, ranks_per_sled(workload), err);
}

static enum sled_status worst_of(const struct sled_workload *workload, int placement,
                                 struct sled_imbalance *out, struct sled_err *err)
{
    const struct sled_model *model = &workload->model;
    struct sled_forward forward = workload->forward;

    *out = (struct sled_imbalance){0};
    forward.layout.placement = placement;
    if (forward.overlap == SLED_OVERLAP_TWO_BATCH)
        forward.batch /= 2;
    for (uint64_t m = 0; m < sled_model_moe_before(model, model->layers); m++) {
        struct sled_expert_load load;
        struct sled_imbalance here;

        if (m > 0 && sled_routing_alike(&forward.routing, m, 0))
            continue;
        SLED_TRY(sled_forward_load(model, &forward, m, ranks_per_sled(workload), &load, err));
        sled_expert_load_imbalance(&load, &here);
        sled_expert_load_finish(&load);
        if (here.holders > out->holders)
            *out = here;
    }
    return SLED_OK;
}

enum sled_status sled_forward_balance(const struct sled_workload *workload,
                                      struct sled_imbalance *placed,
                                      struct sled_imbalance *in_order, struct sled_err *err)
{
    SLED_TRY(worst_of(workload, workload->forward.layout.placement, placed, err));
    return worst_of(workload, SLED_PLACEMENT_IN_ORDER, in_order, err);
}
