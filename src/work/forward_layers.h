/* SPDX-License-Identifier: Apache-2.0 */
/* Private to work: one stage of a forward pass, step by step. */
#ifndef SLED_WORK_FORWARD_LAYERS_H
#define SLED_WORK_FORWARD_LAYERS_H

#include "work/emit.h"
#include "work/forward_program.h"

/* What results are grouped by. */
enum sled_forward_phase {
    SLED_PHASE_EMBEDDING,
    SLED_PHASE_ATTENTION,
    SLED_PHASE_ATTENTION_SUM, /* collectives around attention */
    SLED_PHASE_MLP,
    SLED_PHASE_MLP_SUM,
    SLED_PHASE_ROUTER,
    SLED_PHASE_SHARED,
    SLED_PHASE_DISPATCH,
    SLED_PHASE_EXPERTS,
    SLED_PHASE_COMBINE,
    SLED_PHASE_HEAD,
    SLED_PHASE_SEND,
    SLED_FORWARD_PHASES /* count, keep last */
};
extern const char *const sled_forward_phase_names[SLED_FORWARD_PHASES];

/* As many as a model has layers at most. */
#define SLED_MAX_STAGES 4096

/* A stage under construction. */
struct sled_stage_builder {
    const struct sled_forward_pass *pass;
    uint32_t stage;
    uint32_t piece;  /* at hand; in the end, how many there are */
    uint32_t wanted; /* all others are left out; or SLED_WHOLE_PASS */
    struct sled_emitter emitter;
};

/* The emitter has where the stage's ranks are and their latest steps. SLED_E_NOMEM. */
enum sled_status sled_stage_build(struct sled_stage_builder *b, struct sled_err *err);

/* Ranks that get steps in the piece at hand: all, or none where it is left out. */
uint32_t sled_stage_ranks(const struct sled_stage_builder *b);

/* The next step belongs to the next piece. */
void sled_stage_cut(struct sled_stage_builder *b);

/* A collective of `size` ranks first, first + stride, …, of nelems elements of elem_bytes each in
 * the whole buffer; nothing for one rank or no elements. */
enum sled_status sled_stage_collective(struct sled_stage_builder *b, enum sled_forward_phase phase,
                                       enum sled_coll_kind kind, const char *algorithm,
                                       uint32_t first, uint32_t stride, uint32_t size,
                                       uint64_t nelems, uint32_t elem_bytes, struct sled_err *err);

/* Attention of a layer up to its projection, whose sums are still to be added up. */
enum sled_status sled_stage_attention(struct sled_stage_builder *b, uint64_t layer,
                                      struct sled_err *err);

/* A layer's experts, the sum over tp of attention in front of them included. */
enum sled_status sled_stage_experts(struct sled_stage_builder *b, uint64_t layer,
                                    struct sled_err *err);

/* Sum hidden states of groups over tp. */
enum sled_status sled_stage_sum(struct sled_stage_builder *b, enum sled_forward_phase phase,
                                struct sled_err *err);

/* Tokens of a rank's group. */
uint64_t sled_stage_group_tokens(const struct sled_stage_builder *b, uint32_t rank);

#endif
