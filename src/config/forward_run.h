/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Simulating a forward pass piece by piece. A piece that begins as an equal one began before, each
 * chip as much later than the first, is not simulated again; layers that repeat cost nothing.
 * Exact, because the network is quiet between pieces: where it is not, the whole pass is simulated
 * as one program.
 */
#ifndef SLED_CONFIG_FORWARD_RUN_H
#define SLED_CONFIG_FORWARD_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "config/experiment.h"
#include "model/part.h"

/* Who simulates: planning knows nothing of it. start_s [nchips] is when each chip begins. *out is
 * the caller's (sled_result_destroy). */
struct sled_simulate {
    void *arg;
    enum sled_status (*run)(void *arg, const struct sled_program *program, const double *start_s,
                            struct sled_result **out, struct sled_err *err);
    double accuracy; /* 0, or what completions may be off by, in parts of their duration */
    struct sled_kernel_costs *costs; /* of the topology's chip, kept by the caller; or NULL */
    const struct sled_selection *selection; /* picks algorithms and protocols; NULL: the workload */
};

struct sled_forward_run {
    double time_s;          /* of the slowest chip */
    struct sled_part *part; /* [nparts], and what they hold: heap */
    uint32_t nparts;
    bool whole; /* one program, since pieces would have met on the network */

    struct sled_experiment *experiment; /* private: [nexperiments], different programs */
    uint32_t nexperiments;
    size_t part_capacity, experiment_capacity;
};

/*
 * Run the FORWARD workload; by_pieces false: as one program from the beginning. Starts of a piece
 * are equal that differ by less than a picosecond, or by accuracy in parts of its time. Errors of
 * planning and simulating, with a pointer relative to the document root. *out is initialised here
 * and finished by the caller, also on failure.
 */
enum sled_status sled_forward_simulate(const struct sled_workload *workload,
                                       const struct sled_simulate *simulate, bool by_pieces,
                                       struct sled_forward_run *out, struct sled_err *err);
void sled_forward_run_finish(struct sled_forward_run *run);

/* Plan everything and simulate nothing. Errors as above. */
enum sled_status sled_forward_plan_all(const struct sled_workload *workload, struct sled_err *err);

/* How unevenly rows fall, the worst of all layers: as experts are placed, and with experts and
 * replicas in order. SLED_E_NOMEM. */
enum sled_status sled_forward_balance(const struct sled_workload *workload,
                                      struct sled_imbalance *placed,
                                      struct sled_imbalance *in_order, struct sled_err *err);

#endif
