/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to work: steps of ranks, one after the other. What layers are made of whatever their
 * layout is, so that a layer alone and a layer of a model consist of the same kernels.
 */
#ifndef SLED_WORK_EMIT_H
#define SLED_WORK_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/program.h"
#include "work/model.h"

/* What kernels hand to each other, and the format of router weights, also in models whose
 * experts are quantised. */
#define SLED_ACTIVATION SLED_BF16

/* Where steps go. A rank's next step waits for its latest one. */
struct sled_emitter {
    struct sled_program *program;
    const uint32_t *chip_of_rank;
    uint32_t *last;  /* [ranks]: a rank's latest step, SLED_NONE before the first */
    uint32_t cores;  /* of a chip, over which kernels are spread */
    bool off;        /* leave everything out */
    bool unattended; /* kernels run beside a collective: they wait for no step and no step for
                        them, but for those of their stream */
};

/* A kernel of a rank; nothing where it has no rows (m 0). SLED_E_NOMEM, as all below. */
enum sled_status sled_emit_kernel(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                  struct sled_kernel kernel, struct sled_err *err);

/* [m][k] rows of dtype by weights that stream from HBM, to [m][n] activations. */
enum sled_status sled_emit_matmul(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                  uint64_t m, uint64_t k, uint64_t n, enum sled_dtype dtype,
                                  enum sled_dtype weight_dtype, struct sled_err *err);

/* [m][n] activations to dtype; nothing to do where they have it. */
enum sled_status sled_emit_quantise(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                    uint64_t m, uint64_t n, enum sled_dtype dtype,
                                    struct sled_err *err);

/* RMSNorm of [m][n] activations. */
enum sled_status sled_emit_norm(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                uint64_t m, uint64_t n, struct sled_err *err);

/* Rows of dtype, activations or ready for the weights, tokens[experts] of each expert, through
 * gated MLPs of a width: one kernel, so that weights of the next expert come while one computes. */
enum sled_status sled_emit_experts(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                   const uint64_t *tokens, uint32_t experts, uint64_t hidden,
                                   uint64_t width, enum sled_dtype dtype,
                                   enum sled_dtype weight_dtype, struct sled_err *err);

/* m rows through one such MLP. */
enum sled_status sled_emit_mlp(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                               uint64_t m, uint64_t hidden, uint64_t width, enum sled_dtype dtype,
                               enum sled_dtype weight_dtype, struct sled_err *err);

/* Norm, scores and choice of experts for a rank's tokens. */
enum sled_status sled_emit_router(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                  uint64_t tokens, const struct sled_moe_model *model,
                                  struct sled_err *err);

/* The weighted sum of k rows of dtype for each of m tokens. */
enum sled_status sled_emit_sum(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                               uint64_t m, uint64_t n, uint64_t k, enum sled_dtype dtype,
                               struct sled_err *err);

#endif
