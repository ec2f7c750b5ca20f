/* SPDX-License-Identifier: Apache-2.0 */
/* Dealing ranks to groups: each rank in one group, in order, for any numbers. */
#include "check_main.h"
#include "model/groups.h"

static void assert_partition(const struct sled_groups *groups, uint32_t nranks)
{
    ck_assert_uint_eq(groups->begin[0], 0);
    ck_assert_uint_eq(groups->begin[groups->count], nranks);
    for (uint32_t g = 0; g < groups->count; g++) {
        ck_assert_uint_ge(sled_groups_size(groups, g), 1);
        for (uint32_t i = groups->begin[g] + 1; i < groups->begin[g + 1]; i++)
            ck_assert_uint_lt(groups->rank[i - 1], groups->rank[i]);
    }
    for (uint32_t r = 0; r < nranks; r++) {
        uint32_t seen = 0;

        for (uint32_t i = 0; i < nranks; i++)
            seen += groups->rank[i] == r;
        ck_assert_uint_eq(seen, 1);
    }
}

START_TEST(ranks_of_a_group_share_the_quotient)
{
    struct sled_err err = SLED_ERR_INIT;

    for (uint32_t nranks = 1; nranks <= 17; nranks++)
        for (uint32_t size = 1; size <= nranks; size++) {
            struct sled_groups groups;

            ck_assert_int_eq(sled_groups_div(nranks, size, &groups, &err), SLED_OK);
            assert_partition(&groups, nranks);
            for (uint32_t g = 0; g < groups.count; g++)
                for (uint32_t i = groups.begin[g]; i < groups.begin[g + 1]; i++)
                    ck_assert_uint_eq(groups.rank[i] / size, g);
            sled_groups_finish(&groups);
        }
}
END_TEST

START_TEST(ranks_of_a_group_share_the_remainder)
{
    struct sled_err err = SLED_ERR_INIT;

    for (uint32_t nranks = 1; nranks <= 17; nranks++)
        for (uint32_t count = 1; count <= nranks; count++) {
            struct sled_groups groups;

            ck_assert_int_eq(sled_groups_mod(nranks, count, &groups, &err), SLED_OK);
            ck_assert_uint_eq(groups.count, count);
            assert_partition(&groups, nranks);
            for (uint32_t g = 0; g < count; g++)
                for (uint32_t i = groups.begin[g]; i < groups.begin[g + 1]; i++)
                    ck_assert_uint_eq(groups.rank[i] % count, g);
            sled_groups_finish(&groups);
        }
}
END_TEST

START_TEST(sizes_are_those_of_the_smallest_and_the_largest)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_groups groups;
    uint32_t least, most;

    ck_assert_int_eq(sled_groups_div(8, 3, &groups, &err), SLED_OK);
    sled_groups_sizes(&groups, &least, &most);
    ck_assert_uint_eq(least, 2);
    ck_assert_uint_eq(most, 3);
    sled_groups_finish(&groups);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model_groups");
    TCase *tcase = tcase_create("groups");

    tcase_add_test(tcase, ranks_of_a_group_share_the_quotient);
    tcase_add_test(tcase, ranks_of_a_group_share_the_remainder);
    tcase_add_test(tcase, sizes_are_those_of_the_smallest_and_the_largest);
    suite_add_tcase(suite, tcase);
    return sled_check_main(suite);
}
