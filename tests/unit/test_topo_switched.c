/* SPDX-License-Identifier: Apache-2.0 */
/* One and two tiers of switches: hops, oversubscription, even spread, bad parameters. */
#include "model/metrics.h"
#include "topo_fixture.h"

#define STAGE(n, bandwidth, striping)                                                \
    "\"switches\": " n ", \"bandwidth\": \"" bandwidth "\", \"striping\": " striping \
    ", \"medium\": \"copper\", \"link_latency\": \"10ns\", \"switch_latency\": \"100ns\""
#define STAR(n)                                                          \
    "{\"chips\": " n ", \"chips_per_sled\": 1, \"leaf\": {\"chips\": " n \
    ", " STAGE("4", "25GB/s", "true") "}}"
/* Eighteen leaves of eight chips. */
#define TREE(leaf_bw, spine_bw, striping)                                      \
    "{\"chips\": 144, \"chips_per_sled\": 8, \"leaf\": {\"chips\": 8, " STAGE( \
        "1", leaf_bw, striping) "}, \"spine\": {" STAGE("8", spine_bw, striping) "}}"

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

static void measure(void)
{
    ck_assert_msg(sled_metrics_compute(&fabric, &metrics, &err) == SLED_OK, "%s", err.msg);
}

START_TEST(a_star_has_full_bisection)
{
    topo_make(&fabric, &sled_topo_switched, STAR("64"));
    measure();
    topo_assert_routes_sound(&fabric);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 100e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 32 * 100e9);
    ck_assert_uint_eq(metrics.hop_pairs[1], 64 * 63);
    ck_assert_uint_eq(metrics.max_sled_hops, 1);
    ck_assert_double_eq_tol(metrics.latency_max_s, 120e-9, 1e-20);
}
END_TEST

START_TEST(two_tiers_have_one_and_three_hops)
{
    topo_make(&fabric, &sled_topo_switched, TREE("100GB/s", "100GB/s", "true"));
    measure();
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.nsleds, 18);
    ck_assert_uint_eq(metrics.hop_pairs[1], 144 * 7);
    ck_assert_uint_eq(metrics.hop_pairs[3], 144 * 136);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 72 * 100e9);
    ck_assert_double_eq(metrics.pair_bandwidth_min, 100e9);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 143), "chip0>leaf0>spine>leaf17>chip143");
}
END_TEST

/* Each leaf has 800 GB/s down and 8 x 25 GB/s up: the spine is the cut. */
START_TEST(oversubscription_comes_from_the_bandwidths)
{
    topo_make(&fabric, &sled_topo_switched, TREE("100GB/s", "25GB/s", "true"));
    measure();
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 9 * 200e9);
    ck_assert_str_eq(metrics.bisection_axis, "leaf");
    ck_assert_double_eq(metrics.pair_bandwidth_min, 100e9);
}
END_TEST

START_TEST(unstriped_spines_share_exactly)
{
    topo_make(&fabric, &sled_topo_switched, TREE("100GB/s", "100GB/s", "false"));
    topo_assert_routes_sound(&fabric);
    double *load = topo_uniform_load(&fabric);
    const struct topo_range range =
        topo_load_range(&fabric, load, SLED_NODE_SWITCH, SLED_NODE_SWITCH, SLED_LEVEL_FABRIC);
    ck_assert_uint_eq(range.nlinks, 2 * 18 * 8);
    ck_assert_double_eq(range.least, 8.0 * 136 / 8);
    ck_assert_double_eq(range.most, 8.0 * 136 / 8);
    free(load);
}
END_TEST

/* 10 spines do not divide 8 x 136 transfers a leaf: rounding, and no more. */
START_TEST(odd_numbers_of_spines_differ_by_rounding)
{
    topo_make(&fabric, &sled_topo_switched,
              "{\"chips\": 144, \"chips_per_sled\": 8, \"leaf\": {\"chips\": 8, " STAGE(
                  "1", "80GB/s", "false") "}, \"spine\": {" STAGE("10", "64GB/s", "false") "}}");
    double *load = topo_uniform_load(&fabric);
    const struct topo_range range =
        topo_load_range(&fabric, load, SLED_NODE_SWITCH, SLED_NODE_SWITCH, SLED_LEVEL_FABRIC);
    ck_assert_double_eq(range.least, 108.0);
    ck_assert_double_eq(range.most, 109.0);
    free(load);
}
END_TEST

/* A shift by whole leaves sends the eight chips of each leaf over eight different spines. */
START_TEST(neighbours_use_different_spines)
{
    topo_make(&fabric, &sled_topo_switched, TREE("100GB/s", "100GB/s", "false"));
    for (uint32_t shift = 8; shift < 144; shift += 8) {
        uint32_t *load = calloc(fabric.nlinks, sizeof *load), first;
        ck_assert_ptr_nonnull(load);
        for (uint32_t s = 0; s < 144; s++) {
            ck_assert_uint_eq(sled_fabric_paths(&fabric, s, (s + shift) % 144, &first), 1);
            const struct sled_path path = sled_fabric_path(&fabric, first);
            for (uint32_t i = 0; i < path.nlinks; i++)
                ck_assert_uint_eq(load[path.link[i]]++, 0);
        }
        free(load);
    }
}
END_TEST

START_TEST(several_switches_per_leaf)
{
    topo_make(&fabric, &sled_topo_switched,
              "{\"chips\": 8, \"chips_per_sled\": 4, \"leaf\": {\"chips\": 4, " STAGE(
                  "2", "50GB/s", "true") "}, \"spine\": {" STAGE("4", "50GB/s", "true") "}}");
    measure();
    /* 4 chips x 2 x 50 into a leaf, 2 x 4 x 50 out of it. */
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 400e9);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, topo_node(&fabric, "leaf0"), 1, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, topo_node(&fabric, "spine"), 2, &err), SLED_OK);
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPREAD);
    measure();
    ck_assert_double_eq(metrics.injection_bytes_per_s, 50e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 100e9);
}
END_TEST

static const struct {
    const char *text, *pointer, *msg;
} bad[] = {
    {"{\"chips\": 10, \"chips_per_sled\": 4, \"leaf\": {\"chips\": 10, " STAGE("1", "1GB/s",
                                                                               "true") "}}",
     "/chips_per_sled", "10 chips cannot be dealt evenly to sleds of 4"},
    {"{\"chips\": 10, \"chips_per_sled\": 1, \"leaf\": {\"chips\": 4, " STAGE("1", "1GB/s",
                                                                              "true") "}}",
     "/leaf/chips", "10 chips cannot be dealt evenly to leaves of 4"},
    {"{\"chips\": 8, \"chips_per_sled\": 1, \"leaf\": {\"chips\": 4, " STAGE("1", "1GB/s",
                                                                             "true") "}}",
     "", "8 chips on leaves of 4 need the key \"spine\""},
    {"{\"chips\": 4, \"chips_per_sled\": 1, \"leaf\": {\"chips\": 4, " STAGE(
         "1", "1GB/s", "true") "}, \"spine\": {" STAGE("1", "1GB/s", "true") "}}",
     "/spine", "a spine joins leaves, but one leaf holds all 4 chips"},
};

/* Leaves that reduce serve the chips that they are linked to, and no others. */
START_TEST(leaves_that_reduce_are_endpoints)
{
    const uint32_t near[] = {8, 9, 15}, apart[] = {7, 8};
    uint32_t found[19], first;

    topo_make(&fabric, &sled_topo_switched, TREE("100GB/s", "100GB/s", "true, \"reduces\": true"));
    ck_assert_uint_eq(fabric.nreducers, 18 + 1); /* and the spine */
    ck_assert_uint_eq(sled_fabric_endpoints(&fabric), 144 + 19);
    ck_assert_str_eq(fabric.node[sled_fabric_endpoint_node(&fabric, 146)].name, "leaf1");
    ck_assert_uint_eq(sled_fabric_reducers_of(&fabric, near, 3, found), 1);
    ck_assert_uint_eq(found[0], 146);
    ck_assert_uint_eq(sled_fabric_reducers_of(&fabric, apart, 2, found), 0);

    ck_assert_uint_eq(sled_fabric_paths(&fabric, 8, 146, &first), 1);
    const struct sled_path up = sled_fabric_path(&fabric, first);
    ck_assert_uint_eq(up.nlinks, 1);
    ck_assert_double_eq_tol(sled_path_latency(&fabric, up), 10e-9, 1e-20);
    ck_assert_uint_eq(sled_fabric_paths(&fabric, 146, 8, &first), 1);
    const struct sled_path down = sled_fabric_path(&fabric, first);
    ck_assert_double_eq_tol(sled_path_latency(&fabric, down), 110e-9, 1e-20);
    ck_assert_uint_eq(fabric.link[up.link[0]].src, fabric.link[down.link[0]].dst);
    ck_assert_uint_eq(sled_fabric_paths(&fabric, 145, 146, &first), 0);
}
END_TEST

START_TEST(contradictions_are_refused_where_they_are)
{
    ck_assert_int_eq(topo_build(&fabric, &sled_topo_switched, bad[_i].text, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, bad[_i].msg);
    ck_assert_str_eq(err.pointer, bad[_i].pointer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switched");
    TCase *tc = tcase_create("switched");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_star_has_full_bisection);
    tcase_add_test(tc, two_tiers_have_one_and_three_hops);
    tcase_add_test(tc, oversubscription_comes_from_the_bandwidths);
    tcase_add_test(tc, unstriped_spines_share_exactly);
    tcase_add_test(tc, odd_numbers_of_spines_differ_by_rounding);
    tcase_add_test(tc, neighbours_use_different_spines);
    tcase_add_test(tc, several_switches_per_leaf);
    tcase_add_loop_test(tc, contradictions_are_refused_where_they_are, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, leaves_that_reduce_are_endpoints);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
