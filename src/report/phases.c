/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over steps and chips; nothing here is simulated. */
#include "report/phases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"

/* What one chip contributes: engine time and last end, per phase. */
struct tally {
    double *engine_s; /* [nphases][SLED_ENGINES] of the chip at hand */
    double *end_s;    /* [nphases]; negative where the chip has no step */
    uint32_t *chips;  /* [nphases]: chips that took part */
};

static void start_summary(struct sled_phase_summary *out, const char *name)
{
    *out = (struct sled_phase_summary){
        .name = name, .start_s = INFINITY, .end_s = 0, .min_s = INFINITY};
}

static double step_memory_bytes(const struct sled_program *program, const struct sled_step *step)
{
    switch (step->kind) {
    case SLED_STEP_KERNEL:
        return program->kernel[step->what].cost.hbm_bytes;
    case SLED_STEP_STORE:
    case SLED_STEP_LOAD:
        return (double)step->bytes;
    case SLED_STEP_COLLECTIVE:
        break;
    }
    return 0;
}

static void add_step(const struct sled_program *program, const struct sled_step *step,
                     double start_s, double end_s, struct tally *tally,
                     struct sled_phase_summary *phase)
{
    double *engine_s = tally->engine_s + (size_t)step->phase * SLED_ENGINES;

    phase->start_s = fmin(phase->start_s, start_s);
    phase->end_s = fmax(phase->end_s, end_s);
    phase->memory_bytes += step_memory_bytes(program, step);
    tally->end_s[step->phase] = fmax(tally->end_s[step->phase], end_s);
    if (step->kind == SLED_STEP_KERNEL)
        for (int e = 0; e < SLED_ENGINES; e++)
            engine_s[e] += program->kernel[step->what].cost.busy_s[e];
}

/* Exposed times of a chip whose steps are all in the tally. */
static void add_chip(uint32_t nphases, struct tally *tally, struct sled_phase_summary *out)
{
    double covered_s = 0;

    for (uint32_t p = 0; p < nphases; p++) {
        if (tally->end_s[p] < 0)
            continue;
        const double exposed_s = fmax(0, tally->end_s[p] - covered_s);

        covered_s = fmax(covered_s, tally->end_s[p]);
        out[p].min_s = fmin(out[p].min_s, exposed_s);
        out[p].max_s = fmax(out[p].max_s, exposed_s);
        out[p].mean_s += exposed_s; /* a sum until all chips are in */
        tally->chips[p]++;
    }
}

/* The engine of this chip, if it is used more than anything before: engine time is kept as
 * utilisation times window until the window is known. */
static void note_engines(uint32_t nphases, uint32_t chip, const struct tally *tally,
                         double *busiest_s, struct sled_phase_summary *out)
{
    for (uint32_t p = 0; p < nphases; p++)
        for (int e = 0; e < SLED_ENGINES; e++) {
            const double busy_s = tally->engine_s[(size_t)p * SLED_ENGINES + (size_t)e];

            /* DMA is a resource of the machine and is counted there. */
            if (e == SLED_ENGINE_DMA || busy_s <= busiest_s[p])
                continue;
            busiest_s[p] = busy_s;
            snprintf(out[p].busiest, sizeof out[p].busiest, "%s chip%u", sled_engine_names[e],
                     chip);
        }
}

static void note_resources(const struct sled_machine *machine, const struct sled_result *result,
                           uint32_t p, double window_s, struct sled_phase_summary *out)
{
    const double *used = result->used_bytes + (size_t)p * result->nresources;

    for (uint32_t r = 0; r < result->nresources; r++) {
        const double share = used[r] / (machine->resource[r].bytes_per_s * window_s);

        if (used[r] > 0 && share > out->utilisation) {
            out->utilisation = share;
            sled_machine_resource_name(machine, r, out->busiest, sizeof out->busiest);
        }
    }
}

static enum sled_status add_network_bytes(const struct sled_program *program, uint32_t chip,
                                          struct sled_phase_summary *out, struct sled_err *err)
{
    for (uint32_t s = 0; s < program->chip[chip].nsteps; s++) {
        const struct sled_step *step = &program->chip[chip].step[s];

        /* A collective counts once, with its first rank. */
        if (step->kind != SLED_STEP_COLLECTIVE || step->rank != 0)
            continue;
        struct sled_plan_cost cost;
        SLED_TRY(sled_plan_measure(program->collective[step->what].plan, &cost, err));
        out[step->phase].network_bytes += (double)cost.total_bytes;
    }
    return SLED_OK;
}

static enum sled_status summarise(const struct sled_machine *machine,
                                  const struct sled_program *program,
                                  const struct sled_result *result, struct tally *tally,
                                  double *busiest_s, struct sled_phase_summary *out,
                                  struct sled_err *err)
{
    const uint32_t nphases = program->nphases;

    for (uint32_t c = 0; c < program->nchips; c++) {
        for (uint32_t p = 0; p < nphases; p++)
            tally->end_s[p] = -1;
        for (size_t i = 0; i < (size_t)nphases * SLED_ENGINES; i++)
            tally->engine_s[i] = 0;
        for (uint32_t s = 0; s < program->chip[c].nsteps; s++) {
            const struct sled_step *step = &program->chip[c].step[s];
            const uint32_t at = result->step_begin[c] + s;

            add_step(program, step, result->step_start_s[at], result->step_end_s[at], tally,
                     &out[step->phase]);
        }
        SLED_TRY(add_network_bytes(program, c, out, err));
        note_engines(nphases, c, tally, busiest_s, out);
        add_chip(nphases, tally, out);
    }

    for (uint32_t p = 0; p < nphases; p++) {
        const double window_s = out[p].end_s - out[p].start_s;

        if (tally->chips[p] == 0) { /* nobody takes part */
            start_summary(&out[p], out[p].name);
            out[p].start_s = out[p].min_s = 0;
            continue;
        }
        out[p].mean_s /= tally->chips[p];
        if (window_s > 0) {
            out[p].utilisation = busiest_s[p] / window_s;
            note_resources(machine, result, p, window_s, &out[p]);
        }
    }
    return SLED_OK;
}

enum sled_status sled_phases_summarise(const struct sled_machine *machine,
                                       const struct sled_program *program,
                                       const struct sled_result *result,
                                       struct sled_phase_summary *out, struct sled_err *err)
{
    const uint32_t nphases = program->nphases;
    struct tally tally = {0};
    double *busiest_s = NULL;

    for (uint32_t p = 0; p < nphases; p++)
        start_summary(&out[p], program->phase[p]);

    enum sled_status st = sled_vec_alloc(&tally.engine_s, (size_t)nphases * SLED_ENGINES, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&tally.end_s, nphases, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&tally.chips, nphases, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&busiest_s, nphases, err);
    if (st == SLED_OK)
        st = summarise(machine, program, result, &tally, busiest_s, out, err);
    free(tally.engine_s);
    free(tally.end_s);
    free(tally.chips);
    free(busiest_s);
    return st;
}
