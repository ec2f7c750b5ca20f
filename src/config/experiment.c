/* SPDX-License-Identifier: Apache-2.0 */
/* Attaching plans and kernel costs to a program. */
#include "config/experiment.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "config/kernel_costs.h"

void sled_experiment_finish(struct sled_experiment *experiment)
{
    for (uint32_t i = 0; i < experiment->nplans; i++) {
        sled_plan_finish(experiment->plan[i]);
        free(experiment->plan[i]);
    }
    free(experiment->plan);
    sled_program_finish(&experiment->program);
    *experiment = (struct sled_experiment){0};
}

/* Chips of the ranks that switch `hub` of the plan exchanges data with; returned how many. seen[P]
 * is scratch. */
static uint32_t peers_of(const struct sled_program_collective *collective, uint32_t hub, bool *seen,
                         uint32_t *chip)
{
    const struct sled_plan *plan = collective->plan;
    uint32_t count = 0;

    memset(seen, 0, collective->req.nranks * sizeof *seen);
    for (sled_xfer_id id = 0; id < plan->count; id++) {
        const uint32_t src = plan->src[id], dst = plan->dst[id];
        const uint32_t peer = src == hub ? dst : dst == hub ? src : hub;

        if (peer < collective->req.nranks && !seen[peer]) {
            seen[peer] = true;
            chip[count++] = collective->chip_of_rank[peer];
        }
    }
    return count;
}

/* The first of found[nfound] that is not among taken[ntaken], or SLED_NONE. */
static uint32_t first_free(const uint32_t *found, uint32_t nfound, const uint32_t *taken,
                           uint32_t ntaken)
{
    for (uint32_t i = 0; i < nfound; i++) {
        uint32_t t = 0;

        while (t < ntaken && taken[t] != found[i])
            t++;
        if (t == ntaken)
            return found[i];
    }
    return SLED_NONE;
}

/* Working storage to find switches by. */
struct search {
    bool *seen;         /* [P] */
    uint32_t *chip;     /* [P] */
    uint32_t *found;    /* [nreducers] */
    uint32_t *endpoint; /* [switches of the plan] */
};

/* Each switch of the plan is one that all ranks it exchanges data with are linked to. */
static enum sled_status choose_switches(const struct sled_fabric *fabric,
                                        struct sled_program_collective *collective,
                                        struct search *search, struct sled_err *err)
{
    const uint32_t nranks = collective->req.nranks, wanted = collective->plan->nswitches;

    for (uint32_t i = 0; i < wanted; i++) {
        const uint32_t npeers = peers_of(collective, nranks + i, search->seen, search->chip);
        const uint32_t nfound =
            sled_fabric_reducers_of(fabric, search->chip, npeers, search->found);

        search->endpoint[i] = first_free(search->found, nfound, search->endpoint, i);
        if (search->endpoint[i] == SLED_NONE)
            return sled_err_set(err, SLED_E_UNSUPPORTED,
                                "the plan needs %u switches that reduce; there is none for number "
                                "%u, which must be linked to %u ranks",
                                wanted, i, npeers);
    }
    return sled_program_set_switches(collective, search->endpoint, wanted, err);
}

static enum sled_status find_switches(const struct sled_fabric *fabric,
                                      struct sled_program_collective *collective,
                                      struct sled_err *err)
{
    struct search search = {0};

    if (collective->plan->nswitches == 0)
        return SLED_OK;
    enum sled_status st = sled_vec_alloc(&search.seen, collective->req.nranks, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&search.chip, collective->req.nranks, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&search.found, (size_t)fabric->nreducers + 1, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&search.endpoint, collective->plan->nswitches, err);
    if (st == SLED_OK)
        st = choose_switches(fabric, collective, &search, err);
    free(search.seen);
    free(search.chip);
    free(search.found);
    free(search.endpoint);
    return st;
}

/* The plan for the place of the collective's ranks, which is not kept. */
static enum sled_status plan_in_place(const struct sled_coll_algo *algo,
                                      const struct sled_program_collective *collective,
                                      const struct sled_fabric *fabric, struct sled_plan *plan,
                                      struct sled_err *err)
{
    struct sled_coll_req req = collective->req;
    struct sled_place place;

    SLED_TRY(sled_place_on_fabric(fabric, collective->chip_of_rank, req.nranks, &place, err));
    req.place = &place;
    const enum sled_status status = sled_coll_plan(algo, &req, plan, err);
    sled_place_finish(&place);
    return status;
}

static enum sled_status plan_collective(struct sled_experiment *experiment,
                                        const struct sled_fabric *fabric,
                                        struct sled_program_collective *collective,
                                        struct sled_err *err)
{
    const struct sled_coll_algo *algo =
        sled_coll_find(collective->req.kind, collective->algorithm, err);

    if (algo == NULL)
        return err->code;

    struct sled_plan *plan;
    SLED_TRY(sled_vec_alloc(&plan, 1, err));
    experiment->plan[experiment->nplans++] = plan;
    SLED_TRY(plan_in_place(algo, collective, fabric, plan, err));
    collective->plan = plan;
    return find_switches(fabric, collective, err);
}

enum sled_status sled_experiment_plan(struct sled_experiment *experiment,
                                      const struct sled_topology *topology, struct sled_err *err)
{
    struct sled_kernel_costs costs = {.chip = topology->chip};
    const enum sled_status st = sled_experiment_plan_with(experiment, topology, &costs, err);

    sled_kernel_costs_finish(&costs);
    return st;
}

enum sled_status sled_experiment_plan_with(struct sled_experiment *experiment,
                                           const struct sled_topology *topology,
                                           struct sled_kernel_costs *costs, struct sled_err *err)
{
    struct sled_program *program = &experiment->program;

    SLED_TRY(sled_vec_alloc(&experiment->plan, program->ncollectives, err));
    for (uint32_t i = 0; i < program->ncollectives; i++) {
        if (plan_collective(experiment, &topology->fabric, &program->collective[i], err) !=
            SLED_OK) {
            sled_err_prefix(err, "%s: ", program->collective[i].name);
            return err->code;
        }
    }
    for (uint32_t i = 0; i < program->nkernels; i++)
        SLED_TRY(sled_kernel_costs_get(costs, &program->kernel[i].kernel, &program->kernel[i].cost,
                                       err));
    return sled_program_check(program, err);
}

/* The program of one collective per group, without plans. */
static enum sled_status program_collectives(const struct sled_topology *topology,
                                            const struct sled_experiment_group *group,
                                            uint32_t ngroups, const char *algorithm,
                                            enum sled_memory memory, uint64_t row_bytes,
                                            struct sled_experiment *out, struct sled_err *err)
{
    uint32_t phase, id;

    *out = (struct sled_experiment){0};
    SLED_TRY(sled_program_init(&out->program, topology->fabric.nchips, err));
    SLED_TRY(sled_program_add_phase(&out->program, sled_coll_kind_names[group[0].req.kind], &phase,
                                    err));
    for (uint32_t g = 0; g < ngroups; g++) {
        const struct sled_program_collective collective = {
            .name = sled_coll_kind_names[group[g].req.kind],
            .req = group[g].req,
            .algorithm = algorithm,
            .memory = memory == SLED_MEMORY_SBUF ? SLED_MEMORY_SBUF : SLED_MEMORY_HBM,
            .row_bytes = row_bytes,
            .has_protocol = group[g].has_protocol,
            .protocol = group[g].protocol,
        };

        SLED_TRY(sled_program_add_collective(&out->program, &collective, group[g].chip_of_rank, &id,
                                             err));
        SLED_TRY(sled_program_add_staged(&out->program, id, memory == SLED_MEMORY_STAGED, phase,
                                         NULL, NULL, err));
    }
    return SLED_OK;
}

enum sled_status sled_experiment_collectives(const struct sled_topology *topology,
                                             const struct sled_experiment_group *group,
                                             uint32_t ngroups, const char *algorithm,
                                             enum sled_memory memory, uint64_t row_bytes,
                                             struct sled_experiment *out, struct sled_err *err)
{
    SLED_TRY(program_collectives(topology, group, ngroups, algorithm, memory, row_bytes, out, err));
    return sled_experiment_plan(out, topology, err);
}

enum sled_status sled_experiment_plan_file(const struct sled_topology *topology,
                                           const struct sled_experiment_group *group,
                                           uint32_t ngroups, const struct sled_plan_file *file,
                                           enum sled_memory memory, struct sled_experiment *out,
                                           struct sled_err *err)
{
    SLED_TRY(program_collectives(topology, group, ngroups, file->name, memory, 0, out, err));
    SLED_TRY(sled_vec_alloc(&out->plan, ngroups, err));
    for (uint32_t g = 0; g < ngroups; g++) {
        struct sled_plan *plan;

        SLED_TRY(sled_vec_alloc(&plan, 1, err));
        out->plan[out->nplans++] = plan;
        SLED_TRY(sled_plan_file_plan(file, &group[g].req, plan, err));
        out->program.collective[g].plan = plan;
        SLED_TRY(find_switches(&topology->fabric, &out->program.collective[g], err));
    }
    return sled_program_check(&out->program, err);
}

/* Rank r of a workload runs on chip r: sled by sled, in order. */
static enum sled_status chips_in_order(uint64_t nranks, uint32_t **out, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(out, nranks, err));
    for (uint32_t r = 0; r < nranks; r++)
        (*out)[r] = r;
    return SLED_OK;
}

/* Ranks that share a sled when chips are taken in order. */
static uint32_t chips_per_sled(const struct sled_fabric *fabric)
{
    return fabric->nsleds == 0 ? 1 : fabric->nchips / fabric->nsleds;
}

enum sled_status sled_experiment_pick(const struct sled_selection *selection,
                                      const struct sled_topology *topology, enum sled_memory memory,
                                      struct sled_program *program, struct sled_err *err)
{
    for (uint32_t i = 0; i < program->ncollectives; i++) {
        struct sled_program_collective *collective = &program->collective[i];
        const struct sled_selection_site site =
            sled_selection_site_of(topology, collective->chip_of_rank);
        const struct sled_selection_rule *rule;

        enum sled_status st =
            sled_selection_pick(selection, &collective->req, &site, memory, &rule, err);
        if (st == SLED_OK)
            st = sled_selection_apply(selection, rule, &site, &collective->req,
                                      &collective->has_protocol, &collective->protocol, err);
        if (st != SLED_OK) {
            sled_err_prefix(err, "%s: ", collective->name);
            return st;
        }
        collective->algorithm = rule->algorithm;
    }
    return SLED_OK;
}

enum sled_status sled_experiment_workload(const struct sled_workload *workload,
                                          const struct sled_selection *selection,
                                          enum sled_memory memory, struct sled_experiment *out,
                                          struct sled_err *err)
{
    const struct sled_topology *topology = &workload->topology;
    struct sled_moe_layer layer = workload->layer;
    struct sled_expert_load load = {0};
    uint32_t *chip_of_rank = NULL;

    *out = (struct sled_experiment){0};
    if (layer.cores == 0) /* "all" */
        layer.cores = sled_chip_cores(topology->chip);
    enum sled_status st = chips_in_order(layer.ranks, &chip_of_rank, err);
    if (st == SLED_OK)
        st = sled_moe_layer_load(&workload->model.moe, &layer, chips_per_sled(&topology->fabric),
                                 &load, err);
    if (st == SLED_OK)
        st = sled_moe_layer_program(&workload->model.moe, &layer, &load, chip_of_rank,
                                    topology->fabric.nchips, memory, &out->program, err);
    if (st == SLED_OK && selection != NULL)
        st = sled_experiment_pick(selection, topology, memory, &out->program, err);
    if (st == SLED_OK)
        st = sled_experiment_plan(out, topology, err);
    sled_expert_load_finish(&load);
    free(chip_of_rank);
    return st;
}

static enum sled_status balance_of(const struct sled_workload *workload, int placement,
                                   struct sled_imbalance *out, struct sled_err *err)
{
    struct sled_moe_layer layer = workload->layer;
    struct sled_expert_load load;

    layer.placement = placement;
    SLED_TRY(sled_moe_layer_load(&workload->model.moe, &layer,
                                 chips_per_sled(&workload->topology.fabric), &load, err));
    sled_expert_load_imbalance(&load, out);
    sled_expert_load_finish(&load);
    return SLED_OK;
}

enum sled_status sled_experiment_balance(const struct sled_workload *workload,
                                         struct sled_experiment_balance *out, struct sled_err *err)
{
    out->distribution = sled_distribution_names[workload->layer.routing.distribution];
    SLED_TRY(balance_of(workload, workload->layer.placement, &out->placed, err));
    return balance_of(workload, SLED_PLACEMENT_IN_ORDER, &out->in_order, err);
}
