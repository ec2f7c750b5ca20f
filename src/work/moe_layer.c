/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mixture-of-experts layer as a program. Each rank holds tokens_per_rank tokens and its
 * share of the expert slots; a phase of a rank begins when its own phase before has ended:
 *
 *   router         RMSNorm of the tokens, scores and choice of experts
 *   quantise       tokens to the format of the dispatch; absent where that is bf16
 *   shared expert  the model's shared experts on the rank's own tokens; absent without any
 *   dispatch       all_to_all_v: one row per token and chosen expert
 *   expert mlp     slots that got rows, in one kernel: gate and up, SwiGLU, down
 *   combine        all_to_all_v: the same rows back; then each token's weighted sum of them
 *
 * Weights stream from HBM, activations stay in SBUF. Not in the program: the norm's weights, and
 * what an exchange says about itself (counts, offsets), which are small; and the sum of routed and
 * shared experts and the residual, which are left to the kernels that follow.
 */
#include "work/work.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"
#include "model/fabric.h"
#include "work/emit.h"

/* 8 bits also where the weights have 4: that is a choice about storage which rows do not share. */
enum sled_dtype sled_moe_operand_dtype(enum sled_dtype weight_dtype)
{
    return sled_dtype_is_mx(weight_dtype) ? SLED_MXFP8 : weight_dtype;
}

uint64_t sled_moe_row_bytes(const struct sled_moe_model *model, enum sled_dtype dtype)
{
    return sled_dtype_bytes(dtype, model->hidden);
}

enum sled_status sled_moe_layer_load(const struct sled_moe_model *model,
                                     const struct sled_moe_layer *layer, uint32_t ranks_per_sled,
                                     struct sled_expert_load *load, struct sled_err *err)
{
    uint32_t *tokens;

    SLED_TRY(sled_vec_alloc(&tokens, layer->ranks, err));
    for (uint64_t r = 0; r < layer->ranks; r++)
        tokens[r] = (uint32_t)layer->tokens_per_rank;
    const struct sled_expert_spec spec = {
        .choosers = {.routing = &layer->routing,
                     .experts = (uint32_t)model->experts,
                     .top_k = (uint32_t)model->top_k,
                     .nranks = (uint32_t)layer->ranks,
                     .tokens = tokens},
        .split = 1,
        .nslots = (uint32_t)(model->experts + layer->redundant_experts),
        .placement = layer->placement,
        .ranks_per_sled = ranks_per_sled,
    };
    const enum sled_status st = sled_expert_load_init(load, &spec, err);
    free(tokens);
    return st;
}

/* The program under construction. */
struct builder {
    const struct sled_moe_model *model;
    const struct sled_moe_layer *layer;
    const struct sled_expert_load *load;
    bool staged;
    struct sled_emitter emitter;
};

static enum sled_status add_router(struct builder *b, struct sled_err *err)
{
    uint32_t phase;

    SLED_TRY(sled_program_add_phase(b->emitter.program, "router", &phase, err));
    for (uint32_t rank = 0; rank < b->load->nranks; rank++)
        SLED_TRY(
            sled_emit_router(&b->emitter, phase, rank, b->layer->tokens_per_rank, b->model, err));
    return SLED_OK;
}

static enum sled_status add_token_quantise(struct builder *b, struct sled_err *err)
{
    uint32_t phase;

    if (b->layer->dispatch.dtype == (int)SLED_ACTIVATION)
        return SLED_OK;
    SLED_TRY(sled_program_add_phase(b->emitter.program, "quantise", &phase, err));
    for (uint32_t rank = 0; rank < b->load->nranks; rank++)
        SLED_TRY(sled_emit_quantise(&b->emitter, phase, rank, b->layer->tokens_per_rank,
                                    b->model->hidden, (enum sled_dtype)b->layer->dispatch.dtype,
                                    err));
    return SLED_OK;
}

/* Rows in the format of the dispatch, tokens[experts] of each expert, through gated MLPs of the
 * given width: one kernel, so that weights of the next expert come while one computes. */
static enum sled_status add_mlp(struct builder *b, uint32_t phase, uint32_t rank,
                                const uint64_t *tokens, uint32_t experts, uint64_t width,
                                struct sled_err *err)
{
    return sled_emit_experts(&b->emitter, phase, rank, tokens, experts, b->model->hidden, width,
                             (enum sled_dtype)b->layer->dispatch.dtype,
                             (enum sled_dtype)b->layer->weight_dtype, err);
}

static enum sled_status add_shared_expert(struct builder *b, struct sled_err *err)
{
    uint32_t phase;

    if (b->model->shared_experts == 0 || b->layer->shared_expert == SLED_SHARED_NONE)
        return SLED_OK;
    SLED_TRY(sled_program_add_phase(b->emitter.program, "shared expert", &phase, err));
    for (uint32_t rank = 0; rank < b->load->nranks; rank++)
        SLED_TRY(add_mlp(b, phase, rank, &b->layer->tokens_per_rank, 1,
                         b->model->shared_experts * b->model->expert_intermediate, err));
    return SLED_OK;
}

/* The slots of one rank; tokens is room for as many counts. */
static enum sled_status add_rank_experts(struct builder *b, uint32_t phase, uint32_t rank,
                                         uint64_t *tokens, struct sled_err *err)
{
    const uint32_t slots = sled_expert_load_slots_each(b->load);
    uint64_t rows = 0;

    for (uint32_t s = 0; s < slots; s++) {
        tokens[s] = sled_expert_load_slot_rows(b->load, rank * slots + s);
        rows += tokens[s];
    }
    SLED_TRY(add_mlp(b, phase, rank, tokens, slots, b->model->expert_intermediate, err));
    return sled_emit_quantise(&b->emitter, phase, rank, rows, b->model->hidden,
                              (enum sled_dtype)b->layer->combine.dtype, err);
}

static enum sled_status add_expert_mlp(struct builder *b, struct sled_err *err)
{
    enum sled_status st = SLED_OK;
    uint64_t *tokens;
    uint32_t phase;

    SLED_TRY(sled_program_add_phase(b->emitter.program, "expert mlp", &phase, err));
    SLED_TRY(sled_vec_alloc(&tokens, sled_expert_load_slots_each(b->load), err));
    for (uint32_t rank = 0; rank < b->load->nranks && st == SLED_OK; rank++)
        st = add_rank_experts(b, phase, rank, tokens, err);
    free(tokens);
    return st;
}

static enum sled_status add_exchange(struct builder *b, const char *name,
                                     const struct sled_moe_exchange *exchange, bool back,
                                     struct sled_err *err)
{
    const uint32_t nranks = b->load->nranks;
    struct sled_program_collective collective = {
        .name = name,
        .req = {.kind = SLED_COLL_ALL_TO_ALL_V, .nranks = nranks, .elem_bytes = 1},
        .algorithm = exchange->algorithm,
        .memory = b->staged ? SLED_MEMORY_HBM : SLED_MEMORY_SBUF,
        .row_bytes = sled_moe_row_bytes(b->model, (enum sled_dtype)exchange->dtype),
    };
    struct sled_traffic *traffic;
    uint32_t phase, id;

    SLED_TRY(sled_program_add_phase(b->emitter.program, name, &phase, err));
    SLED_TRY(sled_program_add_traffic(b->emitter.program, nranks, &traffic, err));
    sled_expert_load_traffic(b->load, collective.row_bytes, back, traffic);
    collective.req.traffic = traffic;
    SLED_TRY(sled_program_add_collective(b->emitter.program, &collective, b->emitter.chip_of_rank,
                                         &id, err));
    return sled_program_add_staged(b->emitter.program, id, b->staged, phase, b->emitter.last,
                                   b->emitter.last, err);
}

/* Add each token's rows up, weighted, in the phase of the exchange that brought them: the last. */
static enum sled_status add_weighted_sum(struct builder *b, struct sled_err *err)
{
    for (uint32_t rank = 0; rank < b->load->nranks; rank++)
        SLED_TRY(sled_emit_sum(&b->emitter, b->emitter.program->nphases - 1, rank,
                               b->layer->tokens_per_rank, b->model->hidden, b->model->top_k,
                               (enum sled_dtype)b->layer->combine.dtype, err));
    return SLED_OK;
}

static enum sled_status build(struct builder *b, struct sled_err *err)
{
    SLED_TRY(add_router(b, err));
    SLED_TRY(add_token_quantise(b, err));
    SLED_TRY(add_shared_expert(b, err));
    SLED_TRY(add_exchange(b, "dispatch", &b->layer->dispatch, false, err));
    SLED_TRY(add_expert_mlp(b, err));
    SLED_TRY(add_exchange(b, "combine", &b->layer->combine, true, err));
    return add_weighted_sum(b, err);
}

enum sled_status sled_moe_layer_program(const struct sled_moe_model *model,
                                        const struct sled_moe_layer *layer,
                                        const struct sled_expert_load *load,
                                        const uint32_t *chip_of_rank, uint32_t nchips,
                                        enum sled_memory memory, struct sled_program *program,
                                        struct sled_err *err)
{
    struct builder b = {.model = model,
                        .layer = layer,
                        .load = load,
                        .staged = memory == SLED_MEMORY_STAGED,
                        .emitter = {.program = program,
                                    .chip_of_rank = chip_of_rank,
                                    .cores = (uint32_t)layer->cores}};

    assert(load->nranks == layer->ranks && load->nranks <= nchips);
    assert(layer->cores >= 1 && memory != SLED_MEMORY_HBM);
    *program = (struct sled_program){0};
    SLED_TRY(sled_program_init(program, nchips, err));
    SLED_TRY(sled_vec_alloc(&b.emitter.last, load->nranks, err));
    for (uint32_t rank = 0; rank < load->nranks; rank++)
        b.emitter.last[rank] = SLED_NONE;

    const enum sled_status status = build(&b, err);
    free(b.emitter.last);
    return status;
}
