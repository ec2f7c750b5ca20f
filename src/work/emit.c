/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels as steps of ranks. */
#include "work/emit.h"

#include "work/work.h"

enum sled_status sled_emit_kernel(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                  struct sled_kernel kernel, struct sled_err *err)
{
    struct sled_step step = {.kind = SLED_STEP_KERNEL,
                             .stream = SLED_STREAM_COMPUTE,
                             .phase = phase,
                             .after = emitter->unattended ? SLED_NONE : emitter->last[rank]};

    if (emitter->off || kernel.m == 0)
        return SLED_OK;
    kernel.cores = emitter->cores;
    SLED_TRY(sled_program_add_kernel(emitter->program, &kernel, &step.what, err));
    return sled_program_add_step(emitter->program, emitter->chip_of_rank[rank], &step,
                                 emitter->unattended ? NULL : &emitter->last[rank], err);
}

enum sled_status sled_emit_matmul(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                  uint64_t m, uint64_t k, uint64_t n, enum sled_dtype dtype,
                                  enum sled_dtype weight_dtype, struct sled_err *err)
{
    const struct sled_kernel kernel = {.kind = SLED_KERNEL_MATMUL,
                                       .m = m,
                                       .n = n,
                                       .k = k,
                                       .dtype = dtype,
                                       .weight_dtype = weight_dtype,
                                       .out_dtype = SLED_ACTIVATION,
                                       .weights_from_hbm = true};

    return sled_emit_kernel(emitter, phase, rank, kernel, err);
}

enum sled_status sled_emit_quantise(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                    uint64_t m, uint64_t n, enum sled_dtype dtype,
                                    struct sled_err *err)
{
    const struct sled_kernel kernel = {
        .kind = SLED_KERNEL_QUANTIZE, .m = m, .n = n, .dtype = SLED_ACTIVATION, .out_dtype = dtype};

    return dtype == SLED_ACTIVATION ? SLED_OK : sled_emit_kernel(emitter, phase, rank, kernel, err);
}

enum sled_status sled_emit_norm(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                uint64_t m, uint64_t n, struct sled_err *err)
{
    const struct sled_kernel kernel = {.kind = SLED_KERNEL_RMSNORM,
                                       .m = m,
                                       .n = n,
                                       .dtype = SLED_ACTIVATION,
                                       .out_dtype = SLED_ACTIVATION};

    return sled_emit_kernel(emitter, phase, rank, kernel, err);
}

enum sled_status sled_emit_experts(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                   const uint64_t *tokens, uint32_t experts, uint64_t hidden,
                                   uint64_t width, enum sled_dtype dtype,
                                   enum sled_dtype weight_dtype, struct sled_err *err)
{
    struct sled_kernel mlp = {.kind = SLED_KERNEL_GROUPED_MLP,
                              .n = hidden,
                              .k = width,
                              .dtype = sled_moe_operand_dtype(weight_dtype),
                              .weight_dtype = weight_dtype,
                              .out_dtype = SLED_ACTIVATION,
                              .weights_from_hbm = true,
                              .groups = experts,
                              .tokens = tokens};

    for (uint32_t e = 0; e < experts; e++)
        mlp.m += tokens[e];
    if (dtype == SLED_ACTIVATION)
        SLED_TRY(sled_emit_quantise(emitter, phase, rank, mlp.m, hidden, mlp.dtype, err));
    return sled_emit_kernel(emitter, phase, rank, mlp, err);
}

enum sled_status sled_emit_mlp(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                               uint64_t m, uint64_t hidden, uint64_t width, enum sled_dtype dtype,
                               enum sled_dtype weight_dtype, struct sled_err *err)
{
    return sled_emit_experts(emitter, phase, rank, &m, 1, hidden, width, dtype, weight_dtype, err);
}

enum sled_status sled_emit_router(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                                  uint64_t tokens, const struct sled_moe_model *model,
                                  struct sled_err *err)
{
    const bool limited = model->eligible_groups < model->expert_groups;
    const struct sled_kernel router = {
        .kind = SLED_KERNEL_ROUTER,
        .m = tokens,
        .n = model->experts,
        .k = model->hidden,
        .dtype = SLED_ACTIVATION,
        .weight_dtype = SLED_ACTIVATION,
        .out_dtype = SLED_ACTIVATION,
        .weights_from_hbm = true,
        .top_k = (uint32_t)model->top_k,
        .scores = (enum sled_scores)model->scores,
        .limit = limited ? (uint32_t)model->eligible_groups : 0,
        .limit_of = limited ? (uint32_t)model->expert_groups : 0,
    };

    SLED_TRY(sled_emit_norm(emitter, phase, rank, tokens, model->hidden, err));
    return sled_emit_kernel(emitter, phase, rank, router, err);
}

enum sled_status sled_emit_sum(struct sled_emitter *emitter, uint32_t phase, uint32_t rank,
                               uint64_t m, uint64_t n, uint64_t k, enum sled_dtype dtype,
                               struct sled_err *err)
{
    const struct sled_kernel sum = {.kind = SLED_KERNEL_COMBINE,
                                    .m = m,
                                    .n = n,
                                    .k = k,
                                    .dtype = dtype,
                                    .out_dtype = SLED_ACTIVATION};

    return sled_emit_kernel(emitter, phase, rank, sum, err);
}
