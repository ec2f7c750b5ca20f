/* SPDX-License-Identifier: Apache-2.0 */
/* From a loaded FORWARD workload to figures. */
#include "cli/forward.h"

#include "config/forward_run.h"

/* What every piece is simulated with. */
struct simulator {
    const struct sled_machine *machine;
    const struct sled_cli_engine *engine;
};

static enum sled_status simulate(void *arg, const struct sled_program *program,
                                 const double *start_s, struct sled_result **out,
                                 struct sled_err *err)
{
    const struct simulator *simulator = arg;
    const struct sled_sim_spec spec = {.machine = simulator->machine,
                                       .program = program,
                                       .start_s = start_s,
                                       .network = simulator->engine->network,
                                       .accuracy = simulator->engine->accuracy};

    return sled_sim_run(&spec, out, err);
}

enum sled_status sled_cli_forward_facts(const struct sled_workload *workload,
                                        struct sled_forward_facts *out, struct sled_err *err)
{
    const struct sled_forward *forward = &workload->forward;
    const struct sled_layout *layout = &forward->layout;
    struct sled_forward_memory memory;
    struct sled_chip_headline headline;
    struct sled_imbalance placed = {0}, in_order = {0};

    sled_forward_most_memory(&workload->model, forward, &memory);
    sled_chip_headline(workload->topology.chip, &headline);
    if (workload->model.has_moe)
        SLED_TRY(sled_forward_balance(workload, &placed, &in_order, err));
    *out = (struct sled_forward_facts){
        .workload = workload->name,
        .description = workload->description,
        .model = workload->model.name,
        .topology = workload->topology.name,
        .chip = workload->topology.chip_name,
        .simulator = sled_sim_describe(),
        .phase = sled_pass_phase_names[forward->phase],
        .exchange = sled_expert_exchange_names[layout->exchange],
        .order = sled_chip_order_names[layout->order],
        .overlap = sled_overlap_names[forward->overlap],
        .distribution = sled_distribution_names[forward->routing.distribution],
        .memory = sled_memory_names[forward->memory],
        .launch_s = forward->launch_s,
        .decode = forward->phase == SLED_DECODE,
        .moe = workload->model.has_moe,
        .batch = forward->batch,
        .context = forward->context,
        .chunk = forward->chunk,
        .tp = layout->tp,
        .cp = layout->cp,
        .dp = layout->dp,
        .pp = layout->pp,
        .replicas = layout->replicas,
        .ep = sled_forward_holders(forward),
        .expert_tp = layout->expert_tp,
        .redundant_experts = layout->redundant_experts,
        .chips = sled_forward_chips(forward),
        .rank_imbalance = placed.holders,
        .slot_imbalance = placed.slots,
        .rank_in_order = in_order.holders,
        .slot_in_order = in_order.slots,
        .weight_bytes = (double)memory.weights,
        .kv_bytes = (double)memory.kv_cache,
        .activation_bytes = (double)memory.activations,
        .hbm_bytes = headline.hbm_bytes,
    };
    return SLED_OK;
}

enum sled_status sled_cli_forward_run(const struct sled_workload *workload,
                                      const struct sled_cli_engine *engine,
                                      struct sled_forward_facts *facts,
                                      struct sled_forward_summary *summary, struct sled_err *err)
{
    struct simulator simulator = {&workload->topology.machine, engine};
    const struct sled_simulate how = {&simulator, simulate, engine->accuracy, engine->costs,
                                      engine->selection};
    struct sled_forward_run run;

    *summary = (struct sled_forward_summary){0};
    SLED_TRY(sled_cli_forward_facts(workload, facts, err));
    enum sled_status st = sled_forward_simulate(workload, &how, true, &run, err);
    if (st == SLED_OK) {
        facts->network = sled_network_names[engine->network];
        facts->accuracy = engine->accuracy;
        facts->selection = engine->selection == NULL ? NULL : engine->selection->name;
        st = sled_forward_summarise(facts, &workload->topology.machine, &workload->topology.power,
                                    run.part, run.nparts, run.time_s, summary, err);
    }
    sled_forward_run_finish(&run);
    return st;
}
