/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Default channels and chunks: on a shipped torus no other choice of a small grid is more than 6 %
 * better, nor more than 8 % on a box of unequal sides; and each of the two is worth something where
 * it is used.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "coll/coll.h"
#include "config/config.h"
#include "config/experiment.h"
#include "sim/sim.h"

#define CK_OK(call) ck_assert_msg((call) == SLED_OK, "%s: %s", #call, err.msg)

enum { MOST_RANKS = 144 };

static const struct {
    const struct sled_coll_algo *algo;
    uint64_t bytes;
} CASES[] = {
    {&sled_coll_all_reduce_ring, 64 << 10},      {&sled_coll_all_reduce_ring, 64 << 20},
    {&sled_coll_all_reduce_kangaring, 64 << 10}, {&sled_coll_all_reduce_kangaring, 64 << 20},
    {&sled_coll_all_reduce_torus, 64 << 10},     {&sled_coll_all_reduce_torus, 64 << 20},
    {&sled_coll_all_gather_torus, 64 << 20},     {&sled_coll_reduce_scatter_torus, 64 << 20},
    {&sled_coll_all_reduce_tree, 64 << 10},      {&sled_coll_all_reduce_tree, 1 << 20},
    {&sled_coll_all_reduce_tree, 64 << 20},      {&sled_coll_all_reduce_hier, 64 << 10},
    {&sled_coll_all_reduce_hier, 64 << 20},      {&sled_coll_broadcast_ring, 64 << 10},
    {&sled_coll_broadcast_ring, 1 << 20},        {&sled_coll_broadcast_ring, 64 << 20},
    {&sled_coll_broadcast_tree, 64 << 10},       {&sled_coll_broadcast_tree, 1 << 20},
    {&sled_coll_broadcast_tree, 64 << 20},
};
static const uint32_t CHANNELS[] = {1, 2, 4};
static const uint32_t CHUNKS[] = {1, 4, 16};

static void load(const char *name, struct sled_config *out)
{
    struct sled_err err = SLED_ERR_INIT;
    char path[512];

    snprintf(path, sizeof path, "%s/topologies/%s.json", getenv("SLEDSIM_DATADIR"), name);
    CK_OK(sled_config_load(path, NULL, 0, "topology", out, &err));
}

static double time_of(const struct sled_topology *topology, const struct sled_coll_algo *algo,
                      uint64_t bytes, uint32_t channels, uint32_t chunks)
{
    const struct sled_coll_req req = {.kind = algo->kind,
                                      .nranks = topology->fabric.nchips,
                                      .nelems = bytes / 2,
                                      .elem_bytes = 2,
                                      .commutative = true,
                                      .channels = channels,
                                      .chunks = chunks};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_experiment experiment;
    struct sled_result *result;
    uint32_t chip_of_rank[MOST_RANKS];

    for (uint32_t r = 0; r < req.nranks; r++)
        chip_of_rank[r] = r;
    const struct sled_experiment_group group = {.req = req, .chip_of_rank = chip_of_rank};
    CK_OK(sled_experiment_collectives(topology, &group, 1, algo->name, SLED_MEMORY_SBUF, 0,
                                      &experiment, &err));
    const struct sled_sim_spec spec = {.machine = &topology->machine,
                                       .program = &experiment.program,
                                       .network = SLED_NETWORK_FLUID};
    CK_OK(sled_sim_run(&spec, &result, &err));
    const double time_s = result->time_s;
    sled_result_destroy(result);
    sled_experiment_finish(&experiment);
    return time_s;
}

START_TEST(defaults_are_near_the_best_of_a_grid)
{
    const struct sled_coll_algo *algo = CASES[_i].algo;
    struct sled_config config;
    double best_s = INFINITY;

    load("trn2-16", &config);
    const double default_s = time_of(config.topology, algo, CASES[_i].bytes, 0, 0);
    for (size_t c = 0; c < SLED_ARRAY_LEN(CHANNELS) && (c == 0 || algo->channels); c++)
        for (size_t k = 0; k < SLED_ARRAY_LEN(CHUNKS); k++)
            best_s = fmin(best_s,
                          time_of(config.topology, algo, CASES[_i].bytes, CHANNELS[c], CHUNKS[k]));
    ck_assert_msg(default_s <= 1.06 * best_s, "%s %s, %llu bytes: %g s, could be %g s",
                  sled_coll_kind_names[algo->kind], algo->name, (unsigned long long)CASES[_i].bytes,
                  default_s, best_s);
    sled_config_finish(&config);
}
END_TEST

/* A box of 36 sleds by 4 chips, with the channels that every direction has. */
START_TEST(defaults_fill_the_gaps_of_unequal_sides)
{
    static const uint64_t bytes[] = {4 << 20, 64 << 20, 256 << 20};
    const struct sled_coll_algo *algo = &sled_coll_all_reduce_torus;
    struct sled_config config;
    double best_s = INFINITY;

    load("trn3-ultraserver", &config);
    const double default_s = time_of(config.topology, algo, bytes[_i], 0, 0);
    for (size_t k = 0; k < SLED_ARRAY_LEN(CHUNKS); k++)
        best_s = fmin(best_s, time_of(config.topology, algo, bytes[_i], 4, CHUNKS[k]));
    ck_assert_msg(default_s <= 1.08 * best_s, "%llu bytes: %g s, could be %g s",
                  (unsigned long long)bytes[_i], default_s, best_s);
    sled_config_finish(&config);
}
END_TEST

/* 64 MiB; both halve the time and better. */
START_TEST(channels_and_chunks_are_worth_it)
{
    struct sled_config config;

    load("trn2-16", &config);
    const double one_way = time_of(config.topology, &sled_coll_all_reduce_torus, 64 << 20, 1, 0);
    const double all_ways = time_of(config.topology, &sled_coll_all_reduce_torus, 64 << 20, 4, 0);
    ck_assert_double_lt(all_ways, 0.5 * one_way);

    const double whole = time_of(config.topology, &sled_coll_all_reduce_tree, 64 << 20, 0, 1);
    const double cut = time_of(config.topology, &sled_coll_all_reduce_tree, 64 << 20, 0, 16);
    ck_assert_double_lt(cut, 0.5 * whole);
    sled_config_finish(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pipelining");
    TCase *tc = tcase_create("pipelining");

    tcase_add_loop_test(tc, defaults_are_near_the_best_of_a_grid, 0, (int)SLED_ARRAY_LEN(CASES));
    tcase_add_loop_test(tc, defaults_fill_the_gaps_of_unequal_sides, 0, 3);
    tcase_add_test(tc, channels_and_chunks_are_worth_it);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
