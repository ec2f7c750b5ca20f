/* SPDX-License-Identifier: Apache-2.0 */
/* Small machines and programs for tests of src/sim: a star of chips with round numbers. */
#ifndef SLED_TESTS_SIM_FIXTURE_H
#define SLED_TESTS_SIM_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check_main.h"
#include "model/machine.h"
#include "model/program.h"
#include "sim/sim.h"
#include "topo/routing.h"

#define CK_OK(call) ck_assert_msg((call) == SLED_OK, "%s: %s", #call, err.msg)

enum { SIM_CHIPS = 8 };

/* Plenty of everything but links, and nothing costs time. */
#define SIM_PORTS                                                                              \
    {                                                                                          \
        .hbm_bytes_per_s = 1e15, .sbuf_bytes_per_s = 1e15, .dma_engines = 10,                  \
        .dma_engine_bytes_per_s = 1e14, .dma_descriptor_bytes = 65536, .reduce_dma_weight = 1, \
    }

struct sim {
    struct sled_fabric fabric;
    struct sled_machine machine;
    struct sled_program program;
    struct sled_plan plan;
    const struct sled_protocol *protocol; /* of collectives added from now on; NULL: none */
    struct sled_result *result;
};

/* nchips chips around one switch, which reduces on the way; chip i's links have latency_s[i] each
 * way (NULL: none). */
static inline void sim_star(struct sim *sim, uint32_t nchips, double link_bytes_per_s,
                            const double *latency_s, const struct sled_chip_ports *ports)
{
    const struct sled_routing_spec routing = {.policy = SLED_ROUTING_MINIMAL};
    const struct sled_node hub = {
        .kind = SLED_NODE_SWITCH, .name = "hub", .members = 1, .reduces = true};
    struct sled_err err = SLED_ERR_INIT;
    uint32_t hub_id, id;

    *sim = (struct sim){0};
    sled_fabric_init(&sim->fabric);
    CK_OK(sled_fabric_add_node(&sim->fabric, &hub, &hub_id, &err));
    for (uint32_t c = 0; c < nchips; c++) {
        struct sled_node node = {.kind = SLED_NODE_CHIP, .members = 1};
        snprintf(node.name, sizeof node.name, "chip%u", c);
        CK_OK(sled_fabric_add_node(&sim->fabric, &node, &id, &err));
        const struct sled_link link = {.src = id,
                                       .dst = hub_id,
                                       .bandwidth_bytes_per_s = link_bytes_per_s,
                                       .latency_s = latency_s == NULL ? 0 : latency_s[c],
                                       .lanes = 1,
                                       .members = 1};
        CK_OK(sled_fabric_connect(&sim->fabric, &link, &err));
    }
    CK_OK(sled_fabric_check(&sim->fabric, &err));
    CK_OK(sled_routing_compute(&sim->fabric, &routing, &err));
    CK_OK(sled_machine_init(&sim->machine, &sim->fabric, ports, &err));
}

/* A program of one phase and, if the plan has ranks, one collective over chips 0 .. P-1. */
static inline void sim_begin_program(struct sim *sim)
{
    struct sled_err err = SLED_ERR_INIT;
    uint32_t phase;

    CK_OK(sled_program_init(&sim->program, sim->fabric.nchips, &err));
    CK_OK(sled_program_add_phase(&sim->program, "only", &phase, &err));
}

static inline void sim_begin_plan(struct sim *sim)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_plan_init(&sim->plan, sim->fabric.nchips, 1, &err));
}

static inline sled_xfer_id sim_add_xfer(struct sim *sim, uint32_t src, uint32_t dst, uint64_t bytes,
                                        enum sled_xfer_op op, sled_xfer_id after)
{
    const struct sled_xfer xfer = {.src = src,
                                   .dst = dst,
                                   .count = bytes,
                                   .op = op,
                                   .after = &after,
                                   .nafter = after == SLED_NONE ? 0 : 1};
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_plan_add(&sim->plan, &xfer, &err));
    return sim->plan.count - 1;
}

/* The plan as a collective that all chips take part in; its shape is what the test says, so
 * the request only names the ranks. */
static inline void sim_add_collective(struct sim *sim, enum sled_memory memory, uint64_t row_bytes,
                                      const uint32_t *after)
{
    const struct sled_program_collective collective = {
        .name = "test",
        .req = {.kind = SLED_COLL_ALL_REDUCE,
                .nranks = sim->fabric.nchips,
                .elem_bytes = 1,
                .commutative = true},
        .algorithm = "test",
        .memory = memory,
        .row_bytes = row_bytes,
        .has_protocol = sim->protocol != NULL,
        .protocol = sim->protocol == NULL ? (struct sled_protocol){0} : *sim->protocol,
    };
    const uint32_t hub = sim->fabric.nchips; /* its endpoint */
    uint32_t chip_of_rank[SIM_CHIPS], id;
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_uint_le(sim->fabric.nchips, SIM_CHIPS);
    for (uint32_t r = 0; r < sim->fabric.nchips; r++)
        chip_of_rank[r] = r;
    CK_OK(sled_program_add_collective(&sim->program, &collective, chip_of_rank, &id, &err));
    CK_OK(sled_program_add_staged(&sim->program, id, false, 0, after, NULL, &err));
    CK_OK(sled_program_set_switches(&sim->program.collective[id], &hub, sim->plan.nswitches, &err));
    sim->program.collective[id].plan = &sim->plan;
}

static inline uint32_t sim_add_kernel(struct sim *sim, uint32_t chip, double time_s,
                                      double hbm_bytes)
{
    const struct sled_kernel kernel = {.m = sim->program.nkernels + 1};
    struct sled_step step = {.kind = SLED_STEP_KERNEL, .after = SLED_NONE};
    struct sled_err err = SLED_ERR_INIT;
    uint32_t id;

    CK_OK(sled_program_add_kernel(&sim->program, &kernel, &step.what, &err));
    sim->program.kernel[step.what].cost =
        (struct sled_kernel_cost){.time_s = time_s, .hbm_bytes = hbm_bytes};
    CK_OK(sled_program_add_step(&sim->program, chip, &step, &id, &err));
    return id;
}

static inline void sim_run_network(const struct sim *sim, enum sled_network_kind network,
                                   struct sled_result **out)
{
    const struct sled_sim_spec spec = {.machine = &sim->machine,
                                       .program = &sim->program,
                                       .network = network,
                                       .keep_transfers = true};
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_sim_run(&spec, out, &err));
}

static inline void sim_compare(const double *a, const double *b, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        ck_assert_double_eq_tol(a[i], b[i], 1e-6 * b[i] + 1e-13);
}

/* Check the program and run it on every network; they must agree on each step, transfer and
 * byte. The result kept is SimGrid's. */
static inline void sim_run(struct sim *sim)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_program_check(&sim->program, &err));
    sim_run_network(sim, SLED_NETWORK_SIMGRID, &sim->result);
    for (int kind = 0; kind < SLED_NETWORKS; kind++) {
        struct sled_result *other;

        sim_run_network(sim, (enum sled_network_kind)kind, &other);
        sim_compare(other->step_end_s, sim->result->step_end_s,
                    sim->result->step_begin[sim->program.nchips]);
        sim_compare(other->xfer_end_s, sim->result->xfer_end_s,
                    sim->result->xfer_begin[sim->program.ncollectives]);
        sim_compare(other->used_bytes, sim->result->used_bytes, sim->machine.nresources);
        sled_result_destroy(other);
    }
}

/* The plan alone, on all chips; no time may be below its bound. */
static inline void sim_run_plan(struct sim *sim, enum sled_memory memory, uint64_t row_bytes)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_bound bound;

    sim_begin_program(sim);
    sim_add_collective(sim, memory, row_bytes, NULL);
    sim_run(sim);
    CK_OK(sled_machine_bound(&sim->machine, &sim->plan, sim->program.collective[0].chip_of_rank,
                             sled_program_protocol(&sim->program.collective[0]), memory, row_bytes,
                             &bound, &err));
    ck_assert_double_ge(sim->result->time_s, bound.time_s * (1 - 1e-9));
}

static inline void sim_finish(struct sim *sim)
{
    sled_result_destroy(sim->result);
    sled_program_finish(&sim->program);
    sled_plan_finish(&sim->plan);
    sled_machine_finish(&sim->machine);
    sled_fabric_finish(&sim->fabric);
}

#define ck_assert_close(found, expected) \
    ck_assert_double_eq_tol((found), (expected), 1e-9 * (expected) + 1e-13)

#endif
