/* SPDX-License-Identifier: Apache-2.0 */
/* Resources, their uses and costs, and the bound, on cases worked out by hand. */
#include "sim_fixture.h"

/* The weight of a resource among uses; 0 where it is not used. */
static double weight_of(const struct sim *sim, const struct sled_use *use, uint32_t n,
                        const char *name)
{
    double weight = 0;
    char buf[80];

    for (uint32_t i = 0; i < n; i++)
        if (strcmp(sled_machine_resource_name(&sim->machine, use[i].resource, buf, sizeof buf),
                   name) == 0)
            weight += use[i].weight;
    return weight;
}

static uint32_t transfer(const struct sim *sim, uint32_t src, uint32_t dst, enum sled_memory memory,
                         enum sled_xfer_op op, struct sled_use *use)
{
    uint32_t path = SLED_NONE;

    if (src != dst)
        sled_fabric_paths(&sim->fabric, src, dst, &path);
    return sled_machine_transfer(&sim->machine, NULL, src, dst, path, memory, op, 500, use);
}

static struct sled_chip_ports slow_rows(void)
{
    struct sled_chip_ports ports = SIM_PORTS;

    ports.dma_engines = 4;
    ports.dma_engine_bytes_per_s = 100e9;
    ports.dma_descriptor_floor_s = 10e-9; /* as long as 1,000 bytes */
    ports.dma_descriptor_bytes = 4000;
    ports.reduce_dma_weight = 2;
    return ports;
}

START_TEST(resources_are_numbered_by_kind)
{
    const struct sled_chip_ports ports = slow_rows();
    const char *const expected[] = {
        "link chip0>hub", "link hub>chip0", "link chip1>hub", "link hub>chip1", "hbm chip0",
        "hbm chip1",      "dma chip0",      "dma chip1",      "sbuf chip0",     "sbuf chip1"};
    const double capacity[] = {1e12, 1e12, 1e12, 1e12, 1e15, 1e15, 400e9, 400e9, 1e15, 1e15};
    struct sim sim;
    char buf[80];

    sim_star(&sim, 2, 1e12, NULL, &ports);
    ck_assert_uint_eq(sim.machine.nresources, SLED_ARRAY_LEN(expected));
    for (uint32_t r = 0; r < sim.machine.nresources; r++) {
        ck_assert_str_eq(sled_machine_resource_name(&sim.machine, r, buf, sizeof buf), expected[r]);
        ck_assert_double_eq(sim.machine.resource[r].bytes_per_s, capacity[r]);
    }
    sim_finish(&sim);
}
END_TEST

START_TEST(transfers_use_both_ends_and_the_path)
{
    const struct sled_chip_ports ports = slow_rows();
    struct sled_use use[SLED_MAX_USES];
    struct sim sim;

    sim_star(&sim, 2, 1e12, NULL, &ports);

    uint32_t n = transfer(&sim, 0, 1, SLED_MEMORY_SBUF, SLED_XFER_COPY, use);
    ck_assert_uint_eq(n, 5);
    ck_assert_double_eq(weight_of(&sim, use, n, "link chip0>hub"), 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "link hub>chip1"), 1);
    ck_assert_double_eq_tol(weight_of(&sim, use, n, "dma chip0"), 2, 1e-12);
    ck_assert_double_eq(weight_of(&sim, use, n, "sbuf chip0"), 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "sbuf chip1"), 1);

    n = transfer(&sim, 0, 1, SLED_MEMORY_HBM, SLED_XFER_REDUCE, use);
    ck_assert_uint_eq(n, 5);
    ck_assert_double_eq_tol(weight_of(&sim, use, n, "dma chip0"), 4, 1e-12);
    ck_assert_double_eq(weight_of(&sim, use, n, "hbm chip0"), 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "hbm chip1"), 3);

    n = transfer(&sim, 1, 0, SLED_MEMORY_SBUF, SLED_XFER_REDUCE, use);
    ck_assert_double_eq(weight_of(&sim, use, n, "sbuf chip1"), 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "sbuf chip0"), 2);

    n = transfer(&sim, 1, 1, SLED_MEMORY_HBM, SLED_XFER_COPY, use);
    ck_assert_uint_eq(n, 2);
    ck_assert_double_eq(weight_of(&sim, use, n, "hbm chip1"), 2);

    n = sled_machine_stream(&sim.machine, 1, use);
    ck_assert_uint_eq(n, 3);
    ck_assert_double_eq(weight_of(&sim, use, n, "hbm chip1"), 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "dma chip1"), 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "sbuf chip1"), 1);

    ck_assert_uint_eq(sled_machine_kernel(&sim.machine, 1, use), 3); /* by DMA */
    sim.machine.ports.direct_kernels = true;
    n = sled_machine_kernel(&sim.machine, 1, use);
    ck_assert_uint_eq(n, 1);
    ck_assert_double_eq(weight_of(&sim, use, n, "hbm chip1"), 1);
    sim_finish(&sim);
}
END_TEST

START_TEST(dma_weight_follows_descriptors)
{
    const struct sled_chip_ports ports = slow_rows();

    ck_assert_double_eq(sled_dma_bytes_per_s(&ports), 400e9);
    ck_assert_double_eq_tol(sled_dma_weight(&ports, 0), 1, 1e-12);   /* 4,000 bytes each */
    ck_assert_double_eq_tol(sled_dma_weight(&ports, 1), 1000, 1e-9); /* the floor */
    ck_assert_double_eq_tol(sled_dma_weight(&ports, 999), 1000. / 999, 1e-12);
    ck_assert_double_eq_tol(sled_dma_weight(&ports, 1000), 1, 1e-12);
    ck_assert_double_eq_tol(sled_dma_weight(&ports, 4001), 5000. / 4001, 1e-12); /* and 1 byte */
    for (uint64_t row = 1; row < 20000; row += 7)
        ck_assert_double_ge(sled_dma_weight(&ports, row), 1);
}
END_TEST

START_TEST(descriptors_cost_gpsimd_time_on_hbm)
{
    struct sled_chip_ports ports = slow_rows();
    struct sim sim;

    ports.descriptor_start_s = 1;
    ports.descriptor_write_s = 0.001;
    sim_star(&sim, 2, 1e12, NULL, &ports);
    const struct {
        uint64_t bytes, row_bytes;
        double expected;
    } cases[] = {
        {0, 500, 0},         {1, 500, 1.001},  {500, 500, 1.001},   {501, 500, 1.002},
        {8000, 0, 1.002},    {8001, 0, 1.003}, {9000, 4500, 1.004}, /* two descriptors a row */
        {9001, 4500, 1.005},
    };
    for (size_t i = 0; i < SLED_ARRAY_LEN(cases); i++) {
        ck_assert_double_eq_tol(sled_machine_issue_s(&sim.machine, NULL, 0, SLED_MEMORY_HBM,
                                                     cases[i].bytes, cases[i].row_bytes),
                                cases[i].expected, 1e-12);
        ck_assert_double_eq(sled_machine_issue_s(&sim.machine, NULL, 0, SLED_MEMORY_SBUF,
                                                 cases[i].bytes, cases[i].row_bytes),
                            0);
    }
    sim_finish(&sim);
}
END_TEST

START_TEST(parts_add_up)
{
    for (uint64_t bytes = 0; bytes < 40; bytes++)
        for (uint32_t n = 1; n <= 16; n++) {
            uint64_t sum = 0;
            for (uint32_t i = 0; i < n; i++) {
                const uint64_t part = sled_machine_part(bytes, n, i);
                ck_assert(part == bytes / n || part == bytes / n + 1);
                sum += part;
            }
            ck_assert_uint_eq(sum, bytes);
        }
}
END_TEST

static struct sled_bound bound_of(const struct sim *sim, enum sled_memory memory)
{
    const uint32_t chip_of_rank[] = {0, 1, 2, 3};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_bound bound;

    CK_OK(
        sled_machine_bound(&sim->machine, &sim->plan, chip_of_rank, NULL, memory, 0, &bound, &err));
    return bound;
}

START_TEST(a_chain_is_as_long_as_its_transfers)
{
    const double latency_s[] = {1e-6, 2e-6, 3e-6, 4e-6};
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_start_s = 10e-6;
    ports.descriptor_start_s = 100e-6;
    sim_star(&sim, 4, 1e12, latency_s, &ports);
    sim_begin_plan(&sim);
    sled_xfer_id x = sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, SLED_NONE);
    x = sim_add_xfer(&sim, 1, 2, 0, SLED_XFER_COPY, x);
    x = sim_add_xfer(&sim, 1, 3, 2000000, SLED_XFER_COPY, x);
    sim_add_xfer(&sim, 2, 3, 1500000, SLED_XFER_COPY, SLED_NONE);

    struct sled_bound bound = bound_of(&sim, SLED_MEMORY_SBUF);
    ck_assert_close(bound.chain_s, (10e-6 + 1e-6 + 3e-6) + (10e-6 + 2e-6 + 6e-6));
    ck_assert_close(bound.resource_s, 10e-6 + 3.5e-6 + 6e-6);
    ck_assert_double_eq(bound.time_s, bound.chain_s);
    ck_assert_double_eq(bound.busiest_bytes, 3.5e6);
    char buf[80];
    ck_assert_str_eq(sled_machine_resource_name(&sim.machine, bound.busiest, buf, sizeof buf),
                     "link hub>chip3");

    bound = bound_of(&sim, SLED_MEMORY_HBM);
    ck_assert_close(bound.chain_s, 232e-6);
    sim_finish(&sim);
}
END_TEST

START_TEST(a_loaded_resource_bounds_what_does_not_depend)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    sim_star(&sim, 4, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    for (uint32_t s = 1; s < 4; s++)
        sim_add_xfer(&sim, s, 0, 1000000, SLED_XFER_COPY, SLED_NONE);
    const struct sled_bound bound = bound_of(&sim, SLED_MEMORY_SBUF);
    ck_assert_close(bound.chain_s, 1e-6);
    ck_assert_close(bound.resource_s, 3e-6);
    ck_assert_close(bound.time_s, 3e-6);
    sim_finish(&sim);
}
END_TEST

START_TEST(nothing_moved_bounds_nothing)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    sim_star(&sim, 4, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 1, 0, 0, SLED_XFER_COPY, SLED_NONE);
    const struct sled_bound bound = bound_of(&sim, SLED_MEMORY_SBUF);
    ck_assert_double_eq(bound.time_s, 0);
    ck_assert_uint_eq(bound.busiest, SLED_NONE);
    sim_finish(&sim);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("machine");
    TCase *tc = tcase_create("machine");

    tcase_add_test(tc, resources_are_numbered_by_kind);
    tcase_add_test(tc, transfers_use_both_ends_and_the_path);
    tcase_add_test(tc, dma_weight_follows_descriptors);
    tcase_add_test(tc, descriptors_cost_gpsimd_time_on_hbm);
    tcase_add_test(tc, parts_add_up);
    tcase_add_test(tc, a_chain_is_as_long_as_its_transfers);
    tcase_add_test(tc, a_loaded_resource_bounds_what_does_not_depend);
    tcase_add_test(tc, nothing_moved_bounds_nothing);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
