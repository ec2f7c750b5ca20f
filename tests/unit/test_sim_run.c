/* SPDX-License-Identifier: Apache-2.0 */
/* Whole programs: overlap, contention, determinism, and a simulator that dies. */
#include "sim_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/rng.h"

static uint32_t find_resource(const struct sim *sim, enum sled_resource_kind kind, uint32_t index)
{
    for (uint32_t r = 0; r < sim->machine.nresources; r++)
        if (sim->machine.resource[r].kind == kind && sim->machine.resource[r].index == index)
            return r;
    ck_abort_msg("no such resource");
    return SLED_NONE;
}

static uint32_t add_copy(struct sim *sim, uint32_t chip, enum sled_step_kind kind, uint64_t bytes,
                         uint32_t after)
{
    const struct sled_step step = {
        .kind = kind, .stream = SLED_STREAM_CC, .bytes = bytes, .after = after};
    struct sled_err err = SLED_ERR_INIT;
    uint32_t id;

    CK_OK(sled_program_add_step(&sim->program, chip, &step, &id, &err));
    return id;
}

START_TEST(kernels_take_their_time)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.hbm_bytes_per_s = 1e12;
    sim_star(&sim, 1, 1e12, NULL, &ports);
    sim_begin_program(&sim);
    sim_add_kernel(&sim, 0, 3e-6, 0);       /* no bytes */
    sim_add_kernel(&sim, 0, 2e-6, 1000000); /* half of HBM's rate */
    sim_add_kernel(&sim, 0, 0, 1000000);    /* as fast as HBM */
    sim_add_kernel(&sim, 0, 0, 0);
    sim_run(&sim);
    const double end_s[] = {3e-6, 5e-6, 6e-6, 6e-6};
    for (int i = 0; i < 4; i++) {
        ck_assert_close(sim.result->step_start_s[i], i == 0 ? 0 : end_s[i - 1]);
        ck_assert_close(sim.result->step_end_s[i], end_s[i]);
    }
    ck_assert_close(sim.result->time_s, 6e-6);
    ck_assert_double_eq(sim.result->used_bytes[find_resource(&sim, SLED_RESOURCE_HBM, 0)], 2e6);
    sim_finish(&sim);
}
END_TEST

/* The first steps of both streams wait for their chip to begin; the collective waits for all. */
START_TEST(chips_begin_when_they_are_told)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    const double start_s[] = {0, 4e-6};
    struct sled_err err = SLED_ERR_INIT;
    struct sim sim;

    sim_star(&sim, 2, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 1000000, SLED_XFER_COPY, SLED_NONE);
    sim_begin_program(&sim);
    sim_add_kernel(&sim, 0, 3e-6, 0);
    sim_add_kernel(&sim, 1, 3e-6, 0);
    sim_add_collective(&sim, SLED_MEMORY_SBUF, 0, NULL);
    const struct sled_sim_spec spec = {
        .machine = &sim.machine, .program = &sim.program, .start_s = start_s};
    CK_OK(sled_sim_run(&spec, &sim.result, &err));
    const double begin_s[] = {0, 0, 4e-6, 4e-6}, end_s[] = {3e-6, 5e-6, 7e-6, 5e-6};
    for (int i = 0; i < 4; i++) {
        ck_assert_close(sim.result->step_start_s[i], begin_s[i]);
        ck_assert_close(sim.result->step_end_s[i], end_s[i]);
    }
    sim_finish(&sim);
}
END_TEST

/*
 * A kernel that wants 0.8 of HBM meets a store that takes all it can: each gets a half,
 * until the store's bytes are through; then the kernel goes on at its own pace.
 */
START_TEST(kernels_and_copies_contend_for_hbm)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.hbm_bytes_per_s = 1e12;
    sim_star(&sim, 1, 1e12, NULL, &ports);
    sim_begin_program(&sim);
    sim_add_kernel(&sim, 0, 10e-6, 8e6);
    add_copy(&sim, 0, SLED_STEP_STORE, 2000000, SLED_NONE);
    sim_run(&sim);
    ck_assert_close(sim.result->step_end_s[1], 4e-6);
    ck_assert_close(sim.result->step_end_s[0], 4e-6 + (8e6 - 2e6) / 0.8e12);
    sim_finish(&sim);
}
END_TEST

/* The same with a collective: chip 0 sends from HBM while its kernel streams weights. */
START_TEST(kernels_and_collectives_contend_for_hbm)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.hbm_bytes_per_s = 1e12;
    sim_star(&sim, 2, 1e15, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 2000000, SLED_XFER_COPY, SLED_NONE);
    sim_begin_program(&sim);
    sim_add_kernel(&sim, 0, 10e-6, 8e6);
    sim_add_collective(&sim, SLED_MEMORY_HBM, 0, NULL);
    sim_run(&sim);
    ck_assert_close(sim.result->collective_end_s[0], 4e-6);
    ck_assert_close(sim.result->step_end_s[0], 4e-6 + (8e6 - 2e6) / 0.8e12);
    sim_finish(&sim);
}
END_TEST

START_TEST(sbuf_collectives_leave_hbm_alone)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.hbm_bytes_per_s = 1e12;
    sim_star(&sim, 2, 1e12, NULL, &ports);
    sim_begin_plan(&sim);
    sim_add_xfer(&sim, 0, 1, 2000000, SLED_XFER_COPY, SLED_NONE);
    sim_begin_program(&sim);
    sim_add_kernel(&sim, 0, 10e-6, 8e6);
    sim_add_collective(&sim, SLED_MEMORY_SBUF, 0, NULL);
    sim_run(&sim);
    ck_assert_close(sim.result->collective_end_s[0], 2e-6);
    ck_assert_close(sim.result->step_end_s[0], 10e-6);
    sim_finish(&sim);
}
END_TEST

START_TEST(streams_overlap_and_wait)
{
    struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    ports.dma_start_s = 1e-6;
    ports.hbm_bytes_per_s = 1e12;
    sim_star(&sim, 1, 1e12, NULL, &ports);
    sim_begin_program(&sim);
    const uint32_t first = sim_add_kernel(&sim, 0, 5e-6, 0);
    const uint32_t store = add_copy(&sim, 0, SLED_STEP_STORE, 1000000, SLED_NONE);
    const uint32_t load = add_copy(&sim, 0, SLED_STEP_LOAD, 1000000, first);
    const uint32_t nothing = add_copy(&sim, 0, SLED_STEP_LOAD, 0, SLED_NONE);
    sim_run(&sim);
    ck_assert_close(sim.result->step_end_s[store], 2e-6);
    ck_assert_close(sim.result->step_start_s[load], 5e-6);
    ck_assert_close(sim.result->step_end_s[load], 7e-6);
    ck_assert_close(sim.result->step_end_s[nothing], 7e-6);
    sim_finish(&sim);
}
END_TEST

START_TEST(an_empty_program_takes_no_time)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct sim sim;

    sim_star(&sim, 2, 1e12, NULL, &ports);
    sim_begin_program(&sim);
    sim_run(&sim);
    ck_assert_double_eq(sim.result->time_s, 0);
    sim_finish(&sim);
}
END_TEST

/* A random plan: uneven sizes, chains, reductions, local copies, empty transfers. */
static void random_plan(struct sim *sim, uint64_t seed)
{
    struct sled_rng rng;

    sled_rng_init(&rng, seed, 0);
    sim_begin_plan(sim);
    for (uint32_t i = 0; i < 200; i++) {
        const uint32_t src = sled_rng_below(&rng, SIM_CHIPS);
        const uint32_t dst = sled_rng_below(&rng, SIM_CHIPS);
        const uint64_t bytes = sled_rng_below(&rng, 5) == 0 ? 0 : sled_rng_below(&rng, 100000);
        const bool reduces = sled_rng_below(&rng, 2) == 0;
        const sled_xfer_id after =
            i == 0 || sled_rng_below(&rng, 3) == 0 ? SLED_NONE : sled_rng_below(&rng, i);

        sim_add_xfer(sim, src, dst, bytes, reduces ? SLED_XFER_REDUCE : SLED_XFER_COPY, after);
    }
}

static void tight_star(struct sim *sim, int variant)
{
    const double latency_s[SIM_CHIPS] = {50e-9, 100e-9, 150e-9, 200e-9, 50e-9, 50e-9, 1e-6, 0};
    struct sled_chip_ports ports = SIM_PORTS;

    ports.hbm_bytes_per_s = 1.5e11;
    ports.sbuf_bytes_per_s = 3e11;
    ports.dma_engines = 4;
    ports.dma_engine_bytes_per_s = 4e10;
    ports.dma_descriptor_floor_s = 30e-9;
    ports.dma_start_s = 1e-6;
    ports.descriptor_write_s = 5e-9;
    ports.descriptor_start_s = 50e-9;
    ports.reduce_dma_weight = 1.5;
    ports.dma_queues = variant % 3 == 0 ? 0 : 2;
    sim_star(sim, SIM_CHIPS, 1e11, latency_s, &ports);
}

/* Bounds hold (sim_run_plan), order is kept, and links carry what the plan says. */
START_TEST(random_plans_keep_the_laws)
{
    struct sim sim;

    tight_star(&sim, _i);
    random_plan(&sim, (uint64_t)_i);
    sim_run_plan(&sim, _i % 2 == 0 ? SLED_MEMORY_SBUF : SLED_MEMORY_HBM, 1000);

    double planned[2 * SIM_CHIPS] = {0};
    for (sled_xfer_id id = 0; id < sim.plan.count; id++) {
        const struct sled_xfer x = sled_plan_get(&sim.plan, id);
        uint32_t first;

        if (x.nafter > 0)
            ck_assert_double_ge(sim.result->xfer_end_s[id], sim.result->xfer_end_s[x.after[0]]);
        if (x.src == x.dst)
            continue;
        sled_fabric_paths(&sim.fabric, x.src, x.dst, &first);
        const struct sled_path path = sled_fabric_path(&sim.fabric, first);
        for (uint32_t l = 0; l < path.nlinks; l++)
            planned[path.link[l]] += (double)x.count;
    }
    for (uint32_t l = 0; l < sim.fabric.nlinks; l++)
        ck_assert_double_eq(sim.result->used_bytes[l], planned[l]);
    for (uint32_t r = 0; r < sim.machine.nresources; r++)
        ck_assert_double_le(sim.result->used_bytes[r], sim.machine.resource[r].bytes_per_s *
                                                           sim.result->time_s *
                                                           (1 + 1e-9 + sim.result->weight_error));
    sim_finish(&sim);
}
END_TEST

START_TEST(equal_runs_give_equal_bytes)
{
    struct sim a, b;

    tight_star(&a, 1);
    random_plan(&a, 7);
    sim_run_plan(&a, SLED_MEMORY_HBM, 1000);
    tight_star(&b, 1);
    random_plan(&b, 7);
    sim_run_plan(&b, SLED_MEMORY_HBM, 1000);
    ck_assert_mem_eq(a.result->xfer_end_s, b.result->xfer_end_s,
                     a.plan.count * sizeof *a.result->xfer_end_s);
    ck_assert_mem_eq(a.result->used_bytes, b.result->used_bytes,
                     a.machine.nresources * sizeof *a.result->used_bytes);
    ck_assert_double_eq(a.result->time_s, b.result->time_s);
    sim_finish(&a);
    sim_finish(&b);
}
END_TEST

static int open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/*
 * Run where files may have no bytes, so that the child cannot write its platform. Check
 * writes files too: nothing may be asserted meanwhile.
 */
static enum sled_status run_without_files(struct sim *sim, struct sled_result **result,
                                          struct sled_err *err)
{
    const struct sled_chip_ports ports = SIM_PORTS;
    struct rlimit limit;

    sim_star(sim, 2, 1e12, NULL, &ports);
    sim_begin_program(sim);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    const struct sled_sim_spec spec = {
        .machine = &sim->machine, .program = &sim->program, .network = SLED_NETWORK_SIMGRID};

    setrlimit(RLIMIT_FSIZE, &none);
    const enum sled_status status = sled_sim_run(&spec, result, err);
    setrlimit(RLIMIT_FSIZE, &limit);
    return status;
}

START_TEST(a_dead_simulator_is_an_error)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_result *result = NULL;
    struct sim sim;
    const int files = open_files();

    ck_assert_int_eq(run_without_files(&sim, &result, &err), SLED_E_SIM);
    ck_assert_str_eq(err.msg, "the simulation was killed by signal 25 (File size limit exceeded)");
    ck_assert_ptr_null(result);
    ck_assert_int_eq(open_files(), files);
    ck_assert(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    sim_finish(&sim);
}
END_TEST

START_TEST(a_reported_failure_keeps_its_class)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_result *result = NULL;
    struct sim sim;

    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    ck_assert_int_eq(run_without_files(&sim, &result, &err), SLED_E_IO);
    ck_assert_str_eq(err.msg, "platform description: File too large");
    ck_assert_ptr_null(result);
    sim_finish(&sim);
}
END_TEST

START_TEST(description_names_version_and_options)
{
    ck_assert_str_eq(sled_sim_describe(),
                     "SimGrid 3.32; network/model:CM02 network/crosstraffic:no "
                     "network/TCP-gamma:1e18 network/loopback-bw:1e18 surf/precision:1e-13 "
                     "contexts/factory:raw contexts/stack-size:64 tracing:no");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *tc = tcase_create("run");

    tcase_add_test(tc, kernels_take_their_time);
    tcase_add_test(tc, chips_begin_when_they_are_told);
    tcase_add_test(tc, kernels_and_copies_contend_for_hbm);
    tcase_add_test(tc, kernels_and_collectives_contend_for_hbm);
    tcase_add_test(tc, sbuf_collectives_leave_hbm_alone);
    tcase_add_test(tc, streams_overlap_and_wait);
    tcase_add_test(tc, an_empty_program_takes_no_time);
    tcase_add_loop_test(tc, random_plans_keep_the_laws, 0, 12);
    tcase_add_test(tc, equal_runs_give_equal_bytes);
    tcase_add_test(tc, a_dead_simulator_is_an_error);
    tcase_add_test(tc, a_reported_failure_keeps_its_class);
    tcase_add_test(tc, description_names_version_and_options);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
