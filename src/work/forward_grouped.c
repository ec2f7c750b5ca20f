/* SPDX-License-Identifier: Apache-2.0 */
/* Attention whose heads of queries share heads of keys and values. */
#include "work/forward_attention.h"

enum sled_status sled_grouped_projections(const struct sled_attention_share *s,
                                          struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const struct sled_model *model = pass->model;
    const uint64_t dim = model->attention.head_dim;
    const uint64_t kv_heads = sled_forward_kv_heads(model, &pass->forward);
    const uint64_t rotated = s->tokens * (s->heads + kv_heads);
    const uint64_t elements = (s->heads + 2 * kv_heads) * dim;
    uint32_t since;

    SLED_TRY(sled_attention_norm(s, s->tokens, model->hidden, err));
    SLED_TRY(sled_attention_quantise(s, s->tokens, model->hidden, err));
    since = s->b->emitter.last[s->rank];
    SLED_TRY(sled_attention_matmul(s, s->tokens, model->hidden, elements, err));
    if (pass->forward.phase == SLED_PREFILL)
        SLED_TRY(sled_attention_store(
            s,
            sled_dtype_bytes((enum sled_dtype)pass->forward.formats.kv_cache, s->tokens * elements),
            since, err));
    if (model->attention.qk_norm)
        SLED_TRY(sled_attention_norm(s, rotated, dim, err));
    return sled_attention_rope(s, rotated, dim, err);
}

enum sled_status sled_grouped_core(const struct sled_attention_share *s, struct sled_err *err)
{
    const struct sled_forward_pass *pass = s->b->pass;
    const bool decode = pass->forward.phase == SLED_DECODE;
    struct sled_kernel attention = {
        .kind = decode ? SLED_KERNEL_DECODE_ATTENTION : SLED_KERNEL_ATTENTION,
        .m = decode ? s->sequences : s->queries,
        .n = s->keys,
        .k = pass->model->attention.head_dim,
        .dtype = (enum sled_dtype)pass->forward.formats.kv_cache,
        .out_dtype = SLED_ACTIVATION,
        .weights_from_hbm = true,
        .heads = (uint32_t)s->heads,
        .kv_heads = (uint32_t)sled_forward_kv_heads(pass->model, &pass->forward),
        .causal = !decode,
        .window = decode ? 0 : sled_model_window(pass->model, s->layer), /* decode: in keys */
        .sinks = pass->model->attention.sinks,
    };

    for (uint64_t i = 0; i < (decode ? 1 : s->sequences); i++)
        SLED_TRY(sled_emit_kernel(&s->b->emitter, SLED_PHASE_ATTENTION, s->rank, attention, err));
    return SLED_OK;
}
