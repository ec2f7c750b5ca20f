/* SPDX-License-Identifier: Apache-2.0 */
/* Attention of one layer, of either kind. */
#include "work/forward_layers.h"
#include "work/work.h"

/* Queries that share a stretch of keys where a window cuts them: the stretch is the window and as
 * many keys as queries. Fewer would take as long, bound by what a kernel takes at least. */
#define WINDOW_BLOCK 1024

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* A rank's attention: what every function below is told. */
struct share {
    struct sled_stage_builder *b;
    uint32_t rank;
    uint64_t layer;
    uint64_t tokens, sequences; /* of its group */
    uint64_t heads;             /* of queries, of the rank */
};

static enum sled_status add_matmul(const struct share *s, uint64_t m, uint64_t k, uint64_t n,
                                   struct sled_err *err)
{
    const enum sled_dtype weights = (enum sled_dtype)s->b->pass->forward.formats.weights;

    return sled_emit_matmul(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, m, k, n,
                            sled_moe_operand_dtype(weights), weights, err);
}

/* [m][n] activations to what weights are multiplied with. */
static enum sled_status add_quantise(const struct share *s, uint64_t m, uint64_t n,
                                     struct sled_err *err)
{
    const enum sled_dtype weights = (enum sled_dtype)s->b->pass->forward.formats.weights;

    return sled_emit_quantise(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, m, n,
                              sled_moe_operand_dtype(weights), err);
}

static enum sled_status add_norm(const struct share *s, uint64_t m, uint64_t n,
                                 struct sled_err *err)
{
    return sled_emit_norm(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, m, n, err);
}

static enum sled_status add_rope(const struct share *s, uint64_t m, uint64_t n,
                                 struct sled_err *err)
{
    const struct sled_kernel rope = {.kind = SLED_KERNEL_ROPE,
                                     .m = m,
                                     .n = n,
                                     .dtype = SLED_ACTIVATION,
                                     .out_dtype = SLED_ACTIVATION};

    return sled_emit_kernel(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, rope, err);
}

/* m queries (decode: sequences of one) on n keys. */
static enum sled_status add_kernel(const struct share *s, enum sled_kernel_kind kind, uint64_t m,
                                   uint64_t n, struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const struct sled_kernel attention = {
        .kind = kind,
        .m = m,
        .n = n,
        .k = pass->model->attention.head_dim,
        .dtype = (enum sled_dtype)pass->forward.formats.kv_cache,
        .out_dtype = SLED_ACTIVATION,
        .weights_from_hbm = true,
        .heads = (uint32_t)s->heads,
        .kv_heads = (uint32_t)sled_forward_kv_heads(pass->model, &pass->forward),
        .causal = kind == SLED_KERNEL_ATTENTION,
    };

    return sled_emit_kernel(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, attention, err);
}

/* The group's tokens of one sequence after the other: those of cp ranks before are keys. With cp,
 * each rank is taken for the one in the middle, whose queries see as many keys as the mean. */
static enum sled_status add_prefill(const struct share *s, struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const struct sled_forward *forward = &pass->forward;
    const uint64_t window = sled_model_window(pass->model, s->layer);
    const uint64_t block = window > WINDOW_BLOCK ? window : WINDOW_BLOCK;
    const uint64_t queries = sled_block(forward->chunk, (uint32_t)forward->layout.cp, 0).count;
    const uint64_t keys = forward->context + queries + (forward->chunk - queries) / 2;

    for (uint64_t i = 0; i < s->sequences; i++) {
        if (window == 0 || window >= keys) {
            SLED_TRY(add_kernel(s, SLED_KERNEL_ATTENTION, queries, keys, err));
            continue;
        }
        for (uint64_t q = 0; q < queries; q += block) {
            const uint64_t m = least(block, queries - q);

            SLED_TRY(add_kernel(s, SLED_KERNEL_ATTENTION, m, least(keys - queries + q, window) + m,
                                err));
        }
    }
    return SLED_OK;
}

static enum sled_status add_grouped(const struct share *s, struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const struct sled_model *model = pass->model;
    const uint64_t dim = model->attention.head_dim;
    const uint64_t kv_heads = sled_forward_kv_heads(model, &pass->forward);
    const uint64_t rotated = s->tokens * (s->heads + kv_heads);

    SLED_TRY(add_norm(s, s->tokens, model->hidden, err));
    SLED_TRY(add_quantise(s, s->tokens, model->hidden, err));
    SLED_TRY(add_matmul(s, s->tokens, model->hidden, (s->heads + 2 * kv_heads) * dim, err));
    if (model->attention.qk_norm)
        SLED_TRY(add_norm(s, rotated, dim, err));
    SLED_TRY(add_rope(s, rotated, dim, err));
    if (pass->forward.phase == SLED_PREFILL)
        return add_prefill(s, err);

    const uint64_t keys = sled_forward_keys(model, &pass->forward, s->layer);
    return add_kernel(s, SLED_KERNEL_DECODE_ATTENTION, s->sequences,
                      sled_block(keys, (uint32_t)pass->forward.layout.cp, 0).count, err);
}

/*
 * Decode with the key projection absorbed into queries (DeepSeek-V2, appendix): all heads of the
 * rank on one key of kv_rank + rope_dim elements per token, whose first kv_rank ones are the value
 * as well. As matmuls with the cache for weights, since attention kernels hold heads of at most 128
 * elements: each query meets the keys of its own sequence only, so the keys of all sequences are
 * the columns of one operand. The cache is read for the scores and again for the values.
 */
static enum sled_status add_latent(const struct share *s, struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const struct sled_latent_attention *a = &pass->model->latent_attention;
    const uint64_t hidden = pass->model->hidden, keys = pass->forward.context;
    const uint64_t key = a->kv_rank + a->rope_dim;
    const enum sled_dtype cache = (enum sled_dtype)pass->forward.formats.kv_cache;
    struct sled_emitter *emitter = &s->b->emitter;
    const struct sled_kernel softmax = {.kind = SLED_KERNEL_SOFTMAX,
                                        .m = s->heads * s->sequences,
                                        .n = keys,
                                        .dtype = SLED_ACTIVATION,
                                        .out_dtype = cache};

    SLED_TRY(add_norm(s, s->tokens, hidden, err));
    SLED_TRY(add_quantise(s, s->tokens, hidden, err));
    SLED_TRY(add_matmul(s, s->tokens, hidden, a->query_rank + key, err));
    SLED_TRY(add_norm(s, s->tokens, a->query_rank, err));
    SLED_TRY(add_norm(s, s->tokens, a->kv_rank, err));
    SLED_TRY(add_quantise(s, s->tokens, a->query_rank, err));
    SLED_TRY(add_matmul(s, s->tokens, a->query_rank, s->heads * (a->nope_dim + a->rope_dim), err));
    SLED_TRY(add_rope(s, s->tokens * (s->heads + 1), a->rope_dim, err));
    /* One head's nope_dim elements to kv_rank ones, for all heads: as many flops and weights. */
    SLED_TRY(add_quantise(s, s->tokens, s->heads * a->nope_dim, err));
    SLED_TRY(add_matmul(s, s->tokens, a->nope_dim, s->heads * a->kv_rank, err));
    if (s->sequences > 0) {
        SLED_TRY(sled_emit_matmul(emitter, SLED_PHASE_ATTENTION, s->rank, s->heads, key,
                                  keys * s->sequences, cache, cache, err));
        SLED_TRY(sled_emit_kernel(emitter, SLED_PHASE_ATTENTION, s->rank, softmax, err));
        SLED_TRY(sled_emit_matmul(emitter, SLED_PHASE_ATTENTION, s->rank, s->heads,
                                  keys * s->sequences, a->kv_rank, cache, cache, err));
    }
    SLED_TRY(add_quantise(s, s->tokens, s->heads * a->kv_rank, err));
    return add_matmul(s, s->tokens, a->kv_rank, s->heads * a->value_dim, err);
}

/* Elements of all heads of a rank. */
static uint64_t head_elements(const struct share *s)
{
    const struct sled_model *model = s->b->pass->model;

    return s->heads *
           (model->has_attention ? model->attention.head_dim : model->latent_attention.value_dim);
}

static struct share share_of(struct sled_stage_builder *b, uint32_t rank, uint64_t layer)
{
    const struct sled_forward *forward = &b->pass->forward;

    return (struct share){
        .b = b,
        .rank = rank,
        .layer = layer,
        .tokens = sled_stage_group_tokens(b, rank),
        .sequences =
            sled_forward_group_sequences(forward, rank / sled_forward_group_ranks(forward)),
        .heads = sled_model_heads(b->pass->model) / forward->layout.tp,
    };
}

/* Every rank gets the results of all parts of the context, with two fp32 statistics a head, and
 * adds them up by their weights. */
static enum sled_status add_context_parts(struct sled_stage_builder *b, uint64_t layer,
                                          struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const uint32_t tp = (uint32_t)forward->layout.tp, cp = (uint32_t)forward->layout.cp;
    const uint64_t dim = b->pass->model->attention.head_dim;

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct share s = share_of(b, r, layer);

        if (r / tp % cp == 0) /* the first rank of a context */
            SLED_TRY(sled_stage_collective(b, SLED_PHASE_ATTENTION_SUM, SLED_COLL_ALL_GATHER,
                                           forward->algorithms.all_gather, r, tp, cp,
                                           cp * s.tokens * s.heads * (2 * dim + 8), 1, err));
    }
    sled_stage_cut(b);
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct share s = share_of(b, r, layer);

        SLED_TRY(sled_emit_sum(&b->emitter, SLED_PHASE_ATTENTION, r, s.tokens * s.heads, dim, cp,
                               SLED_ACTIVATION, err));
    }
    return SLED_OK;
}

/* Every rank gets the keys and values of the whole context. */
static enum sled_status add_context_gather(struct sled_stage_builder *b, struct sled_err *err)
{
    const struct sled_forward *forward = &b->pass->forward;
    const struct sled_model *model = b->pass->model;
    const uint32_t tp = (uint32_t)forward->layout.tp, cp = (uint32_t)forward->layout.cp;
    const uint64_t elements = 2 * sled_forward_kv_heads(model, forward) * model->attention.head_dim;

    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct share s = share_of(b, r, 0);

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
    const struct sled_model *model = b->pass->model;

    if (forward->layout.cp > 1 && forward->phase == SLED_PREFILL)
        SLED_TRY(add_context_gather(b, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct share s = share_of(b, r, layer);

        SLED_TRY(model->has_attention ? add_grouped(&s, err) : add_latent(&s, err));
    }
    if (forward->layout.cp > 1 && forward->phase == SLED_DECODE)
        SLED_TRY(add_context_parts(b, layer, err));
    for (uint32_t r = 0; r < sled_stage_ranks(b); r++) {
        const struct share s = share_of(b, r, layer);

        SLED_TRY(add_quantise(&s, s.tokens, head_elements(&s), err));
        SLED_TRY(add_matmul(&s, s.tokens, head_elements(&s), model->hidden, err));
    }
    return SLED_OK;
}
