/* SPDX-License-Identifier: Apache-2.0 */
/* Building and breaking fabrics by hand. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "model/fabric.h"

static struct sled_fabric fabric;
static struct sled_err err;

static void setup(void)
{
    sled_fabric_init(&fabric);
    err = (struct sled_err)SLED_ERR_INIT;
}

static void teardown(void)
{
    sled_fabric_finish(&fabric);
}

static struct sled_node node_named(enum sled_node_kind kind, const char *name)
{
    struct sled_node node = {
        .kind = kind, .members = 1, .pod = 0, .rack = SLED_NONE, .sled = SLED_NONE};

    snprintf(node.name, sizeof node.name, "%s", name);
    return node;
}

static uint32_t add(enum sled_node_kind kind, const char *name, uint32_t members)
{
    struct sled_node node = node_named(kind, name);
    uint32_t id;

    node.members = members;
    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, &id, &err), SLED_OK);
    return id;
}

static struct sled_link link_of(uint32_t src, uint32_t dst, uint32_t members)
{
    return (struct sled_link){.src = src,
                              .dst = dst,
                              .bandwidth_bytes_per_s = 64e9 * members,
                              .latency_s = 1e-9,
                              .members = members};
}

/* Two chips on a switch of ten members; returns the link chip0>nsw (number 0). */
static void make_star(void)
{
    const uint32_t a = add(SLED_NODE_CHIP, "chip0", 1), b = add(SLED_NODE_CHIP, "chip1", 1);
    const uint32_t nsw = add(SLED_NODE_SWITCH, "nsw", 10);
    const struct sled_link la = link_of(a, nsw, 10), lb = link_of(b, nsw, 10);

    ck_assert_int_eq(sled_fabric_connect(&fabric, &la, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_connect(&fabric, &lb, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_check(&fabric, &err), SLED_OK);
}

START_TEST(names_are_found_and_chips_numbered)
{
    char name[32];

    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%u", i);
        ck_assert_uint_eq(add(i % 3 == 0 ? SLED_NODE_CHIP : SLED_NODE_SWITCH, name, 1), i);
    }
    ck_assert_uint_eq(fabric.nchips, 334);
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%u", i);
        ck_assert_uint_eq(sled_fabric_find(&fabric, name), i);
        ck_assert_uint_eq(fabric.node[i].chip, i % 3 == 0 ? i / 3 : SLED_NONE);
        if (i % 3 == 0)
            ck_assert_uint_eq(fabric.chip_node[i / 3], i);
    }
    ck_assert_uint_eq(sled_fabric_find(&fabric, "n1000"), SLED_NONE);
}
END_TEST

START_TEST(an_empty_fabric_has_no_names_and_no_chip)
{
    ck_assert_uint_eq(sled_fabric_find(&fabric, "chip0"), SLED_NONE);
    ck_assert_int_eq(sled_fabric_check(&fabric, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "the fabric has no chip");
}
END_TEST

START_TEST(connect_gives_both_directions)
{
    make_star();
    ck_assert_uint_eq(fabric.nlinks, 4);
    ck_assert_uint_eq(fabric.link[0].src, fabric.link[1].dst);
    ck_assert_uint_eq(fabric.link[0].dst, fabric.link[1].src);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 1), 640e9);
}
END_TEST

START_TEST(a_failed_member_takes_its_share)
{
    make_star();
    const uint32_t nsw = sled_fabric_find(&fabric, "nsw");
    for (uint32_t failed = 1; failed <= 10; failed++) {
        ck_assert_int_eq(sled_fabric_fail_node(&fabric, nsw, 1, &err), SLED_OK);
        for (uint32_t i = 0; i < 4; i++)
            ck_assert_double_eq(sled_link_bandwidth(&fabric, i), 64e9 * (10 - failed));
    }
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, nsw, 1, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "\"nsw\" has 10 members, 10 already failed: 1 more cannot fail");
}
END_TEST

START_TEST(failing_zero_members_fails_the_rest)
{
    make_star();
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, 2, 3, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, 2, 0, &err), SLED_OK);
    ck_assert_uint_eq(fabric.node[2].failed_members, 10);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 0.0);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, 2, 0, &err), SLED_E_INPUT);
}
END_TEST

START_TEST(failed_link_members_add_to_those_of_its_ends)
{
    make_star();
    ck_assert_int_eq(sled_fabric_fail_link(&fabric, 2, 0, 2, &err), SLED_OK);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 64e9 * 8);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 1), 64e9 * 8);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 2), 64e9 * 10);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, 2, 1, &err), SLED_OK);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 64e9 * 7);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 2), 64e9 * 9);
}
END_TEST

START_TEST(a_link_between_two_stages_loses_both_shares)
{
    const uint32_t leaf = add(SLED_NODE_SWITCH, "leaf", 2), spine = add(SLED_NODE_SWITCH, "sp", 4);
    const struct sled_link link = link_of(leaf, spine, 8);

    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, leaf, 1, &err), SLED_OK);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 64e9 * 4);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, spine, 1, &err), SLED_OK);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 64e9 * 3);
}
END_TEST

START_TEST(a_link_that_is_not_striped_goes_with_the_whole_node)
{
    const uint32_t chip = add(SLED_NODE_CHIP, "chip0", 1), nsw = add(SLED_NODE_SWITCH, "nsw", 10);
    const struct sled_link link = link_of(chip, nsw, 3);

    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, nsw, 9, &err), SLED_OK);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 64e9 * 3);
    ck_assert_int_eq(sled_fabric_fail_node(&fabric, nsw, 1, &err), SLED_OK);
    ck_assert_double_eq(sled_link_bandwidth(&fabric, 0), 0.0);
}
END_TEST

START_TEST(places_are_counted_once_each)
{
    char name[32];

    for (uint32_t i = 0; i < 24; i++) {
        struct sled_node chip = node_named(SLED_NODE_CHIP, "");
        snprintf(chip.name, sizeof chip.name, "chip%u", i);
        chip.sled = 7 * (i / 4);
        chip.rack = i / 12;
        ck_assert_int_eq(sled_fabric_add_node(&fabric, &chip, NULL, &err), SLED_OK);
    }
    snprintf(name, sizeof name, "loose");
    add(SLED_NODE_CHIP, name, 1);
    ck_assert_int_eq(sled_fabric_check(&fabric, &err), SLED_OK);
    ck_assert_uint_eq(fabric.nsleds, 6);
    ck_assert_uint_eq(fabric.nracks, 2);
    ck_assert_uint_eq(fabric.npods, 1);
}
END_TEST

START_TEST(bad_nodes_are_refused)
{
    struct sled_node node = node_named(SLED_NODE_CHIP, "chip0");

    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, NULL, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, NULL, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "two nodes are named \"chip0\"");
    ck_assert_uint_eq(fabric.nnodes, 1);

    err = (struct sled_err)SLED_ERR_INIT;
    strcpy(node.name, "chip1");
    node.latency_s = NAN;
    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, NULL, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "node \"chip1\": latency nan s is not a finite time >= 0");

    err = (struct sled_err)SLED_ERR_INIT;
    node.latency_s = 0.0;
    node.members = 0;
    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, NULL, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "node \"chip1\" has 0 members, expected at least 1");

    err = (struct sled_err)SLED_ERR_INIT;
    node.members = 2;
    node.failed_members = 3;
    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, NULL, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "node \"chip1\": 3 of 2 members have failed");

    err = (struct sled_err)SLED_ERR_INIT;
    node.name[0] = '\0';
    ck_assert_int_eq(sled_fabric_add_node(&fabric, &node, NULL, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "a node has an empty name");
}
END_TEST

START_TEST(bad_links_are_refused)
{
    struct sled_link link;

    make_star();
    link = link_of(0, 0, 1);
    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "a link joins \"chip0\" to itself");

    err = (struct sled_err)SLED_ERR_INIT;
    link = link_of(0, 1, 1);
    link.bandwidth_bytes_per_s = 0.0;
    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "link chip0>chip1: bandwidth 0 B/s is not a finite rate > 0");

    err = (struct sled_err)SLED_ERR_INIT;
    link = link_of(0, 1, 1);
    link.latency_s = -1.0;
    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "link chip0>chip1: latency -1 s is not a finite time >= 0");

    err = (struct sled_err)SLED_ERR_INIT;
    link = link_of(0, 1, 0);
    link.bandwidth_bytes_per_s = 1.0;
    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "link chip0>chip1 has 0 members, expected at least 1");
    ck_assert_uint_eq(fabric.nlinks, 4);

    err = (struct sled_err)SLED_ERR_INIT;
    link = link_of(0, 2, 1);
    ck_assert_int_eq(sled_fabric_add_link(&fabric, &link, &err), SLED_OK);
    ck_assert_int_eq(sled_fabric_check(&fabric, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "two links lead from \"chip0\" to \"nsw\"; write one link with "
                              "several members");

    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_fabric_fail_link(&fabric, 0, 1, 1, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "no link joins \"chip0\" and \"chip1\"");
    err = (struct sled_err)SLED_ERR_INIT;
    ck_assert_int_eq(sled_fabric_fail_link(&fabric, 1, 2, 11, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg,
                     "link chip1>nsw has 10 members, 0 already failed: 11 more cannot fail");
}
END_TEST

START_TEST(finish_accepts_a_zeroed_fabric)
{
    struct sled_fabric zeroed = {0};

    sled_fabric_finish(&zeroed);
    sled_fabric_finish(&zeroed);
    ck_assert_ptr_null(zeroed.node);
}
END_TEST

START_TEST(every_level_and_medium_has_a_name)
{
    ck_assert_str_eq(sled_level_name(SLED_LEVEL_SLED), "sled");
    ck_assert_str_eq(sled_level_name(SLED_LEVEL_POD), "pod");
    ck_assert_str_eq(sled_medium_name(SLED_MEDIUM_PCB), "pcb");
    ck_assert_str_eq(sled_medium_name(SLED_MEDIUM_OPTICAL), "optical");
    ck_assert_ptr_null(sled_level_names[SLED_LEVELS]);
    ck_assert_ptr_null(sled_medium_names[SLED_MEDIUMS]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fabric");
    TCase *tc = tcase_create("fabric");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, names_are_found_and_chips_numbered);
    tcase_add_test(tc, an_empty_fabric_has_no_names_and_no_chip);
    tcase_add_test(tc, connect_gives_both_directions);
    tcase_add_test(tc, a_failed_member_takes_its_share);
    tcase_add_test(tc, failing_zero_members_fails_the_rest);
    tcase_add_test(tc, failed_link_members_add_to_those_of_its_ends);
    tcase_add_test(tc, a_link_between_two_stages_loses_both_shares);
    tcase_add_test(tc, a_link_that_is_not_striped_goes_with_the_whole_node);
    tcase_add_test(tc, places_are_counted_once_each);
    tcase_add_test(tc, bad_nodes_are_refused);
    tcase_add_test(tc, bad_links_are_refused);
    tcase_add_test(tc, finish_accepts_a_zeroed_fabric);
    tcase_add_test(tc, every_level_and_medium_has_a_name);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
