/* SPDX-License-Identifier: Apache-2.0 */
/* As many processors as the process may use, not as the machine has. */
#define _GNU_SOURCE /* sched_setaffinity */
#include <sched.h>

#include "base/cpus.h"
#include "check_main.h"

static cpu_set_t allowed(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    return set;
}

START_TEST(all_that_are_allowed_count)
{
    const cpu_set_t set = allowed();

    ck_assert_uint_eq(sled_cpus(), (unsigned)CPU_COUNT(&set));
}
END_TEST

START_TEST(what_is_not_allowed_does_not)
{
    const cpu_set_t set = allowed();
    cpu_set_t one;
    size_t first = 0;

    while (!CPU_ISSET(first, &set))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    ck_assert_uint_eq(sled_cpus(), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cpus");
    TCase *tc = tcase_create("cpus");

    tcase_add_test(tc, all_that_are_allowed_count);
    tcase_add_test(tc, what_is_not_allowed_does_not);
    suite_add_tcase(suite, tc);
    return sled_check_main(suite);
}
