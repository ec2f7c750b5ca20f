/* SPDX-License-Identifier: Apache-2.0 */
/* What a model's dimensions say: kinds of layers, numbers of parameters. */
#include "work/model.h"

#include <assert.h>

typedef unsigned long long ull;

enum sled_status sled_moe_model_check(const struct sled_moe_model *model, struct sled_err *err)
{
    if (model->top_k > model->experts)
        return sled_err_set_at(err, SLED_E_INPUT, "/top_k",
                               "a token cannot choose %llu of %llu experts; expected at most %llu",
                               (ull)model->top_k, (ull)model->experts, (ull)model->experts);
    if (model->experts % model->expert_groups != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/expert_groups",
                               "%llu experts make no %llu equal groups", (ull)model->experts,
                               (ull)model->expert_groups);
    if (model->eligible_groups > model->expert_groups)
        return sled_err_set_at(err, SLED_E_INPUT, "/eligible_groups",
                               "%llu of %llu groups of experts; expected at most all",
                               (ull)model->eligible_groups, (ull)model->expert_groups);

    const uint64_t eligible = model->experts / model->expert_groups * model->eligible_groups;

    if (model->top_k > eligible)
        return sled_err_set_at(err, SLED_E_INPUT, "/eligible_groups",
                               "%llu of %llu groups have %llu experts, and a token chooses %llu",
                               (ull)model->eligible_groups, (ull)model->expert_groups,
                               (ull)eligible, (ull)model->top_k);
    return SLED_OK;
}

static enum sled_status check_attention(const struct sled_model *model, struct sled_err *err)
{
    const struct sled_attention *attention = &model->attention;

    if (model->has_attention == model->has_latent_attention)
        return sled_err_set_at(err, SLED_E_INPUT, "",
                               "expected exactly one of \"attention\" and \"latent_attention\", "
                               "found %s",
                               model->has_attention ? "both" : "neither");
    if (model->has_attention && attention->heads % attention->kv_heads != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/attention/kv_heads",
                               "%llu heads cannot share %llu heads of keys evenly",
                               (ull)attention->heads, (ull)attention->kv_heads);
    return SLED_OK;
}

enum sled_status sled_model_check(const struct sled_model *model, struct sled_err *err)
{
    uint64_t nmoe = 0;

    SLED_TRY(check_attention(model, err));
    for (uint64_t l = 0; l < model->layers; l++)
        nmoe += sled_model_is_moe(model, l);
    if (model->has_moe && nmoe == 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/moe/dense_layers",
                               "none of %llu layers has experts", (ull)model->layers);
    if (nmoe < model->layers && model->dense_intermediate == 0)
        return sled_err_set_at(err, SLED_E_INPUT, "",
                               "missing key \"dense_intermediate\": %llu of %llu layers have no "
                               "experts",
                               (ull)(model->layers - nmoe), (ull)model->layers);
    return SLED_OK;
}

bool sled_model_is_moe(const struct sled_model *model, uint64_t layer)
{
    return model->has_moe && layer >= model->moe.dense_layers &&
           (layer + 1) % model->moe.every == 0;
}

uint64_t sled_model_window(const struct sled_model *model, uint64_t layer)
{
    const struct sled_attention *attention = &model->attention;

    if (!model->has_attention || attention->window == 0)
        return 0;
    return attention->full_every != 0 && (layer + 1) % attention->full_every == 0
               ? 0
               : attention->window;
}

uint64_t sled_model_moe_before(const struct sled_model *model, uint64_t layer)
{
    uint64_t n = 0;

    for (uint64_t l = 0; l < layer; l++)
        n += sled_model_is_moe(model, l);
    return n;
}

uint64_t sled_model_heads(const struct sled_model *model)
{
    return model->has_attention ? model->attention.heads : model->latent_attention.heads;
}

static uint64_t grouped_parameters(const struct sled_model *model)
{
    const struct sled_attention *a = &model->attention;
    const uint64_t queries = a->heads * a->head_dim;
    const uint64_t keys = a->kv_heads * a->head_dim;

    return model->hidden * (queries + 2 * keys) + queries * model->hidden +
           (a->bias ? queries + 2 * keys + model->hidden : 0) + (a->sinks ? a->heads : 0) +
           (a->qk_norm ? 2 * a->head_dim : 0);
}

static uint64_t latent_parameters(const struct sled_model *model)
{
    const struct sled_latent_attention *a = &model->latent_attention;

    return model->hidden * a->query_rank + a->query_rank +
           a->query_rank * a->heads * (a->nope_dim + a->rope_dim) +
           model->hidden * (a->kv_rank + a->rope_dim) + a->kv_rank +
           a->kv_rank * a->heads * (a->nope_dim + a->value_dim) +
           a->heads * a->value_dim * model->hidden;
}

uint64_t sled_model_attention_parameters(const struct sled_model *model)
{
    return model->has_attention ? grouped_parameters(model) : latent_parameters(model);
}

uint64_t sled_model_mlp_parameters(const struct sled_model *model, uint64_t width)
{
    return 3 * model->hidden * width + (model->mlp_bias ? 2 * width + model->hidden : 0);
}

uint64_t sled_model_kv_elements(const struct sled_model *model)
{
    return model->has_attention
               ? 2 * model->attention.kv_heads * model->attention.head_dim
               : model->latent_attention.kv_rank + model->latent_attention.rope_dim;
}

void sled_model_count(const struct sled_model *model, struct sled_model_parameters *out)
{
    const struct sled_moe_model *moe = &model->moe;
    const uint64_t nmoe = sled_model_moe_before(model, model->layers);
    const uint64_t expert = sled_model_mlp_parameters(model, moe->expert_intermediate);

    *out = (struct sled_model_parameters){
        .embedding = model->vocabulary * model->hidden,
        .head = model->tied_embeddings ? 0 : model->vocabulary * model->hidden,
        .attention = model->layers * sled_model_attention_parameters(model),
        .norms = (2 * model->layers + 1) * model->hidden,
        .dense_mlp =
            (model->layers - nmoe) * sled_model_mlp_parameters(model, model->dense_intermediate),
        .routers = nmoe * moe->experts * (model->hidden + (model->mlp_bias ? 1 : 0)),
        .experts = nmoe * moe->experts * expert,
        .shared_experts = nmoe * moe->shared_experts * expert,
    };
    out->total = out->embedding + out->head + out->attention + out->norms + out->dense_mlp +
                 out->routers + out->experts + out->shared_experts;
    out->active = out->total - out->experts + nmoe * moe->top_k * expert -
                  (model->tied_embeddings ? 0 : out->embedding);
}
