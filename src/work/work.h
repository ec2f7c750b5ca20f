/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads: a model's layer, a layout on ranks, a phase and a routing of tokens, turned into
 * a program of kernels and collectives.
 *
 * A loader reads a struct with its table, then calls its check, which finds what single ranges
 * cannot. The functions further down require checked parameters.
 */
#ifndef SLED_WORK_WORK_H
#define SLED_WORK_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"
#include "model/chip_ports.h"
#include "model/dtype.h"
#include "model/program.h"
#include "model/traffic.h"
#include "work/expert_load.h"
#include "work/model.h"
#include "work/routing.h"

enum sled_shared_expert {
    SLED_SHARED_SERIAL, /* each rank runs it on its own tokens, between quantise and dispatch */
    SLED_SHARED_NONE    /* left out: somebody else's chips run it */
};

/* One of the two exchanges of a layer. */
struct sled_moe_exchange {
    int dtype;             /* enum sled_dtype of the rows that travel */
    const char *algorithm; /* of all_to_all_v */
};

/* A "moe_layer" workload: one layer on `ranks` chips, experts spread over all of them. */
struct sled_moe_layer {
    cJSON *model; /* a model file's content */
    uint64_t ranks;
    uint64_t redundant_experts; /* replicas; experts + these make the slots */
    int placement;              /* enum sled_placement, for the power law only */
    uint64_t tokens_per_rank;
    int weight_dtype;  /* enum sled_dtype: experts' weights */
    int shared_expert; /* enum sled_shared_expert */
    uint64_t cores;    /* of a chip: every kernel is spread over so many; 0: all, which whoever
                          knows the chip must replace before a program is made */
    struct sled_moe_exchange dispatch;
    struct sled_moe_exchange combine;
    struct sled_token_routing routing;
    struct sled_array memory; /* const char *: where the collectives run, one result each */
};
extern const struct sled_table sled_moe_layer_table;

/*
 * For a checked model. SLED_E_INPUT, pointer relative to the "moe_layer" object, when the ranks
 * cannot share the slots evenly, an expert would have more replicas than ranks, uniform dealing
 * would give a token one expert twice, a power law has no exponent or fewer than 2 tokens,
 * rows cannot be multiplied with the weights or added up in the formats asked for, or an entry
 * of memory is none.
 */
enum sled_status sled_moe_layer_check(const struct sled_moe_model *model,
                                      const struct sled_moe_layer *layer, struct sled_err *err);

/* Entry i of layer->memory: SBUF or STAGED. SLED_E_INPUT on any other name. */
enum sled_status sled_moe_layer_memory(const struct sled_moe_layer *layer, size_t i,
                                       enum sled_memory *out, struct sled_err *err);

/* Draw the layer's routing, ranks_per_sled ranks on each sled: sled_expert_load_init. */
enum sled_status sled_moe_layer_load(const struct sled_moe_model *model,
                                     const struct sled_moe_layer *layer, uint32_t ranks_per_sled,
                                     struct sled_expert_load *load, struct sled_err *err);

/* The format of rows that are multiplied with weights of a format. */
enum sled_dtype sled_moe_operand_dtype(enum sled_dtype weight_dtype);

/* Bytes of one dispatched / combined token row: hidden elements and their scales. */
uint64_t sled_moe_row_bytes(const struct sled_moe_model *model, enum sled_dtype dtype);

/*
 * The program of one layer; moe_layer.c lists its phases. chip_of_rank [layer->ranks], one
 * rank per chip. memory, SBUF or STAGED, is for both collectives: the kernels work in SBUF.
 * *program is initialised here and finished by the caller, also on failure; it borrows the
 * layer's algorithm names. SLED_E_NOMEM.
 */
enum sled_status sled_moe_layer_program(const struct sled_moe_model *model,
                                        const struct sled_moe_layer *layer,
                                        const struct sled_expert_load *load,
                                        const uint32_t *chip_of_rank, uint32_t nchips,
                                        enum sled_memory memory, struct sled_program *program,
                                        struct sled_err *err);

/* One MoE dispatch as a benchmark's byte matrix. */
struct sled_skew {
    double alpha; /* of the power law, >= 0 */
    uint64_t seed;
    uint64_t experts; /* 0: 2 per rank */
    uint64_t top_k;
    uint64_t token_bytes;
};

/*
 * Experts in order on the ranks, none redundant, size / (top_k x token_bytes) tokens a rank,
 * rounded down; the diagonal holds what stays. out is initialised here. SLED_E_INPUT when the
 * ranks cannot share the experts evenly, top_k exceeds them, or a rank has no token.
 */
enum sled_status sled_skew_traffic(const struct sled_skew *skew, uint32_t nranks,
                                   uint64_t size_bytes, struct sled_traffic *out,
                                   struct sled_err *err);

#endif
