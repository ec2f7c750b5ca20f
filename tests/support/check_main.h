/* SPDX-License-Identifier: Apache-2.0 */
/* One way to run a Check suite: forked cases, TAP on stdout for meson, no time limit but meson's.
 */
#ifndef SLED_TESTS_CHECK_MAIN_H
#define SLED_TESTS_CHECK_MAIN_H

#include <check.h>

/* Run the suite; the return value is for main(). */
int sled_check_main(Suite *suite);

#endif
