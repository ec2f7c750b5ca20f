/* SPDX-License-Identifier: Apache-2.0 */
/* Tori and meshes: closed forms of load, distance and bisection; bad parameters. */
#include "model/metrics.h"
#include "topo_fixture.h"

#define WIRE "\"bandwidth\": \"100GB/s\", \"medium\": \"pcb\", \"link_latency\": \"5ns\""
#define RING(name, size) "{\"name\": \"" name "\", \"size\": " size ", " WIRE "}"
#define ROW(name, size) "{\"name\": \"" name "\", \"size\": " size ", \"wrap\": false, " WIRE "}"
#define TORUS(dims) "{\"dimensions\": [" dims "], \"forward_latency\": \"50ns\"}"

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

/*
 * Under uniform traffic every link of a ring dimension carries the same: of all transfers
 * n * n, each crosses mean-distance links, over 2 n links of that dimension.
 */
static const struct {
    const char *text;
    uint32_t nchips;
    double load[3]; /* per dimension */
} rings[] = {
    {TORUS(RING("x", "6")), 6, {9.0 / 2}},
    {TORUS(RING("x", "5")), 5, {6.0 / 2}},
    {TORUS(RING("x", "8") ", " RING("y", "8")), 64, {64, 64}},
    {TORUS(RING("x", "4") ", " RING("y", "6")), 24, {4.0 * 6 / 2, 9.0 * 4 / 2}},
    {TORUS(RING("x", "4") ", " RING("y", "4") ", " RING("z", "4")), 64, {32, 32, 32}},
};

START_TEST(uniform_traffic_loads_all_links_of_a_ring_equally)
{
    topo_make(&fabric, &sled_topo_torus, rings[_i].text);
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.nchips, rings[_i].nchips);
    ck_assert_uint_eq(fabric.nlinks, rings[_i].nchips * 2 * fabric.naxes);
    double *load = topo_uniform_load(&fabric);
    for (uint32_t i = 0; i < fabric.nlinks; i++)
        ck_assert_double_eq(load[i], rings[_i].load[fabric.link[i].dimension]);
    free(load);
}
END_TEST

/* No schedule beats the bisection; the busiest link needs no longer. */
START_TEST(eight_by_eight_meets_the_bisection_bound)
{
    topo_make(&fabric, &sled_topo_torus, TORUS(RING("x", "8") ", " RING("y", "8")));
    measure();
    double *load = topo_uniform_load(&fabric);
    const double bytes = 1e9 / 64, busiest_s = load[0] * bytes / 100e9;
    free(load);

    /* Half of the 64 x 64 transfers cross the middle, half of those each way. */
    const double bound_s = 32 * 32 * bytes / metrics.bisection_bytes_per_s;
    ck_assert_double_eq_tol(busiest_s, bound_s, 1e-15);
}
END_TEST

START_TEST(distances_of_a_ring)
{
    topo_make(&fabric, &sled_topo_torus, TORUS(RING("x", "6")));
    measure();
    ck_assert_uint_eq(metrics.hop_pairs[0], 12);
    ck_assert_uint_eq(metrics.hop_pairs[1], 12);
    ck_assert_uint_eq(metrics.hop_pairs[2], 6);
    ck_assert_uint_eq(metrics.max_hops, 2);
    ck_assert_double_eq_tol(metrics.latency_min_s, 5e-9, 1e-20);
    ck_assert_double_eq_tol(metrics.latency_max_s, 3 * 5e-9 + 2 * 50e-9, 1e-20);
    /* Half way round both directions serve. */
    ck_assert_double_eq(metrics.pair_bandwidth_min, 100e9);
    ck_assert_double_eq(metrics.pair_bandwidth_max, 200e9);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 3),
                     "chip0>chip1>chip2>chip3 chip0>chip5>chip4>chip3");
}
END_TEST

START_TEST(dimensions_are_crossed_in_order)
{
    topo_make(&fabric, &sled_topo_torus,
              TORUS(RING("x", "4") ", " RING("y", "4") ", " RING("z", "4")));
    for (uint32_t p = 0; p < fabric.routes.npaths; p++) {
        const struct sled_path path = sled_fabric_path(&fabric, p);
        for (uint32_t i = 1; i < path.nlinks; i++)
            ck_assert_uint_le(fabric.link[path.link[i - 1]].dimension,
                              fabric.link[path.link[i]].dimension);
    }
    /* x by 1, y by 2 both ways, z by 1. */
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1 + 4 * 2 + 16),
                     "chip0>chip1>chip5>chip9>chip25 chip0>chip1>chip13>chip9>chip25");
}
END_TEST

START_TEST(bisection_is_twice_the_cross_section_of_rings)
{
    topo_make(&fabric, &sled_topo_torus, TORUS(RING("x", "4") ", " RING("y", "8")));
    measure();
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 2 * 4 * 100e9);
    ck_assert_str_eq(metrics.bisection_axis, "y");
}
END_TEST

START_TEST(bisection_is_the_cross_section_of_a_mesh)
{
    topo_make(&fabric, &sled_topo_torus, TORUS(ROW("x", "8") ", " ROW("y", "4")));
    measure();
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 4 * 100e9);
    ck_assert_str_eq(metrics.bisection_axis, "x");
    ck_assert_uint_eq(metrics.max_hops, 7 + 3 - 1);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 200e9);
}
END_TEST

/* Cutting one link of a ring of 6 leaves a row: the long way round takes over. */
START_TEST(a_failed_link_is_walked_around)
{
    topo_make(&fabric, &sled_topo_torus, TORUS(RING("x", "6")));
    ck_assert_int_eq(sled_fabric_fail_link(&fabric, topo_node(&fabric, "chip0"),
                                           topo_node(&fabric, "chip5"), 0, &err),
                     SLED_OK);
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPLIT);
    topo_assert_routes_sound(&fabric);
    measure();
    ck_assert_uint_eq(metrics.max_hops, 4);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 5), "chip0>chip1>chip2>chip3>chip4>chip5");
}
END_TEST

START_TEST(a_failed_chip_is_an_error_that_names_it)
{
    const struct sled_routing_spec spec = {.policy = SLED_ROUTING_MINIMAL};

    topo_make(&fabric, &sled_topo_torus, TORUS(RING("x", "6")));
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, topo_node(&fabric, "chip2"), 0, &err), SLED_OK);
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg,
                     "no route from chip0 (sled 0) to chip2 (sled 2): all links out of {chip0, "
                     "chip1, chip3, chip4 and 1 more} have failed: chip1>chip2, chip3>chip2");
}
END_TEST

START_TEST(spread_ties_pin_each_pair_to_one_route)
{
    topo_make(&fabric, &sled_topo_torus, TORUS(RING("x", "8") ", " RING("y", "8")));
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPREAD);
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.routes.npaths, 64 * 63);
    double *load = topo_uniform_load(&fabric), total = 0.0;
    for (uint32_t i = 0; i < fabric.nlinks; i++)
        total += load[i];
    ck_assert_double_eq(total, 64.0 * 64 * 4);
    /* Every shift is a symmetry: links of one direction carry the same. */
    for (uint32_t i = 2; i < fabric.nlinks / 2; i++)
        ck_assert_double_eq(load[i], load[i - 2]);
    free(load);
}
END_TEST

START_TEST(too_many_ties_to_split_are_refused)
{
    const struct sled_routing_spec spec = {.policy = SLED_ROUTING_MINIMAL, .ties = SLED_TIES_SPLIT};

    ck_assert_int_eq(topo_build(&fabric, &sled_topo_torus,
                                TORUS(RING("a", "4") ", " RING("b", "4") ", " RING(
                                    "c", "4") ", " RING("d", "4") ", " RING("e", "4")),
                                &err),
                     SLED_OK);
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, "/ties");
    ck_assert_str_eq(err.msg, "more than 16 equal routes lead from chip0 to chip682, too many to "
                              "split a transfer over; use \"spread\"");
    ck_assert_ptr_null(fabric.routes.pair_begin);
}
END_TEST

/* x and y lie in a sled, z joins four of them. */
START_TEST(sled_dimensions_make_sleds)
{
    topo_load(&fabric, "trn2-ultraserver-64.json", &sled_topo_torus, NULL);
    measure();
    ck_assert_uint_eq(fabric.nchips, 64);
    ck_assert_uint_eq(fabric.nsleds, 4);
    for (uint32_t i = 0; i < 64; i++) {
        ck_assert_uint_eq(fabric.node[i].sled, i / 16);
        ck_assert_uint_eq(fabric.node[i].slot, i % 16);
    }
    for (uint32_t i = 0; i < fabric.nlinks; i++)
        ck_assert_int_eq(fabric.link[i].level,
                         fabric.link[i].dimension == 2 ? SLED_LEVEL_FABRIC : SLED_LEVEL_SLED);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 640e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 16 * 2 * 64e9);
    ck_assert_str_eq(metrics.bisection_axis, "z");
    ck_assert_uint_eq(metrics.max_sled_hops, 1);
}
END_TEST

START_TEST(sixteen_chips_of_trainium2)
{
    topo_load(&fabric, "trn2-16.json", &sled_topo_torus, NULL);
    measure();
    ck_assert_uint_eq(fabric.nchips, 16);
    ck_assert_uint_eq(fabric.nsleds, 1);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 512e9);
    ck_assert_uint_eq(metrics.max_hops, 3);
}
END_TEST

static const struct {
    const char *text, *pointer, *msg;
} bad[] = {
    {TORUS(""), "/dimensions", "0 dimensions, expected 1 to 6"},
    {TORUS(RING("x", "2")), "/dimensions/0/wrap",
     "dimension \"x\" of size 2 cannot wrap: both ways round join the same two chips; write "
     "\"wrap\": false, and the sum of both bandwidths if there are two links"},
    {TORUS(RING("x", "4") ", " RING("x", "3")), "/dimensions/1/name",
     "two dimensions are named \"x\""},
    {TORUS(RING("longer-than-11", "4")), "/dimensions/0/name",
     "\"longer-than-11\" is not a name of 1 to 11 characters"},
    {TORUS(RING("x", "200") ", " RING("y", "200")), "/dimensions",
     "the dimensions multiply to more than 16384 chips"},
    {"{\"dimensions\": [" RING("x", "4") "], \"sled_dimensions\": [\"y\"], "
                                         "\"forward_latency\": \"50ns\"}",
     "/sled_dimensions/0", "no dimension is named \"y\""},
    {"{\"dimensions\": [" RING("x", "4") "], \"sled_dimensions\": [\"x\", \"x\"], "
                                         "\"forward_latency\": \"50ns\"}",
     "/sled_dimensions/1", "\"x\" is listed twice"},
};

START_TEST(contradictions_are_refused_where_they_are)
{
    ck_assert_int_eq(topo_build(&fabric, &sled_topo_torus, bad[_i].text, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, bad[_i].msg);
    ck_assert_str_eq(err.pointer, bad[_i].pointer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("torus");
    TCase *tc = tcase_create("torus");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, uniform_traffic_loads_all_links_of_a_ring_equally, 0,
                        (int)(sizeof rings / sizeof rings[0]));
    tcase_add_test(tc, eight_by_eight_meets_the_bisection_bound);
    tcase_add_test(tc, distances_of_a_ring);
    tcase_add_test(tc, dimensions_are_crossed_in_order);
    tcase_add_test(tc, bisection_is_twice_the_cross_section_of_rings);
    tcase_add_test(tc, bisection_is_the_cross_section_of_a_mesh);
    tcase_add_test(tc, a_failed_link_is_walked_around);
    tcase_add_test(tc, a_failed_chip_is_an_error_that_names_it);
    tcase_add_test(tc, spread_ties_pin_each_pair_to_one_route);
    tcase_add_test(tc, too_many_ties_to_split_are_refused);
    tcase_add_test(tc, sled_dimensions_make_sleds);
    tcase_add_test(tc, sixteen_chips_of_trainium2);
    tcase_add_loop_test(tc, contradictions_are_refused_where_they_are, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
