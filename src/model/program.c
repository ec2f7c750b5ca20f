/* SPDX-License-Identifier: Apache-2.0 */
/* Building programs. Whether they end is the business of program_check.c. */
#include "model/program.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/fabric.h"

const char *const sled_stream_names[SLED_STREAMS + 1] = {
    [SLED_STREAM_COMPUTE] = "compute",
    [SLED_STREAM_CC] = "cc",
};

enum sled_status sled_program_init(struct sled_program *program, uint32_t nchips,
                                   struct sled_err *err)
{
    struct sled_program empty = {.nchips = nchips};

    SLED_TRY(sled_vec_alloc(&empty.chip, nchips, err));
    *program = empty;
    return SLED_OK;
}

void sled_program_finish(struct sled_program *program)
{
    for (uint32_t c = 0; c < program->nchips; c++)
        free(program->chip[c].step);
    free(program->chip);
    free(program->phase);
    for (uint32_t i = 0; i < program->nkernels; i++)
        free(program->kernel[i].tokens);
    free(program->kernel);
    for (uint32_t i = 0; i < program->ncollectives; i++)
        free(program->collective[i].chip_of_rank);
    free(program->collective);
    for (uint32_t i = 0; i < program->ntraffic; i++) {
        sled_traffic_finish(program->traffic[i]);
        free(program->traffic[i]);
    }
    free(program->traffic);
    *program = (struct sled_program){0};
}

enum sled_status sled_program_add_phase(struct sled_program *program, const char *name,
                                        uint32_t *id, struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&program->phase, &program->phase_capacity,
                              (size_t)program->nphases + 1, err));
    program->phase[program->nphases] = name;
    *id = program->nphases++;
    return SLED_OK;
}

static bool same_tokens(const struct sled_kernel *a, const struct sled_kernel *b)
{
    return a->groups == b->groups &&
           (a->groups == 0 || memcmp(a->tokens, b->tokens, a->groups * sizeof *a->tokens) == 0);
}

static bool same_kernel(const struct sled_kernel *a, const struct sled_kernel *b)
{
    return a->kind == b->kind && a->m == b->m && a->n == b->n && a->k == b->k &&
           a->dtype == b->dtype && a->weight_dtype == b->weight_dtype &&
           a->out_dtype == b->out_dtype && a->weights_from_hbm == b->weights_from_hbm &&
           a->heads == b->heads && a->kv_heads == b->kv_heads && a->causal == b->causal &&
           a->move_columns == b->move_columns && a->window == b->window && a->sinks == b->sinks &&
           a->rope == b->rope && a->latent == b->latent && a->fixed_max == b->fixed_max &&
           a->cores == b->cores && a->top_k == b->top_k && a->scores == b->scores &&
           a->limit == b->limit && a->limit_of == b->limit_of && same_tokens(a, b);
}

enum sled_status sled_program_add_kernel(struct sled_program *program,
                                         const struct sled_kernel *kernel, uint32_t *id,
                                         struct sled_err *err)
{
    /* Newest first: what repeats is mostly the same layer on the next rank. */
    for (uint32_t i = program->nkernels; i-- > 0;) {
        if (same_kernel(&program->kernel[i].kernel, kernel)) {
            *id = i;
            return SLED_OK;
        }
    }
    SLED_TRY(sled_vec_reserve(&program->kernel, &program->kernel_capacity,
                              (size_t)program->nkernels + 1, err));

    struct sled_program_kernel *added = &program->kernel[program->nkernels];
    *added = (struct sled_program_kernel){.kernel = *kernel};
    if (kernel->groups > 0) {
        SLED_TRY(sled_vec_alloc(&added->tokens, kernel->groups, err));
        memcpy(added->tokens, kernel->tokens, kernel->groups * sizeof *added->tokens);
        added->kernel.tokens = added->tokens;
    }
    *id = program->nkernels++;
    return SLED_OK;
}

static enum sled_status check_chips(const struct sled_program *program, const char *name,
                                    uint32_t nranks, const uint32_t *chip_of_rank,
                                    struct sled_err *err)
{
    uint32_t *rank_of_chip;
    enum sled_status status = SLED_OK;

    SLED_TRY(sled_vec_alloc(&rank_of_chip, program->nchips, err));
    for (uint32_t c = 0; c < program->nchips; c++)
        rank_of_chip[c] = SLED_NONE;
    for (uint32_t r = 0; r < nranks && status == SLED_OK; r++) {
        const uint32_t chip = chip_of_rank[r];
        if (chip >= program->nchips)
            status =
                sled_err_set(err, SLED_E_INPUT,
                             "collective \"%s\": rank %u is on chip %u, but there are %u chips",
                             name, r, chip, program->nchips);
        else if (rank_of_chip[chip] != SLED_NONE)
            status = sled_err_set(err, SLED_E_INPUT,
                                  "collective \"%s\": ranks %u and %u are both on chip %u", name,
                                  rank_of_chip[chip], r, chip);
        else
            rank_of_chip[chip] = r;
    }
    free(rank_of_chip);
    return status;
}

void sled_program_drop_kernel(struct sled_program *program)
{
    free(program->kernel[--program->nkernels].tokens);
}

enum sled_status sled_program_add_collective(struct sled_program *program,
                                             const struct sled_program_collective *collective,
                                             const uint32_t *chip_of_rank, uint32_t *id,
                                             struct sled_err *err)
{
    struct sled_program_collective copy = *collective;
    const uint32_t nranks = collective->req.nranks;

    assert(collective->memory != SLED_MEMORY_STAGED);
    SLED_TRY(sled_coll_req_check(&collective->req, err));
    SLED_TRY(check_chips(program, collective->name, nranks, chip_of_rank, err));
    SLED_TRY(sled_vec_reserve(&program->collective, &program->collective_capacity,
                              (size_t)program->ncollectives + 1, err));
    SLED_TRY(sled_vec_alloc(&copy.chip_of_rank, nranks, err));
    memcpy(copy.chip_of_rank, chip_of_rank, nranks * sizeof *chip_of_rank);
    program->collective[program->ncollectives] = copy;
    *id = program->ncollectives++;
    return SLED_OK;
}

enum sled_status sled_program_set_switches(struct sled_program_collective *collective,
                                           const uint32_t *endpoint, uint32_t count,
                                           struct sled_err *err)
{
    const uint32_t nranks = collective->req.nranks;
    size_t capacity = nranks;

    SLED_TRY(sled_vec_reserve(&collective->chip_of_rank, &capacity, (size_t)nranks + count, err));
    memcpy(collective->chip_of_rank + nranks, endpoint, count * sizeof *endpoint);
    return SLED_OK;
}

const struct sled_protocol *sled_program_protocol(const struct sled_program_collective *collective)
{
    return collective->has_protocol ? &collective->protocol : NULL;
}

enum sled_status sled_program_add_traffic(struct sled_program *program, uint32_t nranks,
                                          struct sled_traffic **out, struct sled_err *err)
{
    struct sled_traffic *traffic;

    SLED_TRY(sled_vec_reserve(&program->traffic, &program->traffic_capacity,
                              (size_t)program->ntraffic + 1, err));
    SLED_TRY(sled_vec_alloc(&traffic, 1, err));
    const enum sled_status status = sled_traffic_init(traffic, nranks, err);
    if (status != SLED_OK) {
        free(traffic);
        return status;
    }
    program->traffic[program->ntraffic++] = traffic;
    *out = traffic;
    return SLED_OK;
}

enum sled_status sled_program_add_step(struct sled_program *program, uint32_t chip,
                                       const struct sled_step *step, uint32_t *id,
                                       struct sled_err *err)
{
    assert(chip < program->nchips);
    struct sled_program_chip *c = &program->chip[chip];

    SLED_TRY(sled_vec_reserve(&c->step, &c->capacity, (size_t)c->nsteps + 1, err));
    c->step[c->nsteps] = *step;
    if (id != NULL)
        *id = c->nsteps;
    c->nsteps++;
    return SLED_OK;
}

/* What a rank has in SBUF before a collective, and what it must find there afterwards. */
struct buffers {
    uint64_t in_bytes, out_bytes;
};

static struct buffers rank_buffers(const struct sled_coll_req *req, uint32_t rank)
{
    const uint64_t whole = req->nelems * req->elem_bytes;
    const uint64_t block = sled_block(req->nelems, req->nranks, rank).count * req->elem_bytes;
    struct buffers b = {0};

    switch (req->kind) {
    case SLED_COLL_ALL_REDUCE:
    case SLED_COLL_PERMUTE:
        return (struct buffers){whole, whole};
    case SLED_COLL_ALL_GATHER:
        return (struct buffers){block, whole};
    case SLED_COLL_REDUCE_SCATTER:
        return (struct buffers){whole, block};
    case SLED_COLL_ALL_TO_ALL: /* one row per source, each as long as this rank's block */
        return (struct buffers){whole, req->nranks * block};
    case SLED_COLL_ALL_TO_ALL_V:
        for (uint32_t r = 0; r < req->nranks; r++) {
            b.in_bytes += req->traffic->bytes[(size_t)rank * req->nranks + r];
            b.out_bytes += req->traffic->bytes[(size_t)r * req->nranks + rank];
        }
        return b;
    case SLED_COLL_BROADCAST: /* the root has the data already */
        return rank == req->root ? (struct buffers){whole, 0} : (struct buffers){0, whole};
    case SLED_COLL_KINDS:
        break;
    }
    assert(!"known kind of collective");
    return b;
}

static enum sled_status add_rank(struct sled_program *program, uint32_t collective, bool staged,
                                 uint32_t phase, uint32_t rank, uint32_t after, uint32_t *last,
                                 struct sled_err *err)
{
    const struct sled_program_collective *coll = &program->collective[collective];
    const struct buffers buffers = rank_buffers(&coll->req, rank);
    const uint32_t chip = coll->chip_of_rank[rank];
    struct sled_step step = {.stream = SLED_STREAM_CC, .phase = phase, .after = after};

    if (staged) {
        step.kind = SLED_STEP_STORE;
        step.bytes = buffers.in_bytes;
        SLED_TRY(sled_program_add_step(program, chip, &step, &step.after, err));
    }
    step.kind = SLED_STEP_COLLECTIVE;
    step.what = collective;
    step.rank = rank;
    step.bytes = 0;
    SLED_TRY(sled_program_add_step(program, chip, &step, last, err));
    if (staged) {
        step = (struct sled_step){.kind = SLED_STEP_LOAD,
                                  .stream = SLED_STREAM_CC,
                                  .phase = phase,
                                  .bytes = buffers.out_bytes,
                                  .after = *last};
        SLED_TRY(sled_program_add_step(program, chip, &step, last, err));
    }
    return SLED_OK;
}

enum sled_status sled_program_add_staged(struct sled_program *program, uint32_t collective,
                                         bool staged, uint32_t phase, const uint32_t *after,
                                         uint32_t *last, struct sled_err *err)
{
    assert(collective < program->ncollectives);
    const uint32_t nranks = program->collective[collective].req.nranks;

    for (uint32_t r = 0; r < nranks; r++) {
        uint32_t step;
        SLED_TRY(add_rank(program, collective, staged, phase, r,
                          after == NULL ? SLED_NONE : after[r], &step, err));
        if (last != NULL)
            last[r] = step;
    }
    return SLED_OK;
}

static bool same_step(const struct sled_step *a, const struct sled_step *b)
{
    return a->kind == b->kind && a->stream == b->stream && a->phase == b->phase &&
           a->what == b->what && a->rank == b->rank && a->bytes == b->bytes && a->after == b->after;
}

static bool same_traffic(const struct sled_traffic *a, const struct sled_traffic *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->nranks == b->nranks &&
           memcmp(a->bytes, b->bytes, sizeof *a->bytes * a->nranks * a->nranks) == 0;
}

static bool same_collective(const struct sled_program_collective *a,
                            const struct sled_program_collective *b)
{
    const struct sled_coll_req *p = &a->req, *q = &b->req;

    return p->kind == q->kind && p->nranks == q->nranks && p->root == q->root &&
           p->nelems == q->nelems && p->elem_bytes == q->elem_bytes &&
           p->commutative == q->commutative && p->channels == q->channels &&
           p->chunks == q->chunks && same_traffic(p->traffic, q->traffic) &&
           strcmp(a->algorithm, b->algorithm) == 0 && a->memory == b->memory &&
           a->row_bytes == b->row_bytes &&
           memcmp(a->chip_of_rank, b->chip_of_rank, sizeof *a->chip_of_rank * p->nranks) == 0;
}

bool sled_program_equal(const struct sled_program *a, const struct sled_program *b)
{
    if (a->nchips != b->nchips || a->nphases != b->nphases || a->nkernels != b->nkernels ||
        a->ncollectives != b->ncollectives)
        return false;
    for (uint32_t c = 0; c < a->nchips; c++)
        if (a->chip[c].nsteps != b->chip[c].nsteps)
            return false;
    for (uint32_t k = 0; k < a->nkernels; k++)
        if (!same_kernel(&a->kernel[k].kernel, &b->kernel[k].kernel))
            return false;
    for (uint32_t c = 0; c < a->nchips; c++)
        for (uint32_t s = 0; s < a->chip[c].nsteps; s++)
            if (!same_step(&a->chip[c].step[s], &b->chip[c].step[s]))
                return false;
    for (uint32_t i = 0; i < a->ncollectives; i++)
        if (!same_collective(&a->collective[i], &b->collective[i]))
            return false;
    return true;
}
