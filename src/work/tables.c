/* SPDX-License-Identifier: Apache-2.0 */
/* What "moe_layer" workloads may say. */
#include "work/work.h"

/* Far above any model or machine, and small enough that no product of two overflows. */
#define MAX_EXPERTS 65536
#define MAX_RANKS 65536
#define MAX_TOKENS 16777216

static const struct sled_field exchange_fields[] = {
    {.key = "dtype",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_dtype_names,
     .offset = offsetof(struct sled_moe_exchange, dtype),
     .doc = "format of the rows that travel, one row per token and chosen expert"},
    {.key = "algorithm",
     .type = SLED_FIELD_STRING,
     .dflt = "\"direct\"",
     .offset = offsetof(struct sled_moe_exchange, algorithm),
     .doc = "how all_to_all_v is done"},
};
static const struct sled_table exchange_table =
    SLED_TABLE("exchange", struct sled_moe_exchange, exchange_fields,
               "one of the two exchanges of a mixture-of-experts layer");

static const char *const shared_expert_names[] = {
    [SLED_SHARED_SERIAL] = "serial", [SLED_SHARED_NONE] = "none", NULL};

static const struct sled_field layer_fields[] = {
    {.key = "model",
     .type = SLED_FIELD_ANY,
     .offset = offsetof(struct sled_moe_layer, model),
     .doc = "path of the model file, relative to this file"},
    {.key = "ranks",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = MAX_RANKS,
     .offset = offsetof(struct sled_moe_layer, ranks),
     .doc = "chips that hold the experts (EP), each also a source of tokens"},
    {.key = "redundant_experts",
     .type = SLED_FIELD_COUNT,
     .max = MAX_EXPERTS,
     .dflt = "0",
     .offset = offsetof(struct sled_moe_layer, redundant_experts),
     .doc = "slots beyond one per expert; experts plus these must be a multiple of ranks"},
    {.key = "placement",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_placement_names,
     .dflt = "\"balanced\"",
     .offset = offsetof(struct sled_moe_layer, placement),
     .doc = "power_law: balanced replicates the hottest experts and packs slots by load; in_order "
            "does neither"},
    {.key = "tokens_per_rank",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = MAX_TOKENS,
     .offset = offsetof(struct sled_moe_layer, tokens_per_rank),
     .doc = "tokens that each chip brings into the layer"},
    {.key = "weight_dtype",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_dtype_names,
     .offset = offsetof(struct sled_moe_layer, weight_dtype),
     .doc = "format of the experts' weights; the router's are bf16"},
    {.key = "shared_expert",
     .type = SLED_FIELD_CHOICE,
     .choices = shared_expert_names,
     .dflt = "\"serial\"",
     .offset = offsetof(struct sled_moe_layer, shared_expert),
     .doc = "serial: each chip runs the model's shared experts, if any, on its own tokens before "
            "dispatch; none: they are left out"},
    {.key = "cores",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1024,
     .dflt = "\"all\"",
     .unlimited = "all",
     .offset = offsetof(struct sled_moe_layer, cores),
     .doc = "cores of a chip that every kernel is spread over"},
    {.key = "dispatch",
     .type = SLED_FIELD_OBJECT,
     .sub = &exchange_table,
     .offset = offsetof(struct sled_moe_layer, dispatch),
     .doc = "rows on their way to the experts"},
    {.key = "combine",
     .type = SLED_FIELD_OBJECT,
     .sub = &exchange_table,
     .offset = offsetof(struct sled_moe_layer, combine),
     .doc = "rows on their way back"},
    {.key = "routing",
     .type = SLED_FIELD_OBJECT,
     .sub = &sled_routing_table,
     .offset = offsetof(struct sled_moe_layer, routing),
     .doc = "which experts the tokens choose"},
    {.key = "memory",
     .type = SLED_FIELD_STRINGS,
     .offset = offsetof(struct sled_moe_layer, memory),
     .doc = "where the exchanges run, one result each: sbuf (SRAM to SRAM), staged (store to HBM, "
            "exchange, load back)"},
};
const struct sled_table sled_moe_layer_table =
    SLED_TABLE("moe_layer", struct sled_moe_layer, layer_fields,
               "one mixture-of-experts layer, experts spread over all ranks");
