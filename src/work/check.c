/* SPDX-License-Identifier: Apache-2.0 */
/* Contradictions in layers that the ranges of their tables cannot catch. */
#include "work/check.h"

#include <assert.h>
#include <string.h>

#include "work/placement.h"
#include "work/work.h"

typedef unsigned long long ull;

enum sled_status sled_check_slots(const struct sled_moe_model *model, uint64_t redundant,
                                  uint64_t holders, bool uniform, const char *noun,
                                  const char *pointer, struct sled_err *err)
{
    const uint64_t slots = model->experts + redundant;
    const uint64_t most = model->experts * (holders - 1);

    if (slots % holders != 0)
        return sled_err_set_at(
            err, SLED_E_INPUT, pointer,
            "%llu experts and %llu redundant ones make %llu slots, which %llu %ss cannot share "
            "evenly; %llu redundant ones would do",
            (ull)model->experts, (ull)redundant, (ull)slots, (ull)holders, noun,
            (ull)(slots + holders - slots % holders - model->experts));
    if (redundant > most)
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "%llu redundant experts give a %s two replicas of one; expected "
                               "at most %llu for %llu experts on %llu %ss",
                               (ull)redundant, noun, (ull)most, (ull)model->experts, (ull)holders,
                               noun);
    if (uniform && !sled_placement_can_deal(model->experts, model->top_k, slots))
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
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

enum sled_status sled_check_weights(int dtype, const char *pointer, struct sled_err *err)
{
    if (dtype == SLED_FP32 || dtype == SLED_FP16)
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "\"%s\" is no format of weights here; expected bf16, fp8, mxfp8 or "
                               "mxfp4",
                               sled_dtype_names[dtype]);
    return SLED_OK;
}

enum sled_status sled_check_dispatch(int dtype, int weights, const char *pointer,
                                     struct sled_err *err)
{
    const enum sled_dtype operand = sled_moe_operand_dtype((enum sled_dtype)weights);

    if (dtype != SLED_BF16 && dtype != (int)operand)
        return sled_err_set_at(
            err, SLED_E_INPUT, pointer,
            "\"%s\" rows cannot be multiplied with \"%s\" weights; expected bf16%s%s",
            sled_dtype_names[dtype], sled_dtype_names[weights], operand == SLED_BF16 ? "" : " or ",
            operand == SLED_BF16 ? "" : sled_dtype_names[operand]);
    return SLED_OK;
}

enum sled_status sled_check_combine(int dtype, const char *pointer, struct sled_err *err)
{
    if (dtype != SLED_BF16 && dtype != SLED_FP8)
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "rows of \"%s\" are not added up on arrival; expected bf16 or fp8",
                               sled_dtype_names[dtype]);
    return SLED_OK;
}

enum sled_status sled_moe_layer_check(const struct sled_moe_model *model,
                                      const struct sled_moe_layer *layer, struct sled_err *err)
{
    enum sled_memory memory;

    assert(model->top_k <= model->experts);
    SLED_TRY(sled_check_slots(model, layer->redundant_experts, layer->ranks,
                              layer->routing.distribution == SLED_TOKENS_UNIFORM, "rank",
                              "/redundant_experts", err));
    SLED_TRY(check_routing(model, layer, err));
    SLED_TRY(sled_check_weights(layer->weight_dtype, "/weight_dtype", err));
    SLED_TRY(
        sled_check_dispatch(layer->dispatch.dtype, layer->weight_dtype, "/dispatch/dtype", err));
    SLED_TRY(sled_check_combine(layer->combine.dtype, "/combine/dtype", err));
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
