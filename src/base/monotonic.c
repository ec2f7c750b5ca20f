/* SPDX-License-Identifier: Apache-2.0 */
/* The clock that nobody sets. */
#include "base/monotonic.h"

#include <time.h>

double sled_monotonic_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
