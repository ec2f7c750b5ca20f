/* SPDX-License-Identifier: Apache-2.0 */
/* Numbering of resources, and what each kind of movement takes of them. */
#include "model/machine.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"

/* Uses of a transfer other than its links: HBM or SBUF and DMA of both ends, with room. */
enum { END_USES = 8 };

static uint32_t chip_resource(const struct sled_machine *machine, enum sled_resource_kind kind,
                              uint32_t chip)
{
    const uint32_t nchips = machine->fabric->nchips;

    assert(kind != SLED_RESOURCE_LINK && chip < nchips);
    return machine->fabric->nlinks + ((uint32_t)kind - SLED_RESOURCE_HBM) * nchips + chip;
}

static enum sled_status check_paths(const struct sled_fabric *fabric, struct sled_err *err)
{
    const uint32_t limit = SLED_MAX_USES - END_USES;

    for (uint32_t p = 0; p < fabric->routes.npaths; p++) {
        const struct sled_path path = sled_fabric_path(fabric, p);

        if (path.nlinks > limit)
            return sled_err_set(err, SLED_E_INPUT,
                                "the route from \"%s\" to \"%s\" crosses %u links, at most %u are "
                                "possible",
                                fabric->node[fabric->link[path.link[0]].src].name,
                                fabric->node[fabric->link[path.link[path.nlinks - 1]].dst].name,
                                path.nlinks, limit);
    }
    return SLED_OK;
}

enum sled_status sled_machine_init(struct sled_machine *machine, const struct sled_fabric *fabric,
                                   const struct sled_chip_ports *ports, struct sled_err *err)
{
    const double chip_bytes_per_s[SLED_RESOURCE_KINDS] = {
        [SLED_RESOURCE_HBM] = ports->hbm_bytes_per_s,
        [SLED_RESOURCE_DMA] = sled_dma_bytes_per_s(ports),
        [SLED_RESOURCE_SBUF] = ports->sbuf_bytes_per_s,
    };
    struct sled_machine m = {.fabric = fabric, .ports = *ports};

    SLED_TRY(check_paths(fabric, err));
    m.nresources = fabric->nlinks + (SLED_RESOURCE_KINDS - 1) * fabric->nchips;
    SLED_TRY(sled_vec_alloc(&m.resource, m.nresources, err));
    for (uint32_t l = 0; l < fabric->nlinks; l++)
        m.resource[l] = (struct sled_resource){
            .kind = SLED_RESOURCE_LINK, .index = l, .bytes_per_s = sled_link_bandwidth(fabric, l)};
    for (int kind = SLED_RESOURCE_HBM; kind < SLED_RESOURCE_KINDS; kind++)
        for (uint32_t c = 0; c < fabric->nchips; c++)
            m.resource[chip_resource(&m, (enum sled_resource_kind)kind, c)] =
                (struct sled_resource){.kind = (enum sled_resource_kind)kind,
                                       .index = c,
                                       .bytes_per_s = chip_bytes_per_s[kind]};
    *machine = m;
    return SLED_OK;
}

void sled_machine_finish(struct sled_machine *machine)
{
    free(machine->resource);
    *machine = (struct sled_machine){0};
}

/* Uses are few, so a resource that is touched twice is found by looking at all of them. */
static uint32_t add_use(struct sled_use *out, uint32_t count, uint32_t resource, double weight)
{
    for (uint32_t i = 0; i < count; i++) {
        if (out[i].resource == resource) {
            out[i].weight += weight;
            return count;
        }
    }
    assert(count < SLED_MAX_USES);
    out[count] = (struct sled_use){.resource = resource, .weight = weight};
    return count + 1;
}

/* Bytes on a link per byte of data. */
static double link_weight(const struct sled_fabric *fabric, const struct sled_protocol *protocol,
                          uint32_t link)
{
    if (protocol == NULL)
        return 1.0;
    return fabric->link[link].level == SLED_LEVEL_SLED ? protocol->overhead
                                                       : protocol->network_overhead;
}

uint32_t sled_machine_transfer(const struct sled_machine *machine,
                               const struct sled_protocol *protocol, uint32_t src, uint32_t dst,
                               uint32_t path, enum sled_memory memory, enum sled_xfer_op op,
                               uint64_t row_bytes, struct sled_use *out)
{
    const uint32_t nchips = machine->fabric->nchips;
    const enum sled_resource_kind kind =
        memory == SLED_MEMORY_HBM ? SLED_RESOURCE_HBM : SLED_RESOURCE_SBUF;
    const double extra = memory == SLED_MEMORY_HBM ? 2.0 : 1.0;
    const bool adds = op == SLED_XFER_REDUCE && dst < nchips;
    uint32_t n = 0;

    assert(memory == SLED_MEMORY_SBUF || memory == SLED_MEMORY_HBM);
    if (src != dst) {
        const struct sled_path route = sled_fabric_path(machine->fabric, path);
        for (uint32_t i = 0; i < route.nlinks; i++)
            n = add_use(out, n, route.link[i],
                        link_weight(machine->fabric, protocol, route.link[i]));
    }
    if (src < nchips) {
        const double weight = adds ? machine->ports.reduce_dma_weight : 1.0;
        n = add_use(out, n, chip_resource(machine, SLED_RESOURCE_DMA, src),
                    weight * sled_dma_weight(&machine->ports, row_bytes));
        n = add_use(out, n, chip_resource(machine, kind, src), 1.0);
    }
    if (dst < nchips)
        n = add_use(out, n, chip_resource(machine, kind, dst), adds ? 1.0 + extra : 1.0);
    return n;
}

uint32_t sled_machine_stream(const struct sled_machine *machine, uint32_t chip,
                             struct sled_use *out)
{
    uint32_t n = 0;

    n = add_use(out, n, chip_resource(machine, SLED_RESOURCE_HBM, chip), 1.0);
    n = add_use(out, n, chip_resource(machine, SLED_RESOURCE_DMA, chip), 1.0);
    return add_use(out, n, chip_resource(machine, SLED_RESOURCE_SBUF, chip), 1.0);
}

uint32_t sled_machine_kernel(const struct sled_machine *machine, uint32_t chip,
                             struct sled_use *out)
{
    if (!machine->ports.direct_kernels)
        return sled_machine_stream(machine, chip, out);
    return add_use(out, 0, chip_resource(machine, SLED_RESOURCE_HBM, chip), 1.0);
}

const char *sled_machine_resource_name(const struct sled_machine *machine, uint32_t resource,
                                       char *buf, size_t size)
{
    const struct sled_fabric *fabric = machine->fabric;

    assert(resource < machine->nresources);
    const struct sled_resource *r = &machine->resource[resource];
    const char *kind = sled_resource_kind_names[r->kind];
    if (r->kind == SLED_RESOURCE_LINK) {
        const struct sled_link *link = &fabric->link[r->index];
        snprintf(buf, size, "%s %s>%s", kind, fabric->node[link->src].name,
                 fabric->node[link->dst].name);
    } else {
        snprintf(buf, size, "%s %s", kind, fabric->node[fabric->chip_node[r->index]].name);
    }
    return buf;
}

/* Two chips of one sled; a switch that reduces is linked to its chips, and counts as of theirs. */
static bool stays_in_sled(const struct sled_fabric *fabric, uint32_t src, uint32_t dst)
{
    if (src >= fabric->nchips || dst >= fabric->nchips)
        return true;
    return fabric->node[fabric->chip_node[src]].sled == fabric->node[fabric->chip_node[dst]].sled;
}

double sled_machine_start_s(const struct sled_machine *machine,
                            const struct sled_protocol *protocol, uint32_t src, uint32_t dst)
{
    if (src >= machine->fabric->nchips)
        return 0.0;
    if (protocol == NULL)
        return machine->ports.dma_start_s;
    return stays_in_sled(machine->fabric, src, dst) ? protocol->start_s : protocol->network_start_s;
}

double sled_machine_issue_s(const struct sled_machine *machine,
                            const struct sled_protocol *protocol, uint32_t src,
                            enum sled_memory memory, uint64_t bytes, uint64_t row_bytes)
{
    const struct sled_chip_ports *ports = &machine->ports;
    const uint64_t largest = ports->dma_descriptor_bytes;

    if (bytes == 0 || src >= machine->fabric->nchips)
        return 0.0;
    if (protocol != NULL)
        return protocol->issue_s;
    if (memory == SLED_MEMORY_SBUF)
        return 0.0;

    /* Whole rows, each of one or more descriptors, and what is left of the last row. */
    const uint64_t row = row_bytes == 0 ? largest : row_bytes;
    const uint64_t rest = bytes % row;
    const uint64_t descriptors =
        bytes / row * ((row + largest - 1) / largest) + (rest + largest - 1) / largest;
    return ports->descriptor_start_s + (double)descriptors * ports->descriptor_write_s;
}

uint64_t sled_machine_part(uint64_t bytes, uint32_t npaths, uint32_t i)
{
    return bytes / npaths + (i < bytes % npaths);
}
