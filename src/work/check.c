/* SPDX-License-Identifier: Apache-2.0 */
/* Contradictions in layers that the ranges of their tables cannot catch. */
#include "work/work.h"

#include <assert.h>
#include <string.h>

#include "work/placement.h"

typedef unsigned long long ull;

static enum sled_status check_slots(const struct sled_moe_model *model,
                                    const struct sled_moe_layer *layer, struct sled_err *err)
{
    const uint64_t slots = model->experts + layer->redundant_experts;
    const uint64_t most = model->experts * (layer->ranks - 1);

    if (slots % layer->ranks != 0)
        return sled_err_set_at(
            err, SLED_E_INPUT, "/redundant_experts",
            "%llu experts and %llu redundant ones make %llu slots, which %llu ranks cannot share "
            "evenly; %llu redundant ones would do",
            (ull)model->experts, (ull)layer->redundant_experts, (ull)slots, (ull)layer->ranks,
            (ull)(slots + layer->ranks - slots % layer->ranks - model->experts));
    if (layer->redundant_experts > most)
        return sled_err_set_at(err, SLED_E_INPUT, "/redundant_experts",
                               "%llu redundant experts give a rank two replicas of one; expected "
                               "at most %llu for %llu experts on %llu ranks",
                               (ull)layer->redundant_experts, (ull)most, (ull)model->experts,
                               (ull)layer->ranks);
    if (layer->routing.distribution == SLED_TOKENS_UNIFORM &&
        !sled_placement_can_deal(model->experts, model->top_k, slots))
        return sled_err_set_at(err, SLED_E_INPUT, "/redundant_experts",
                               "%llu slots for %llu experts, dealt in turn, would give a token of "
                               "%llu rows one expert twice; uniform routing needs equally many "
                               "slots for every expert here",
                               (ull)slots, (ull)model->experts, (ull)model->top_k);
    return SLED_OK;
}

static enum sled_status check_routing(const struct sled_moe_model *model,
                                      const struct sled_moe_layer *layer, struct sled_err *err)
{
    if (sled_routing_check(&layer->routing, model->experts, model->top_k, 1, err) != SLED_OK) {
        sled_err_within(err, "/routing");
        return err->code;
    }
    if (layer->routing.distribution == SLED_TOKENS_POWER_LAW &&
        layer->ranks * layer->tokens_per_rank < 2)
        return sled_err_set_at(err, SLED_E_INPUT, "/tokens_per_rank",
                               "a power law over the loads of experts needs at least 2 tokens in "
                               "all ranks together, got 1");
    return SLED_OK;
}

/* Rows arrive either ready for the matmul, or in bf16 to be quantised there. */
static enum sled_status check_formats(const struct sled_moe_layer *layer, struct sled_err *err)
{
    const enum sled_dtype weight = (enum sled_dtype)layer->weight_dtype;
    const enum sled_dtype dispatch = (enum sled_dtype)layer->dispatch.dtype;
    const enum sled_dtype combine = (enum sled_dtype)layer->combine.dtype;
    const enum sled_dtype operand = sled_moe_operand_dtype(weight);

    if (weight == SLED_FP32 || weight == SLED_FP16)
        return sled_err_set_at(err, SLED_E_INPUT, "/weight_dtype",
                               "\"%s\" is no format of expert weights here; expected bf16, fp8, "
                               "mxfp8 or mxfp4",
                               sled_dtype_names[weight]);
    if (dispatch != SLED_BF16 && dispatch != operand)
        return sled_err_set_at(
            err, SLED_E_INPUT, "/dispatch/dtype",
            "\"%s\" rows cannot be multiplied with \"%s\" weights; expected bf16%s%s",
            sled_dtype_names[dispatch], sled_dtype_names[weight],
            operand == SLED_BF16 ? "" : " or ",
            operand == SLED_BF16 ? "" : sled_dtype_names[operand]);
    if (combine != SLED_BF16 && combine != SLED_FP8)
        return sled_err_set_at(err, SLED_E_INPUT, "/combine/dtype",
                               "rows of \"%s\" are not added up on arrival; expected bf16 or fp8",
                               sled_dtype_names[combine]);
    return SLED_OK;
}

enum sled_status sled_moe_layer_check(const struct sled_moe_model *model,
                                      const struct sled_moe_layer *layer, struct sled_err *err)
{
    enum sled_memory memory;

    assert(model->top_k <= model->experts);
    SLED_TRY(check_slots(model, layer, err));
    SLED_TRY(check_routing(model, layer, err));
    SLED_TRY(check_formats(layer, err));
    for (size_t i = 0; i < layer->memory.count; i++)
        SLED_TRY(sled_moe_layer_memory(layer, i, &memory, err));
    return SLED_OK;
}

/* HBM is left out: kernels work in SBUF, and the way there would cost nothing. */
enum sled_status sled_moe_layer_memory(const struct sled_moe_layer *layer, size_t i,
                                       enum sled_memory *out, struct sled_err *err)
{
    static const enum sled_memory known[] = {SLED_MEMORY_SBUF, SLED_MEMORY_STAGED};
    const char *name = ((const char *const *)layer->memory.items)[i];
    char pointer[64] = "/memory";

    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        if (strcmp(name, sled_memory_names[known[k]]) == 0) {
            *out = known[k];
            return SLED_OK;
        }
    }
    sled_pointer_add_index(pointer, sizeof pointer, i);
    return sled_err_set_at(err, SLED_E_INPUT, pointer,
                           "\"%s\" is no memory for exchanges; expected \"%s\" or \"%s\"", name,
                           sled_memory_names[known[0]], sled_memory_names[known[1]]);
}
