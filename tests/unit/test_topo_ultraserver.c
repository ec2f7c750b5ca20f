/* SPDX-License-Identifier: Apache-2.0 */
/* The UltraServer family: shipped files, closed forms, symmetry of loads, bad parameters. */
#include "model/metrics.h"
#include "topo_fixture.h"

#define TRAY                                                                        \
    "\"tray\": {\"kind\": \"switch\", \"switches\": 8, \"bandwidth\": \"64GB/s\", " \
    "\"medium\": \"pcb\", \"link_latency\": \"2ns\", \"switch_latency\": \"115ns\"}"
#define PLANES(rest)                                                                        \
    "\"planes\": {\"switches\": 10, \"bandwidth\": \"64GB/s\", \"medium\": \"backplane\", " \
    "\"link_latency\": \"10ns\", \"switch_latency\": \"115ns\", " rest "}"
#define ONE_STAGE "\"count\": 1, \"scope\": \"pod\", \"assignment\": \"all\""

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

START_TEST(default_is_one_hop_between_any_two_sleds)
{
    topo_load(&fabric, "trn3-ultraserver.json", &sled_topo_ultraserver, NULL);
    measure();
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.nchips, 144);
    ck_assert_uint_eq(fabric.nsleds, 36);
    ck_assert_uint_eq(fabric.nracks, 1);
    ck_assert_uint_eq(metrics.max_hops, 1);
    ck_assert_uint_eq(metrics.max_sled_hops, 1);
    ck_assert_uint_eq(metrics.hop_pairs[1], 144 * 143);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 1152e9);
    ck_assert_double_eq(metrics.pair_bandwidth_max, 640e9);
    ck_assert_double_eq(metrics.pair_bandwidth_min, 512e9);
    /* The halves of the sleds meet on the planes alone; trays only join chips of one half. */
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 72 * 640e9);
    ck_assert_str_eq(metrics.bisection_axis, "sled");
}
END_TEST

START_TEST(chips_of_a_sled_meet_on_their_tray)
{
    topo_load(&fabric, "trn3-ultraserver.json", &sled_topo_ultraserver, NULL);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 3), "chip0>tray0>chip3");
    ck_assert_str_eq(topo_path_text(&fabric, 143, 140), "chip143>tray35>chip140");
    ck_assert_str_eq(topo_path_text(&fabric, 0, 4), "chip0>nsw>chip4");
}
END_TEST

START_TEST(a_failed_switch_costs_a_tenth)
{
    topo_load(&fabric, "trn3-ultraserver.json", &sled_topo_ultraserver, NULL);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, topo_node(&fabric, "nsw"), 1, &err), SLED_OK);
    topo_route(&fabric, SLED_ROUTING_MINIMAL, SLED_TIES_SPREAD);
    measure();
    ck_assert_double_eq(metrics.pair_bandwidth_max, 576e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 72 * 576e9);
}
END_TEST

START_TEST(a_chip_without_its_switch_is_named_with_the_cut)
{
    const struct sled_routing_spec spec = {.policy = SLED_ROUTING_MINIMAL};

    topo_load(&fabric, "trn3-ultraserver.json", &sled_topo_ultraserver, NULL);
    const uint32_t chip = topo_node(&fabric, "chip0");
    ck_assert_int_eq(sled_fabric_fail_link(&fabric, chip, topo_node(&fabric, "nsw"), 0, &err),
                     SLED_OK);
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg,
                     "no route from chip0 (sled 0) to chip4 (sled 1): all usable links out of "
                     "{chip0, chip1, chip2, chip3 and 1 more} have failed: chip0>nsw; working "
                     "links leave it, but from chips that do not forward");

    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_fabric_fail_link(&fabric, chip, topo_node(&fabric, "tray0"), 0, &err),
                     SLED_OK);
    ck_assert_int_eq(sled_routing_compute(&fabric, &spec, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "no route from chip0 (sled 0) to chip1 (sled 0): all links out of "
                              "{chip0} have failed: chip0>tray0, chip0>nsw");
}
END_TEST

/* Without striping every pair is pinned to one switch, and each switch gets its exact tenth. */
START_TEST(unstriped_switches_share_evenly)
{
    topo_load(&fabric, "trn3-ultraserver.json", &sled_topo_ultraserver,
              "/ultraserver/planes/striping=false");
    double *load = topo_uniform_load(&fabric);
    const struct topo_range up =
        topo_load_range(&fabric, load, SLED_NODE_CHIP, SLED_NODE_SWITCH, SLED_LEVEL_FABRIC);
    const struct topo_range down =
        topo_load_range(&fabric, load, SLED_NODE_SWITCH, SLED_NODE_CHIP, SLED_LEVEL_FABRIC);

    ck_assert_uint_eq(up.nlinks, 1440);
    ck_assert_double_eq(up.least, 14.0);
    ck_assert_double_eq(up.most, 14.0);
    ck_assert_double_eq(down.least, 14.0);
    ck_assert_double_eq(down.most, 14.0);
    free(load);

    measure();
    ck_assert_double_eq(metrics.pair_bandwidth_max, 512e9);
    ck_assert_double_eq(metrics.pair_bandwidth_min, 64e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 72 * 640e9);
}
END_TEST

START_TEST(two_racks_as_the_vendor_draws_them)
{
    topo_load(&fabric, "trn3-ultraserver-2rack.json", &sled_topo_ultraserver, NULL);
    measure();
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.nracks, 2);
    /* Half of the 2.56 TB/s per chip that the vendor counts in both directions. */
    ck_assert_double_eq(metrics.injection_bytes_per_s, 1280e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 72 * 128e9);
    ck_assert_str_eq(metrics.bisection_axis, "rack");
    ck_assert_uint_eq(metrics.hop_pairs[0], 144);
    ck_assert_uint_eq(metrics.hop_pairs[1], 144 * 71);
    ck_assert_uint_eq(metrics.hop_pairs[2], 144 * 71);
    ck_assert_uint_eq(metrics.max_sled_hops, 2);
    ck_assert_str_eq(topo_path_text(&fabric, 5, 77), "chip5>chip77");
    ck_assert_str_eq(topo_path_text(&fabric, 5, 6), "chip5>tray1>chip6");
}
END_TEST

/* Same plane or same sled 1 hop, other plane and sled 3, other rack as many or one more. */
START_TEST(four_planes_as_the_analyst_reads_them)
{
    topo_load(&fabric, "trn3-ultraserver-4plane.json", &sled_topo_ultraserver, NULL);
    measure();
    topo_assert_routes_sound(&fabric);
    ck_assert_double_eq(metrics.injection_bytes_per_s, 1152e9);
    ck_assert_double_eq(metrics.bisection_bytes_per_s, 72 * 128e9);
    ck_assert_uint_eq(metrics.hop_pairs[0], 144);
    ck_assert_uint_eq(metrics.hop_pairs[1], 144 * (17 + 3));
    ck_assert_uint_eq(metrics.hop_pairs[2], 144 * (17 + 3));
    ck_assert_uint_eq(metrics.hop_pairs[3], 144 * 17 * 3);
    ck_assert_uint_eq(metrics.hop_pairs[4], 144 * 17 * 3);
    ck_assert_uint_eq(metrics.max_hops, 4);
    ck_assert_uint_eq(metrics.max_sled_hops, 2);
    ck_assert_double_eq(metrics.pair_bandwidth_min, 128e9);
    ck_assert_double_eq(metrics.pair_bandwidth_max, 512e9);
}
END_TEST

/* Every shift of racks, sleds and slots is a symmetry, so links of a kind carry the same. */
START_TEST(four_planes_load_equal_links_equally)
{
    static const struct {
        enum sled_node_kind src, dst;
        enum sled_level level;
        uint32_t nlinks;
    } kinds[] = {
        {SLED_NODE_CHIP, SLED_NODE_SWITCH, SLED_LEVEL_SLED, 144},
        {SLED_NODE_SWITCH, SLED_NODE_CHIP, SLED_LEVEL_SLED, 144},
        {SLED_NODE_CHIP, SLED_NODE_SWITCH, SLED_LEVEL_FABRIC, 144},
        {SLED_NODE_SWITCH, SLED_NODE_CHIP, SLED_LEVEL_FABRIC, 144},
        {SLED_NODE_CHIP, SLED_NODE_CHIP, SLED_LEVEL_RACK, 144},
    };

    topo_load(&fabric, "trn3-ultraserver-4plane.json", &sled_topo_ultraserver, NULL);
    double *load = topo_uniform_load(&fabric);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct topo_range range =
            topo_load_range(&fabric, load, kinds[i].src, kinds[i].dst, kinds[i].level);
        ck_assert_uint_eq(range.nlinks, kinds[i].nlinks);
        ck_assert_double_eq(range.least, range.most);
    }
    /* All that leaves a rack crosses its 72 links, once: 72 * 72 transfers. */
    ck_assert_double_eq(
        topo_load_range(&fabric, load, SLED_NODE_CHIP, SLED_NODE_CHIP, SLED_LEVEL_RACK).most, 72.0);
    free(load);
}
END_TEST

START_TEST(first_generation_has_pairs_and_two_planes)
{
    topo_load(&fabric, "trn3-gen1-64.json", &sled_topo_ultraserver, NULL);
    measure();
    topo_assert_routes_sound(&fabric);
    ck_assert_uint_eq(fabric.nchips, 64);
    ck_assert_uint_eq(fabric.nsleds, 32);
    ck_assert_double_eq(metrics.injection_bytes_per_s, (512 + 512 + 128) * 1e9);
    ck_assert_str_eq(topo_path_text(&fabric, 0, 1), "chip0>chip1");
    ck_assert_str_eq(topo_path_text(&fabric, 0, 2), "chip0>nsw.r0.p0>chip2");
    ck_assert_str_eq(topo_path_text(&fabric, 33, 35), "chip33>nsw.r1.p1>chip35");
    ck_assert_uint_eq(metrics.hop_pairs[0], 64 * 2);
    ck_assert_uint_eq(metrics.max_hops, 3);
}
END_TEST

/* Latency of a route: its links, and the nodes in between. */
START_TEST(latency_adds_up)
{
    topo_load(&fabric, "trn3-ultraserver.json", &sled_topo_ultraserver, NULL);
    measure();
    ck_assert_double_eq_tol(metrics.latency_min_s, 119e-9, 1e-18);
    ck_assert_double_eq_tol(metrics.latency_max_s, 135e-9, 1e-18);
    ck_assert_double_eq_tol(metrics.latency_mean_s, (3 * 119e-9 + 140 * 135e-9) / 143, 1e-18);
}
END_TEST

START_TEST(places_follow_from_chip_numbers)
{
    topo_load(&fabric, "trn3-ultraserver-2rack.json", &sled_topo_ultraserver, NULL);
    for (uint32_t i = 0; i < 144; i++) {
        const struct sled_node *chip = &fabric.node[fabric.chip_node[i]];
        char name[16];
        snprintf(name, sizeof name, "chip%u", i);
        ck_assert_str_eq(chip->name, name);
        ck_assert_uint_eq(chip->rack, i / 72);
        ck_assert_uint_eq(chip->sled, i / 4);
        ck_assert_uint_eq(chip->slot, i % 4);
        ck_assert_uint_eq(chip->coord[0], i / 72);
        ck_assert_uint_eq(chip->coord[1], i / 4 % 18);
        ck_assert_uint_eq(chip->coord[2], i % 4);
    }
}
END_TEST

/* Too many equal routes to name one by one still load 1,024 chips evenly. */
START_TEST(a_thousand_chips)
{
    topo_make(&fabric, &sled_topo_ultraserver,
              "{\"sleds\": 256, \"chips_per_sled\": 4, \"racks\": 1, " TRAY
              ", " PLANES(ONE_STAGE) "}");
    ck_assert_uint_eq(fabric.routes.npaths, 1024 * 1023);
    ck_assert_uint_eq(fabric.routes.path_begin[fabric.routes.npaths], 2 * 1024 * 1023);
}
END_TEST

static const struct {
    const char *text, *pointer, *msg;
} bad[] = {
    {"{\"sleds\": 5, \"chips_per_sled\": 4, \"racks\": 2, " PLANES(ONE_STAGE) "}", "/racks",
     "5 sleds cannot be dealt evenly to 2 racks"},
    {"{\"sleds\": 4, \"chips_per_sled\": 1, \"racks\": 1, " TRAY ", " PLANES(ONE_STAGE) "}",
     "/tray", "a tray joins the chips of a sled, but a sled has 1 chip"},
    {"{\"sleds\": 4, \"chips_per_sled\": 4, \"racks\": 1, \"tray\": {\"kind\": \"switch\", "
     "\"bandwidth\": \"1GB/s\", \"medium\": \"pcb\", \"link_latency\": \"1ns\"}, " PLANES(
         ONE_STAGE) "}",
     "/tray", "a tray of kind \"switch\" needs the key \"switches\""},
    {"{\"sleds\": 4, \"chips_per_sled\": 4, \"racks\": 1, \"tray\": {\"kind\": \"switch\", "
     "\"switches\": 2, \"bandwidth\": \"1GB/s\", \"medium\": \"pcb\", \"link_latency\": "
     "\"1ns\"}, " PLANES(ONE_STAGE) "}",
     "/tray", "a tray of kind \"switch\" needs the key \"switch_latency\""},
    {"{\"sleds\": 4, \"chips_per_sled\": 4, \"racks\": 1, \"tray\": {\"kind\": \"direct\", "
     "\"switches\": 2, \"bandwidth\": \"1GB/s\", \"medium\": \"pcb\", \"link_latency\": "
     "\"1ns\"}, " PLANES(ONE_STAGE) "}",
     "/tray/switches", "a tray of kind \"direct\" has no switches"},
    {"{\"sleds\": 4, \"chips_per_sled\": 2, \"racks\": 1, " PLANES(
         "\"count\": 4, \"scope\": \"rack\", \"assignment\": \"by_slot\"") "}",
     "/planes/count", "4 planes assigned by slot, but a sled has 2 chips"},
    {"{\"sleds\": 4, \"chips_per_sled\": 2, \"racks\": 1, " PLANES(
         ONE_STAGE) ", \"rack_links\": {\"count\": 1, \"bandwidth\": \"1GB/s\", \"medium\": "
                    "\"copper\", \"link_latency\": \"1ns\"}}",
     "/rack_links", "links between racks need at least 2 racks, there is 1"},
    {"{\"sleds\": 4, \"chips_per_sled\": 2, \"racks\": 1, " PLANES(
         ONE_STAGE) ", \"chips_forward\": true}",
     "", "chips that forward need the key \"forward_latency\""},
    {"{\"sleds\": 16384, \"chips_per_sled\": 4, \"racks\": 1, " PLANES(ONE_STAGE) "}", "/sleds",
     "65536 chips are more than 16384"},
};

START_TEST(contradictions_are_refused_where_they_are)
{
    ck_assert_int_eq(topo_build(&fabric, &sled_topo_ultraserver, bad[_i].text, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, bad[_i].msg);
    ck_assert_str_eq(err.pointer, bad[_i].pointer);
}
END_TEST

START_TEST(families_are_found_by_name)
{
    size_t count;

    const struct sled_topo_family *const *all = sled_topo_all(&count);
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++) {
        ck_assert_ptr_eq(sled_topo_find(all[i]->name, &err), all[i]);
        ck_assert_uint_le(strlen(all[i]->summary), 72);
    }
    ck_assert_ptr_null(sled_topo_find("tours", &err));
    ck_assert_str_eq(err.msg, "no topology family \"tours\"; did you mean \"torus\"? known: "
                              "custom, switched, torus, ultraserver");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ultraserver");
    TCase *tc = tcase_create("ultraserver");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, default_is_one_hop_between_any_two_sleds);
    tcase_add_test(tc, chips_of_a_sled_meet_on_their_tray);
    tcase_add_test(tc, a_failed_switch_costs_a_tenth);
    tcase_add_test(tc, a_chip_without_its_switch_is_named_with_the_cut);
    tcase_add_test(tc, unstriped_switches_share_evenly);
    tcase_add_test(tc, two_racks_as_the_vendor_draws_them);
    tcase_add_test(tc, four_planes_as_the_analyst_reads_them);
    tcase_add_test(tc, four_planes_load_equal_links_equally);
    tcase_add_test(tc, first_generation_has_pairs_and_two_planes);
    tcase_add_test(tc, latency_adds_up);
    tcase_add_test(tc, places_follow_from_chip_numbers);
    tcase_add_test(tc, a_thousand_chips);
    tcase_add_loop_test(tc, contradictions_are_refused_where_they_are, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    tcase_add_test(tc, families_are_found_by_name);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
