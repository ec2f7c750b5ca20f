/* SPDX-License-Identifier: Apache-2.0 */
/* The order of decisions, and the policies other than minimal. */
#include "topo_fixture.h"

#define CHIP(name) "{\"name\": \"" name "\", \"kind\": \"chip\"}"
#define FORWARDER(name) \
    "{\"name\": \"" name "\", \"kind\": \"chip\", \"forwards\": true, \"latency\": \"1ns\"}"
#define SWITCH(name) "{\"name\": \"" name "\", \"kind\": \"switch\", \"latency\": \"1ns\"}"
#define LINK(from, to, rate, level)                                       \
    "{\"from\": \"" from "\", \"to\": \"" to "\", \"bandwidth\": \"" rate \
    "\", \"level\": \"" level "\", \"medium\": \"pcb\", \"link_latency\": \"1ns\"}"
#define CUSTOM(nodes, links) "{\"nodes\": [" nodes "], \"links\": [" links "]}"

static struct sled_fabric fabric;
static struct sled_err err;

static void setup(void)
{
    err = (struct sled_err)SLED_ERR_INIT;
}

static void teardown(void)
{
    sled_fabric_finish(&fabric);
}

static void make_torus(const char *x, const char *y)
{
    char text[512];

    snprintf(text, sizeof text,
             "{\"dimensions\": [{\"name\": \"x\", \"size\": %s, \"bandwidth\": \"10GB/s\", "
             "\"medium\": \"pcb\", \"link_latency\": \"1ns\"}, {\"name\": \"y\", \"size\": %s, "
             "\"bandwidth\": \"10GB/s\", \"medium\": \"pcb\", \"link_latency\": \"1ns\"}], "
             "\"forward_latency\": \"1ns\"}",
             x, y);
    topo_make(&fabric, &sled_topo_torus, text);
}

START_TEST(fewest_hops_beat_width)
{
    topo_make(
        &fabric, &sled_topo_custom,
        CUSTOM(CHIP("c{0..1}") ", " SWITCH("s"),
               LINK("c{0..1}", "s", "900GB/s", "sled") ", " LINK("c0", "c1", "1GB/s", "fabric")));
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "c0>c1");
}
END_TEST

START_TEST(local_beats_wide)
{
    topo_make(&fabric, &sled_topo_custom,
              CUSTOM(CHIP("c{0..1}") ", " SWITCH("tray") ", " SWITCH("nsw"),
                     LINK("c{0..1}", "nsw", "900GB/s", "fabric") ", " LINK("c{0..1}", "tray",
                                                                           "1GB/s", "sled")));
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "c0>tray>c1");
}
END_TEST

/* The narrow end of a route counts, wherever it is. */
START_TEST(widest_is_by_the_narrowest_link)
{
    topo_make(
        &fabric, &sled_topo_custom,
        CUSTOM(CHIP("c{0..1}") ", " SWITCH("a") ", " SWITCH("b"),
               LINK("c0", "a", "9GB/s", "fabric") ", " LINK("a", "c1", "2GB/s", "fabric") ", " LINK(
                   "c{0..1}", "b", "3GB/s", "fabric")));
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "c0>b>c1");
    ck_assert_str_eq(topo_path_text(&fabric, 1, 0), "c1>b>c0");
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPLIT);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "c0>b>c1");
}
END_TEST

START_TEST(a_failed_member_narrows_and_so_diverts)
{
    topo_make(&fabric, &sled_topo_custom,
              CUSTOM(CHIP("c{0..1}") ", " SWITCH("a") ", " SWITCH("b"),
                     "{\"from\": \"c{0..1}\", \"to\": \"a\", \"members\": 4, \"bandwidth\": "
                     "\"1GB/s\", \"level\": \"fabric\", \"medium\": \"pcb\", \"link_latency\": "
                     "\"1ns\"}, " LINK("c{0..1}", "b", "3.5GB/s", "fabric")));
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "c0>a>c1");
    ck_assert_int_eq(
        sled_fabric_fail_link(&fabric, topo_node(&fabric, "c1"), topo_node(&fabric, "a"), 1, &err),
        SLED_OK);
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPREAD);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "c0>b>c1");
}
END_TEST

START_TEST(chips_pass_on_only_if_they_forward)
{
    topo_make(
        &fabric, &sled_topo_custom,
        CUSTOM(
            CHIP("a") ", " FORWARDER("b") ", " CHIP("c") ", " FORWARDER("d") ", " CHIP("e"),
            LINK("a", "b", "1GB/s", "sled") ", " LINK("b", "e", "1GB/s", "sled") ", " LINK(
                "a", "c", "9GB/s",
                "sled") ", " LINK("c", "e", "9GB/s",
                                  "sled") ", " LINK("c", "d", "1GB/s",
                                                    "sled") ", " LINK("d", "b", "1GB/s", "sled")));
    topo_assert_routes_sound(&fabric);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 4), "a>b>e");
    ck_assert_str_eq(topo_path_text(&fabric, 0, 3), "a>b>d");
}
END_TEST

START_TEST(equal_routes_are_split_or_dealt)
{
    topo_make(&fabric, &sled_topo_custom,
              CUSTOM(CHIP("c{0..5}") ", " SWITCH("s{0..2}"),
                     LINK("c{0..5}", "s{0..2}", "1GB/s", "fabric")));
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.routes.npaths, 6 * 5);
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPLIT);
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.routes.npaths, 6 * 5 * 3);
    ck_assert_str_eq(topo_path_text(&fabric, 2, 4), "c2>s0>c4 c2>s1>c4 c2>s2>c4");

    double *load = topo_uniform_load(&fabric);
    for (uint32_t i = 0; i < fabric.nlinks; i++)
        ck_assert_double_eq_tol(load[i], 5.0 / 3, 1e-12);
    free(load);
}
END_TEST

START_TEST(routes_are_the_same_every_time)
{
    struct sled_fabric again;

    topo_load(&fabric, "trn3-ultraserver-4plane.json", &sled_topo_ultraserver, NULL);
    topo_load(&again, "trn3-ultraserver-4plane.json", &sled_topo_ultraserver, NULL);
    topo_route(&again, SLED_ROUTING_MINIMAL, SLED_TIES_SPLIT);
    topo_route(&again, SLED_ROUTING_MINIMAL, SLED_TIES_SPREAD);
    const size_t npaths = fabric.routes.npaths, nlinks = fabric.routes.path_begin[npaths];
    ck_assert_uint_eq(again.routes.npaths, npaths);
    ck_assert_mem_eq(again.routes.path_begin, fabric.routes.path_begin,
                     (npaths + 1) * sizeof *fabric.routes.path_begin);
    ck_assert_mem_eq(again.routes.link, fabric.routes.link, nlinks * sizeof *fabric.routes.link);
    sled_fabric_finish(&again);
}
END_TEST

START_TEST(valiant_detours_are_sound_and_even)
{
    make_torus("5", "7");
    topo_route(&fabric, SLED_ROUTING_VALIANT, SLED_TIES_SPREAD);
    topo_assert_routes_sound(&fabric);

    double *load = topo_uniform_load(&fabric), total = 0.0, most[2] = {0.0, 0.0};
    for (uint32_t i = 0; i < fabric.nlinks; i++) {
        const uint8_t dimension = fabric.link[i].dimension;
        total += load[i];
        most[dimension] = fmax(most[dimension], load[i]);
    }
    free(load);
    /* Minimal distances are x 6/5 and y 12/7 on the mean, over 2 x 35 links each; a detour is
     * twice as long, less the loops that it leaves out. */
    const double transfers = 35.0 * 35.0;
    ck_assert_double_le(total, 2 * transfers * (6.0 / 5 + 12.0 / 7));
    ck_assert_double_ge(total, 1.5 * transfers * (6.0 / 5 + 12.0 / 7));
    ck_assert_double_le(most[0], 1.2 * 2 * transfers * (6.0 / 5) / 70);
    ck_assert_double_le(most[1], 1.2 * 2 * transfers * (12.0 / 7) / 70);
}
END_TEST

/* Transfers over the x links of a 17 x 3 torus each way when every chip sends to the one eight
 * further in x. Links are added in pairs, there and back. */
static void tornado(double way[2])
{
    way[0] = way[1] = 0.0;
    for (uint32_t s = 0; s < 51; s++) {
        const uint32_t d = (s % 17 + 8) % 17 + s / 17 * 17;
        uint32_t first;
        ck_assert_uint_eq(sled_fabric_paths(&fabric, s, d, &first), 1);
        const struct sled_path path = sled_fabric_path(&fabric, first);
        for (uint32_t i = 0; i < path.nlinks; i++)
            if (fabric.link[path.link[i]].dimension == 0)
                way[path.link[i] % 2] += 1.0;
    }
}

/* Minimal routes all go one way round; detours use both ways nearly alike. */
START_TEST(valiant_turns_a_tornado_into_uniform_traffic)
{
    double way[2];

    make_torus("17", "3");
    tornado(way);
    ck_assert_double_eq(way[0], 51 * 8);
    ck_assert_double_eq(way[1], 0.0);

    topo_route(&fabric, SLED_ROUTING_VALIANT, SLED_TIES_SPREAD);
    tornado(way);
    ck_assert_double_le(fmax(way[0], way[1]), 51 * 8 * 0.75);
    ck_assert_double_ge(fmin(way[0], way[1]), fmax(way[0], way[1]) / 2);
}
END_TEST

START_TEST(valiant_splits_by_the_common_multiple)
{
    make_torus("4", "4");
    topo_route(&fabric, SLED_ROUTING_VALIANT, SLED_TIES_SPLIT);
    topo_assert_routes_sound(&fabric);
    double *load = topo_uniform_load(&fabric), total = 0.0, most = 0.0;
    for (uint32_t i = 0; i < fabric.nlinks; i++) {
        total += load[i];
        most = fmax(most, load[i]);
    }
    free(load);
    ck_assert_uint_gt(fabric.routes.npaths, 16 * 15);
    ck_assert_double_le(most, 1.5 * total / fabric.nlinks);
}
END_TEST

START_TEST(valiant_needs_forwarders)
{
    const struct sled_routing_spec spec = {.policy = SLED_ROUTING_VALIANT};

    topo_make(&fabric, &sled_topo_custom,
              CUSTOM(CHIP("c{0..3}") ", " SWITCH("s"), LINK("c{0..3}", "s", "1GB/s", "sled")));
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.pointer, "/policy");
    ck_assert_str_eq(err.msg, "valiant routing needs chips that forward, this fabric has none");
}
END_TEST

START_TEST(fixed_routes_rule_their_pairs_only)
{
    static const char *const around[] = {"chip0", "chip1", "chip2", "chip3"};
    static const char *const back[] = {"chip3", "chip2", "chip1", "chip0"};
    const struct sled_fixed_route rows[] = {{back, 4}, {around, 4}};
    const struct sled_routing_spec spec = {
        .policy = SLED_ROUTING_FIXED, .fixed = rows, .nfixed = 2};

    make_torus("4", "3");
    ck_assert_str_eq(topo_path_text(&fabric, 0, 3), "chip0>chip3");
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_OK);
    topo_assert_routes_sound(&fabric);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 3), "chip0>chip1>chip2>chip3");
    ck_assert_str_eq(topo_path_text(&fabric, 3, 0), "chip3>chip2>chip1>chip0");
    ck_assert_str_eq(topo_path_text(&fabric, 1, 0), "chip1>chip0");
}
END_TEST

static const struct {
    const char *node[5];
    size_t nnodes;
    const char *msg;
} bad[] = {
    {{"c0"}, 1, "a route has at least 2 nodes, this one has 1"},
    {{"x", "c1"}, 2, "no node is named \"x\""},
    {{"c0", "x", "c1"}, 3, "no node is named \"x\""},
    {{"c0", "s0"}, 2, "\"s0\" is a switch; a route begins and ends at a chip"},
    {{"c0", "c1"}, 2, "no link leads from \"c0\" to \"c1\""},
    {{"c0", "s0", "c0"}, 3, "the route passes \"c0\" twice"},
    {{"c0", "s0", "c1", "s1", "c2"}, 5, "\"c1\" does not forward"},
    {{"c0", "s2", "c2"}, 3, "the link c0>s2 has failed"},
    {{"c1", "s0", "c2"}, 3, "the pair already has a route in row 0"},
};

START_TEST(unusable_fixed_routes_are_refused)
{
    static const char *const good[] = {"c1", "s1", "c2"};
    const struct sled_fixed_route rows[] = {{good, 3}, {bad[_i].node, bad[_i].nnodes}};
    const struct sled_routing_spec spec = {
        .policy = SLED_ROUTING_FIXED, .fixed = rows, .nfixed = 2};

    topo_make(&fabric, &sled_topo_custom,
              CUSTOM(CHIP("c{0..2}") ", " SWITCH("s{0..2}"),
                     LINK("c{0..2}", "s{0..2}", "1GB/s", "fabric")));
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, topo_node(&fabric, "s2"), 0, &err), SLED_OK);
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, bad[_i].msg);
    ck_assert_str_eq(err.pointer, "/fixed/1");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("routing");
    TCase *tc = tcase_create("routing");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, fewest_hops_beat_width);
    tcase_add_test(tc, local_beats_wide);
    tcase_add_test(tc, widest_is_by_the_narrowest_link);
    tcase_add_test(tc, a_failed_member_narrows_and_so_diverts);
    tcase_add_test(tc, chips_pass_on_only_if_they_forward);
    tcase_add_test(tc, equal_routes_are_split_or_dealt);
    tcase_add_test(tc, routes_are_the_same_every_time);
    tcase_add_test(tc, valiant_detours_are_sound_and_even);
    tcase_add_test(tc, valiant_turns_a_tornado_into_uniform_traffic);
    tcase_add_test(tc, valiant_splits_by_the_common_multiple);
    tcase_add_test(tc, valiant_needs_forwarders);
    tcase_add_test(tc, fixed_routes_rule_their_pairs_only);
    tcase_add_loop_test(tc, unusable_fixed_routes_are_refused, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
