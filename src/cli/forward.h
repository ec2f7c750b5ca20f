/* SPDX-License-Identifier: Apache-2.0 */
/* A forward pass, planned, simulated and summed up: what `run` and `layouts` have in common. */
#ifndef SLED_CLI_FORWARD_H
#define SLED_CLI_FORWARD_H

#include "config/config.h"
#include "config/kernel_costs.h"
#include "report/forward.h"
#include "sim/sim.h"

/* What the workload, of kind FORWARD, says of itself. SLED_E_NOMEM. */
enum sled_status sled_cli_forward_facts(const struct sled_workload *workload,
                                        struct sled_forward_facts *out, struct sled_err *err);

/* With what it is simulated. */
struct sled_cli_engine {
    enum sled_network_kind network;
    double accuracy;
    struct sled_kernel_costs *costs;        /* kept over several passes; NULL: for this one only */
    const struct sled_selection *selection; /* picks algorithms; NULL: as the workload says */
};

/* Simulate it. Errors carry a pointer relative to the document root. The caller frees
 * summary->phase, also on failure. */
enum sled_status sled_cli_forward_run(const struct sled_workload *workload,
                                      const struct sled_cli_engine *engine,
                                      struct sled_forward_facts *facts,
                                      struct sled_forward_summary *summary, struct sled_err *err);

#endif
