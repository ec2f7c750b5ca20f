/* SPDX-License-Identifier: Apache-2.0 */
/* The byte matrix of one MoE dispatch, for benchmarks of all_to_all_v. */
#include "work/work.h"

typedef unsigned long long ull;

/* Bounds of what a load can count, and of what its draws can hold. */
#define MAX_TOKENS UINT32_MAX
#define MAX_EXPERTS (1U << 20)

/* What tables limit for workloads, and bench takes from its command line. */
static enum sled_status check(const struct sled_skew *skew, uint64_t experts, uint64_t tokens,
                              uint32_t nranks, uint64_t size_bytes, struct sled_err *err)
{
    if (experts % nranks != 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%u ranks cannot share %llu experts evenly; expected a multiple of %u",
                            nranks, (ull)experts, nranks);
    if (experts > MAX_EXPERTS)
        return sled_err_set(err, SLED_E_INPUT, "%llu experts are too many; expected at most %u",
                            (ull)experts, MAX_EXPERTS);
    if (skew->top_k == 0 || skew->top_k > experts)
        return sled_err_set(err, SLED_E_INPUT,
                            "a token cannot choose %llu of %llu experts; expected 1 to %llu",
                            (ull)skew->top_k, (ull)experts, (ull)experts);
    if (skew->token_bytes == 0)
        return sled_err_set(err, SLED_E_INPUT, "a token of 0 bytes; expected at least 1");
    if (tokens == 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%llu bytes a rank hold no token of %llu rows of %llu bytes",
                            (ull)size_bytes, (ull)skew->top_k, (ull)skew->token_bytes);
    if (tokens > MAX_TOKENS)
        return sled_err_set(err, SLED_E_INPUT,
                            "%llu bytes a rank are %llu tokens; expected at most %u",
                            (ull)size_bytes, (ull)tokens, MAX_TOKENS);
    if (nranks * tokens < 2)
        return sled_err_set(err, SLED_E_INPUT,
                            "a power law over the loads of experts needs at least 2 tokens, got 1");
    return SLED_OK;
}

enum sled_status sled_skew_traffic(const struct sled_skew *skew, uint32_t nranks,
                                   uint64_t size_bytes, struct sled_traffic *out,
                                   struct sled_err *err)
{
    const uint64_t experts = skew->experts == 0 ? 2 * (uint64_t)nranks : skew->experts;
    const uint64_t tokens = skew->top_k == 0 || skew->token_bytes == 0
                                ? 0
                                : size_bytes / skew->top_k / skew->token_bytes;
    const struct sled_moe_model model = {.experts = experts, .top_k = skew->top_k};
    const struct sled_moe_layer layer = {
        .ranks = nranks,
        .placement = SLED_PLACEMENT_IN_ORDER,
        .tokens_per_rank = tokens,
        .routing = {.distribution = SLED_TOKENS_POWER_LAW,
                    .alpha = skew->alpha,
                    .has_alpha = true,
                    .seed = skew->seed},
    };
    struct sled_expert_load load = {0};

    SLED_TRY(check(skew, experts, tokens, nranks, size_bytes, err));
    SLED_TRY(sled_moe_layer_load(&model, &layer, 1, &load, err));

    const enum sled_status status = sled_traffic_init(out, nranks, err);
    if (status == SLED_OK)
        sled_expert_load_traffic(&load, skew->token_bytes, false, out);
    sled_expert_load_finish(&load);
    return status;
}
