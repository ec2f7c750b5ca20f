/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dimensions of a transformer, as the "architecture" object of workloads/models/ says them, and
 * what follows from them alone: which layer is of which kind, and how many parameters there are.
 */
#ifndef SLED_WORK_MODEL_H
#define SLED_WORK_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"

/* Mixture-of-experts layers: the "moe" object. */
struct sled_moe_model {
    const char *name; /* of the model file; not in the table, the loader sets it */
    uint64_t hidden;  /* of the architecture; not in the table, the loader sets it */
    uint64_t experts; /* routed ones */
    uint64_t top_k;
    uint64_t shared_experts;      /* every token passes through them */
    uint64_t expert_intermediate; /* of one routed or shared expert */
    uint64_t dense_layers;        /* so many first layers have none */
    uint64_t every;               /* and from there on each so-manieth layer has them */
    int scores;                   /* enum sled_scores: what becomes weights of the chosen */
    uint64_t expert_groups;       /* experts are in so many equal groups */
    uint64_t eligible_groups; /* so many, the best for a token, have the experts it may choose */
};
extern const struct sled_table sled_moe_model_table;

/* SLED_E_INPUT, pointer relative to the "moe" object, when top_k exceeds the experts or those of
 * eligible groups, or groups are no equal parts. */
enum sled_status sled_moe_model_check(const struct sled_moe_model *model, struct sled_err *err);

/* Attention whose query heads share key and value heads: the "attention" object. */
struct sled_attention {
    uint64_t heads, kv_heads, head_dim;
    uint64_t window;     /* tokens that a layer sees; 0: all */
    uint64_t full_every; /* each so-manieth layer sees all; 0: none does */
    bool bias;           /* of the projections */
    bool sinks;          /* a learned score per head besides those of keys */
    bool qk_norm;        /* of queries and keys, per head */
};
extern const struct sled_table sled_attention_table;

/* Multi-head latent attention (DeepSeek-V2): keys and values are made of one short vector a token,
 * which is all that the cache keeps. The "latent_attention" object. */
struct sled_latent_attention {
    uint64_t heads;
    uint64_t query_rank; /* of what queries are made of */
    uint64_t kv_rank;    /* of what keys and values are made of */
    uint64_t nope_dim;   /* elements of a head's query and key that no position rotates */
    uint64_t rope_dim;   /* and those that it does: the key's are shared by all heads */
    uint64_t value_dim;  /* elements of a head's value */
};
extern const struct sled_table sled_latent_attention_table;

/* What the model's publisher says it has; for comparison only. */
struct sled_model_size {
    uint64_t total, active;
};

struct sled_model {
    const char *name; /* of the model file; not in the table, the loader sets it */
    uint64_t layers, hidden, vocabulary;
    bool tied_embeddings;        /* the head is the embedding */
    uint64_t dense_intermediate; /* of layers that have no experts */
    bool mlp_bias;               /* of experts, dense layers and the router */
    bool has_attention, has_latent_attention, has_moe, has_published;
    struct sled_attention attention;
    struct sled_latent_attention latent_attention;
    struct sled_moe_model moe;
    struct sled_model_size published;
};
extern const struct sled_table sled_model_table;

/* For a model whose "moe", if any, is checked. SLED_E_INPUT, pointer relative to the
 * "architecture" object: not exactly one kind of attention, heads that do not divide, layers
 * without experts and without a width, no layer with experts. */
enum sled_status sled_model_check(const struct sled_model *model, struct sled_err *err);

/* For a checked model and a layer 0 .. layers - 1: has it experts? How many tokens does it see, 0
 * for all? How many layers before this one have experts? */
bool sled_model_is_moe(const struct sled_model *model, uint64_t layer);
uint64_t sled_model_window(const struct sled_model *model, uint64_t layer);
uint64_t sled_model_moe_before(const struct sled_model *model, uint64_t layer);

/* Heads of queries, whatever the kind of attention. */
uint64_t sled_model_heads(const struct sled_model *model);

/* Numbers of parameters of a checked model, of all layers together. */
struct sled_model_parameters {
    uint64_t embedding, head; /* head: 0 where it is the embedding */
    uint64_t attention, norms;
    uint64_t dense_mlp;
    uint64_t routers, experts, shared_experts;
    uint64_t total;
    /* What a token is multiplied with: all but the experts it is not sent to and the rows of the
     * embedding, of which it takes one. Publishers count the embedding or do not. */
    uint64_t active;
};
void sled_model_count(const struct sled_model *model, struct sled_model_parameters *out);

/* Parameters of one layer's attention; of one gated MLP of a width, experts included. */
uint64_t sled_model_attention_parameters(const struct sled_model *model);
uint64_t sled_model_mlp_parameters(const struct sled_model *model, uint64_t width);

/* Elements that the cache keeps of a token in one layer. */
uint64_t sled_model_kv_elements(const struct sled_model *model);

#endif
