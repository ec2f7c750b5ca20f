/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a pass, one after the other, with what is known of them kept. */
#include "config/forward_run.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "config/forward_site.h"

/* Starts that differ by less are equal: rounding of the clock. */
#define SAME_START_S 1e-12

/* The index of the experiment that does what the piece does, planned; selection may be NULL. */
static enum sled_status find_experiment(const struct sled_topology *topology,
                                        const struct sled_selection *selection,
                                        struct sled_forward_site *site,
                                        struct sled_forward_run *run, uint32_t piece,
                                        uint32_t *index, struct sled_err *err)
{
    struct sled_experiment made = {0};
    enum sled_status st = sled_forward_program(&site->pass, piece, &made.program, err);

    if (st == SLED_OK && selection != NULL)
        st = sled_experiment_pick(selection, topology, (enum sled_memory)site->pass.forward.memory,
                                  &made.program, err);
    for (uint32_t i = run->nexperiments; st == SLED_OK && i-- > 0;) {
        if (sled_program_equal(&run->experiment[i].program, &made.program)) {
            sled_experiment_finish(&made);
            *index = i;
            return SLED_OK;
        }
    }
    if (st == SLED_OK)
        st = sled_experiment_plan_with(&made, topology, site->costs, err);
    if (st == SLED_OK)
        st = sled_vec_reserve(&run->experiment, &run->experiment_capacity,
                              (size_t)run->nexperiments + 1, err);
    if (st != SLED_OK) {
        sled_experiment_finish(&made);
        return st;
    }
    *index = run->nexperiments++;
    run->experiment[*index] = made;
    return SLED_OK;
}

/* Chips that are to begin a piece. */
struct moment {
    double *now_s;   /* [nchips]: end of the piece before */
    double *base_s;  /* [nparts]: the first chip's */
    double *quiet_s; /* [nparts]: when everything of the pieces before has ended */
    double *start_s; /* [nchips]: after the part's base; 0 where the chip has nothing to do */
};

static enum sled_status run_part(const struct sled_simulate *simulate, struct sled_forward_run *run,
                                 uint32_t experiment, const double *start_s, uint32_t nchips,
                                 struct sled_err *err)
{
    struct sled_part part = {.times = 1};

    SLED_TRY(sled_vec_reserve(&run->part, &run->part_capacity, (size_t)run->nparts + 1, err));
    SLED_TRY(sled_vec_alloc(&part.start_s, nchips, err));
    memcpy(part.start_s, start_s, nchips * sizeof *start_s);
    part.program = &run->experiment[experiment].program;
    const enum sled_status st =
        simulate->run(simulate->arg, part.program, start_s, &part.result, err);
    if (st != SLED_OK) {
        free(part.start_s);
        return st;
    }
    run->part[run->nparts++] = part;
    return SLED_OK;
}

static bool starts_alike(const struct sled_part *part, const double *start_s, uint32_t nchips,
                         double accuracy)
{
    const double same_s = fmax(SAME_START_S, accuracy * part->result->time_s);

    for (uint32_t c = 0; c < nchips; c++)
        if (fabs(part->start_s[c] - start_s[c]) > same_s)
            return false;
    return true;
}

static void set_starts(const struct sled_forward_site *site, const struct sled_program *program,
                       struct moment *m)
{
    for (uint32_t p = 0; p < site->nparts; p++)
        m->base_s[p] = INFINITY;
    for (uint32_t c = 0; c < program->nchips; c++) {
        double *base_s = &m->base_s[site->part_of_chip[c]];

        if (program->chip[c].nsteps > 0)
            *base_s = fmin(*base_s, m->now_s[c]);
    }
    for (uint32_t c = 0; c < program->nchips; c++)
        m->start_s[c] =
            program->chip[c].nsteps > 0 ? m->now_s[c] - m->base_s[site->part_of_chip[c]] : 0;
}

/* Take the result of a part: *quiet says whether the network was when it was first used. */
static void advance(const struct sled_forward_site *site, const struct sled_part *part,
                    struct moment *m, bool *quiet)
{
    const struct sled_program *program = part->program;
    const struct sled_result *result = part->result;

    *quiet = true;
    for (uint32_t i = 0; i < program->ncollectives; i++) {
        const uint32_t p = site->part_of_chip[program->collective[i].chip_of_rank[0]];

        *quiet =
            *quiet && result->collective_start_s[i] + m->base_s[p] >= m->quiet_s[p] - SAME_START_S;
    }
    for (uint32_t c = 0; c < program->nchips; c++) {
        const uint32_t p = site->part_of_chip[c];
        double end_s = 0;

        for (uint32_t s = result->step_begin[c]; s < result->step_begin[c + 1]; s++)
            end_s = fmax(end_s, result->step_end_s[s]);
        if (program->chip[c].nsteps > 0)
            m->now_s[c] = m->base_s[p] + end_s;
        m->quiet_s[p] = fmax(m->quiet_s[p], m->now_s[c]);
    }
}

static enum sled_status run_pieces(const struct sled_workload *workload,
                                   const struct sled_simulate *simulate,
                                   struct sled_forward_site *site, struct moment *m,
                                   struct sled_forward_run *run, bool *quiet, struct sled_err *err)
{
    const uint32_t nchips = site->pass.nchips;

    *quiet = true;
    for (uint32_t piece = 0; piece < site->pass.npieces && *quiet; piece++) {
        uint32_t experiment, i = 0;

        SLED_TRY(find_experiment(&workload->topology, simulate->selection, site, run, piece,
                                 &experiment, err));
        set_starts(site, &run->experiment[experiment].program, m);
        while (i < run->nparts &&
               (run->part[i].program != &run->experiment[experiment].program ||
                !starts_alike(&run->part[i], m->start_s, nchips, simulate->accuracy)))
            i++;
        if (i < run->nparts)
            run->part[i].times++;
        else
            SLED_TRY(run_part(simulate, run, experiment, m->start_s, nchips, err));
        advance(site, &run->part[i], m, quiet);
    }
    for (uint32_t c = 0; c < nchips; c++)
        run->time_s = fmax(run->time_s, m->now_s[c]);
    return SLED_OK;
}

static void forget_parts(struct sled_forward_run *run)
{
    for (uint32_t i = 0; i < run->nparts; i++) {
        sled_result_destroy(run->part[i].result);
        free(run->part[i].start_s);
    }
    run->nparts = 0;
}

static enum sled_status run_whole(const struct sled_workload *workload,
                                  const struct sled_simulate *simulate,
                                  struct sled_forward_site *site, struct moment *m,
                                  struct sled_forward_run *run, struct sled_err *err)
{
    uint32_t experiment;

    forget_parts(run);
    run->whole = true;
    SLED_TRY(find_experiment(&workload->topology, simulate->selection, site, run, SLED_WHOLE_PASS,
                             &experiment, err));
    memset(m->start_s, 0, site->pass.nchips * sizeof *m->start_s);
    SLED_TRY(run_part(simulate, run, experiment, m->start_s, site->pass.nchips, err));
    run->time_s = run->part[0].result->time_s;
    return SLED_OK;
}

static enum sled_status simulate_site(const struct sled_workload *workload,
                                      const struct sled_simulate *simulate,
                                      struct sled_forward_site *site, bool by_pieces,
                                      struct sled_forward_run *run, struct sled_err *err)
{
    const uint32_t nchips = site->pass.nchips;
    struct moment m = {0};
    bool quiet = false;

    /* Experiments stay where they are: parts point at them. */
    SLED_TRY(sled_vec_reserve(&run->experiment, &run->experiment_capacity,
                              (size_t)site->pass.npieces + 1, err));
    enum sled_status st = sled_vec_alloc(&m.now_s, nchips, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&m.base_s, site->nparts, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&m.quiet_s, site->nparts, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&m.start_s, nchips, err);
    if (st == SLED_OK && by_pieces && site->pass.nhalves == 1)
        st = run_pieces(workload, simulate, site, &m, run, &quiet, err);
    if (st == SLED_OK && !quiet)
        st = run_whole(workload, simulate, site, &m, run, err);
    free(m.now_s);
    free(m.base_s);
    free(m.quiet_s);
    free(m.start_s);
    return st;
}

enum sled_status sled_forward_simulate(const struct sled_workload *workload,
                                       const struct sled_simulate *simulate, bool by_pieces,
                                       struct sled_forward_run *out, struct sled_err *err)
{
    struct sled_forward_site site;

    assert(workload->kind == SLED_WORKLOAD_FORWARD);
    *out = (struct sled_forward_run){0};
    enum sled_status st = sled_forward_site_init(&site, workload, simulate->costs, err);
    if (st == SLED_OK)
        st = simulate_site(workload, simulate, &site, by_pieces, out, err);
    sled_forward_site_finish(&site);
    out->time_s += workload->forward.launch_s;
    return st;
}

void sled_forward_run_finish(struct sled_forward_run *run)
{
    forget_parts(run);
    for (uint32_t i = 0; i < run->nexperiments; i++)
        sled_experiment_finish(&run->experiment[i]);
    free(run->part);
    free(run->experiment);
    *run = (struct sled_forward_run){0};
}

enum sled_status sled_forward_plan_all(const struct sled_workload *workload, struct sled_err *err)
{
    struct sled_forward_run run = {0};
    struct sled_forward_site site;
    uint32_t experiment;

    enum sled_status st = sled_forward_site_init(&site, workload, NULL, err);
    for (uint32_t piece = 0; st == SLED_OK && piece < site.pass.npieces; piece++)
        st = find_experiment(&workload->topology, NULL, &site, &run, piece, &experiment, err);
    sled_forward_site_finish(&site);
    sled_forward_run_finish(&run);
    return st;
}
