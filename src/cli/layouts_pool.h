/* SPDX-License-Identifier: Apache-2.0 */
/* Many forward passes of one workload, each in one of several processes. */
#ifndef SLED_CLI_LAYOUTS_POOL_H
#define SLED_CLI_LAYOUTS_POOL_H

#include "config/config.h"
#include "report/layouts.h"
#include "sim/sim.h"
#include "work/search.h"

struct sled_layouts_job {
    const struct sled_workload *workload;    /* its forward is the base of the choices */
    const struct sled_layout_choice *choice; /* [n] */
    size_t n;
    const struct sled_selection *selection; /* picks algorithms; NULL: the choices name them */
    enum sled_network_kind network;
    double accuracy;
    uint32_t workers; /* >= 1 */
};

/*
 * rows[n] receives what became of each choice, whoever ran it. A line on stderr tells how far it
 * is, where that is a terminal. What the chip or an algorithm cannot do is an outcome; other
 * failures end the job: SLED_E_SIM, SLED_E_NOMEM, SLED_E_IO.
 */
enum sled_status sled_layouts_run(const struct sled_layouts_job *job, struct sled_layout_row *rows,
                                  struct sled_err *err);

#endif
