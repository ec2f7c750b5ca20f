/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of a forward pass, whole or cut into pieces. A piece of a stage ends with a
 * collective; piece i of a pass is piece i of every stage, and the one after the last hands
 * activations over to the next stages, where there are any. Run one after the other, each chip
 * beginning when it has ended the piece before, pieces do what the whole program does, as long as
 * no two of them use the network at the same time.
 *
 * Per layer, on every rank of a stage (T: tokens of its group, t: those that it takes to experts):
 *
 *   attention    norm, QKV projection, norms of queries and keys, RoPE, attention, projection of T;
 *                with cp, prefill: keys and values of the context gathered before attention;
 * decode: parts of all cp ranks gathered and added up behind it dense        all_reduce over tp;
 * norm and MLP, width over tp, of T; all_reduce over tp all_to_all   reduce_scatter over tp;
 * router, shared experts of t; dispatch; experts; combine; weighted sum; all_gather over the group
 *   all_gather   one group: all_reduce over tp; router, experts and shared experts of T, weighted
 *                sum of what the rank's experts made; all_reduce over all. More groups:
 *                reduce_scatter over tp; router of t; all_gather over all; experts; reduce_scatter
 *                over all; all_gather over the group
 *
 * With two_batch, either half of every group's sequences goes through all of this on its own, piece
 * by piece in turn: while the collective of one half's piece runs, the other half computes. Weights
 * are read for each half. Such pieces meet, so only the whole makes sense.
 *
 * In front of the first layer the embedding: rows loaded from HBM, all_reduce over tp. Behind the
 * last the head: norm, logits of the tokens that go on and the best of them, all_gather of those
 * over tp. Left out, because small: residual sums, and what exchanges say about themselves.
 * Queries, keys and values of a prefill go to HBM while they are made: its attention reads them
 * there.
 */
#ifndef SLED_WORK_FORWARD_PROGRAM_H
#define SLED_WORK_FORWARD_PROGRAM_H

#include "model/program.h"
#include "work/forward.h"

/* All that programs of one pass are made of. */
struct sled_forward_pass {
    const struct sled_model *model; /* borrowed, checked */
    struct sled_forward forward;    /* checked; cores not 0. Of one half, where there are two */
    uint32_t nhalves;               /* 1 or 2 */
    const uint32_t *chip_of_place;  /* borrowed, [sled_forward_chips] */
    uint32_t nchips;
    struct sled_expert_load *load; /* [nloads] */
    uint32_t nloads;
    uint32_t *load_of; /* [layers with experts] */
    uint32_t npieces;
};

/* The forward is copied. *out is finished by the caller, also on failure. SLED_E_NOMEM. */
enum sled_status sled_forward_pass_init(struct sled_forward_pass *out,
                                        const struct sled_model *model,
                                        const struct sled_forward *forward,
                                        const uint32_t *chip_of_place, uint32_t nchips,
                                        uint32_t ranks_per_sled, struct sled_err *err);
/* Accepts a zeroed pass. */
void sled_forward_pass_finish(struct sled_forward_pass *pass);

/* Stands for all pieces. */
#define SLED_WHOLE_PASS UINT32_MAX

/* The program of a piece 0 .. npieces - 1, or of all. *program is initialised here and finished by
 * the caller, also on failure; it borrows names of algorithms. SLED_E_NOMEM. */
enum sled_status sled_forward_program(const struct sled_forward_pass *pass, uint32_t piece,
                                      struct sled_program *program, struct sled_err *err);

#endif
