/* SPDX-License-Identifier: Apache-2.0 */
/* The affinity of this process, on machines of any size. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

enum { MOST = 1 << 20 }; /* processors of a machine that is asked about */

/* Of a mask with room for n; 0 when the machine may have more, or does not say. */
static int count(size_t n, int *error)
{
    cpu_set_t *const set = CPU_ALLOC(n);
    const size_t size = CPU_ALLOC_SIZE(n);
    int found = 0;

    *error = ENOMEM;
    if (set == NULL)
        return 0;
    if (sched_getaffinity(0, size, set) == 0)
        found = CPU_COUNT_S(size, set);
    else
        *error = errno;
    CPU_FREE(set);
    return found;
}

unsigned sled_cpus(void)
{
    int error = EINVAL;

    for (size_t n = CPU_SETSIZE; n <= MOST && error == EINVAL; n *= 2) {
        const int found = count(n, &error);

        if (found > 0)
            return (unsigned)found;
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : (unsigned)online;
}
