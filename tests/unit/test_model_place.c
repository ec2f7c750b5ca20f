/* SPDX-License-Identifier: Apache-2.0 */
/* Places of ranks: what is found on fabrics, and what is made up. */
#include "base/err.h"
#include "base/vec.h"
#include "check_main.h"
#include "model/place.h"
#include "topo_fixture.h"

#define CK_PLACE(call) ck_assert_msg((call) == SLED_OK, "%s", err.msg)

/* 2 racks of 3 sleds of 2 chips. */
static void make_racks(struct sled_fabric *fabric)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_node node = {.kind = SLED_NODE_CHIP, .pod = SLED_NONE, .members = 1};

    sled_fabric_init(fabric);
    for (uint32_t i = 0; i < 12; i++) {
        snprintf(node.name, sizeof node.name, "chip%u", i);
        node.rack = i / 6;
        node.sled = i / 2;
        node.coord[0] = node.rack;
        node.coord[1] = node.sled % 3;
        node.coord[2] = i % 2;
        CK_PLACE(sled_fabric_add_node(fabric, &node, NULL, &err));
    }
    fabric->naxes = 3;
    fabric->axes[0] = (struct sled_axis){.name = "rack", .size = 2};
    fabric->axes[1] = (struct sled_axis){.name = "sled", .size = 3};
    fabric->axes[2] = (struct sled_axis){.name = "slot", .size = 2};
}

static void check_numbers(const uint32_t *found, const uint32_t *expected, uint32_t count)
{
    ck_assert_ptr_nonnull(found);
    for (uint32_t i = 0; i < count; i++)
        ck_assert_msg(found[i] == expected[i], "number %u is %u, not %u", i, found[i], expected[i]);
}

START_TEST(units_are_numbered_as_ranks_come)
{
    static const uint32_t CHIPS[] = {11, 0, 10, 6, 1};
    static const uint32_t SLEDS[] = {0, 1, 0, 2, 1};
    static const uint32_t RACKS[] = {0, 1, 0, 0, 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fabric fabric;
    struct sled_place place;

    make_racks(&fabric);
    CK_PLACE(sled_place_on_fabric(&fabric, CHIPS, 5, &place, &err));
    ck_assert_uint_eq(place.nranks, 5);
    check_numbers(place.unit[SLED_UNIT_SLED], SLEDS, 5);
    check_numbers(place.unit[SLED_UNIT_RACK], RACKS, 5);
    ck_assert_ptr_null(place.unit[SLED_UNIT_POD]); /* chips have none */
    sled_place_finish(&place);
    sled_fabric_finish(&fabric);
}
END_TEST

/* Sleds that are numbered anew in each rack are not the same ones. */
START_TEST(sleds_of_different_racks_differ)
{
    static const uint32_t CHIPS[] = {0, 1, 6, 7};
    static const uint32_t SLEDS[] = {0, 0, 1, 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fabric fabric;
    struct sled_place place;

    make_racks(&fabric);
    for (uint32_t i = 0; i < 12; i++)
        fabric.node[i].sled %= 3;
    CK_PLACE(sled_place_on_fabric(&fabric, CHIPS, 4, &place, &err));
    check_numbers(place.unit[SLED_UNIT_SLED], SLEDS, 4);
    sled_place_finish(&place);
    sled_fabric_finish(&fabric);
}
END_TEST

/* Every other sled of one rack: the rack's axis is gone, the sleds are 0 and 1. */
START_TEST(a_part_of_a_box_is_a_box)
{
    static const uint32_t CHIPS[] = {6, 7, 10, 11};
    static const uint32_t COORD[] = {0, 0, 0, 1, 1, 0, 1, 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fabric fabric;
    struct sled_place place;

    make_racks(&fabric);
    CK_PLACE(sled_place_on_fabric(&fabric, CHIPS, 4, &place, &err));
    ck_assert_uint_eq(place.naxes, 2);
    ck_assert_uint_eq(place.size[0], 2);
    ck_assert_uint_eq(place.size[1], 2);
    check_numbers(place.coord, COORD, 8);
    sled_place_finish(&place);
    sled_fabric_finish(&fabric);
}
END_TEST

START_TEST(a_box_with_a_hole_is_none)
{
    static const uint32_t CHIPS[] = {0, 1, 2};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_fabric fabric;
    struct sled_place place;

    make_racks(&fabric);
    CK_PLACE(sled_place_on_fabric(&fabric, CHIPS, 3, &place, &err));
    ck_assert_uint_eq(place.naxes, 0);
    ck_assert_ptr_null(place.coord);
    sled_place_finish(&place);
    sled_fabric_finish(&fabric);
}
END_TEST

START_TEST(the_last_sled_may_be_smaller)
{
    static const uint32_t SLEDS[] = {0, 0, 0, 0, 1, 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_place place;

    CK_PLACE(sled_place_in_sleds(6, 4, &place, &err));
    check_numbers(place.unit[SLED_UNIT_SLED], SLEDS, 6);
    ck_assert_uint_eq(place.naxes, 0);
    sled_place_finish(&place);
}
END_TEST

START_TEST(x_varies_fastest)
{
    static const uint32_t SIZE[] = {3, 2};
    static const uint32_t COORD[] = {0, 0, 1, 0, 2, 0, 0, 1, 1, 1, 2, 1};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_place place;

    CK_PLACE(sled_place_on_torus(6, SIZE, 2, &place, &err));
    check_numbers(place.size, SIZE, 2);
    check_numbers(place.coord, COORD, 12);
    sled_place_finish(&place);
}
END_TEST

START_TEST(a_torus_of_another_size_is_refused)
{
    static const uint32_t SIZE[] = {65536, 65536, 65536};
    struct sled_err err = SLED_ERR_INIT;
    struct sled_place place;

    ck_assert_int_eq(sled_place_on_torus(6, SIZE, 3, &place, &err), SLED_E_INPUT);
    ck_assert_str_eq(err.msg, "a torus with as many points as there are ranks, 6, is expected");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("place");
    TCase *tc = tcase_create("place");

    tcase_add_test(tc, units_are_numbered_as_ranks_come);
    tcase_add_test(tc, sleds_of_different_racks_differ);
    tcase_add_test(tc, a_part_of_a_box_is_a_box);
    tcase_add_test(tc, a_box_with_a_hole_is_none);
    tcase_add_test(tc, the_last_sled_may_be_smaller);
    tcase_add_test(tc, x_varies_fastest);
    tcase_add_test(tc, a_torus_of_another_size_is_refused);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
