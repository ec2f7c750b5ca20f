/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Would a program ever end? It is run without time: a stream goes on until it waits
 * for a step of its chip or for the other ranks of a collective. A collective may
 * synchronise all its ranks, so it ends once all have reached it and a program that
 * counts on less is wrong, whatever algorithm happens to serve it.
 */
#include "model/program.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/vec.h"
#include "model/fabric.h"

enum { NAMED_STREAMS = 4, NAMED_CHIPS = 4 }; /* that a complaint lists */

struct run {
    const struct sled_program *program;
    uint32_t *next;    /* [nchips][SLED_STREAMS]: the step a stream is at, nsteps at its end */
    bool **done;       /* [nchips][nsteps] */
    uint32_t *missing; /* [ncollectives]: ranks that have not reached it */
    bool **reached;    /* [ncollectives][nranks] */
    uint32_t *queue;   /* [nchips * SLED_STREAMS]: streams that may go on */
    bool *queued;      /* [nchips * SLED_STREAMS] */
    size_t queue_begin, queue_count;
};

static enum sled_status check_step(const struct sled_program *program, uint32_t chip, uint32_t id,
                                   struct sled_err *err)
{
    const struct sled_program_chip *c = &program->chip[chip];
    const struct sled_step *step = &c->step[id];

    if ((unsigned)step->stream >= SLED_STREAMS)
        return sled_err_set(err, SLED_E_INPUT, "chip %u, step %u: there is no stream %u", chip, id,
                            (unsigned)step->stream);
    if (step->phase >= program->nphases)
        return sled_err_set(err, SLED_E_INPUT,
                            "chip %u, step %u: phase %u does not exist (phases: %u)", chip, id,
                            step->phase, program->nphases);
    if (step->after != SLED_NONE && step->after >= c->nsteps)
        return sled_err_set(err, SLED_E_INPUT,
                            "chip %u, step %u: waits for step %u, which does not exist (steps: %u)",
                            chip, id, step->after, c->nsteps);
    if (step->kind == SLED_STEP_KERNEL && step->what >= program->nkernels)
        return sled_err_set(err, SLED_E_INPUT,
                            "chip %u, step %u: kernel %u does not exist (kernels: %u)", chip, id,
                            step->what, program->nkernels);
    if (step->kind != SLED_STEP_COLLECTIVE)
        return SLED_OK;

    if (step->what >= program->ncollectives)
        return sled_err_set(err, SLED_E_INPUT,
                            "chip %u, step %u: collective %u does not exist (collectives: %u)",
                            chip, id, step->what, program->ncollectives);
    const struct sled_program_collective *coll = &program->collective[step->what];
    if (step->rank >= coll->req.nranks)
        return sled_err_set(err, SLED_E_INPUT,
                            "chip %u, step %u: rank %u of collective \"%s\", which has %u ranks",
                            chip, id, step->rank, coll->name, coll->req.nranks);
    if (coll->chip_of_rank[step->rank] != chip)
        return sled_err_set(err, SLED_E_INPUT,
                            "chip %u, step %u: rank %u of collective \"%s\" is on chip %u", chip,
                            id, step->rank, coll->name, coll->chip_of_rank[step->rank]);
    return SLED_OK;
}

/* Every rank of every collective has one step. */
static enum sled_status check_ranks(struct run *run, struct sled_err *err)
{
    const struct sled_program *program = run->program;

    for (uint32_t c = 0; c < program->nchips; c++) {
        for (uint32_t s = 0; s < program->chip[c].nsteps; s++) {
            const struct sled_step *step = &program->chip[c].step[s];

            SLED_TRY(check_step(program, c, s, err));
            if (step->kind != SLED_STEP_COLLECTIVE)
                continue;
            if (run->reached[step->what][step->rank])
                return sled_err_set(err, SLED_E_INPUT,
                                    "collective \"%s\": rank %u has more than one step",
                                    program->collective[step->what].name, step->rank);
            run->reached[step->what][step->rank] = true;
        }
    }
    for (uint32_t i = 0; i < program->ncollectives; i++) {
        for (uint32_t r = 0; r < program->collective[i].req.nranks; r++) {
            if (!run->reached[i][r])
                return sled_err_set(err, SLED_E_INPUT, "collective \"%s\": rank %u has no step",
                                    program->collective[i].name, r);
            run->reached[i][r] = false;
        }
    }
    return SLED_OK;
}

static enum sled_status run_init(struct run *run, struct sled_err *err)
{
    const struct sled_program *program = run->program;
    const size_t nstreams = (size_t)program->nchips * SLED_STREAMS;

    SLED_TRY(sled_vec_alloc(&run->next, nstreams, err));
    SLED_TRY(sled_vec_alloc(&run->queue, nstreams, err));
    SLED_TRY(sled_vec_alloc(&run->queued, nstreams, err));
    SLED_TRY(sled_vec_alloc(&run->missing, program->ncollectives, err));
    SLED_TRY(sled_vec_alloc(&run->done, program->nchips, err));
    SLED_TRY(sled_vec_alloc(&run->reached, program->ncollectives, err));
    for (uint32_t c = 0; c < program->nchips; c++)
        SLED_TRY(sled_vec_alloc(&run->done[c], program->chip[c].nsteps, err));
    for (uint32_t i = 0; i < program->ncollectives; i++) {
        run->missing[i] = program->collective[i].req.nranks;
        SLED_TRY(sled_vec_alloc(&run->reached[i], run->missing[i], err));
    }
    return SLED_OK;
}

static void run_finish(struct run *run)
{
    for (uint32_t c = 0; run->done != NULL && c < run->program->nchips; c++)
        free(run->done[c]);
    for (uint32_t i = 0; run->reached != NULL && i < run->program->ncollectives; i++)
        free(run->reached[i]);
    free(run->next);
    free(run->queue);
    free(run->queued);
    free(run->missing);
    free(run->done);
    free(run->reached);
}

static void enqueue(struct run *run, uint32_t chip, uint32_t stream)
{
    const size_t nstreams = (size_t)run->program->nchips * SLED_STREAMS;
    const uint32_t id = chip * SLED_STREAMS + stream;

    if (run->queued[id])
        return;
    run->queued[id] = true;
    run->queue[(run->queue_begin + run->queue_count++) % nstreams] = id;
}

static const struct sled_step *current_step(const struct run *run, uint32_t chip, uint32_t stream)
{
    const struct sled_program_chip *c = &run->program->chip[chip];
    const uint32_t at = run->next[chip * SLED_STREAMS + stream];

    return at == c->nsteps ? NULL : &c->step[at];
}

/* Move the stream to its next step, `from` or later. */
static void seek(struct run *run, uint32_t chip, uint32_t stream, uint32_t from)
{
    const struct sled_program_chip *c = &run->program->chip[chip];

    while (from < c->nsteps && (uint32_t)c->step[from].stream != stream)
        from++;
    run->next[chip * SLED_STREAMS + stream] = from;
}

/* The step the stream is at has ended; whoever waited for it may go on. */
static void finish_step(struct run *run, uint32_t chip, uint32_t stream)
{
    const uint32_t at = run->next[chip * SLED_STREAMS + stream];

    run->done[chip][at] = true;
    seek(run, chip, stream, at + 1);
    for (uint32_t s = 0; s < SLED_STREAMS; s++)
        enqueue(run, chip, s);
}

static void reach_collective(struct run *run, const struct sled_step *step)
{
    const struct sled_program_collective *coll = &run->program->collective[step->what];

    if (run->reached[step->what][step->rank])
        return;
    run->reached[step->what][step->rank] = true;
    if (--run->missing[step->what] > 0)
        return;
    for (uint32_t r = 0; r < coll->req.nranks; r++) {
        const uint32_t chip = coll->chip_of_rank[r];
        for (uint32_t s = 0; s < SLED_STREAMS; s++) {
            const struct sled_step *at = current_step(run, chip, s);
            if (at != NULL && at->kind == SLED_STEP_COLLECTIVE && at->what == step->what)
                finish_step(run, chip, s);
        }
    }
}

static void run_streams(struct run *run)
{
    const size_t nstreams = (size_t)run->program->nchips * SLED_STREAMS;

    for (uint32_t c = 0; c < run->program->nchips; c++) {
        for (uint32_t s = 0; s < SLED_STREAMS; s++) {
            seek(run, c, s, 0);
            enqueue(run, c, s);
        }
    }
    while (run->queue_count > 0) {
        const uint32_t id = run->queue[run->queue_begin];
        const uint32_t chip = id / SLED_STREAMS, stream = id % SLED_STREAMS;

        run->queue_begin = (run->queue_begin + 1) % nstreams;
        run->queue_count--;
        run->queued[id] = false;
        const struct sled_step *step = current_step(run, chip, stream);
        if (step == NULL || (step->after != SLED_NONE && !run->done[chip][step->after]))
            continue;
        if (step->kind == SLED_STEP_COLLECTIVE)
            reach_collective(run, step);
        else
            finish_step(run, chip, stream);
    }
}

/* "chip 0 (cc) waits in collective "a" for chips 1, 2 and 5 more" */
static void describe_wait(const struct run *run, uint32_t chip, uint32_t stream,
                          struct sled_str *text)
{
    const struct sled_step *step = current_step(run, chip, stream);

    sled_str_addf(text, "chip %" PRIu32 " (%s) waits ", chip, sled_stream_names[stream]);
    if (step->after != SLED_NONE && !run->done[chip][step->after]) {
        sled_str_addf(text, "at step %" PRIu32 " for step %" PRIu32,
                      run->next[chip * SLED_STREAMS + stream], step->after);
        return;
    }

    const struct sled_program_collective *coll = &run->program->collective[step->what];
    const uint32_t missing = run->missing[step->what];
    uint32_t named = 0;
    sled_str_addf(text, "in collective \"%s\" for chip%s", coll->name, missing == 1 ? "" : "s");
    for (uint32_t r = 0; r < coll->req.nranks && named < NAMED_CHIPS; r++) {
        if (!run->reached[step->what][r])
            sled_str_addf(text, "%s %" PRIu32, named++ == 0 ? "" : ",", coll->chip_of_rank[r]);
    }
    if (missing > named)
        sled_str_addf(text, " and %" PRIu32 " more", missing - named);
}

static enum sled_status check_ended(const struct run *run, struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;
    uint32_t waiting = 0;

    for (uint32_t c = 0; c < run->program->nchips; c++) {
        for (uint32_t s = 0; s < SLED_STREAMS; s++) {
            if (current_step(run, c, s) == NULL || waiting++ >= NAMED_STREAMS)
                continue;
            sled_str_add(&text, waiting == 1 ? "" : "; ");
            describe_wait(run, c, s, &text);
        }
    }
    if (waiting > NAMED_STREAMS)
        sled_str_addf(&text, "; and %" PRIu32 " more", waiting - NAMED_STREAMS);

    enum sled_status status = sled_str_status(&text, err);
    if (status == SLED_OK && waiting > 0)
        status =
            sled_err_set(err, SLED_E_INPUT, "the program never ends: %s", sled_str_text(&text));
    sled_str_finish(&text);
    return status;
}

enum sled_status sled_program_check(const struct sled_program *program, struct sled_err *err)
{
    struct run run = {.program = program};
    enum sled_status status = run_init(&run, err);

    if (status == SLED_OK)
        status = check_ranks(&run, err);
    if (status == SLED_OK) {
        run_streams(&run);
        status = check_ended(&run, err);
    }
    run_finish(&run);
    return status;
}
