/* SPDX-License-Identifier: Apache-2.0 */
/* Who has which part of a model, its cache and its tokens. */
#include <stdlib.h>

#include "base/vec.h"
#include "model/dtype.h"
#include "work/forward.h"
#include "work/work.h"

static uint64_t up(uint64_t whole, uint64_t parts)
{
    return whole / parts + (whole % parts != 0);
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint32_t sled_forward_ranks(const struct sled_forward *forward)
{
    return (uint32_t)(forward->layout.tp * forward->layout.cp * forward->layout.dp);
}

uint32_t sled_forward_holders(const struct sled_forward *forward)
{
    return sled_forward_ranks(forward) / (uint32_t)forward->layout.expert_tp;
}

uint32_t sled_forward_group_ranks(const struct sled_forward *forward)
{
    const uint64_t cp = forward->phase == SLED_DECODE ? forward->layout.cp : 1;

    return (uint32_t)(forward->layout.tp * cp);
}

uint32_t sled_forward_groups(const struct sled_forward *forward)
{
    return sled_forward_ranks(forward) / sled_forward_group_ranks(forward);
}

uint64_t sled_forward_chips(const struct sled_forward *forward)
{
    return forward->layout.replicas * forward->layout.pp * sled_forward_ranks(forward);
}

/* Sequences of a part d of the batch, in all microbatches together. */
static uint64_t sequences(const struct sled_forward *forward, uint64_t d)
{
    return sled_block(forward->batch / forward->layout.pp, (uint32_t)forward->layout.dp,
                      (uint32_t)d)
        .count;
}

/* Which part of the batch a group works on. */
static uint64_t part_of_group(const struct sled_forward *forward, uint32_t group)
{
    return forward->phase == SLED_DECODE ? group : group / forward->layout.cp;
}

uint64_t sled_forward_group_sequences(const struct sled_forward *forward, uint32_t group)
{
    return sequences(forward, part_of_group(forward, group));
}

uint64_t sled_forward_group_tokens(const struct sled_forward *forward, uint32_t group)
{
    const uint64_t nsequences = sled_forward_group_sequences(forward, group);
    const uint32_t cp = (uint32_t)forward->layout.cp;

    if (forward->phase == SLED_DECODE)
        return nsequences;
    return sled_block(nsequences * forward->chunk, cp, group % cp).count;
}

uint64_t sled_forward_rank_tokens(const struct sled_forward *forward, uint32_t rank)
{
    const uint32_t size = sled_forward_group_ranks(forward);

    return sled_block(sled_forward_group_tokens(forward, rank / size), size, rank % size).count;
}

uint64_t sled_forward_tokens(const struct sled_forward *forward)
{
    return forward->batch / forward->layout.pp *
           (forward->phase == SLED_DECODE ? 1 : forward->chunk);
}

uint64_t sled_forward_keys(const struct sled_model *model, const struct sled_forward *forward,
                           uint64_t layer)
{
    const uint64_t all = forward->context + (forward->phase == SLED_DECODE ? 0 : forward->chunk);
    const uint64_t window = sled_model_window(model, layer);

    return window != 0 && window < all ? window : all;
}

uint32_t sled_forward_slots(const struct sled_model *model, const struct sled_forward *forward)
{
    return (uint32_t)(model->moe.experts + forward->layout.redundant_experts);
}

struct sled_span sled_forward_stage_layers(const struct sled_model *model,
                                           const struct sled_forward *forward, uint32_t stage)
{
    return sled_block(model->layers, (uint32_t)forward->layout.pp, stage);
}

uint64_t sled_forward_kv_heads(const struct sled_model *model, const struct sled_forward *forward)
{
    return most(model->attention.kv_heads / forward->layout.tp, 1);
}

uint64_t sled_forward_vocabulary_part(const struct sled_model *model,
                                      const struct sled_forward *forward)
{
    return up(model->vocabulary, forward->layout.tp);
}

uint64_t sled_forward_shared_width(const struct sled_model *model,
                                   const struct sled_forward *forward)
{
    const uint64_t width = model->moe.shared_experts * model->moe.expert_intermediate;

    return forward->layout.exchange == SLED_EXCHANGE_ALL_TO_ALL
               ? width
               : up(width, sled_forward_ranks(forward));
}

/* Parameters of a rank's part of one layer's attention: heads are shared, what all heads are made
 * of is not. */
static uint64_t attention_part(const struct sled_model *model, const struct sled_forward *forward)
{
    struct sled_model part = *model;

    part.attention.heads /= forward->layout.tp;
    part.attention.kv_heads = sled_forward_kv_heads(model, forward);
    part.latent_attention.heads /= forward->layout.tp;
    return sled_model_attention_parameters(&part);
}

uint64_t sled_forward_kv_elements(const struct sled_model *model,
                                  const struct sled_forward *forward)
{
    struct sled_model part = *model;

    part.attention.kv_heads = sled_forward_kv_heads(model, forward);
    return sled_model_kv_elements(&part);
}

static void add_layer(const struct sled_model *model, const struct sled_forward *forward,
                      uint64_t layer, uint64_t nsequences, struct sled_forward_memory *out)
{
    const struct sled_forward_formats *formats = &forward->formats;
    const struct sled_layout *layout = &forward->layout;
    const enum sled_dtype weights = (enum sled_dtype)formats->weights;
    const enum sled_dtype experts = (enum sled_dtype)formats->experts;

    out->attention += sled_dtype_bytes(weights, attention_part(model, forward));
    out->norms += sled_dtype_bytes(SLED_BF16, 2 * model->hidden);
    out->kv_cache +=
        sled_dtype_bytes((enum sled_dtype)formats->kv_cache,
                         nsequences * up(sled_forward_keys(model, forward, layer), layout->cp) *
                             sled_forward_kv_elements(model, forward));
    if (!sled_model_is_moe(model, layer)) {
        out->dense_mlp += sled_dtype_bytes(
            weights, sled_model_mlp_parameters(model, model->dense_intermediate / layout->tp));
        return;
    }
    out->routers += sled_dtype_bytes(SLED_BF16, model->hidden * model->moe.experts);
    out->experts +=
        sled_forward_slots(model, forward) / sled_forward_holders(forward) *
        sled_dtype_bytes(experts, sled_model_mlp_parameters(model, model->moe.expert_intermediate /
                                                                       layout->expert_tp));
    if (model->moe.shared_experts > 0)
        out->shared_experts += sled_dtype_bytes(
            experts, sled_model_mlp_parameters(model, sled_forward_shared_width(model, forward)));
}

/* Rows that a rank sends and, of balanced experts, receives, as they are on both ways. */
static uint64_t exchange_bytes(const struct sled_model *model, const struct sled_forward *forward,
                               uint64_t sent)
{
    const uint64_t all = sled_forward_tokens(forward);
    const uint64_t row =
        sled_moe_row_bytes(&model->moe, (enum sled_dtype)forward->formats.dispatch) +
        sled_moe_row_bytes(&model->moe, (enum sled_dtype)forward->formats.combine);

    if (forward->layout.exchange == SLED_EXCHANGE_ALL_GATHER)
        return all * row;
    return (sent + up(all, sled_forward_holders(forward))) * model->moe.top_k * row;
}

/* Prefill of latent attention makes keys and values of all heads, of one sequence at a time. */
static uint64_t latent_bytes(const struct sled_model *model, const struct sled_forward *forward)
{
    const struct sled_latent_attention *a = &model->latent_attention;

    if (model->has_attention || forward->phase == SLED_DECODE)
        return 0;
    return sled_dtype_bytes(SLED_BF16, (forward->context + forward->chunk) * a->heads /
                                           forward->layout.tp *
                                           (a->nope_dim + a->rope_dim + a->value_dim));
}

static uint64_t activation_bytes(const struct sled_model *model, const struct sled_forward *forward,
                                 uint32_t rank)
{
    const uint64_t tokens =
        sled_forward_group_tokens(forward, rank / sled_forward_group_ranks(forward));
    const uint64_t head = model->has_attention
                              ? model->attention.head_dim
                              : model->latent_attention.nope_dim + model->latent_attention.rope_dim;
    const uint64_t width = most(sled_model_heads(model) / forward->layout.tp * head +
                                    sled_forward_kv_elements(model, forward),
                                2 * model->dense_intermediate / forward->layout.tp);

    return sled_dtype_bytes(SLED_BF16, tokens * (2 * model->hidden + width)) +
           latent_bytes(model, forward) +
           (model->has_moe ? exchange_bytes(model, forward, sled_forward_rank_tokens(forward, rank))
                           : 0);
}

void sled_forward_rank_memory(const struct sled_model *model, const struct sled_forward *forward,
                              uint32_t stage, uint32_t rank, struct sled_forward_memory *out)
{
    const struct sled_span layers = sled_forward_stage_layers(model, forward, stage);
    const bool first = stage == 0, last = stage + 1 == forward->layout.pp;
    const uint64_t table =
        sled_dtype_bytes(SLED_BF16, sled_forward_vocabulary_part(model, forward) * model->hidden);
    const uint32_t group = rank / sled_forward_group_ranks(forward);

    *out = (struct sled_forward_memory){0};
    for (uint64_t l = layers.offset; l < layers.offset + layers.count; l++)
        add_layer(model, forward, l,
                  sled_forward_group_sequences(forward, group) * forward->layout.pp, out);
    out->norms += last ? sled_dtype_bytes(SLED_BF16, model->hidden) : 0;
    out->embedding = first ? table : 0;
    out->head = last && !(first && model->tied_embeddings) ? table : 0;
    out->weights = out->attention + out->dense_mlp + out->experts + out->shared_experts +
                   out->routers + out->norms + out->embedding + out->head;
    out->activations = activation_bytes(model, forward, rank);
    out->total = out->weights + out->kv_cache + out->activations;
}

void sled_forward_most_memory(const struct sled_model *model, const struct sled_forward *forward,
                              struct sled_forward_memory *out)
{
    struct sled_forward_memory here;

    *out = (struct sled_forward_memory){0};
    for (uint32_t stage = 0; stage < forward->layout.pp; stage++) {
        for (uint32_t rank = 0; rank < sled_forward_ranks(forward); rank++) {
            sled_forward_rank_memory(model, forward, stage, rank, &here);
            if (here.total > out->total)
                *out = here;
        }
    }
}

enum sled_status sled_forward_load(const struct sled_model *model,
                                   const struct sled_forward *forward, uint64_t moe_layer,
                                   uint32_t ranks_per_sled, struct sled_expert_load *load,
                                   struct sled_err *err)
{
    const uint32_t nranks = sled_forward_ranks(forward);
    uint32_t *tokens;

    SLED_TRY(sled_vec_alloc(&tokens, nranks, err));
    for (uint32_t r = 0; r < nranks; r++)
        tokens[r] = (uint32_t)sled_forward_rank_tokens(forward, r);
    const struct sled_expert_spec spec = {
        .choosers = {.routing = &forward->routing,
                     .layer = moe_layer,
                     .experts = (uint32_t)model->moe.experts,
                     .top_k = (uint32_t)model->moe.top_k,
                     .nranks = nranks,
                     .tokens = tokens},
        .split = (uint32_t)forward->layout.expert_tp,
        .nslots = sled_forward_slots(model, forward),
        .placement = forward->layout.placement,
        .ranks_per_sled = ranks_per_sled,
    };
    const enum sled_status st = sled_expert_load_init(load, &spec, err);
    free(tokens);
    return st;
}
