/* SPDX-License-Identifier: Apache-2.0 */
/* Simulating a workload and summing it up. */
#include "cli/layer_run.h"

#include "base/vec.h"
#include "config/experiment.h"

enum sled_status layer_run(const struct sled_workload *workload,
                           const struct sled_selection *selection, enum sled_memory memory,
                           enum sled_network_kind network, double accuracy,
                           struct sled_layer_run *out, struct sled_err *err)
{
    struct sled_experiment experiment;
    struct sled_result *result = NULL;
    const struct sled_program *program = &experiment.program;

    enum sled_status st = sled_experiment_workload(workload, selection, memory, &experiment, err);
    if (st == SLED_OK) {
        const struct sled_sim_spec spec = {.machine = &workload->topology.machine,
                                           .program = program,
                                           .network = network,
                                           .accuracy = accuracy};
        st = sled_sim_run(&spec, &result, err);
    }
    if (st == SLED_OK)
        st = sled_vec_alloc(&out->phase, program->nphases, err);
    if (st == SLED_OK)
        st = sled_phases_summarise(&workload->topology.machine, program, result, out->phase, err);
    if (st == SLED_OK) {
        out->memory = sled_memory_names[memory];
        struct sled_activity activity;

        sled_activity_of_run(program, result, &activity);
        sled_power_energy(&workload->topology.power, &activity, &out->energy);
        out->time_s = result->time_s;
        out->weight_error = result->weight_error;
        out->nphases = program->nphases;
    }
    sled_result_destroy(result);
    sled_experiment_finish(&experiment);
    return st;
}
