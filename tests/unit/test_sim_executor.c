/* SPDX-License-Identifier: Apache-2.0 */
/* Plans on small machines against closed forms. */
#include "sim_fixture.h"

/* Two equal flows into one chip share its link equally, however far their sources are. */
START_TEST(latency_does_not_change_shares)
{
    const double latency_s[] = {100e-9, 200e-9 - 100e-9, 1000e-9 - 100e-9};
    const struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    sim_star(&sim, 3, 2.5e12, latency_s, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 1, 0, 1000000000, SLED_XFER_COPY, SLED_NONE);
    sim_add_xfer(&sim, 2, 0, 1000000000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->xfer_end_s[0], 2e9 / 2.5e12 + 200e-9);
    ck_assert_close(sim.result->xfer_end_s[1], 2e9 / 2.5e12 + 1000e-9);
    ck_assert_double_eq(sim.result->weight_error, 0);
    sim_finish(&sim);
}
END_TEST

START_TEST(a_lone_transfer_reaches_its_bottleneck)
{
    const double latency_s[] = {115e-9, 115e-9};
    const uint64_t bytes = UINT64_C(1) << 30;
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_start_s = 1.3e-6;
    sim_star(&sim, 2, 640e9, latency_s, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, bytes, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->time_s, 1.3e-6 + (double)bytes / 640e9 + 230e-9);
    ck_assert_double_eq(sim.result->used_bytes[0], (double)bytes); /* its first link */
    sim_finish(&sim);
}
END_TEST

START_TEST(chained_steps_add_up)
{
    const double latency_s[] = {0.7e-9, 0};
    const struct sled_chip_ports ports = SIM_PORTS;
    sled_xfer_id last = SLED_NONE;
    struct sim sim;

    /* One byte is 1e-15 s: a thousand hops there and back take a thousand latencies. */
    sim_star(&sim, 2, 1e15, latency_s, &ports);
    sim_begin_plan(&sim);
    for (int i = 0; i < 1000; i++)
        last =
            sim_add_xfer(&sim, (uint32_t)(i % 2), (uint32_t)((i + 1) % 2), 1, SLED_XFER_COPY, last);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_double_eq_tol(sim.result->time_s, 700e-9, 1e-3 * 0.7e-9 * 1000);
    sim_finish(&sim);
}
END_TEST

/* Queue limit q: n equal transfers to different chips run q at a time, each paying its start. */
START_TEST(queues_serialise_in_order)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_queues = (uint32_t)_i;
    ports.dma_start_s = 1e-6;
    sim_star(&sim, 7, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    for (uint32_t d = 1; d <= 6; d++)
        sim_add_xfer(&sim, 0, d, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    for (uint32_t x = 0; x < 6; x++) {
        const double batches = x / (uint32_t)_i + 1;
        ck_assert_close(sim.result->xfer_end_s[x], batches * (1e-6 + _i * 1e-6));
    }
    sim_finish(&sim);
}
END_TEST

START_TEST(descriptors_are_written_one_after_the_other)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.descriptor_start_s = 100e-9;
    ports.descriptor_write_s = 10e-9;
    ports.dma_start_s = 1e-6;
    sim_star(&sim, 4, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    for (uint32_t d = 1; d <= 3; d++)
        sim_add_xfer(&sim, 0, d, 10000, SLED_XFER_COPY, SLED_NONE); /* 10 ns of link time */
    sim_run_plan(&sim, SLED_MEMORY_HBM, 1000);
    for (int x = 0; x < 3; x++)
        ck_assert_close(sim.result->xfer_end_s[x], (x + 1) * 200e-9 + 1e-6 + 10e-9);
    sim_finish(&sim);
}
END_TEST

START_TEST(sbuf_transfers_need_no_written_descriptors)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.descriptor_start_s = 100e-9;
    ports.descriptor_write_s = 10e-9;
    sim_star(&sim, 2, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 10000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 1000);
    ck_assert_close(sim.result->time_s, 10e-9);
    sim_finish(&sim);
}
END_TEST

/* Rows of 500 bytes at the floor of 10 ns move at 50 GB/s an engine instead of 100. */
START_TEST(small_rows_are_bound_by_descriptors)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_engines = 4;
    ports.dma_engine_bytes_per_s = 100e9;
    ports.dma_descriptor_floor_s = 10e-9;
    sim_star(&sim, 2, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 500);
    ck_assert_close(sim.result->time_s, 1000000 / (4 * 50e9));
    sim_finish(&sim);
}
END_TEST

/* HBM to HBM: reads and writes share; a reduction costs its destination three. */
START_TEST(hbm_incast_shares_by_weight)
{
    struct sled_chip_ports ports = SIM_PORTS;
    const double copy = 1e9, reduce = 1e9;
    struct sim sim;

    ports.hbm_bytes_per_s = 1e12;
    sim_star(&sim, 3, 1e15, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 1, 0, (uint64_t)copy, SLED_XFER_COPY, SLED_NONE);
    sim_add_xfer(&sim, 2, 0, (uint64_t)reduce, SLED_XFER_REDUCE, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_HBM, 0);
    /* Equal rates of a quarter; both end when the four billion are through. */
    ck_assert_close(sim.result->xfer_end_s[0], 4e9 / 1e12);
    ck_assert_close(sim.result->xfer_end_s[1], 4e9 / 1e12);
    ck_assert_double_eq(sim.result->weight_error, 0);
    for (uint32_t r = 0; r < sim.machine.nresources; r++)
        if (sim.machine.resource[r].kind == SLED_RESOURCE_HBM && sim.machine.resource[r].index == 0)
            ck_assert_double_eq(sim.result->used_bytes[r], copy + 3 * reduce);
    sim_finish(&sim);
}
END_TEST

START_TEST(a_local_copy_reads_and_writes_its_chip)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.sbuf_bytes_per_s = 1e12;
    ports.dma_start_s = 1e-6;
    sim_star(&sim, 2, 1e9, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 0, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->time_s, 1e-6 + 2 * 1000000 / 1e12);
    sim_finish(&sim);
}
END_TEST

START_TEST(empty_transfers_order_without_time)
{
    const double latency_s[] = {1e-6, 1e-6};
    struct sled_chip_ports ports = SIM_PORTS;
    sled_xfer_id last = SLED_NONE;
    struct sim sim;

    ports.dma_start_s = 1e-6;
    sim_star(&sim, 2, 1e12, latency_s, &ports);
    sim_begin_plan(&sim);
    last = sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, last);
    for (int i = 0; i < 100000; i++)
        last = sim_add_xfer(&sim, 1, 0, 0, SLED_XFER_COPY, last);
    sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, last);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->time_s, 2 * (1e-6 + 1e-6 + 2e-6));
    sim_finish(&sim);
}
END_TEST

/* Nobody writes to a rank that has not reached the collective, but descriptors do not wait. */
START_TEST(ranks_wait_for_each_other)
{
    struct sled_chip_ports ports = SIM_PORTS;
    uint32_t after[3] = {SLED_NONE, SLED_NONE, SLED_NONE};
    struct sim sim;

    ports.dma_start_s = 1e-6;
    ports.descriptor_start_s = 500e-9;
    sim_star(&sim, 3, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_add_xfer(&sim, 0, 2, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_begin_program(&sim);
    after[1] = sim_add_kernel(&sim, 1, 10e-6, 0);
    sim_add_collective(&sim, SLED_MEMORY_HBM, 0, after);
    sim_run(&sim);
    ck_assert_close(sim.result->xfer_end_s[0], 10e-6 + 1e-6 + 1e-6);
    ck_assert_close(sim.result->xfer_end_s[1], 1e-6 + 1e-6 + 1e-6);
    ck_assert_double_eq(sim.result->collective_start_s[0], 0);
    ck_assert_close(sim.result->collective_end_s[0], 12e-6);
    sim_finish(&sim);
}
END_TEST

/* Two equal routes split a transfer; odd bytes and single bytes still arrive. */
START_TEST(split_transfers_use_all_paths)
{
    const uint64_t sizes[] = {1, 2, 3, 1000001};
    const struct sled_routing_spec routing = {.policy = SLED_ROUTING_MINIMAL,
                                              .ties = SLED_TIES_SPLIT};
    const struct sled_chip_ports ports = SIM_PORTS;
    struct sled_err err = SLED_ERR_INIT;
    struct sim sim = {0};
    uint32_t chip[2];

    sled_fabric_init(&sim.fabric);
    for (uint32_t i = 0; i < 2; i++) {
        struct sled_node node = {.kind = SLED_NODE_CHIP, .members = 1};
        snprintf(node.name, sizeof node.name, "chip%u", i);
        CK_OK(sled_fabric_add_node(&sim.fabric, &node, &chip[i], &err));
    }
    for (uint32_t i = 0; i < 2; i++) {
        struct sled_node node = {.kind = SLED_NODE_SWITCH, .members = 1};
        uint32_t id;
        snprintf(node.name, sizeof node.name, "switch%u", i);
        CK_OK(sled_fabric_add_node(&sim.fabric, &node, &id, &err));
        for (uint32_t c = 0; c < 2; c++) {
            const struct sled_link link = {.src = chip[c],
                                           .dst = id,
                                           .bandwidth_bytes_per_s = 1e9,
                                           .latency_s = 1e-6,
                                           .lanes = 1,
                                           .members = 1};
            CK_OK(sled_fabric_connect(&sim.fabric, &link, &err));
        }
    }
    CK_OK(sled_fabric_check(&sim.fabric, &err));
    CK_OK(sled_routing_compute(&sim.fabric, &routing, &err));
    CK_OK(sled_machine_init(&sim.machine, &sim.fabric, &ports, &err));
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, sizes[_i], SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->time_s, (double)((sizes[_i] + 1) / 2) / 1e9 + 2e-6);

    double carried = 0;
    for (uint32_t l = 0; l < sim.fabric.nlinks; l++)
        carried += sim.result->used_bytes[l];
    ck_assert_double_eq(carried, 2 * (double)sizes[_i]); /* two links a path */
    sim_finish(&sim);
}
END_TEST

/*
 * Four chips send to the switch, which adds up and sends the sum to all: each link carries the
 * buffer once, whatever memory is used, and the switch takes neither start nor queue nor memory.
 */
START_TEST(a_switch_reduces_on_the_way)
{
    enum { CHIPS = 4, HUB = CHIPS, BYTES = 1000000 };
    const double latency_s[CHIPS] = {100e-9, 100e-9, 100e-9, 100e-9};
    struct sled_chip_ports ports = SIM_PORTS;
    sled_xfer_id up[CHIPS];
    struct sim sim;

    ports.dma_queues = 1;
    ports.dma_start_s = 1e-6;
    sim_star(&sim, CHIPS, 1e12, latency_s, &ports);
    sim_begin_plan(&sim);
    sled_plan_add_switches(&sim.plan, 1);
    for (uint32_t r = 0; r < CHIPS; r++)
        up[r] = sim_add_xfer(&sim, r, HUB, BYTES, r == 0 ? SLED_XFER_COPY : SLED_XFER_REDUCE,
                             r == 0 ? SLED_NONE : up[0]);
    for (uint32_t r = 0; r < CHIPS; r++)
        sim_add_xfer(&sim, HUB, r, BYTES, SLED_XFER_COPY, up[CHIPS - 1]);
    sim_run_plan(&sim, SLED_MEMORY_HBM, 0);
    for (uint32_t r = 0; r < CHIPS; r++)
        ck_assert_close(sim.result->xfer_end_s[CHIPS + r], 2 * (1e-6 + 1e-6 + 100e-9) + 1.1e-6);
    for (uint32_t c = 0; c < CHIPS; c++) {
        ck_assert_double_eq(sim.result->used_bytes[2 * c], BYTES);             /* to the switch */
        ck_assert_double_eq(sim.result->used_bytes[2 * c + 1], BYTES);         /* and from it */
        ck_assert_double_eq(sim.result->used_bytes[2 * CHIPS + c], 2 * BYTES); /* HBM */
    }
    sim_finish(&sim);
}
END_TEST

/* The chain that ends last: its starts, its latencies, and bytes on their way for the rest. */
START_TEST(time_splits_into_issue_latency_and_service)
{
    const double latency_s[] = {100e-9, 200e-9, 400e-9};
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_start_s = 1e-6;
    sim_star(&sim, 3, 1e12, latency_s, &ports);
    sim_begin_plan(&sim);
    const sled_xfer_id first = sim_add_xfer(&sim, 0, 1, 3000000, SLED_XFER_COPY, SLED_NONE);
    const sled_xfer_id empty = sim_add_xfer(&sim, 1, 1, 0, SLED_XFER_COPY, first);
    sim_add_xfer(&sim, 1, 2, 1000000, SLED_XFER_COPY, empty);
    sim_add_xfer(&sim, 2, 0, 1000000, SLED_XFER_COPY, SLED_NONE); /* beside it, and short */
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->collective_split[0].issue_s, 2e-6);
    ck_assert_close(sim.result->collective_split[0].latency_s, 300e-9 + 600e-9);
    ck_assert_close(sim.result->collective_end_s[0], 2e-6 + 900e-9 + 4e-6);
    sim_finish(&sim);
}
END_TEST

/* A wait for a DMA queue is issue too. */
START_TEST(waiting_for_a_queue_is_issue)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_queues = 1;
    ports.dma_start_s = 1e-6;
    sim_star(&sim, 3, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 2000000, SLED_XFER_COPY, SLED_NONE);
    sim_add_xfer(&sim, 0, 2, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->collective_split[0].issue_s, 1e-6 + 2e-6 + 1e-6);
    ck_assert_close(sim.result->collective_end_s[0], 5e-6);
    sim_finish(&sim);
}
END_TEST

/* A protocol: ranks launch, a source issues its transfers one by one, each starts by itself, and
 * links carry more than the data. All links of a star are of one sled. */
static const struct sled_protocol slow_protocol = {
    .launch_s = 1000e-6,
    .issue_s = 100e-6,
    .start_s = 10e-6,
    .network_start_s = 7,
    .overhead = 2,
    .network_overhead = 7,
};

START_TEST(a_protocol_launches_issues_and_starts)
{
    const double latency_s[] = {1e-6, 2e-6, 3e-6, 4e-6};
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_start_s = 5;
    ports.descriptor_start_s = 5;
    sim_star(&sim, 4, 1e12, latency_s, &ports);
    sim.protocol = &slow_protocol;
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, SLED_NONE);
    const sled_xfer_id second = sim_add_xfer(&sim, 0, 2, 500000, SLED_XFER_COPY, SLED_NONE);
    sim_add_xfer(&sim, 2, 3, 3000000, SLED_XFER_REDUCE, second);
    sim_run_plan(&sim, SLED_MEMORY_HBM, 0);
    ck_assert_close(sim.result->xfer_end_s[0], 1000e-6 + 100e-6 + 10e-6 + 2e-6 + 3e-6);
    ck_assert_close(sim.result->xfer_end_s[1], 1000e-6 + 200e-6 + 10e-6 + 1e-6 + 4e-6);
    ck_assert_close(sim.result->xfer_end_s[2],
                    sim.result->xfer_end_s[1] + 100e-6 + 10e-6 + 6e-6 + 7e-6);
    ck_assert_close(sim.result->used_bytes[0], 2 * 1.5e6); /* the first link of chip 0 */
    sim_finish(&sim);
}
END_TEST

/* Between sleds and beyond, links and starts are the network's. */
START_TEST(a_protocol_tells_sleds_apart)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    const struct sled_protocol protocol = {
        .start_s = 1e-6, .network_start_s = 20e-6, .overhead = 1, .network_overhead = 4};
    struct sim sim;

    sim_star(&sim, 3, 1e12, NULL, &ports);
    sim.fabric.node[sim.fabric.chip_node[2]].sled = 1;
    for (uint32_t l = 0; l < sim.fabric.nlinks; l++)
        if (sim.fabric.link[l].dst == sim.fabric.chip_node[2])
            sim.fabric.link[l].level = SLED_LEVEL_FABRIC;
    sim.protocol = &protocol;
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_add_xfer(&sim, 1, 2, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->xfer_end_s[0], 1e-6 + 1e-6);
    ck_assert_close(sim.result->xfer_end_s[1], 20e-6 + 4e-6);
    sim_finish(&sim);
}
END_TEST

/* Switches take no time to start, nor to launch; nothing moved takes a launch. */
START_TEST(a_protocol_is_of_chips)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    sim_star(&sim, 2, 1e12, NULL, &ports);
    sim.protocol = &slow_protocol;
    sim_begin_plan(&sim);
    sim_run_plan(&sim, SLED_MEMORY_SBUF, 0);
    ck_assert_close(sim.result->time_s, 1000e-6);
    ck_assert_double_eq(sled_machine_start_s(&sim.machine, &slow_protocol, 2, 0), 0);
    ck_assert_double_eq(sled_machine_start_s(&sim.machine, &slow_protocol, 0, 2), 10e-6);
    ck_assert_double_eq(
        sled_machine_issue_s(&sim.machine, &slow_protocol, 2, SLED_MEMORY_HBM, 1, 0), 0);
    ck_assert_double_eq(
        sled_machine_issue_s(&sim.machine, &slow_protocol, 0, SLED_MEMORY_SBUF, 0, 0), 0);
    sim_finish(&sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("executor");
    TCase *tc = tcase_create("executor");

    tcase_add_test(tc, latency_does_not_change_shares);
    tcase_add_test(tc, a_lone_transfer_reaches_its_bottleneck);
    tcase_add_test(tc, chained_steps_add_up);
    tcase_add_test(tc, a_protocol_launches_issues_and_starts);
    tcase_add_test(tc, a_protocol_tells_sleds_apart);
    tcase_add_test(tc, a_protocol_is_of_chips);
    tcase_add_loop_test(tc, queues_serialise_in_order, 1, 4);
    tcase_add_test(tc, descriptors_are_written_one_after_the_other);
    tcase_add_test(tc, sbuf_transfers_need_no_written_descriptors);
    tcase_add_test(tc, small_rows_are_bound_by_descriptors);
    tcase_add_test(tc, hbm_incast_shares_by_weight);
    tcase_add_test(tc, a_local_copy_reads_and_writes_its_chip);
    tcase_add_test(tc, empty_transfers_order_without_time);
    tcase_add_test(tc, ranks_wait_for_each_other);
    tcase_add_loop_test(tc, split_transfers_use_all_paths, 0, 4);
    tcase_add_test(tc, a_switch_reduces_on_the_way);
    tcase_add_test(tc, time_splits_into_issue_latency_and_service);
    tcase_add_test(tc, waiting_for_a_queue_is_issue);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
