/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped topologies, end to end: on each, every algorithm keeps above its lower bound and
 * loads the links with exactly the bytes of its plan; where nothing contends, times are the
 * closed forms; a lone transfer gets the bandwidth of its stripes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "check_main.h"
#include "coll_case.h"
#include "config/config.h"
#include "config/experiment.h"
#include "config/plan_file.h"
#include "report/bench_stats.h"
#include "sim/sim.h"

#define CK_OK(call) ck_assert_msg((call) == SLED_OK, "%s: %s", #call, err.msg)

static const char *const topologies[] = {
    "trn2-16",          "trn2-ultraserver-64",    "trn3-gen1-64",
    "trn3-ultraserver", "trn3-ultraserver-2rack", "trn3-ultraserver-4plane"};

static void load(const char *name, const char *const *sets, size_t nsets, struct sled_config *out)
{
    struct sled_err err = SLED_ERR_INIT;
    const char *datadir = getenv("SLEDSIM_DATADIR");
    char path[512];

    ck_assert_ptr_nonnull(datadir);
    snprintf(path, sizeof path, "%s/topologies/%s.json", datadir, name);
    CK_OK(sled_config_load(path, sets, nsets, "topology", out, &err));
}

/* One collective that was run. */
struct run {
    struct sled_experiment experiment;
    struct sled_result *result;
    uint32_t *chip_of_rank;
};

static void run_collective(const struct sled_topology *topology, const struct sled_coll_req *req,
                           const char *algorithm, enum sled_memory memory, struct run *out)
{
    struct sled_err err = SLED_ERR_INIT;

    CK_OK(sled_vec_alloc(&out->chip_of_rank, req->nranks, &err));
    for (uint32_t r = 0; r < req->nranks; r++)
        out->chip_of_rank[r] = r;
    const struct sled_experiment_group group = {.req = *req, .chip_of_rank = out->chip_of_rank};
    CK_OK(sled_experiment_collectives(topology, &group, 1, algorithm, memory, 0, &out->experiment,
                                      &err));
    const struct sled_sim_spec spec = {.machine = &topology->machine,
                                       .program = &out->experiment.program,
                                       .network = SLED_NETWORK_FLUID};
    CK_OK(sled_sim_run(&spec, &out->result, &err));
}

static void finish_run(struct run *run)
{
    sled_result_destroy(run->result);
    sled_experiment_finish(&run->experiment);
    free(run->chip_of_rank);
}

/* Bytes that the plan puts on each link: the parts of every transfer over its paths. */
static void expect_link_bytes(const struct sled_fabric *fabric, const struct sled_plan *plan,
                              double *out)
{
    for (sled_xfer_id id = 0; id < plan->count; id++) {
        const struct sled_xfer x = sled_plan_get(plan, id);
        const uint64_t bytes = x.count * plan->elem_bytes;
        uint32_t first;

        if (x.src == x.dst)
            continue;
        const uint32_t npaths = sled_fabric_paths(fabric, x.src, x.dst, &first);
        for (uint32_t p = 0; p < npaths; p++) {
            const struct sled_path path = sled_fabric_path(fabric, first + p);
            const uint64_t part = bytes / npaths + (p < bytes % npaths);

            for (uint32_t l = 0; l < path.nlinks; l++)
                out[path.link[l]] += (double)part;
        }
    }
}

/* The parts of the time add up to it, and the levels have the bytes of their links. */
static void check_stats(const struct sled_topology *topology, const struct sled_result *result,
                        const double *link_bytes)
{
    double left[SLED_LEVELS], time_s;
    struct sled_bench_stats stats;

    sled_bench_stats_fill(&topology->machine, result, 0, result->time_s, &stats);
    time_s = stats.store_s + stats.issue_s + stats.service_s + stats.latency_s + stats.load_s;
    ck_assert_double_eq_tol(time_s, result->time_s, 1e-9 * result->time_s);
    ck_assert_double_gt(stats.issue_s, 0);
    ck_assert_double_gt(stats.latency_s, 0);
    ck_assert_double_gt(stats.service_s, 0);
    for (int level = 0; level < SLED_LEVELS; level++) {
        left[level] = stats.level[level].bytes;
        ck_assert_double_le(stats.level[level].mean, stats.level[level].most * (1 + 1e-9));
        ck_assert_double_le(stats.level[level].most, 1 + 1e-9);
    }
    for (uint32_t l = 0; l < topology->fabric.nlinks; l++)
        left[topology->fabric.link[l].level] -= link_bytes[l];
    for (int level = 0; level < SLED_LEVELS; level++)
        ck_assert_double_le(fabs(left[level]), 1e-9 * stats.level[level].bytes);
}

static void check_algorithm(const struct sled_topology *topology, const struct sled_coll_algo *algo,
                            uint64_t size)
{
    const uint32_t nranks = topology->fabric.nchips;
    struct sled_err err = SLED_ERR_INIT;
    struct coll_case c;
    struct sled_bound bound;
    struct run run;
    double *expected;

    coll_case_init(
        &c, algo,
        &(struct coll_ask){.nranks = nranks,
                           .nelems = algo->kind == SLED_COLL_ALL_TO_ALL_V ? size / nranks : size});
    run_collective(topology, &c.req, algo->name, SLED_MEMORY_SBUF, &run);

    CK_OK(sled_machine_bound(&topology->machine, run.experiment.plan[0],
                             run.experiment.program.collective[0].chip_of_rank, NULL,
                             SLED_MEMORY_SBUF, 0, &bound, &err));
    ck_assert_double_gt(bound.time_s, 0);
    ck_assert_msg(run.result->time_s >= bound.time_s * (1 - 1e-9), "%s on %s: %g s below %g s",
                  c.name, topology->name, run.result->time_s, bound.time_s);

    CK_OK(sled_vec_alloc(&expected, topology->fabric.nlinks, &err));
    expect_link_bytes(&topology->fabric, run.experiment.plan[0], expected);
    for (uint32_t l = 0; l < topology->fabric.nlinks; l++)
        ck_assert_msg(run.result->used_bytes[l] == expected[l], "%s on %s: link %u: %g, not %g B",
                      c.name, topology->name, l, run.result->used_bytes[l], expected[l]);

    check_stats(topology, run.result, expected);
    free(expected);
    finish_run(&run);
    coll_case_finish(&c);
}

/* Some algorithms need switches that reduce on the way. */
static bool is_in_switch(int algo)
{
    return strcmp(coll_case_algo((size_t)algo)->name, "in_switch") == 0;
}

static bool is_nvls_tree(int algo)
{
    return strcmp(coll_case_algo((size_t)algo)->name, "nvls_tree") == 0;
}

/* A small and a large message in turn. */
START_TEST(every_algorithm_keeps_its_bound_and_its_bytes)
{
    struct sled_config config;

    load(topologies[_i], NULL, 0, &config);
    for (int a = 0; a < coll_case_nalgos(); a++)
        if (!is_in_switch(a) && !is_nvls_tree(a))
            check_algorithm(config.topology, coll_case_algo((size_t)a),
                            (a + _i) % 2 == 0 ? 4096 : 4 << 20);
    sled_config_finish(&config);
}
END_TEST

START_TEST(in_switch_keeps_its_bound_and_its_bytes)
{
    static const char *const reduces = "/ultraserver/planes/reduces=true";
    struct sled_config config;

    load("trn3-ultraserver", &reduces, 1, &config);
    for (int a = 0; a < coll_case_nalgos(); a++)
        if (is_in_switch(a))
            check_algorithm(config.topology, coll_case_algo((size_t)a), _i == 0 ? 4096 : 4 << 20);
    sled_config_finish(&config);
}
END_TEST

START_TEST(nvls_tree_keeps_its_bound_and_its_bytes)
{
    static const char *const servers[] = {"dgx-h100", "dgx-h100-2", "dgx-h100-8"};
    struct sled_config config;

    load(servers[_i / 2], NULL, 0, &config);
    for (int a = 0; a < coll_case_nalgos(); a++)
        if (is_nvls_tree(a))
            check_algorithm(config.topology, coll_case_algo((size_t)a),
                            _i % 2 == 0 ? 4096 : 4 << 20);
    sled_config_finish(&config);
}
END_TEST

/* Of eight lanes in two servers, NICs carry one each way. With switches that add up, a GPU sends
 * all of them to its switch and its own again, and gets all once; in chains it sends and gets each
 * lane twice but for the one that it is the end of and the one that it is the head of. */
static const struct {
    const char *name;
    double up, down;
} LANES[] = {{"nvls_tree", 9, 8}, {"chain_tree", 14, 14}};

START_TEST(links_carry_lanes)
{
    const uint64_t size = 8 << 20;
    struct sled_config config;
    struct run run;

    load("dgx-h100-2", NULL, 0, &config);
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_REDUCE,
                                      .nranks = 16,
                                      .nelems = size,
                                      .elem_bytes = 1,
                                      .commutative = true};
    run_collective(config.topology, &req, LANES[_i].name, SLED_MEMORY_SBUF, &run);
    const struct sled_fabric *fabric = &config.topology->fabric;
    for (uint32_t l = 0; l < fabric->nlinks; l++) {
        const struct sled_link *link = &fabric->link[l];
        const bool up = fabric->node[link->dst].kind == SLED_NODE_SWITCH;
        const double lanes = link->level != SLED_LEVEL_SLED ? 1
                             : up                           ? LANES[_i].up
                                                            : LANES[_i].down;

        ck_assert_double_eq_tol(run.result->used_bytes[l], lanes * (double)size / 8, 1);
    }
    finish_run(&run);
    sled_config_finish(&config);
}
END_TEST

/* Pieces go up one after the other, and each comes down while the next goes up: every link is used
 * once each way, which is half the bytes of any plan without the switches. */
START_TEST(in_switch_all_reduce_is_its_closed_form)
{
    static const char *const reduces = "/ultraserver/planes/reduces=true";
    const uint64_t size = UINT64_C(1) << 30, chunks = 16;
    struct sled_config config;
    uint32_t up, down;
    struct run run;

    load("trn3-ultraserver", &reduces, 1, &config);
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_REDUCE,
                                      .nranks = config.topology->fabric.nchips,
                                      .nelems = size,
                                      .elem_bytes = 1,
                                      .commutative = true,
                                      .chunks = (uint32_t)chunks};
    run_collective(config.topology, &req, "in_switch", SLED_MEMORY_SBUF, &run);

    const struct sled_fabric *fabric = &config.topology->fabric;
    ck_assert_uint_eq(sled_fabric_paths(fabric, 0, fabric->nchips, &up), 1);
    ck_assert_uint_eq(sled_fabric_paths(fabric, fabric->nchips, 0, &down), 1);
    const double piece_s = (double)(size / chunks) / 640e9;
    const double up_s = sled_machine_start_s(&config.topology->machine, NULL, 0, 0) + piece_s +
                        sled_path_latency(fabric, sled_fabric_path(fabric, up));
    const double down_s = piece_s + sled_path_latency(fabric, sled_fabric_path(fabric, down));
    const double expected_s = (double)chunks * up_s + down_s;
    ck_assert_double_eq_tol(run.result->time_s, expected_s, 1e-9 * expected_s);
    finish_run(&run);
    sled_config_finish(&config);
}
END_TEST

static const char *const plans[] = {"all_reduce_two_sleds.json", "broadcast_chain.json",
                                    "msccl_all_pairs_4.xml", "msccl_ring_8.xml"};

START_TEST(every_shipped_plan_keeps_its_bound)
{
    static const uint64_t sizes[] = {4096, 4 << 20};
    const char *name = topologies[_i % (int)SLED_ARRAY_LEN(topologies)];
    const char *plan = plans[_i / (int)SLED_ARRAY_LEN(topologies)];
    struct sled_err err = SLED_ERR_INIT;
    struct sled_config config;
    struct sled_plan_file file;
    char path[512];

    load(name, NULL, 0, &config);
    snprintf(path, sizeof path, "%s/collectives/%s", getenv("SLEDSIM_DATADIR"), plan);
    CK_OK(sled_plan_file_load(path, &file, &err));
    for (size_t i = 0; i < SLED_ARRAY_LEN(sizes); i++) {
        const struct sled_coll_req req = {.kind = file.kind,
                                          .nranks = file.nranks,
                                          .nelems = sizes[i],
                                          .elem_bytes = 1,
                                          .commutative = true};
        const uint32_t chip_of_rank[] = {0, 1, 2, 3, 4, 5, 6, 7};
        struct sled_bound bound;
        struct run run = {.chip_of_rank = NULL};

        const struct sled_experiment_group group = {.req = req, .chip_of_rank = chip_of_rank};
        CK_OK(sled_experiment_plan_file(config.topology, &group, 1, &file, SLED_MEMORY_SBUF,
                                        &run.experiment, &err));
        const struct sled_sim_spec spec = {.machine = &config.topology->machine,
                                           .program = &run.experiment.program,
                                           .network = SLED_NETWORK_FLUID};
        CK_OK(sled_sim_run(&spec, &run.result, &err));
        CK_OK(sled_machine_bound(&config.topology->machine, run.experiment.plan[0], chip_of_rank,
                                 NULL, SLED_MEMORY_SBUF, 0, &bound, &err));
        ck_assert_double_gt(bound.time_s, 0);
        ck_assert_msg(run.result->time_s >= bound.time_s * (1 - 1e-9), "%s on %s: %g s below %g s",
                      plan, name, run.result->time_s, bound.time_s);
        finish_run(&run);
    }
    sled_plan_file_finish(&file);
    sled_config_finish(&config);
}
END_TEST

/*
 * One NeuronSwitch stage without trays is free of contention: chips meet only at their own links.
 * All pairs of chips have this latency and bandwidth.
 */
struct stage {
    struct sled_config config;
    double start_s, latency_s, bytes_per_s;
};

static void load_stage(struct stage *out)
{
    static const char *const sets[] = {"/ultraserver/sleds=12", "/ultraserver/chips_per_sled=1",
                                       "/ultraserver/tray=null"};
    uint32_t first;

    load("trn3-ultraserver", sets, SLED_ARRAY_LEN(sets), &out->config);
    const struct sled_topology *topology = out->config.topology;
    ck_assert_uint_eq(sled_fabric_paths(&topology->fabric, 0, 1, &first), 1);
    const struct sled_path path = sled_fabric_path(&topology->fabric, first);
    out->start_s = sled_machine_start_s(&topology->machine, NULL, 0, 0);
    out->latency_s = sled_path_latency(&topology->fabric, path);
    out->bytes_per_s = sled_path_bandwidth(&topology->fabric, path);
}

START_TEST(uniform_all_to_all_is_its_closed_form)
{
    const double P = 12, n = 12 * 65536.0 * (_i + 1);
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_TO_ALL,
                                      .nranks = 12,
                                      .nelems = (uint64_t)n,
                                      .elem_bytes = 1,
                                      .commutative = true};
    struct stage stage;
    struct run run;

    load_stage(&stage);
    run_collective(stage.config.topology, &req, "direct", SLED_MEMORY_SBUF, &run);
    const double expected = stage.start_s + (P - 1) * (n / P) / stage.bytes_per_s + stage.latency_s;
    ck_assert_double_eq_tol(run.result->time_s, expected, expected * 1e-9);
    finish_run(&run);
    sled_config_finish(&stage.config);
}
END_TEST

START_TEST(ring_all_reduce_is_its_closed_form)
{
    const double P = 12, n = 12 * 65536.0 * (_i + 1);
    const struct sled_coll_req req = {.kind = SLED_COLL_ALL_REDUCE,
                                      .nranks = 12,
                                      .nelems = (uint64_t)n / 2,
                                      .elem_bytes = 2,
                                      .commutative = true,
                                      .channels = 1,
                                      .chunks = 1};
    struct stage stage;
    struct run run;

    load_stage(&stage);
    run_collective(stage.config.topology, &req, "ring", SLED_MEMORY_SBUF, &run);
    const double step = stage.start_s + n / P / stage.bytes_per_s + stage.latency_s;
    const double expected = 2 * (P - 1) * step;
    ck_assert_double_eq_tol(run.result->time_s, expected, expected * 1e-9);
    finish_run(&run);
    sled_config_finish(&stage.config);
}
END_TEST

/* Rate of a lone GiB between chips of different sleds, from the difference of two sizes: starts and
 * latencies drop out. */
static double lone_rate(const char *const *sets, size_t nsets)
{
    const double gib = 1 << 30;
    double time_s[2];

    for (int i = 0; i < 2; i++) {
        struct sled_err err = SLED_ERR_INIT;
        struct sled_config config;
        struct sled_traffic traffic;
        struct run run;

        load("trn3-ultraserver", sets, nsets, &config);
        CK_OK(sled_traffic_init(&traffic, 144, &err));
        traffic.bytes[4] = (uint64_t)(i + 1) << 30; /* chip 0 to chip 4, in the next sled */
        const struct sled_coll_req req = {.kind = SLED_COLL_ALL_TO_ALL_V,
                                          .nranks = 144,
                                          .elem_bytes = 1,
                                          .commutative = true,
                                          .traffic = &traffic};
        run_collective(config.topology, &req, "direct", SLED_MEMORY_SBUF, &run);
        time_s[i] = run.result->time_s;
        finish_run(&run);
        sled_traffic_finish(&traffic);
        sled_config_finish(&config);
    }
    return gib / (time_s[1] - time_s[0]);
}

START_TEST(a_lone_transfer_is_striped_over_the_switches)
{
    static const char *const failed[] = {"/failed=[{\"node\": \"nsw\", \"members\": 1}]"};

    ck_assert_double_eq_tol(lone_rate(NULL, 0), 640e9, 640e9 * 1e-9);
    ck_assert_double_eq_tol(lone_rate(failed, 1), 576e9, 576e9 * 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config_shipped");
    TCase *tc = tcase_create("shipped");

    tcase_add_loop_test(tc, every_algorithm_keeps_its_bound_and_its_bytes, 0,
                        (int)SLED_ARRAY_LEN(topologies));
    tcase_add_loop_test(tc, every_shipped_plan_keeps_its_bound, 0,
                        (int)(SLED_ARRAY_LEN(topologies) * SLED_ARRAY_LEN(plans)));
    tcase_add_loop_test(tc, in_switch_keeps_its_bound_and_its_bytes, 0, 2);
    tcase_add_loop_test(tc, nvls_tree_keeps_its_bound_and_its_bytes, 0, 6);
    tcase_add_loop_test(tc, links_carry_lanes, 0, (int)SLED_ARRAY_LEN(LANES));
    tcase_add_test(tc, in_switch_all_reduce_is_its_closed_form);
    tcase_add_loop_test(tc, uniform_all_to_all_is_its_closed_form, 0, 4);
    tcase_add_loop_test(tc, ring_all_reduce_is_its_closed_form, 0, 4);
    tcase_add_test(tc, a_lone_transfer_is_striped_over_the_switches);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
