/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lower bound of a plan on a machine. It knows resources and latencies but no
 * schedule, so that every simulated time can be held against it.
 */
#include "model/machine.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

/* What a transfer between two chips costs when it is alone, and how much such transfers move. */
struct lone_cost {
    uint32_t dst_chip; /* SLED_NONE: not computed yet */
    enum sled_xfer_op op;
    uint64_t bytes; /* moved, but not in load_bytes yet: over a pair's only path */
    uint32_t npaths;
    double s_per_byte;
    double latency_s; /* of its shortest path: a small transfer may leave the others empty */
};

struct bound {
    const struct sled_machine *machine;
    const uint32_t *chip_of_rank;
    const struct sled_protocol *protocol;
    enum sled_memory memory;
    uint64_t row_bytes;

    double *end_s;            /* [plan->count]: earliest end of each transfer */
    double *load_bytes;       /* [nresources] */
    double *latency_s;        /* [nresources]: least latency of what crosses it */
    double *scratch;          /* [nresources]: of one transfer, zero between calls */
    struct lone_cost *recent; /* [endpoints]: the latest by source; rings ask again and again */
};

static enum sled_status bound_init(struct bound *b, const struct sled_plan *plan,
                                   struct sled_err *err)
{
    const uint32_t nresources = b->machine->nresources;
    const uint32_t nends = sled_fabric_endpoints(b->machine->fabric);

    SLED_TRY(sled_vec_alloc(&b->end_s, plan->count, err));
    SLED_TRY(sled_vec_alloc(&b->load_bytes, nresources, err));
    SLED_TRY(sled_vec_alloc(&b->latency_s, nresources, err));
    SLED_TRY(sled_vec_alloc(&b->scratch, nresources, err));
    SLED_TRY(sled_vec_alloc(&b->recent, nends, err));
    for (uint32_t r = 0; r < nresources; r++)
        b->latency_s[r] = INFINITY;
    for (uint32_t c = 0; c < nends; c++)
        b->recent[c].dst_chip = SLED_NONE;
    return SLED_OK;
}

static void bound_finish(struct bound *b)
{
    free(b->end_s);
    free(b->load_bytes);
    free(b->latency_s);
    free(b->scratch);
    free(b->recent);
}

/* Paths of a pair; a chip to itself has one, without links. */
static uint32_t count_paths(const struct sled_fabric *fabric, uint32_t src_chip, uint32_t dst_chip,
                            uint32_t *first)
{
    *first = 0;
    return src_chip == dst_chip ? 1 : sled_fabric_paths(fabric, src_chip, dst_chip, first);
}

static double path_latency(const struct sled_fabric *fabric, uint32_t src_chip, uint32_t dst_chip,
                           uint32_t path)
{
    return src_chip == dst_chip ? 0.0 : sled_path_latency(fabric, sled_fabric_path(fabric, path));
}

/* Bytes over the busiest of its resources, each path carrying an equal share. */
static struct lone_cost lone_cost(struct bound *b, uint32_t src_chip, uint32_t dst_chip,
                                  enum sled_xfer_op op)
{
    const struct sled_fabric *fabric = b->machine->fabric;
    struct sled_use use[SLED_MAX_USES];
    uint32_t first, n = 0;
    const uint32_t npaths = count_paths(fabric, src_chip, dst_chip, &first);
    struct lone_cost cost = {
        .dst_chip = dst_chip, .op = op, .npaths = npaths, .latency_s = INFINITY};

    for (uint32_t p = first; p < first + npaths; p++) {
        n = sled_machine_transfer(b->machine, b->protocol, src_chip, dst_chip, p, b->memory, op,
                                  b->row_bytes, use);
        for (uint32_t i = 0; i < n; i++) {
            double *share = &b->scratch[use[i].resource];

            *share += use[i].weight / npaths;
            cost.s_per_byte =
                fmax(cost.s_per_byte, *share / b->machine->resource[use[i].resource].bytes_per_s);
        }
        cost.latency_s = fmin(cost.latency_s, path_latency(fabric, src_chip, dst_chip, p));
    }
    for (uint32_t p = first; p < first + npaths; p++) { /* scratch as it was; one list is there */
        if (npaths > 1)
            n = sled_machine_transfer(b->machine, b->protocol, src_chip, dst_chip, p, b->memory, op,
                                      b->row_bytes, use);
        for (uint32_t i = 0; i < n; i++)
            b->scratch[use[i].resource] = 0.0;
    }
    return cost;
}

/* Load of the resources by one transfer, cut over the paths of its pair. */
static void add_load(struct bound *b, uint32_t src_chip, uint32_t dst_chip, enum sled_xfer_op op,
                     uint64_t bytes)
{
    const struct sled_fabric *fabric = b->machine->fabric;
    uint32_t first;
    const uint32_t npaths = count_paths(fabric, src_chip, dst_chip, &first);

    for (uint32_t i = 0; i < npaths; i++) {
        const double part = (double)sled_machine_part(bytes, npaths, i);
        const double latency_s = path_latency(fabric, src_chip, dst_chip, first + i);
        struct sled_use use[SLED_MAX_USES];
        const uint32_t n = sled_machine_transfer(b->machine, b->protocol, src_chip, dst_chip,
                                                 first + i, b->memory, op, b->row_bytes, use);

        for (uint32_t u = 0; u < n && part > 0; u++) {
            const uint32_t r = use[u].resource;
            b->load_bytes[r] += use[u].weight * part;
            b->latency_s[r] = fmin(b->latency_s[r], latency_s);
        }
    }
}

/* Add what was put off to the load. */
static void settle_load(struct bound *b, uint32_t src_chip)
{
    struct lone_cost *cost = &b->recent[src_chip];

    if (cost->dst_chip != SLED_NONE && cost->bytes > 0)
        add_load(b, src_chip, cost->dst_chip, cost->op, cost->bytes);
    cost->bytes = 0;
}

/* Count the bytes of a transfer. Over one path they add up, and need not be looked up each time. */
static void count_load(struct bound *b, uint32_t src_chip, uint64_t bytes)
{
    struct lone_cost *cost = &b->recent[src_chip];

    if (cost->npaths == 1)
        cost->bytes += bytes;
    else
        add_load(b, src_chip, cost->dst_chip, cost->op, bytes);
}

/* Earliest end of a transfer that has its machine to itself once it may start. */
static double earliest_end(struct bound *b, const struct sled_plan *plan, sled_xfer_id id)
{
    const uint64_t bytes = plan->nelems[id] * plan->elem_bytes;
    const uint32_t src_chip = b->chip_of_rank[plan->src[id]];
    const uint32_t dst_chip = b->chip_of_rank[plan->dst[id]];
    const enum sled_xfer_op op = sled_plan_op(plan, id);
    double start_s = b->protocol == NULL ? 0.0 : b->protocol->launch_s;

    for (uint32_t i = plan->after_begin[id]; i < plan->after_begin[id + 1]; i++)
        start_s = fmax(start_s, b->end_s[plan->after[i]]);
    if (bytes == 0)
        return start_s;

    struct lone_cost *cost = &b->recent[src_chip];
    if (cost->dst_chip != dst_chip || cost->op != op) {
        settle_load(b, src_chip);
        *cost = lone_cost(b, src_chip, dst_chip, op);
    }
    count_load(b, src_chip, bytes);

    /* What does not divide evenly goes to some of the paths, perhaps not to the slowest. */
    const double even_bytes = (double)(bytes - bytes % cost->npaths);
    return start_s +
           sled_machine_issue_s(b->machine, b->protocol, src_chip, b->memory, bytes, b->row_bytes) +
           sled_machine_start_s(b->machine, b->protocol, src_chip, dst_chip) +
           even_bytes * cost->s_per_byte + cost->latency_s;
}

/* Least time before any byte is on its way: all data comes from a chip. */
static double least_start(const struct bound *b)
{
    if (b->protocol == NULL)
        return sled_machine_start_s(b->machine, NULL, 0, 0);
    return b->protocol->launch_s + b->protocol->issue_s +
           fmin(b->protocol->start_s, b->protocol->network_start_s);
}

static void find_busiest(const struct bound *b, struct sled_bound *out)
{
    const double start_s = least_start(b);
    double most_s = 0.0;

    for (uint32_t r = 0; r < b->machine->nresources; r++) {
        if (b->load_bytes[r] <= 0)
            continue;
        const double busy_s = b->load_bytes[r] / b->machine->resource[r].bytes_per_s;

        out->resource_s = fmax(out->resource_s, start_s + b->latency_s[r] + busy_s);
        if (busy_s > most_s) {
            most_s = busy_s;
            out->busiest = r;
            out->busiest_bytes = b->load_bytes[r];
        }
    }
}

enum sled_status sled_machine_bound(const struct sled_machine *machine,
                                    const struct sled_plan *plan, const uint32_t *chip_of_rank,
                                    const struct sled_protocol *protocol, enum sled_memory memory,
                                    uint64_t row_bytes, struct sled_bound *out,
                                    struct sled_err *err)
{
    struct bound b = {.machine = machine,
                      .chip_of_rank = chip_of_rank,
                      .protocol = protocol,
                      .memory = memory,
                      .row_bytes = row_bytes};
    const enum sled_status status = bound_init(&b, plan, err);

    if (status == SLED_OK) {
        struct sled_bound bound = {.busiest = SLED_NONE};

        for (sled_xfer_id id = 0; id < plan->count; id++) {
            b.end_s[id] = earliest_end(&b, plan, id);
            bound.chain_s = fmax(bound.chain_s, b.end_s[id]);
        }
        for (uint32_t c = 0; c < sled_fabric_endpoints(machine->fabric); c++)
            settle_load(&b, c);
        find_busiest(&b, &bound);
        bound.time_s = fmax(bound.chain_s, bound.resource_s);
        *out = bound;
    }
    bound_finish(&b);
    return status;
}
