/* SPDX-License-Identifier: Apache-2.0 */
/* Private to work: what both kinds of attention are made of, on one rank. */
#ifndef SLED_WORK_FORWARD_ATTENTION_H
#define SLED_WORK_FORWARD_ATTENTION_H

#include "work/forward_layers.h"

/* A rank's attention. */
struct sled_attention_share {
    struct sled_stage_builder *b;
    uint32_t rank;
    uint64_t layer;
    uint64_t tokens, sequences; /* of its group */
    uint64_t heads;             /* of queries, of the rank */
    uint64_t queries, keys;     /* of a sequence, see below */
};

/*
 * Prefill: the tokens of the rank's context part come after all that was cached. With cp, each rank
 * is taken for the one in the middle, whose queries see as many keys as the mean. Decode: 1, and
 * the rank's part of what the layer sees.
 */
struct sled_attention_share sled_attention_share_of(struct sled_stage_builder *b, uint32_t rank,
                                                    uint64_t layer);

/* Kernels of [m][k] rows in the format of attention's weights; all SLED_E_NOMEM. */
enum sled_status sled_attention_matmul(const struct sled_attention_share *s, uint64_t m, uint64_t k,
                                       uint64_t n, struct sled_err *err);
enum sled_status sled_attention_quantise(const struct sled_attention_share *s, uint64_t m,
                                         uint64_t n, struct sled_err *err);
enum sled_status sled_attention_norm(const struct sled_attention_share *s, uint64_t m, uint64_t n,
                                     struct sled_err *err);
enum sled_status sled_attention_rope(const struct sled_attention_share *s, uint64_t m, uint64_t n,
                                     struct sled_err *err);

/* Bytes that prefill's projections leave in HBM, where the kernel of attention reads them, while
 * the rank's steps after `since` run; the next kernel waits for both. Nothing where kernels leave
 * everything there. */
enum sled_status sled_attention_store(const struct sled_attention_share *s, uint64_t bytes,
                                      uint32_t since, struct sled_err *err);

/* Grouped-query and latent attention: from hidden states to queries and, of new tokens, what the
 * cache keeps; from there to each head's result. */
enum sled_status sled_grouped_projections(const struct sled_attention_share *s,
                                          struct sled_err *err);
enum sled_status sled_grouped_core(const struct sled_attention_share *s, struct sled_err *err);
enum sled_status sled_latent_projections(const struct sled_attention_share *s,
                                         struct sled_err *err);
enum sled_status sled_latent_core(const struct sled_attention_share *s, struct sled_err *err);
/* Decode: values of heads from what they are made of. */
enum sled_status sled_latent_values(const struct sled_attention_share *s, struct sled_err *err);

#endif
