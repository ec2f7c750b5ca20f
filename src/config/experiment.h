/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a spec to a program that the simulator can run: algorithms are chosen, plans
 * emitted, kernel times asked of the chip.
 */
#ifndef SLED_CONFIG_EXPERIMENT_H
#define SLED_CONFIG_EXPERIMENT_H

#include "base/err.h"
#include "chip/chip.h"
#include "coll/coll.h"
#include "config/config.h"
#include "config/plan_file.h"
#include "model/program.h"

/* A program with everything attached. */
struct sled_experiment {
    struct sled_program program;
    struct sled_plan **plan; /* [nplans], heap; attached to the collectives */
    uint32_t nplans;
};

/* Accepts a zeroed experiment. */
void sled_experiment_finish(struct sled_experiment *experiment);

/*
 * Attach to every collective of experiment->program the plan of the algorithm it asks
 * for, made for the place that its ranks have on the topology, and to every kernel its cost on
 * the topology's chip; then check that the program ends. Fails as the registry, the algorithm's
 * check, the chip or sled_program_check do.
 */
enum sled_status sled_experiment_plan(struct sled_experiment *experiment,
                                      const struct sled_topology *topology, struct sled_err *err);

/* The same for one of many programs of one chip, whose kernels are asked for once. */
struct sled_kernel_costs;
enum sled_status sled_experiment_plan_with(struct sled_experiment *experiment,
                                           const struct sled_topology *topology,
                                           struct sled_kernel_costs *costs, struct sled_err *err);

/* Let a selection table say how each collective of a program runs: by which algorithm and with what
 * protocol. memory: where they run. Fails as sled_selection_pick and sled_selection_apply do. */
enum sled_status sled_experiment_pick(const struct sled_selection *selection,
                                      const struct sled_topology *topology, enum sled_memory memory,
                                      struct sled_program *program, struct sled_err *err);

/* The ranks that run one collective of a benchmark, and on which chips. */
struct sled_experiment_group {
    struct sled_coll_req req;
    const uint32_t *chip_of_rank; /* [req.nranks], borrowed */
    bool has_protocol;            /* else by the DMA engines of its chips as they are */
    struct sled_protocol protocol;
};

/*
 * One collective per group, all of one operation, at the same time and by one algorithm, as
 * benchmarks run them; no chip is in two groups. The place of a request is found here. *out is
 * initialised here and finished by the caller, also on failure.
 */
enum sled_status sled_experiment_collectives(const struct sled_topology *topology,
                                             const struct sled_experiment_group *group,
                                             uint32_t ngroups, const char *algorithm,
                                             enum sled_memory memory, uint64_t row_bytes,
                                             struct sled_experiment *out, struct sled_err *err);

/* The same by the plan of a file, which must serve every request: errors as
 * sled_plan_file_plan. */
enum sled_status sled_experiment_plan_file(const struct sled_topology *topology,
                                           const struct sled_experiment_group *group,
                                           uint32_t ngroups, const struct sled_plan_file *file,
                                           enum sled_memory memory, struct sled_experiment *out,
                                           struct sled_err *err);

/*
 * The workload's program with its collectives on `memory`, by the algorithms that the workload
 * names or, where a selection table is given (else NULL), by those and the protocols that it
 * picks. Errors carry a pointer relative to the document root. *out is initialised here and
 * finished by the caller, also on failure.
 */
enum sled_status sled_experiment_workload(const struct sled_workload *workload,
                                          const struct sled_selection *selection,
                                          enum sled_memory memory, struct sled_experiment *out,
                                          struct sled_err *err);

/* How evenly the experts' token rows fall on ranks and slots: as they are placed, and with experts
 * and replicas in order. SLED_E_NOMEM. */
struct sled_experiment_balance {
    const char *distribution; /* of the routing; borrowed, immortal */
    struct sled_imbalance placed, in_order;
};
enum sled_status sled_experiment_balance(const struct sled_workload *workload,
                                         struct sled_experiment_balance *out, struct sled_err *err);

#endif
