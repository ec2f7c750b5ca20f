/* SPDX-License-Identifier: Apache-2.0 */
/* Contradictions in forward passes that the ranges of their tables cannot catch. */
#include "model/dtype.h"
#include "work/check.h"
#include "work/forward.h"

typedef unsigned long long ull;

static enum sled_status check_heads(const struct sled_model *model,
                                    const struct sled_layout *layout, struct sled_err *err)
{
    const uint64_t heads = sled_model_heads(model), kv = model->attention.kv_heads;
    uint64_t dense = 0;

    if (heads % layout->tp != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout/tp",
                               "%llu ranks cannot share %llu heads evenly", (ull)layout->tp,
                               (ull)heads);
    if (model->has_attention && kv % layout->tp != 0 && layout->tp % kv != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout/tp",
                               "%llu ranks can neither share %llu heads of keys evenly nor copy "
                               "them evenly",
                               (ull)layout->tp, (ull)kv);
    for (uint64_t l = 0; l < model->layers; l++)
        dense += !sled_model_is_moe(model, l);
    if (dense > 0 && model->dense_intermediate % layout->tp != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout/tp",
                               "%llu ranks cannot share a width of %llu evenly", (ull)layout->tp,
                               (ull)model->dense_intermediate);
    return SLED_OK;
}

static enum sled_status check_slots(const struct sled_model *model,
                                    const struct sled_forward *forward, struct sled_err *err)
{
    const struct sled_moe_model *moe = &model->moe;
    const uint64_t redundant = forward->layout.redundant_experts;
    const uint64_t slots = moe->experts + redundant, holders = sled_forward_holders(forward);

    if (holders > slots)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout/ep",
                               "%llu parts need a slot each, %llu experts and %llu redundant ones "
                               "make %llu",
                               (ull)holders, (ull)moe->experts, (ull)redundant, (ull)slots);
    return sled_check_slots(moe, redundant, holders,
                            forward->routing.distribution == SLED_TOKENS_UNIFORM, "part",
                            "/layout/redundant_experts", err);
}

static enum sled_status check_experts(const struct sled_model *model,
                                      const struct sled_forward *forward, struct sled_err *err)
{
    const struct sled_layout *layout = &forward->layout;
    const uint64_t ranks = sled_forward_ranks(forward), split = layout->expert_tp;

    if (ranks % split != 0 || (layout->ep != 0 && layout->ep * split != ranks))
        return sled_err_set_at(
            err, SLED_E_INPUT, layout->ep == 0 ? "/layout/expert_tp" : "/layout/ep",
            "experts in %llu parts of %llu ranks do not cover the tp x cp x dp "
            "= %llu ranks of attention",
            (ull)(layout->ep != 0 ? layout->ep : ranks / split), (ull)split, (ull)ranks);
    if (model->moe.expert_intermediate % split != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout/expert_tp",
                               "%llu ranks cannot share a width of %llu evenly", (ull)split,
                               (ull)model->moe.expert_intermediate);
    SLED_TRY(check_slots(model, forward, err));
    if (sled_routing_check(&forward->routing, model->moe.experts, model->moe.top_k,
                           sled_model_moe_before(model, model->layers), err) != SLED_OK) {
        sled_err_within(err, "/routing");
        return err->code;
    }
    if (forward->routing.distribution == SLED_TOKENS_POWER_LAW &&
        sled_forward_tokens(forward) < (forward->overlap == SLED_OVERLAP_TWO_BATCH ? 4 : 2))
        return sled_err_set_at(err, SLED_E_INPUT, "/batch",
                               "a power law over the loads of experts needs at least 2 tokens in "
                               "a microbatch, or in each half of it");
    return SLED_OK;
}

static enum sled_status check_formats(const struct sled_forward_formats *formats,
                                      struct sled_err *err)
{
    SLED_TRY(sled_check_weights(formats->weights, "/formats/weights", err));
    SLED_TRY(sled_check_weights(formats->experts, "/formats/experts", err));
    if (formats->kv_cache != SLED_BF16 && formats->kv_cache != SLED_FP8)
        return sled_err_set_at(err, SLED_E_INPUT, "/formats/kv_cache",
                               "\"%s\" is no format of a cache; expected bf16 or fp8",
                               sled_dtype_names[formats->kv_cache]);
    SLED_TRY(sled_check_dispatch(formats->dispatch, formats->experts, "/formats/dispatch", err));
    return sled_check_combine(formats->combine, "/formats/combine", err);
}

static enum sled_status check_phase(const struct sled_model *model,
                                    const struct sled_forward *forward, struct sled_err *err)
{
    const struct sled_latent_attention *latent = &model->latent_attention;

    if (forward->phase == SLED_PREFILL && forward->chunk == 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/chunk",
                               "prefill needs a chunk of at least 1 token");
    if (forward->phase == SLED_DECODE && forward->chunk != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/chunk", "decode has no chunk");
    if (forward->phase == SLED_DECODE && forward->context == 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/context",
                               "decode needs a context of at least 1 token");
    if (forward->phase == SLED_PREFILL && forward->batch * forward->chunk > UINT32_MAX)
        return sled_err_set_at(err, SLED_E_INPUT, "/chunk", "%llu tokens in one pass are too many",
                               (ull)(forward->batch * forward->chunk));
    if (model->has_latent_attention && forward->phase == SLED_PREFILL &&
        latent->nope_dim + latent->rope_dim < latent->value_dim)
        return sled_err_set_at(err, SLED_E_UNSUPPORTED, "/phase",
                               "no kernel here does prefill with heads whose keys, %llu elements, "
                               "are shorter than their values, %llu; decode can be run",
                               (ull)(latent->nope_dim + latent->rope_dim), (ull)latent->value_dim);
    return SLED_OK;
}

enum sled_status sled_forward_check(const struct sled_model *model,
                                    const struct sled_forward *forward, struct sled_err *err)
{
    const struct sled_layout *layout = &forward->layout;

    if (layout->tp * layout->cp * layout->dp > UINT16_MAX ||
        layout->tp * layout->cp * layout->dp * layout->pp * layout->replicas > UINT32_MAX)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout", "more ranks than any machine has");
    SLED_TRY(check_heads(model, layout, err));
    SLED_TRY(check_phase(model, forward, err));
    if (forward->overlap == SLED_OVERLAP_TWO_BATCH && forward->batch % (2 * layout->pp) != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/batch",
                               "%llu sequences make no equal halves of %llu microbatches",
                               (ull)forward->batch, (ull)layout->pp);
    if (layout->pp > model->layers)
        return sled_err_set_at(err, SLED_E_INPUT, "/layout/pp",
                               "%llu stages cannot have a layer each of %llu", (ull)layout->pp,
                               (ull)model->layers);
    if (forward->batch % layout->pp != 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/batch",
                               "%llu sequences make no %llu equal microbatches, one per stage",
                               (ull)forward->batch, (ull)layout->pp);
    SLED_TRY(check_formats(&forward->formats, err));
    return model->has_moe ? check_experts(model, forward, err) : SLED_OK;
}
