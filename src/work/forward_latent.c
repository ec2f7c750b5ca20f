/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multi-head latent attention (DeepSeek-V2): the cache keeps one vector of kv_rank + rope_dim
 * elements per token, of which the keys and values of all heads are made.
 *
 * Decode has the projection of keys absorbed into queries and that of values behind the attention
 * (DeepSeek-V2, appendix), so that all heads read the cache as it is: its whole vector is the key,
 * the first kv_rank elements the value. Prefill, where many queries share the effort, makes keys
 * and values of the whole context, cached part included, and has attention of many short heads,
 * which takes (kv_rank + rope_dim + kv_rank) / (nope_dim + rope_dim + value_dim) times fewer flops.
 */
#include "work/forward_attention.h"

#include "work/work.h"

enum sled_status sled_latent_projections(const struct sled_attention_share *s, struct sled_err *err)
{
    const struct sled_latent_attention *a = &s->b->pass->model->latent_attention;
    const uint64_t hidden = s->b->pass->model->hidden;
    const uint64_t key = a->kv_rank + a->rope_dim;

    SLED_TRY(sled_attention_norm(s, s->tokens, hidden, err));
    SLED_TRY(sled_attention_quantise(s, s->tokens, hidden, err));
    SLED_TRY(sled_attention_matmul(s, s->tokens, hidden, a->query_rank + key, err));
    SLED_TRY(sled_attention_norm(s, s->tokens, a->query_rank, err));
    SLED_TRY(sled_attention_norm(s, s->tokens, a->kv_rank, err));
    SLED_TRY(sled_attention_quantise(s, s->tokens, a->query_rank, err));
    SLED_TRY(sled_attention_matmul(s, s->tokens, a->query_rank,
                                   s->heads * (a->nope_dim + a->rope_dim), err));
    return sled_attention_rope(s, s->tokens * (s->heads + 1), a->rope_dim, err);
}

static enum sled_status add_decode(const struct sled_attention_share *s, struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const struct sled_latent_attention *a = &pass->model->latent_attention;
    const struct sled_kernel attention = {
        .kind = SLED_KERNEL_DECODE_ATTENTION,
        .m = s->sequences,
        .n = s->keys,
        .k = a->kv_rank,
        .rope = a->rope_dim,
        .latent = true,
        .dtype = (enum sled_dtype)pass->forward.formats.kv_cache,
        .out_dtype = SLED_ACTIVATION,
        .weights_from_hbm = true,
        .heads = (uint32_t)s->heads,
        .kv_heads = 1,
    };

    /* One head's nope_dim elements to kv_rank ones, for all heads: as many flops and weights. */
    SLED_TRY(sled_attention_quantise(s, s->tokens, s->heads * a->nope_dim, err));
    SLED_TRY(sled_attention_matmul(s, s->tokens, a->nope_dim, s->heads * a->kv_rank, err));
    return sled_emit_kernel(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, attention, err);
}

/* One sequence after the other: keys and values of all heads are far more than the cache. */
static enum sled_status add_prefill(const struct sled_attention_share *s, struct sled_err *err)
{
    const struct sled_latent_attention *a = &s->b->pass->model->latent_attention;
    const uint64_t depth = a->nope_dim + a->rope_dim;
    const struct sled_kernel attention = {
        .kind = SLED_KERNEL_ATTENTION,
        .m = s->queries,
        .n = s->keys,
        .k = a->value_dim,
        .rope = depth - a->value_dim,
        .dtype = SLED_ACTIVATION,
        .out_dtype = SLED_ACTIVATION,
        .weights_from_hbm = true,
        .heads = (uint32_t)s->heads,
        .kv_heads = (uint32_t)s->heads,
        .causal = true,
    };

    for (uint64_t i = 0; i < s->sequences; i++) {
        uint32_t since;

        SLED_TRY(sled_attention_quantise(s, s->keys, a->kv_rank, err));
        since = s->b->emitter.last[s->rank];
        SLED_TRY(sled_attention_matmul(s, s->keys, a->kv_rank,
                                       s->heads * (a->nope_dim + a->value_dim), err));
        SLED_TRY(sled_attention_store(
            s,
            sled_dtype_bytes(SLED_ACTIVATION,
                             s->heads * (s->queries * depth + s->keys * (depth + a->value_dim))),
            since, err));
        SLED_TRY(sled_emit_kernel(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, attention, err));
    }
    return SLED_OK;
}

enum sled_status sled_latent_core(const struct sled_attention_share *s, struct sled_err *err)
{
    return s->b->pass->forward.phase == SLED_DECODE ? add_decode(s, err) : add_prefill(s, err);
}

enum sled_status sled_latent_values(const struct sled_attention_share *s, struct sled_err *err)
{
    const struct sled_latent_attention *a = &s->b->pass->model->latent_attention;

    SLED_TRY(sled_attention_quantise(s, s->tokens, s->heads * a->kv_rank, err));
    return sled_attention_matmul(s, s->tokens, a->kv_rank, s->heads * a->value_dim, err);
}
