/* SPDX-License-Identifier: Apache-2.0 */
/* Attention of one layer, of either kind: who does what when, and what passes between ranks. */
#include "work/forward_attention.h"

#include "work/work.h"

struct sled_attention_share sled_attention_share_of(struct sled_stage_builder *b, uint32_t rank,
                                                    uint64_t layer)
{
    const struct sled_model *model = b->pass->model;
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t cp = (uint32_t)forward->layout.cp;
    struct sled_attention_share s = {
        .b = b,
        .rank = rank,
        .layer = layer,
        .tokens = sled_stage_group_tokens(b, rank),
        .sequences =
            sled_forward_group_sequences(forward, rank / sled_forward_group_ranks(forward)),
        .heads = sled_model_heads(model) / forward->layout.tp,
    };

    if (forward->phase == SLED_DECODE) {
        s.queries = 1;
        s.keys = sled_block(sled_forward_keys(model, forward, layer), cp, 0).count;
    } else {
        s.queries = sled_block(forward->chunk, cp, 0).count;
        s.keys = forward->context + s.queries + (forward->chunk - s.queries) / 2;
    }
    return s;
}

enum sled_status sled_attention_matmul(const struct sled_attention_share *s, uint64_t m, uint64_t k,
                                       uint64_t n, struct sled_err *err)
{
    const enum sled_dtype weights = (enum sled_dtype)s->b->pass->forward.formats.weights;

    return sled_emit_matmul(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, m, k, n,
                            sled_moe_operand_dtype(weights), weights, err);
}

enum sled_status sled_attention_quantise(const struct sled_attention_share *s, uint64_t m,
                                         uint64_t n, struct sled_err *err)
{
    const enum sled_dtype weights = (enum sled_dtype)s->b->pass->forward.formats.weights;

    return sled_emit_quantise(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, m, n,
                              sled_moe_operand_dtype(weights), err);
}

enum sled_status sled_attention_norm(const struct sled_attention_share *s, uint64_t m, uint64_t n,
                                     struct sled_err *err)
{
    return sled_emit_norm(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, m, n, err);
}

enum sled_status sled_attention_rope(const struct sled_attention_share *s, uint64_t m, uint64_t n,
                                     struct sled_err *err)
{
    const struct sled_kernel rope = {.kind = SLED_KERNEL_ROPE,
                                     .m = m,
                                     .n = n,
                                     .dtype = SLED_ACTIVATION,
                                     .out_dtype = SLED_ACTIVATION};

    return sled_emit_kernel(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, rope, err);
}

enum sled_status sled_attention_store(const struct sled_attention_share *s, uint64_t bytes,
                                      uint32_t since, struct sled_err *err)
{
    struct sled_emitter *emitter = &s->b->emitter;
    const struct sled_step store = {
        .kind = SLED_STEP_STORE,
        .stream = SLED_STREAM_CC,
        .phase = SLED_PHASE_ATTENTION,
        .bytes = bytes,
        .after = since,
    };

    if (emitter->off || bytes == 0 || s->b->pass->forward.in_memory)
        return SLED_OK;
    return sled_program_add_step(emitter->program, emitter->chip_of_rank[s->rank], &store,
                                 &emitter->last[s->rank], err);
}

/* Elements of all heads of a rank: what decode's attention leaves of each token, and what goes
 * into the projection. */
static uint64_t part_elements(const struct sled_attention_share *s)
{
    const struct sled_model *model = s->b->pass->model;

    return s->heads *
           (model->has_attention ? model->attention.head_dim : model->latent_attention.kv_rank);
}

static uint64_t head_elements(const struct sled_attention_share *s)
{
    const struct sled_model *model = s->b->pass->model;

    return s->heads *
           (model->has_attention ? model->attention.head_dim : model->latent_attention.value_dim);
}

/* Every rank gets the results of all parts of the context, with two fp32 statistics a head, and
 * adds them up by their weights. */
static enum sled_status add_context_parts(struct sled_stage_builder *b, uint64_t layer,
                                          struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t tp = (uint32_t)forward->layout.tp, cp = (uint32_t)forward->layout.cp;

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_attention_share s = sled_attention_share_of(b, r, layer);

        if (r / tp % cp == 0) /* the first rank of a context */
            SLED_TRY(sled_stage_collective(
                b, SLED_PHASE_ATTENTION_SUM, SLED_COLL_ALL_GATHER, forward->algorithms.all_gather,
                r, tp, cp, cp * s.tokens * (2 * part_elements(&s) + 8 * s.heads), 1, err));
    }
    sled_stage_cut(b);
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_attention_share s = sled_attention_share_of(b, r, layer);

        SLED_TRY(sled_emit_sum(&b->emitter, SLED_PHASE_ATTENTION, r, s.tokens * s.heads,
                               part_elements(&s) / s.heads, cp, SLED_ACTIVATION, err));
    }
    return SLED_OK;
}

/* Every rank gets what the cache keeps of the whole context. */
static enum sled_status add_context_gather(struct sled_stage_builder *b, uint64_t layer,
                                           struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t tp = (uint32_t)forward->layout.tp, cp = (uint32_t)forward->layout.cp;
    const uint64_t elements = sled_forward_kv_elements(b->pass->model, forward);

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_attention_share s = sled_attention_share_of(b, r, layer);

        if (r / tp % cp == 0)
            SLED_TRY(sled_stage_collective(
                b, SLED_PHASE_ATTENTION_SUM, SLED_COLL_ALL_GATHER, forward->algorithms.all_gather,
                r, tp, cp,
                s.sequences * sled_dtype_bytes((enum sled_dtype)forward->formats.kv_cache,
                                               (forward->context + forward->chunk) * elements),
                1, err));
    }
    sled_stage_cut(b);
    return SLED_OK;
}

enum sled_status sled_stage_attention(struct sled_stage_builder *b, uint64_t layer,
                                      struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const bool grouped = b->pass->model->has_attention, decode = forward->phase == SLED_DECODE;

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_attention_share s = sled_attention_share_of(b, r, layer);

        SLED_TRY(grouped ? sled_grouped_projections(&s, err) : sled_latent_projections(&s, err));
    }
    if (forward->layout.cp > 1 && !decode)
        SLED_TRY(add_context_gather(b, layer, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_attention_share s = sled_attention_share_of(b, r, layer);

        SLED_TRY(grouped ? sled_grouped_core(&s, err) : sled_latent_core(&s, err));
    }
    if (forward->layout.cp > 1 && decode)
        SLED_TRY(add_context_parts(b, layer, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct sled_attention_share s = sled_attention_share_of(b, r, layer);

        if (!grouped && decode)
            SLED_TRY(sled_latent_values(&s, err));
        SLED_TRY(sled_attention_quantise(&s, s.tokens, head_elements(&s), err));
        SLED_TRY(
            sled_attention_matmul(&s, s.tokens, head_elements(&s), b->pass->model->hidden, err));
    }
    return SLED_OK;
}
