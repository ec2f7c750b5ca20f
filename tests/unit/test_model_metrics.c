/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum flow on graphs with known cuts, and metrics of small fabrics. */
#include "model/maxflow.h"
#include "model/metrics.h"
#include "topo_fixture.h"

static struct sled_fabric fabric;
static struct sled_metrics metrics;
static struct sled_err err;

static void setup(void)
{
    err = (struct sled_err)SLED_ERR_INIT;
}

static void teardown(void)
{
    sled_fabric_finish(&fabric);
}

static double flow(const struct sled_arc *arcs, size_t narcs, uint32_t nnodes)
{
    double out = -1.0;

    ck_assert_int_eq(sled_maxflow(arcs, narcs, nnodes, 0, nnodes - 1, &out, &err), SLED_OK);
    return out;
}

START_TEST(flow_of_textbook_graphs)
{
    const struct sled_arc nothing[] = {{1, 0, 5}, {3, 2, 5}};
    const struct sled_arc parallel[] = {{0, 1, 2}, {0, 1, 3}, {1, 0, 9}};
    const struct sled_arc chain[] = {{0, 1, 7}, {1, 2, 4}, {2, 3, 9}};
    /* A greedy first path 0-1-2-3 has to be taken back in part. */
    const struct sled_arc diamond[] = {{0, 1, 1}, {0, 2, 1}, {1, 2, 1}, {1, 3, 1}, {2, 3, 1}};
    const struct sled_arc network[] = {{0, 1, 16}, {0, 2, 13}, {1, 2, 10}, {2, 1, 4},  {1, 3, 12},
                                       {3, 2, 9},  {2, 4, 14}, {4, 3, 7},  {3, 5, 20}, {4, 5, 4}};

    ck_assert_double_eq(flow(nothing, 2, 4), 0.0);
    ck_assert_double_eq(flow(parallel, 3, 2), 5.0);
    ck_assert_double_eq(flow(chain, 3, 4), 4.0);
    ck_assert_double_eq(flow(diamond, 5, 4), 2.0);
    ck_assert_double_eq(flow(network, 10, 6), 23.0);
}
END_TEST

/* Flow of a random graph equals its least cut, found by trying all. */
START_TEST(flow_is_the_least_cut)
{
    enum { NODES = 9 };
    struct sled_arc arc[40];
    uint32_t state = (uint32_t)_i + 1;

    for (size_t i = 0; i < 40; i++) {
        uint32_t draw[3];
        for (size_t j = 0; j < 3; j++) {
            state = state * 1664525u + 1013904223u;
            draw[j] = state >> 16;
        }
        arc[i] = (struct sled_arc){
            .src = draw[0] % NODES, .dst = draw[1] % NODES, .capacity = 1.0 + draw[2] % 20};
    }

    double least = HUGE_VAL;
    for (uint32_t side = 0; side < 1u << NODES; side++) {
        double cut = 0.0;
        if ((side & 1) == 0 || (side >> (NODES - 1) & 1) == 1)
            continue;
        for (size_t i = 0; i < 40; i++)
            if ((side >> arc[i].src & 1) == 1 && (side >> arc[i].dst & 1) == 0)
                cut += arc[i].capacity;
        least = fmin(least, cut);
    }
    ck_assert_double_eq(flow(arc, 40, NODES), least);
}
END_TEST

#define CHIP(name) "{\"name\": \"" name "\", \"kind\": \"chip\"}"
#define LINK(from, to, rate)                                              \
    "{\"from\": \"" from "\", \"to\": \"" to "\", \"bandwidth\": \"" rate \
    "\", \"medium\": \"pcb\", \"link_latency\": \"3ns\", \"level\": \"sled\"}"

START_TEST(one_chip_has_nothing_to_measure)
{
    topo_make(&fabric, &sled_topo_custom, "{\"nodes\": [" CHIP("c") "], \"links\": []}");
    ck_assert_int_eq(sled_metrics_compute(&fabric, &metrics, &err), SLED_OK);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 0.0);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 0.0);
    ck_assert_double_eq(metrics.latency_max_s, 0.0);
    ck_assert_uint_eq(metrics.max_hops, 0);
    ck_assert_uint_eq(metrics.max_sled_hops, 0);
}
END_TEST

START_TEST(a_pair_of_chips)
{
    topo_make(&fabric, &sled_topo_custom,
              "{\"nodes\": [" CHIP("c{0..1}") "], \"links\": [" LINK("c0", "c1", "7GB/s") "]}");
    ck_assert_int_eq(sled_metrics_compute(&fabric, &metrics, &err), SLED_OK);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 7e9);
    ck_assert_str_eq(metrics.bisection_axis, "chip");
    ck_assert_double_eq(metrics.injection_bytes_per_s, 7e9);
    ck_assert_uint_eq(metrics.hop_pairs[0], 2);
    ck_assert_double_eq(metrics.latency_mean_s, 3e-9);
}
END_TEST

/* A complete graph of five: the smaller half of two chips has 2 x 3 links to the others. */
START_TEST(an_odd_number_of_chips_is_cut_below_the_middle)
{
    topo_make(&fabric, &sled_topo_custom,
              "{\"nodes\": [" CHIP("c{0..4}") "], \"links\": [" LINK("c{0..4}", "c{i+1..4}",
                                                                     "2GB/s") "]}");
    ck_assert_int_eq(sled_metrics_compute(&fabric, &metrics, &err), SLED_OK);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 12e9);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 8e9);
    ck_assert_uint_eq(metrics.hop_pairs[0], 20);
}
END_TEST

/* Two of the four routes from corner to corner begin with the same link. */
START_TEST(paths_that_share_a_link_share_its_bandwidth)
{
    topo_make(&fabric, &sled_topo_torus,
              "{\"dimensions\": [{\"name\": \"x\", \"size\": 4, \"bandwidth\": \"10GB/s\", "
              "\"medium\": \"pcb\", \"link_latency\": \"1ns\"}, {\"name\": \"y\", \"size\": 4, "
              "\"bandwidth\": \"10GB/s\", \"medium\": \"pcb\", \"link_latency\": \"1ns\"}], "
              "\"forward_latency\": \"1ns\"}");
    ck_assert_int_eq(sled_metrics_compute(&fabric, &metrics, &err), SLED_OK);
    uint32_t first;
    ck_assert_uint_eq(sled_fabric_paths(&fabric, 0, 10, &first), 4);
    ck_assert_double_eq(metrics.pair_bandwidth_max, 20e9);
    ck_assert_double_eq(metrics.pair_bandwidth_min, 10e9);
}
END_TEST

START_TEST(hops_beyond_the_histogram_are_refused)
{
    const struct sled_metrics untouched = {.max_hops = 77};

    topo_make(&fabric, &sled_topo_torus,
              "{\"dimensions\": [{\"name\": \"x\", \"size\": 400, \"wrap\": false, "
              "\"bandwidth\": \"10GB/s\", \"medium\": \"pcb\", \"link_latency\": \"1ns\"}], "
              "\"forward_latency\": \"1ns\"}");
    metrics = untouched;
    ck_assert_int_eq(sled_metrics_compute(&fabric, &metrics, &err), SLED_E_UNSUPPORTED);
    ck_assert_str_eq(err.msg, "the route from chip0 to chip385 passes 384 nodes, at most 383 can "
                              "be counted");
    ck_assert_uint_eq(metrics.max_hops, 77);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, flow_of_textbook_graphs);
    tcase_add_loop_test(tc, flow_is_the_least_cut, 0, 20);
    tcase_add_test(tc, one_chip_has_nothing_to_measure);
    tcase_add_test(tc, a_pair_of_chips);
    tcase_add_test(tc, an_odd_number_of_chips_is_cut_below_the_middle);
    tcase_add_test(tc, paths_that_share_a_link_share_its_bandwidth);
    tcase_add_test(tc, hops_beyond_the_histogram_are_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
