/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A "forward" workload: one forward pass of a whole model, laid out on chips.
 *
 * Chips of a stage are its ranks 0 .. P - 1. Attention sees them as dp x cp x tp, tp fastest:
 *
 *     rank = (d x cp + c) x tp + t
 *
 * and experts as ep x expert_tp, expert_tp fastest, with ep x expert_tp = P. A pipeline of pp
 * stages is a replica; stages and replicas follow each other:
 *
 *     place = (replica x pp + stage) x P + rank
 *
 * and places become chips in the layout's order. Ranks that hold the same tokens are a group: tp x
 * cp of them in decode, where cp cuts the cached keys, and tp in prefill, where it cuts the tokens.
 */
#ifndef SLED_WORK_FORWARD_H
#define SLED_WORK_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "model/chip_ports.h"
#include "model/collective.h"
#include "work/expert_load.h"
#include "work/model.h"
#include "work/routing.h"

enum sled_pass_phase {
    SLED_DECODE, /* each sequence gets its next token */
    SLED_PREFILL /* each sequence gets a chunk of its prompt */
};

/* How tokens come to their experts. */
enum sled_expert_exchange {
    SLED_EXCHANGE_ALL_TO_ALL, /* a row per token and expert goes there and back */
    SLED_EXCHANGE_ALL_GATHER  /* every rank gets all tokens and adds up what its experts make */
};

enum sled_chip_order {
    SLED_ORDER_IN_ORDER,     /* neighbours share a sled */
    SLED_ORDER_ACROSS_SLEDS, /* neighbours are on different sleds */
    SLED_ORDER_ACROSS_RACKS  /* and in different racks */
};

/* What runs beside what. */
enum sled_overlap {
    SLED_OVERLAP_NONE,
    SLED_OVERLAP_SHARED_EXPERT, /* shared experts beside the dispatch */
    SLED_OVERLAP_TWO_BATCH      /* one half of the batch computes beside the other's collectives */
};

struct sled_layout {
    uint64_t tp, cp, dp, pp, replicas;
    uint64_t ep;        /* 0: all ranks of a stage, expert_tp taken off */
    uint64_t expert_tp; /* ranks that share the width of every expert they hold */
    uint64_t redundant_experts;
    int placement; /* enum sled_placement */
    int exchange;  /* enum sled_expert_exchange */
    int order;     /* enum sled_chip_order */
};

struct sled_forward_formats {
    int weights; /* of attention and dense layers */
    int experts;
    int kv_cache;
    int dispatch, combine; /* of rows on their way to experts and back */
};

struct sled_forward_algorithms {
    const char *all_reduce, *all_gather, *reduce_scatter, *dispatch, *combine, *send;
};

struct sled_forward {
    cJSON *model;     /* a model file's content */
    int phase;        /* enum sled_pass_phase */
    uint64_t batch;   /* sequences of a replica, over all its microbatches: one per stage */
    uint64_t context; /* cached tokens of a sequence; decode: those that its query sees */
    uint64_t chunk;   /* prefill: new tokens of a sequence */
    struct sled_layout layout;
    struct sled_forward_formats formats;
    struct sled_forward_algorithms algorithms;
    struct sled_token_routing routing;
    int memory; /* enum sled_memory: where collectives run, SBUF or STAGED */
    int overlap;
    double launch_s; /* before a pass begins, all chips idle */
    uint64_t cores;  /* of a chip; 0: all, which whoever knows the chip must replace */
    bool in_memory;  /* kernels leave activations in HBM anyway; not in the table, whoever knows the
                        chip sets it */
};
extern const struct sled_table sled_forward_table, sled_layout_table;

/* NULL-terminated, indexed by the enums. */
extern const char *const sled_pass_phase_names[], *const sled_expert_exchange_names[],
                                                      *const sled_chip_order_names[],
                                                          *const sled_overlap_names[];

/*
 * For a checked model. SLED_E_INPUT, pointer relative to the "forward" object: ranks that cannot
 * share heads, widths, experts or sequences, experts that do not cover the ranks, formats that
 * cannot be multiplied or added up, a chunk without prefill or prefill without one, a routing that
 * sled_routing_check refuses. SLED_E_UNSUPPORTED: prefill of latent attention with heads that no
 * kernel serves.
 */
enum sled_status sled_forward_check(const struct sled_model *model,
                                    const struct sled_forward *forward, struct sled_err *err);

/* For checked ones. P; ranks that hold experts apart; ranks of a group and groups of a stage; all
 * chips of the layout. */
uint32_t sled_forward_ranks(const struct sled_forward *forward);
uint32_t sled_forward_holders(const struct sled_forward *forward);
uint32_t sled_forward_group_ranks(const struct sled_forward *forward);
uint32_t sled_forward_groups(const struct sled_forward *forward);
uint64_t sled_forward_chips(const struct sled_forward *forward);

/* Sequences of a group in one microbatch; its tokens; those that a rank takes of them to the
 * experts; tokens of all groups. */
uint64_t sled_forward_group_sequences(const struct sled_forward *forward, uint32_t group);
uint64_t sled_forward_group_tokens(const struct sled_forward *forward, uint32_t group);
uint64_t sled_forward_rank_tokens(const struct sled_forward *forward, uint32_t rank);
uint64_t sled_forward_tokens(const struct sled_forward *forward);

/* Keys that a query of a layer sees at most, on all cp ranks together. */
uint64_t sled_forward_keys(const struct sled_model *model, const struct sled_forward *forward,
                           uint64_t layer);

/* Slots of experts, redundant ones included. */
uint32_t sled_forward_slots(const struct sled_model *model, const struct sled_forward *forward);

/* Layers of a stage: a run of them. */
struct sled_span sled_forward_stage_layers(const struct sled_model *model,
                                           const struct sled_forward *forward, uint32_t stage);

/* Part of a rank, in numbers: heads of keys; elements that its cache keeps of a token in one layer;
 * rows of the head; width of shared experts. Padding of what does not divide (vocabulary, shared
 * experts) is counted. */
uint64_t sled_forward_kv_heads(const struct sled_model *model, const struct sled_forward *forward);
uint64_t sled_forward_kv_elements(const struct sled_model *model,
                                  const struct sled_forward *forward);
uint64_t sled_forward_vocabulary_part(const struct sled_model *model,
                                      const struct sled_forward *forward);
uint64_t sled_forward_shared_width(const struct sled_model *model,
                                   const struct sled_forward *forward);

/*
 * Bytes of HBM that one rank of a stage needs, or of the fullest rank of all.
 *
 * Weights: its shares, in their formats; norms and routers in bf16. KV: of the sequences of all
 * microbatches, windows no longer than they are. Activations: twice the hidden states of its
 * group, the widest of what lies between two matmuls, keys and values that prefill makes of the
 * latent cache of one sequence, and both exchanges' rows, sent and, with balanced experts,
 * received.
 */
struct sled_forward_memory {
    uint64_t attention, dense_mlp, experts, shared_experts, routers, norms, embedding, head;
    uint64_t weights; /* all of the above */
    uint64_t kv_cache, activations;
    uint64_t total;
};
void sled_forward_rank_memory(const struct sled_model *model, const struct sled_forward *forward,
                              uint32_t stage, uint32_t rank, struct sled_forward_memory *out);
void sled_forward_most_memory(const struct sled_model *model, const struct sled_forward *forward,
                              struct sled_forward_memory *out);

/* The routing of one layer, counted among those with experts: sled_expert_load_init. */
enum sled_status sled_forward_load(const struct sled_model *model,
                                   const struct sled_forward *forward, uint64_t moe_layer,
                                   uint32_t ranks_per_sled, struct sled_expert_load *load,
                                   struct sled_err *err);

#endif
