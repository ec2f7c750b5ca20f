/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over the parts of a pass. */
#include "report/forward.h"

#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

/* A step's end on its chip. */
struct end {
    double end_s;
    const struct sled_step *step;
};

static int earlier_first(const void *pa, const void *pb)
{
    const struct end *a = pa, *b = pb;

    if (a->end_s != b->end_s)
        return a->end_s < b->end_s ? -1 : 1;
    return a->step < b->step ? -1 : a->step > b->step;
}

static double step_memory_bytes(const struct sled_program *program, const struct sled_step *step)
{
    if (step->kind == SLED_STEP_KERNEL)
        return program->kernel[step->what].cost.hbm_bytes;
    return (double)step->bytes; /* 0 of a collective */
}

/* What a chip spends in a part, step by step in the order of their ends. */
static void add_chip(const struct sled_part *part, uint32_t chip, struct end *ends,
                     struct sled_forward_summary *out)
{
    const struct sled_program_chip *steps = &part->program->chip[chip];
    double covered_s = part->start_s[chip];

    for (uint32_t s = 0; s < steps->nsteps; s++)
        ends[s] = (struct end){part->result->step_end_s[part->result->step_begin[chip] + s],
                               &steps->step[s]};
    qsort(ends, steps->nsteps, sizeof *ends, earlier_first);
    for (uint32_t s = 0; s < steps->nsteps; s++) {
        const struct sled_step *step = ends[s].step;
        struct sled_forward_phase_sum *phase = &out->phase[step->phase];
        const double exposed_s = part->times * fmax(0, ends[s].end_s - covered_s);

        covered_s = fmax(covered_s, ends[s].end_s);
        phase->exposed_s += exposed_s;
        phase->memory_bytes += part->times * step_memory_bytes(part->program, step);
        if (step->stream == SLED_STREAM_CC)
            out->exposed_communication_s += exposed_s;
        if (step->kind == SLED_STEP_KERNEL)
            for (int e = 0; e < SLED_ENGINES; e++)
                out->engine[e] += part->times * part->program->kernel[step->what].cost.busy_s[e];
    }
}

static enum sled_status add_network(const struct sled_part *part, struct sled_forward_summary *out,
                                    struct sled_err *err)
{
    for (uint32_t c = 0; c < part->program->nchips; c++) {
        for (uint32_t s = 0; s < part->program->chip[c].nsteps; s++) {
            const struct sled_step *step = &part->program->chip[c].step[s];
            struct sled_plan_cost cost;

            if (step->kind != SLED_STEP_COLLECTIVE || step->rank != 0)
                continue;
            SLED_TRY(sled_plan_measure(part->program->collective[step->what].plan, &cost, err));
            out->phase[step->phase].network_bytes += part->times * (double)cost.total_bytes;
        }
    }
    return SLED_OK;
}

static void add_activity(const struct sled_part *part, struct sled_activity *sum)
{
    struct sled_activity here;

    sled_activity_of_run(part->program, part->result, &here);
    sum->busy_s += part->times * here.busy_s;
    for (int t = 0; t < SLED_DTYPES; t++)
        sum->flops[t] += part->times * here.flops[t];
    sum->memory_bytes += part->times * here.memory_bytes;
    sum->sram_bytes += part->times * here.sram_bytes;
    sum->link_bytes += part->times * here.link_bytes;
}

static void find_busiest(const struct sled_machine *machine, const struct sled_part *parts,
                         uint32_t nparts, double time_s, struct sled_forward_summary *out)
{
    for (uint32_t r = 0; r < machine->nresources && time_s > 0; r++) {
        double used = 0;

        for (uint32_t i = 0; i < nparts; i++)
            used += parts[i].times * sled_result_used(parts[i].result, r);
        used /= machine->resource[r].bytes_per_s * time_s;
        if (used > out->utilisation) {
            out->utilisation = used;
            sled_machine_resource_name(machine, r, out->busiest, sizeof out->busiest);
        }
    }
}

/* Tokens of one microbatch, of all replicas. */
static double tokens_of(const struct sled_forward_facts *facts)
{
    return (double)(facts->replicas * (facts->batch / facts->pp) *
                    (facts->decode ? 1 : facts->chunk));
}

static void set_rates(const struct sled_forward_facts *facts, const struct sled_power *power,
                      struct sled_activity *activity, struct sled_forward_summary *out)
{
    const double tokens = tokens_of(facts);

    activity->chip_s = (double)facts->chips * out->time_s;
    sled_power_energy(power, activity, &out->energy);
    out->latency_s = (double)facts->pp * out->time_s;
    out->joules_per_token = out->energy.total_j / tokens;
    out->watts = out->energy.total_j / out->time_s;
    out->tokens_per_s = tokens / out->time_s;
    out->tokens_per_s_user = (facts->decode ? 1 : (double)facts->chunk) / out->latency_s;
    out->tokens_per_s_chip = out->tokens_per_s / (double)facts->chips;
    out->tokens_per_s_mw = out->tokens_per_s / out->watts * 1e6;
    if (sled_power_provided(power) > 0)
        out->tokens_per_s_mw_provided = out->tokens_per_s_chip / sled_power_provided(power) * 1e6;
}

enum sled_status sled_forward_summarise(const struct sled_forward_facts *facts,
                                        const struct sled_machine *machine,
                                        const struct sled_power *power,
                                        const struct sled_part *parts, uint32_t nparts,
                                        double time_s, struct sled_forward_summary *out,
                                        struct sled_err *err)
{
    struct sled_activity activity = {0};
    struct end *ends = NULL;
    uint32_t most = 0;

    *out = (struct sled_forward_summary){.time_s = time_s, .nphases = parts[0].program->nphases};
    for (uint32_t i = 0; i < nparts; i++)
        for (uint32_t c = 0; c < parts[i].program->nchips; c++)
            most =
                parts[i].program->chip[c].nsteps > most ? parts[i].program->chip[c].nsteps : most;
    SLED_TRY(sled_vec_alloc(&out->phase, out->nphases, err));
    SLED_TRY(sled_vec_alloc(&ends, most, err));
    for (uint32_t p = 0; p < out->nphases; p++)
        out->phase[p].name = parts[0].program->phase[p];
    enum sled_status st = SLED_OK;
    for (uint32_t i = 0; i < nparts && st == SLED_OK; i++) {
        for (uint32_t c = 0; c < parts[i].program->nchips; c++)
            add_chip(&parts[i], c, ends, out);
        add_activity(&parts[i], &activity);
        st = add_network(&parts[i], out, err);
    }
    free(ends);
    for (uint32_t p = 0; p < out->nphases; p++)
        out->phase[p].exposed_s /= (double)facts->chips;
    out->exposed_communication_s /= (double)facts->chips;
    for (int e = 0; e < SLED_ENGINES; e++)
        out->engine[e] /= (double)facts->chips * time_s;
    find_busiest(machine, parts, nparts, time_s, out);
    set_rates(facts, power, &activity, out);
    return st;
}

double sled_forward_missing(const struct sled_forward_facts *facts)
{
    return fmax(0,
                facts->weight_bytes + facts->kv_bytes + facts->activation_bytes - facts->hbm_bytes);
}
