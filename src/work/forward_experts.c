/* SPDX-License-Identifier: Apache-2.0 */
/* Experts of one layer, reached by all-to-all or by all-gather. */
#include "work/forward_layers.h"

#include <stdlib.h>

#include "base/vec.h"
#include "work/work.h"

/* Expert and weight of a token's choice, which an all_gather carries along. */
enum { CHOICE_BYTES = 8 };

static const struct sled_expert_load *load_of(const struct sled_stage_builder *b, uint64_t layer)
{
    const struct sled_forward_pass *pass = b->pass;

    return &pass->load[pass->load_of[sled_model_moe_before(pass->model, layer)]];
}

/* m rows in the format of the dispatch through an expert of a width. */
static enum sled_status add_mlp(struct sled_stage_builder *b, enum sled_forward_phase phase,
                                uint32_t rank, uint64_t m, uint64_t width, struct sled_err *err)
{
    const struct sled_forward_formats *formats = &b->pass->forward.formats;

    return sled_emit_mlp(&b->emitter, phase, rank, m, b->pass->model->hidden, width,
                         (enum sled_dtype)formats->dispatch, (enum sled_dtype)formats->experts,
                         err);
}

static enum sled_status add_shared(struct sled_stage_builder *b, uint32_t rank, uint64_t m,
                                   struct sled_err *err)
{
    if (b->pass->model->moe.shared_experts == 0)
        return SLED_OK;
    return add_mlp(b, SLED_PHASE_SHARED, rank, m,
                   sled_forward_shared_width(b->pass->model, &b->pass->forward), err);
}

/* Router of m tokens of a rank, and their rows in the format of the dispatch. */
static enum sled_status add_router(struct sled_stage_builder *b, uint32_t rank, uint64_t m,
                                   struct sled_err *err)
{
    SLED_TRY(sled_emit_router(&b->emitter, SLED_PHASE_ROUTER, rank, m, &b->pass->model->moe, err));
    return sled_emit_quantise(&b->emitter, SLED_PHASE_ROUTER, rank, m, b->pass->model->hidden,
                              (enum sled_dtype)b->pass->forward.formats.dispatch, err);
}

/* All slots of a rank that got rows; tokens is room for as many counts. *rows receives their sum.
 */
static enum sled_status add_counted(struct sled_stage_builder *b,
                                    const struct sled_expert_load *load, uint32_t rank,
                                    uint64_t *tokens, uint64_t *rows, struct sled_err *err)
{
    const uint32_t each = sled_expert_load_slots_each(load), holder = rank / load->split;
    const struct sled_model *model = b->pass->model;
    const struct sled_forward_formats *formats = &b->pass->forward.formats;

    for (uint32_t s = 0; s < each; s++) {
        tokens[s] = sled_expert_load_slot_rows(load, holder * each + s);
        *rows += tokens[s];
    }
    SLED_TRY(sled_emit_experts(&b->emitter, SLED_PHASE_EXPERTS, rank, tokens, each, model->hidden,
                               model->moe.expert_intermediate / load->split,
                               (enum sled_dtype)formats->dispatch,
                               (enum sled_dtype)formats->experts, err));
    return sled_emit_quantise(&b->emitter, SLED_PHASE_EXPERTS, rank, *rows, model->hidden,
                              (enum sled_dtype)formats->combine, err);
}

static enum sled_status add_slots(struct sled_stage_builder *b, uint64_t layer, uint32_t rank,
                                  uint64_t *rows, struct sled_err *err)
{
    const struct sled_expert_load *load = load_of(b, layer);
    uint64_t *tokens;

    *rows = 0;
    if (b->emitter.off)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&tokens, sled_expert_load_slots_each(load), err));
    const enum sled_status st = add_counted(b, load, rank, tokens, rows, err);
    free(tokens);
    return st;
}

static enum sled_status add_exchange(struct sled_stage_builder *b, uint64_t layer, bool back,
                                     struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t nranks = sled_forward_ranks(forward);
    const enum sled_forward_phase phase = back ? SLED_PHASE_COMBINE : SLED_PHASE_DISPATCH;
    struct sled_program_collective collective = {
        .name = sled_forward_phase_names[phase],
        .req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = nranks, .elem_bytes = 1},
        .algorithm = back ? forward->algorithms.combine : forward->algorithms.dispatch,
        .memory = forward->memory == SLED_MEMORY_STAGED ? SLED_MEMORY_HBM : SLED_MEMORY_SBUF,
        .row_bytes = sled_moe_row_bytes(
            &b->pass->model->moe,
            (enum sled_dtype)(back ? forward->formats.combine : forward->formats.dispatch)),
    };
    struct sled_emitter *emitter = &b->emitter;
    struct sled_traffic *traffic;
    uint32_t id;

    if (emitter->off || nranks == 1)
        return SLED_OK;
    SLED_TRY(sled_program_add_traffic(emitter->program, nranks, &traffic, err));
    sled_expert_load_traffic(load_of(b, layer), collective.row_bytes, back, traffic);
    collective.req.traffic = traffic;
    SLED_TRY(sled_program_add_collective(emitter->program, &collective, emitter->chip_of_rank, &id,
                                         err));
    return sled_program_add_staged(emitter->program, id, forward->memory == SLED_MEMORY_STAGED,
                                   phase, emitter->last, emitter->last, err);
}

/* Each rank gets the sums of its own part of the group's tokens: over tp, or all of them and takes
 * its part where cp ranks have the same. */
static enum sled_status add_scatter(struct sled_stage_builder *b, struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t tp = (uint32_t)forward->layout.tp;

    if (tp == 1 || sled_forward_group_ranks(forward) != tp)
        return sled_stage_sum(b, SLED_PHASE_ATTENTION_SUM, err);
    for (uint32_t r = 0; r < sled_stage_ranks(b); r += tp)
        SLED_TRY(sled_stage_collective(b, SLED_PHASE_ATTENTION_SUM, SLED_COLL_REDUCE_SCATTER,
                                       forward->algorithms.reduce_scatter, r, 1, tp,
                                       sled_stage_group_tokens(b, r) * b->pass->model->hidden, 2,
                                       err));
    sled_stage_cut(b);
    return SLED_OK;
}

/* And back: each rank has a part of its group's tokens and gets all of them. */
static enum sled_status add_gather(struct sled_stage_builder *b, struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t size = sled_forward_group_ranks(forward);

    if (size == 1)
        return SLED_OK;
    for (uint32_t r = 0; r < sled_stage_ranks(b); r += size)
        SLED_TRY(sled_stage_collective(
            b, SLED_PHASE_ATTENTION_SUM, SLED_COLL_ALL_GATHER, forward->algorithms.all_gather, r, 1,
            size, sled_stage_group_tokens(b, r) * b->pass->model->hidden, 2, err));
    sled_stage_cut(b);
    return SLED_OK;
}

static enum sled_status by_all_to_all(struct sled_stage_builder *b, uint64_t layer,
                                      struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const struct sled_moe_model *moe = &b->pass->model->moe;
    const bool beside = forward->overlap == SLED_OVERLAP_SHARED_EXPERT;
    uint64_t rows;

    SLED_TRY(add_scatter(b, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        SLED_TRY(add_router(b, r, sled_forward_rank_tokens(forward, r), err));
        if (!beside)
            SLED_TRY(add_shared(b, r, sled_forward_rank_tokens(forward, r), err));
    }
    SLED_TRY(add_exchange(b, layer, false, err));
    b->emitter.unattended = beside;
    for (uint32_t r = 0; r < sled_stage_ranks(b) && beside; r++)
        SLED_TRY(add_shared(b, r, sled_forward_rank_tokens(forward, r), err));
    b->emitter.unattended = false;
    sled_stage_cut(b);
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++)
        SLED_TRY(add_slots(b, layer, r, &rows, err));
    SLED_TRY(add_exchange(b, layer, true, err));
    sled_stage_cut(b);
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++)
        SLED_TRY(sled_emit_sum(&b->emitter, SLED_PHASE_COMBINE, r,
                               sled_forward_rank_tokens(forward, r), moe->hidden,
                               moe->top_k * forward->layout.expert_tp,
                               (enum sled_dtype)forward->formats.combine, err));
    return add_gather(b, err);
}

/* What a rank's experts make of m tokens: shared experts, slots, and the sum of each token's rows,
 * taken for evenly spread over the tokens that have any here. */
static enum sled_status add_local(struct sled_stage_builder *b, uint64_t layer, uint32_t rank,
                                  uint64_t m, struct sled_err *err)
{
    uint64_t rows;

    SLED_TRY(add_shared(b, rank, m, err));
    SLED_TRY(add_slots(b, layer, rank, &rows, err));
    if (rows == 0)
        return SLED_OK;
    return sled_emit_sum(&b->emitter, SLED_PHASE_EXPERTS, rank, rows < m ? rows : m,
                         b->pass->model->hidden, (rows + m - 1) / m,
                         (enum sled_dtype)b->pass->forward.formats.combine, err);
}

/* All ranks have all tokens already. */
static enum sled_status in_one_group(struct sled_stage_builder *b, uint64_t layer,
                                     struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t nranks = sled_forward_ranks(forward);
    const uint64_t tokens = sled_forward_group_tokens(forward, 0);

    SLED_TRY(sled_stage_sum(b, SLED_PHASE_ATTENTION_SUM, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        SLED_TRY(add_router(b, r, tokens, err));
        SLED_TRY(add_local(b, layer, r, tokens, err));
    }
    if (nranks == 1)
        return SLED_OK;
    SLED_TRY(sled_stage_collective(b, SLED_PHASE_COMBINE, SLED_COLL_ALL_REDUCE,
                                   forward->algorithms.all_reduce, 0, 1, nranks,
                                   tokens * b->pass->model->hidden, 2, err));
    sled_stage_cut(b);
    return SLED_OK;
}

static enum sled_status by_all_gather(struct sled_stage_builder *b, uint64_t layer,
                                      struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const struct sled_moe_model *moe = &b->pass->model->moe;
    const uint32_t nranks = sled_forward_ranks(forward);
    const uint64_t tokens = sled_forward_tokens(forward);
    const uint64_t row = sled_moe_row_bytes(moe, (enum sled_dtype)forward->formats.dispatch) +
                         moe->top_k * CHOICE_BYTES;

    if (sled_forward_groups(forward) == 1)
        return in_one_group(b, layer, err);
    SLED_TRY(add_scatter(b, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++)
        SLED_TRY(add_router(b, r, sled_forward_rank_tokens(forward, r), err));
    SLED_TRY(sled_stage_collective(b, SLED_PHASE_DISPATCH, SLED_COLL_ALL_GATHER,
                                   forward->algorithms.all_gather, 0, 1, nranks, tokens * row, 1,
                                   err));
    sled_stage_cut(b);
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++)
        SLED_TRY(add_local(b, layer, r, tokens, err));
    SLED_TRY(sled_stage_collective(b, SLED_PHASE_COMBINE, SLED_COLL_REDUCE_SCATTER,
                                   forward->algorithms.reduce_scatter, 0, 1, nranks,
                                   tokens * moe->hidden, 2, err));
    sled_stage_cut(b);
    return add_gather(b, err);
}

enum sled_status sled_stage_experts(struct sled_stage_builder *b, uint64_t layer,
                                    struct sled_err *err)
{
    return b->pass->forward.layout.exchange == SLED_EXCHANGE_ALL_TO_ALL
               ? by_all_to_all(b, layer, err)
               : by_all_gather(b, layer, err);
}
