/* SPDX-License-Identifier: Apache-2.0 */
/* Finding out which paths a program needs. */
#include "sim/routes.h"

#include <stdlib.h>

#include "base/vec.h"

void sled_routes_finish(struct sled_routes_table *table)
{
    for (uint32_t i = 0; i < table->nclasses; i++)
        free(table->class[i].first);
    free(table->class);
    *table = (struct sled_routes_table){0};
}

uint32_t sled_routes_class(const struct sled_routes_table *table,
                           const struct sled_program_collective *collective, enum sled_xfer_op op)
{
    for (uint32_t i = 0; i < table->nclasses; i++) {
        const struct sled_route_class *class = &table->class[i];

        if (class->memory == collective->memory && class->op == op &&
            class->row_bytes == collective->row_bytes)
            return i;
    }
    return SLED_NONE;
}

uint32_t sled_routes_count(const struct sled_machine *machine, uint32_t src_chip, uint32_t dst_chip,
                           uint32_t *fabric_path)
{
    *fabric_path = SLED_NONE;
    return src_chip == dst_chip
               ? 1
               : sled_fabric_paths(machine->fabric, src_chip, dst_chip, fabric_path);
}

static enum sled_status add_class(struct sled_routes_table *table,
                                  const struct sled_program_collective *collective,
                                  enum sled_xfer_op op, struct sled_err *err)
{
    const size_t nchips = table->machine->fabric->nchips;
    struct sled_route_class class = {
        .memory = collective->memory, .op = op, .row_bytes = collective->row_bytes};

    SLED_TRY(
        sled_vec_reserve(&table->class, &table->class_capacity, (size_t)table->nclasses + 1, err));
    SLED_TRY(sled_vec_alloc(&class.first, nchips * nchips, err));
    for (size_t i = 0; i < nchips * nchips; i++)
        class.first[i] = SLED_NONE;
    table->class[table->nclasses++] = class;
    return SLED_OK;
}

static enum sled_status declare_pair(const struct sled_machine *machine,
                                     struct sled_route_class *class, uint32_t src_chip,
                                     uint32_t dst_chip, struct sled_network *network,
                                     struct sled_err *err)
{
    uint32_t *first = &class->first[(size_t)src_chip * machine->fabric->nchips + dst_chip];

    if (*first != SLED_NONE)
        return SLED_OK;

    uint32_t fabric_path;
    const uint32_t npaths = sled_routes_count(machine, src_chip, dst_chip, &fabric_path);
    for (uint32_t i = 0; i < npaths; i++) {
        struct sled_use use[SLED_MAX_USES];
        const uint32_t nuses =
            sled_machine_transfer(machine, src_chip, dst_chip, fabric_path + i, class->memory,
                                  class->op, class->row_bytes, use);
        const struct sled_network_path path = {
            .src_chip = src_chip, .dst_chip = dst_chip, .use = use, .nuses = nuses};
        uint32_t id;

        SLED_TRY(network->ops->add_path(network, &path, &id, err));
        if (i == 0)
            *first = id;
    }
    return SLED_OK;
}

static enum sled_status declare_collective(struct sled_routes_table *table,
                                           const struct sled_program_collective *collective,
                                           struct sled_network *network, struct sled_err *err)
{
    const struct sled_plan *plan = collective->plan;

    for (sled_xfer_id id = 0; id < plan->count; id++) {
        const struct sled_xfer x = sled_plan_get(plan, id);
        uint32_t class = sled_routes_class(table, collective, x.op);

        if (x.count == 0)
            continue;
        if (class == SLED_NONE) {
            class = table->nclasses;
            SLED_TRY(add_class(table, collective, x.op, err));
        }
        SLED_TRY(declare_pair(table->machine, &table->class[class],
                              collective -> chip_of_rank[x.src], collective -> chip_of_rank[x.dst],
                              network, err));
    }
    return SLED_OK;
}

enum sled_status sled_routes_declare(const struct sled_machine *machine,
                                     const struct sled_program *program,
                                     struct sled_network *network, struct sled_routes_table *out,
                                     struct sled_err *err)
{
    *out = (struct sled_routes_table){.machine = machine};
    for (uint32_t i = 0; i < program->ncollectives; i++)
        SLED_TRY(declare_collective(out, &program->collective[i], network, err));
    return SLED_OK;
}
