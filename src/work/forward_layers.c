/* SPDX-License-Identifier: Apache-2.0 */
/* A stage: embedding, layers, head. */
#include "work/forward_layers.h"

#include <stdlib.h>

#include "base/vec.h"
#include "work/work.h"

/* A score in fp32 and a token's number. */
enum { CANDIDATE_BYTES = 8 };

const char *const sled_forward_phase_names[SLED_FORWARD_PHASES] = {
    [SLED_PHASE_EMBEDDING] = "embedding",
    [SLED_PHASE_ATTENTION] = "attention",
    [SLED_PHASE_ATTENTION_SUM] = "attention sum",
    [SLED_PHASE_MLP] = "dense mlp",
    [SLED_PHASE_MLP_SUM] = "dense sum",
    [SLED_PHASE_ROUTER] = "router",
    [SLED_PHASE_SHARED] = "shared expert",
    [SLED_PHASE_DISPATCH] = "dispatch",
    [SLED_PHASE_EXPERTS] = "expert mlp",
    [SLED_PHASE_COMBINE] = "combine",
    [SLED_PHASE_HEAD] = "head",
    [SLED_PHASE_SEND] = "send",
};

static void set_off(struct sled_stage_builder *b)
{
    b->emitter.off = b->wanted != SLED_WHOLE_PASS && b->piece != b->wanted;
}

void sled_stage_cut(struct sled_stage_builder *b)
{
    b->piece++;
    set_off(b);
}

uint32_t sled_stage_ranks(const struct sled_stage_builder *b)
{
    return b->emitter.off ? 0 : sled_forward_ranks(&b->pass->forward);
}

uint64_t sled_stage_group_tokens(const struct sled_stage_builder *b, uint32_t rank)
{
    const struct sled_forward *forward = &b->pass->forward;

    return sled_forward_group_tokens(forward, rank / sled_forward_group_ranks(forward));
}

static enum sled_status add_collective(struct sled_stage_builder *b, enum sled_forward_phase phase,
                                       const struct sled_program_collective *collective,
                                       const uint32_t *rank, uint32_t *chip, uint32_t *last,
                                       struct sled_err *err)
{
    const uint32_t size = collective->req.nranks;
    struct sled_emitter *emitter = &b->emitter;
    uint32_t id;

    for (uint32_t i = 0; i < size; i++) {
        chip[i] = emitter->chip_of_rank[rank[i]];
        last[i] = emitter->last[rank[i]];
    }
    SLED_TRY(sled_program_add_collective(emitter->program, collective, chip, &id, err));
    SLED_TRY(sled_program_add_staged(emitter->program, id,
                                     b->pass->forward.memory == SLED_MEMORY_STAGED, phase, last,
                                     last, err));
    for (uint32_t i = 0; i < size; i++)
        emitter->last[rank[i]] = last[i];
    return SLED_OK;
}

enum sled_status sled_stage_collective(struct sled_stage_builder *b, enum sled_forward_phase phase,
                                       enum sled_coll_kind kind, const char *algorithm,
                                       uint32_t first, uint32_t stride, uint32_t size,
                                       uint64_t nelems, uint32_t elem_bytes, struct sled_err *err)
{
    const struct sled_program_collective collective = {
        .name = sled_forward_phase_names[phase],
        .req = {.kind = kind,
                .nranks = size,
                .nelems = nelems,
                .elem_bytes = elem_bytes,
                .commutative = true},
        .algorithm = algorithm,
        .memory =
            b->pass->forward.memory == SLED_MEMORY_STAGED ? SLED_MEMORY_HBM : SLED_MEMORY_SBUF,
    };
    uint32_t *work; /* ranks, chips, steps */

    if (b->emitter.off || size == 1 || nelems == 0)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&work, (size_t)3 * size, err));
    for (uint32_t i = 0; i < size; i++)
        work[i] = first + i * stride;
    const enum sled_status st =
        add_collective(b, phase, &collective, work, work + size, work + 2 * size, err);
    free(work);
    return st;
}

enum sled_status sled_stage_sum(struct sled_stage_builder *b, enum sled_forward_phase phase,
                                struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t tp = (uint32_t)forward->layout.tp;

    if (tp == 1)
        return SLED_OK;
    for (uint32_t r = 0; r < sled_stage_ranks(b); r += tp)
        SLED_TRY(sled_stage_collective(
            b, phase, SLED_COLL_ALL_REDUCE, forward->algorithms.all_reduce, r, 1, tp,
            sled_stage_group_tokens(b, r) * b->pass->model->hidden, 2, err));
    sled_stage_cut(b);
    return SLED_OK;
}

/* Rows of the rank's part of the table for all tokens: those of other parts read as nothing, which
 * is what masking does. */
static enum sled_status add_embedding(struct sled_stage_builder *b, struct sled_err *err)
{
    struct sled_emitter *emitter = &b->emitter;

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_step load = {
            .kind = SLED_STEP_LOAD,
            .stream = SLED_STREAM_COMPUTE,
            .phase = SLED_PHASE_EMBEDDING,
            .bytes = sled_stage_group_tokens(b, r) * b->pass->model->hidden * 2,
            .after = SLED_NONE,
        };

        if (load.bytes > 0)
            SLED_TRY(sled_program_add_step(emitter->program, emitter->chip_of_rank[r], &load,
                                           &emitter->last[r], err));
    }
    return sled_stage_sum(b, SLED_PHASE_EMBEDDING, err);
}

static enum sled_status add_dense(struct sled_stage_builder *b, struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const struct sled_model *model = b->pass->model;

    SLED_TRY(sled_stage_sum(b, SLED_PHASE_ATTENTION_SUM, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const uint64_t tokens = sled_stage_group_tokens(b, r);

        SLED_TRY(sled_emit_norm(&b->emitter, SLED_PHASE_MLP, r, tokens, model->hidden, err));
        SLED_TRY(sled_emit_mlp(&b->emitter, SLED_PHASE_MLP, r, tokens, model->hidden,
                               model->dense_intermediate / forward->layout.tp, SLED_ACTIVATION,
                               (enum sled_dtype)forward->formats.weights, err));
    }
    return sled_stage_sum(b, SLED_PHASE_MLP_SUM, err);
}

/* The next token of every sequence: each rank's best from its part of the vocabulary, then the best
 * of those of all tp ranks, each a score and a number. */
static enum sled_status add_head(struct sled_stage_builder *b, struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const struct sled_model *model = b->pass->model;
    const uint32_t tp = (uint32_t)forward->layout.tp;

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_kernel head = {
            .kind = SLED_KERNEL_LM_HEAD,
            .m = sled_forward_group_sequences(forward, r / sled_forward_group_ranks(forward)),
            .n = sled_forward_vocabulary_part(model, forward),
            .k = model->hidden,
            .dtype = SLED_ACTIVATION,
            .weight_dtype = SLED_ACTIVATION,
            .out_dtype = SLED_ACTIVATION,
            .weights_from_hbm = true,
            .top_k = 1,
        };

        SLED_TRY(sled_emit_norm(&b->emitter, SLED_PHASE_HEAD, r, head.m, model->hidden, err));
        SLED_TRY(sled_emit_kernel(&b->emitter, SLED_PHASE_HEAD, r, head, err));
    }
    for (uint32_t r = 0; r < sled_stage_ranks(b); r += tp)
        SLED_TRY(sled_stage_collective(
            b, SLED_PHASE_HEAD, SLED_COLL_ALL_GATHER, forward->algorithms.all_gather, r, 1, tp,
            CANDIDATE_BYTES * tp *
                sled_forward_group_sequences(forward, r / sled_forward_group_ranks(forward)),
            1, err));
    sled_stage_cut(b);
    return SLED_OK;
}

enum sled_status sled_stage_build(struct sled_stage_builder *b, struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const struct sled_span layers = sled_forward_stage_layers(b->pass->model, forward, b->stage);

    set_off(b);
    if (b->stage == 0)
        SLED_TRY(add_embedding(b, err));
    for (uint64_t l = layers.offset; l < layers.offset + layers.count; l++) {
        SLED_TRY(sled_stage_attention(b, l, err));
        if (sled_model_is_moe(b->pass->model, l))
            SLED_TRY(sled_stage_experts(b, l, err));
        else
            SLED_TRY(add_dense(b, err));
    }
    if (b->stage + 1 == forward->layout.pp)
        return add_head(b, err);
    sled_stage_cut(b);
    return SLED_OK;
}
