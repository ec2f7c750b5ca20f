/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a simulator that cannot go on. */
#include "sim/worker.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static struct sled_err *report_to;

void sled_worker_enter(struct sled_err *report)
{
    report_to = report;
}

_Noreturn void sled_worker_fail(const struct sled_err *err)
{
    if (report_to == NULL)
        abort();
    *report_to = *err;
    _exit(EXIT_FAILURE);
}
