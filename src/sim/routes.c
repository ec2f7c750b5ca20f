/* SPDX-License-Identifier: Apache-2.0 */
/* Finding out which paths a program needs. */
#include "sim/routes.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"

void sled_routes_finish(struct sled_routes_table *table)
{
    for (uint32_t i = 0; i < table->nclasses; i++)
        free(table->class[i].first);
    free(table->class);
    free(table->latency_s);
    *table = (struct sled_routes_table){0};
}

/* Do they load links alike? */
static bool same_overheads(const struct sled_protocol *a, const struct sled_protocol *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->overhead == b->overhead && a->network_overhead == b->network_overhead;
}

uint32_t sled_routes_class(const struct sled_routes_table *table,
                           const struct sled_program_collective *collective, enum sled_xfer_op op)
{
    for (uint32_t i = 0; i < table->nclasses; i++) {
        const struct sled_route_class *class = &table->class[i];

        if (class->memory == collective->memory && class->op == op &&
            class->row_bytes == collective->row_bytes &&
            same_overheads(class->protocol, sled_program_protocol(collective)))
            return i;
    }
    return SLED_NONE;
}

/* Paths of the fabric between two chips; a chip to itself has one, without number. */
static uint32_t fabric_paths(const struct sled_machine *machine, uint32_t src_chip,
                             uint32_t dst_chip, uint32_t *first)
{
    *first = 0;
    return src_chip == dst_chip ? 1 : sled_fabric_paths(machine->fabric, src_chip, dst_chip, first);
}

uint32_t sled_routes_first(const struct sled_routes_table *table, uint32_t class, uint32_t src_chip,
                           uint32_t dst_chip, uint32_t *npaths)
{
    uint32_t fabric_path;

    *npaths =
        table->most_paths == 1 ? 1 : fabric_paths(table->machine, src_chip, dst_chip, &fabric_path);
    return table->class[class]
        .first[(size_t)src_chip * sled_fabric_endpoints(table->machine->fabric) + dst_chip];
}

static enum sled_status add_class(struct sled_routes_table *table,
                                  const struct sled_program_collective *collective,
                                  enum sled_xfer_op op, struct sled_err *err)
{
    const size_t nends = sled_fabric_endpoints(table->machine->fabric);
    struct sled_route_class class = {.memory = collective->memory,
                                     .op = op,
                                     .row_bytes = collective->row_bytes,
                                     .protocol = sled_program_protocol(collective)};

    SLED_TRY(
        sled_vec_reserve(&table->class, &table->class_capacity, (size_t)table->nclasses + 1, err));
    SLED_TRY(sled_vec_alloc(&class.first, nends * nends, err));
    for (size_t i = 0; i < nends * nends; i++)
        class.first[i] = SLED_NONE;
    table->class[table->nclasses++] = class;
    return SLED_OK;
}

static uint32_t uses_of(const struct sled_machine *machine, const struct sled_route_class *class,
                        uint32_t src_chip, uint32_t dst_chip, uint32_t fabric_path,
                        struct sled_use *use)
{
    return sled_machine_transfer(machine, class->protocol, src_chip, dst_chip, fabric_path,
                                 class->memory, class->op, class->row_bytes, use);
}

static enum sled_status declare_path(struct sled_routes_table *table,
                                     const struct sled_route_class *class, uint32_t src_chip,
                                     uint32_t dst_chip, uint32_t fabric_path,
                                     struct sled_network *network, struct sled_err *err)
{
    const struct sled_fabric *fabric = table->machine->fabric;
    struct sled_use use[SLED_MAX_USES];
    const struct sled_network_path path = {
        .src_chip = src_chip,
        .dst_chip = dst_chip,
        .use = use,
        .nuses = uses_of(table->machine, class, src_chip, dst_chip, fabric_path, use)};
    uint32_t id;

    SLED_TRY(
        sled_vec_reserve(&table->latency_s, &table->path_capacity, (size_t)table->npaths + 1, err));
    SLED_TRY(network->ops->add_path(network, &path, &id, err));
    assert(id == table->npaths);
    table->latency_s[table->npaths++] =
        src_chip == dst_chip ? 0 : sled_path_latency(fabric, sled_fabric_path(fabric, fabric_path));
    return SLED_OK;
}

static enum sled_status declare_pair(struct sled_routes_table *table,
                                     struct sled_route_class *class, uint32_t src_chip,
                                     uint32_t dst_chip, struct sled_network *network,
                                     struct sled_err *err)
{
    const size_t nends = sled_fabric_endpoints(table->machine->fabric);
    uint32_t *first = &class->first[src_chip * nends + dst_chip];
    uint32_t fabric_path;

    if (*first != SLED_NONE)
        return SLED_OK;
    *first = table->npaths;
    const uint32_t npaths = fabric_paths(table->machine, src_chip, dst_chip, &fabric_path);
    table->most_paths = npaths > table->most_paths ? npaths : table->most_paths;
    for (uint32_t i = 0; i < npaths; i++)
        SLED_TRY(declare_path(table, class, src_chip, dst_chip, fabric_path + i, network, err));
    return SLED_OK;
}

static enum sled_status declare_collective(struct sled_routes_table *table,
                                           const struct sled_program_collective *collective,
                                           struct sled_network *network, struct sled_err *err)
{
    const struct sled_plan *plan = collective->plan;
    const uint32_t *chip_of_rank = collective->chip_of_rank;
    uint32_t class[SLED_XFER_OPS];

    for (int op = 0; op < SLED_XFER_OPS; op++)
        class[op] = sled_routes_class(table, collective, (enum sled_xfer_op)op);
    for (sled_xfer_id id = 0; id < plan->count; id++) {
        const enum sled_xfer_op op = sled_plan_op(plan, id);

        if (plan->nelems[id] == 0)
            continue;
        if (class[op] == SLED_NONE) {
            class[op] = table->nclasses;
            SLED_TRY(add_class(table, collective, op, err));
        }
        SLED_TRY(declare_pair(table, &table->class[class[op]], chip_of_rank[plan->src[id]],
                              chip_of_rank[plan->dst[id]], network, err));
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

static void count_pair(const struct sled_routes_table *table, const struct sled_route_class *class,
                       uint32_t src_chip, uint32_t dst_chip, const uint64_t *sent,
                       double *used_bytes)
{
    uint32_t fabric_path;
    const uint32_t npaths = fabric_paths(table->machine, src_chip, dst_chip, &fabric_path);

    for (uint32_t i = 0; i < npaths; i++) {
        struct sled_use use[SLED_MAX_USES];
        uint32_t nuses;

        if (sent[i] == 0)
            continue;
        nuses = uses_of(table->machine, class, src_chip, dst_chip, fabric_path + i, use);
        for (uint32_t u = 0; u < nuses; u++)
            used_bytes[use[u].resource] += use[u].weight * (double)sent[i];
    }
}

void sled_routes_count(const struct sled_routes_table *table, const uint64_t *sent,
                       double *used_bytes)
{
    const uint32_t nends = sled_fabric_endpoints(table->machine->fabric);

    for (uint32_t c = 0; c < table->nclasses; c++) {
        const uint32_t *first = table->class[c].first;

        for (uint32_t src = 0; src < nends; src++)
            for (uint32_t dst = 0; dst < nends; dst++, first++)
                if (*first != SLED_NONE)
                    count_pair(table, &table->class[c], src, dst, sent + *first, used_bytes);
    }
}
