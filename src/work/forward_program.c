/* SPDX-License-Identifier: Apache-2.0 */
/* A pass is walked from its first layer to its last; pieces that are not wanted are left out. */
#include "work/forward_program.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"
#include "work/forward_layers.h"

static enum sled_status init_loads(struct sled_forward_pass *pass, uint32_t ranks_per_sled,
                                   struct sled_err *err)
{
    const struct sled_model *model = pass->model;
    const uint64_t nmoe = sled_model_moe_before(model, model->layers);

    SLED_TRY(sled_vec_alloc(&pass->load_of, nmoe, err));
    SLED_TRY(sled_vec_alloc(&pass->load, nmoe, err));
    for (uint64_t m = 0; m < nmoe; m++) {
        if (m > 0 && sled_routing_alike(&pass->forward.routing, m, 0)) {
            pass->load_of[m] = 0;
            continue;
        }
        pass->load_of[m] = pass->nloads;
        SLED_TRY(sled_forward_load(model, &pass->forward, m, ranks_per_sled,
                                   &pass->load[pass->nloads], err));
        pass->nloads++;
    }
    return SLED_OK;
}

/* The phases of all programs of a pass, in the order of the enum. */
static enum sled_status add_phases(struct sled_program *program, struct sled_err *err)
{
    uint32_t id;

    for (int p = 0; p < SLED_FORWARD_PHASES; p++)
        SLED_TRY(sled_program_add_phase(program, sled_forward_phase_names[p], &id, err));
    return SLED_OK;
}

/* Every rank of a stage hands the hidden states of its group to the same rank of the next; from
 * the last to the first go numbers of tokens. */
static enum sled_status add_send(const struct sled_forward_pass *pass, uint32_t replica,
                                 uint32_t rank, uint32_t *last, struct sled_program *program,
                                 struct sled_err *err)
{
    const struct sled_forward *forward = &pass->forward;
    const uint32_t pp = (uint32_t)forward->layout.pp, nranks = sled_forward_ranks(forward);
    const uint64_t tokens =
        sled_forward_group_tokens(forward, rank / sled_forward_group_ranks(forward));
    uint32_t chip[SLED_MAX_STAGES], after[SLED_MAX_STAGES], id;
    struct sled_program_collective collective = {
        .name = "send",
        .req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = pp, .elem_bytes = 1},
        .algorithm = forward->algorithms.send,
        .memory = forward->memory == SLED_MEMORY_STAGED ? SLED_MEMORY_HBM : SLED_MEMORY_SBUF,
    };
    struct sled_traffic *traffic;

    if (tokens == 0)
        return SLED_OK;
    SLED_TRY(sled_program_add_traffic(program, pp, &traffic, err));
    for (uint32_t s = 0; s < pp; s++) {
        const uint32_t place = (replica * pp + s) * nranks + rank;

        chip[s] = pass->chip_of_place[place];
        after[s] = last[place];
        traffic->bytes[s * pp + (s + 1) % pp] =
            s + 1 < pp ? tokens * pass->model->hidden * 2 : tokens * 4;
    }
    collective.req.traffic = traffic;
    SLED_TRY(sled_program_add_collective(program, &collective, chip, &id, err));
    return sled_program_add_staged(program, id, forward->memory == SLED_MEMORY_STAGED,
                                   SLED_PHASE_SEND, after, NULL, err);
}

/* Add what is wanted of one half of all stages. *npieces receives how many pieces there are. */
static enum sled_status walk_half(const struct sled_forward_pass *pass, uint32_t wanted,
                                  uint32_t *last, struct sled_program *program, uint32_t *npieces,
                                  struct sled_err *err)
{
    const struct sled_layout *layout = &pass->forward.layout;
    const uint32_t nranks = sled_forward_ranks(&pass->forward);
    uint32_t pieces = 0;

    for (uint32_t u = 0; u < layout->replicas * layout->pp; u++) {
        struct sled_stage_builder b = {
            .pass = pass,
            .stage = u % (uint32_t)layout->pp,
            .wanted = wanted,
            .emitter = {.program = program,
                        .chip_of_rank = pass->chip_of_place + (size_t)u * nranks,
                        .last = last + (size_t)u * nranks,
                        .cores = (uint32_t)pass->forward.cores},
        };

        SLED_TRY(sled_stage_build(&b, err));
        pieces = b.piece > pieces ? b.piece : pieces;
    }
    if (layout->pp > 1) {
        const bool send = wanted == SLED_WHOLE_PASS || wanted == pieces;

        for (uint32_t i = 0; i < layout->replicas && send; i++)
            for (uint32_t r = 0; r < nranks; r++)
                SLED_TRY(add_send(pass, i, r, last, program, err));
        pieces++;
    }
    *npieces = pieces;
    return SLED_OK;
}

/* Halves take turns, piece by piece, each with its own latest steps. */
static enum sled_status walk(const struct sled_forward_pass *pass, uint32_t wanted, uint32_t *last,
                             struct sled_program *program, uint32_t *npieces, struct sled_err *err)
{
    const size_t nplaces = sled_forward_chips(&pass->forward);

    if (pass->nhalves == 1 || wanted != SLED_WHOLE_PASS)
        return walk_half(pass, wanted, last, program, npieces, err);
    for (uint32_t piece = 0; piece < pass->npieces; piece++)
        for (uint32_t half = 0; half < pass->nhalves; half++)
            SLED_TRY(walk_half(pass, piece, last + half * nplaces, program, npieces, err));
    return SLED_OK;
}

static enum sled_status build(const struct sled_forward_pass *pass, uint32_t wanted,
                              struct sled_program *program, uint32_t *npieces, struct sled_err *err)
{
    const uint64_t nplaces = pass->nhalves * sled_forward_chips(&pass->forward);
    uint32_t *last;

    *program = (struct sled_program){0};
    SLED_TRY(sled_program_init(program, pass->nchips, err));
    SLED_TRY(add_phases(program, err));
    SLED_TRY(sled_vec_alloc(&last, nplaces, err));
    for (uint64_t i = 0; i < nplaces; i++)
        last[i] = SLED_NONE;
    const enum sled_status st = walk(pass, wanted, last, program, npieces, err);
    free(last);
    return st;
}

enum sled_status sled_forward_pass_init(struct sled_forward_pass *out,
                                        const struct sled_model *model,
                                        const struct sled_forward *forward,
                                        const uint32_t *chip_of_place, uint32_t nchips,
                                        uint32_t ranks_per_sled, struct sled_err *err)
{
    struct sled_program none;

    assert(forward->cores >= 1 && sled_forward_chips(forward) <= nchips);
    *out = (struct sled_forward_pass){.model = model,
                                      .forward = *forward,
                                      .nhalves = 1,
                                      .chip_of_place = chip_of_place,
                                      .nchips = nchips};
    if (forward->overlap == SLED_OVERLAP_TWO_BATCH) {
        out->nhalves = 2;
        out->forward.batch /= 2;
    }
    if (model->has_moe)
        SLED_TRY(init_loads(out, ranks_per_sled, err));
    const enum sled_status st = build(out, SLED_WHOLE_PASS - 1, &none, &out->npieces, err);
    sled_program_finish(&none);
    return st;
}

void sled_forward_pass_finish(struct sled_forward_pass *pass)
{
    for (uint32_t i = 0; i < pass->nloads; i++)
        sled_expert_load_finish(&pass->load[i]);
    free(pass->load);
    free(pass->load_of);
    *pass = (struct sled_forward_pass){0};
}

enum sled_status sled_forward_program(const struct sled_forward_pass *pass, uint32_t piece,
                                      struct sled_program *program, struct sled_err *err)
{
    uint32_t npieces;

    return build(pass, piece, program, &npieces, err);
}
