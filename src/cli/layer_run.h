/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a workload, as `sledsim run` and the points of a sweep do it. */
#ifndef SLED_CLI_LAYER_RUN_H
#define SLED_CLI_LAYER_RUN_H

#include "config/config.h"
#include "report/layer.h"
#include "sim/sim.h"

/* Run with the collectives on `memory`, by the algorithms of selection where it is not NULL.
 * out->phase is heap memory of the caller, also on failure. Fails as sled_experiment_workload and
 * sled_sim_run do. */
enum sled_status layer_run(const struct sled_workload *workload,
                           const struct sled_selection *selection, enum sled_memory memory,
                           enum sled_network_kind network, double accuracy,
                           struct sled_layer_run *out, struct sled_err *err);

#endif
