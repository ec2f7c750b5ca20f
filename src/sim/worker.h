/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the forked simulator gives up. Inside an actor there is nobody to return a
 * status to, and the process exists for one run only: so it says why in memory that its
 * parent shares, and ends. The report is the one global of this folder; SimGrid, of which
 * there is one per process too, is the reason.
 */
#ifndef SLED_SIM_WORKER_H
#define SLED_SIM_WORKER_H

#include "base/err.h"

/* From here on a failure is reported in *report, which must outlive the process. */
void sled_worker_enter(struct sled_err *report);

/* Report the failure, if anybody listens, and end this process. */
_Noreturn void sled_worker_fail(const struct sled_err *err);

#endif
