/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The experts of a chip, each on the tokens that chose it: gate and up in one matmul, SwiGLU,
 * quantize where the matmuls take 8 bits, down. Experts without tokens are left out. Weights stay
 * in SBUF or stream in, once each.
 *
 *     tensor: gate_up 0 │ gate_up 1 │ down 0 │ gate_up 2 │ down 1 │ …
 *     vector, scalar:   │ swiglu 0  │        │ swiglu 1  │        │
 *     DMA:    weights in that order, without a gap
 *
 * An expert's down waits for its SwiGLU, which another expert's gate_up hides. Cores share the
 * columns of every matmul, and what lies between with them, or deal the experts that have tokens
 * among each other, whichever is faster. What cores hand to each other is in SBUF and not
 * charged, as between kernels.
 */
#include <inttypes.h>

#include "chip/kernels.h"
#include "chip/parts.h"

/* What cores share, and whether a matmul is programmed for what it does all in all or for its first
 * result to be there soon: the one serves many experts, the other few. */
enum { BY_COLUMNS, BY_EXPERTS, SHARINGS, WAYS = 2 * SHARINGS };

/* Where gate_up begins: its weights are asked for two tiles ahead, as in a matmul. */
enum { FIRST_AGE = 2 };

/* What a core does of every expert that it has a part in. */
struct share {
    const struct sled_chip *chip;
    struct sled_kernel gate_up, swiglu, quantize, down;
    double stretch, fill;              /* see sled_parts_matmul */
    uint32_t gate_up_age, between_age; /* last ones of both */
};

/* The format in which results leave a matmul and go through SwiGLU. */
static enum sled_dtype between(enum sled_dtype dtype)
{
    return sled_dtype_element_bits(dtype) <= 8 ? SLED_BF16 : dtype;
}

static struct share share_of(const struct sled_chip *chip, const struct sled_kernel *kernel,
                             uint64_t width, uint64_t columns, double stretch)
{
    struct share share = {.chip = chip,
                          .gate_up = *kernel,
                          .swiglu = *kernel,
                          .quantize = *kernel,
                          .down = *kernel,
                          .stretch = stretch,
                          .between_age = FIRST_AGE};

    share.gate_up.kind = SLED_KERNEL_MATMUL;
    share.gate_up.n = 2 * width;
    share.gate_up.k = kernel->n;
    share.gate_up.out_dtype = between(kernel->dtype);
    share.swiglu.kind = SLED_KERNEL_SWIGLU;
    share.swiglu.n = width;
    share.swiglu.dtype = share.swiglu.out_dtype = between(kernel->dtype);
    share.quantize.kind = SLED_KERNEL_QUANTIZE;
    share.quantize.n = width;
    share.quantize.dtype = between(kernel->dtype);
    share.quantize.out_dtype = kernel->dtype;
    share.down.kind = SLED_KERNEL_MATMUL;
    share.down.n = columns;
    return share;
}

static void add_gate_up(struct share *share, uint64_t tokens, struct sled_instr_stream *stream)
{
    share->gate_up.m = tokens;
    if (share->gate_up.n > 0)
        share->gate_up_age = sled_parts_matmul(share->chip, &share->gate_up, share->fill, FIRST_AGE,
                                               share->stretch, stream);
}

/* SwiGLU and quantize, then down may go on. */
static void add_between(struct share *share, uint64_t tokens, struct sled_instr_stream *stream)
{
    share->swiglu.m = share->quantize.m = tokens;
    if (share->swiglu.n == 0)
        return;
    sled_parts_wait(share->chip, SLED_ENGINE_SCALAR, share->gate_up_age, stream);
    share->between_age = sled_parts_add(share->chip, &share->swiglu, share->gate_up_age, stream);
    if (share->quantize.out_dtype != share->quantize.dtype)
        share->between_age =
            sled_parts_add(share->chip, &share->quantize, share->between_age, stream);
    sled_parts_wait(share->chip, SLED_ENGINE_TENSOR, share->between_age, stream);
}

static void add_down(struct share *share, uint64_t tokens, struct sled_instr_stream *stream)
{
    share->down.m = tokens;
    if (share->down.n > 0)
        sled_parts_matmul(share->chip, &share->down, share->fill, share->between_age,
                          share->stretch, stream);
}

static double weight_bytes(const struct sled_kernel *kernel, uint64_t width, uint64_t columns)
{
    return ((double)(2 * width) * (double)sled_dtype_bits(kernel->weight_dtype, kernel->n) +
            (double)columns * (double)sled_dtype_bits(kernel->weight_dtype, kernel->k)) /
           8;
}

static uint64_t count_active(const struct sled_kernel *kernel)
{
    uint64_t active = 0;

    for (uint32_t e = 0; e < kernel->groups; e++)
        active += kernel->tokens[e] > 0;
    return active;
}

/* Of the core with the most weights. */
static bool fits(const struct sled_chip *chip, const struct sled_kernel *kernel, uint64_t used,
                 bool columns)
{
    const uint64_t active = count_active(kernel);
    const double bytes =
        columns
            ? (double)active * weight_bytes(kernel, sled_kernel_pieces(kernel->k, used),
                                            sled_kernel_pieces(kernel->n, used))
            : (double)sled_kernel_pieces(active, used) * weight_bytes(kernel, kernel->k, kernel->n);

    return kernel->weights_from_hbm ||
           bytes <= chip->sbuf.partition_bytes * (double)chip->sbuf.partitions;
}

static void core_program(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         uint64_t core, uint64_t used, uint32_t way, double stretch,
                         struct sled_instr_stream *stream)
{
    const bool columns = way % SHARINGS == BY_COLUMNS;
    struct share share =
        share_of(chip, kernel, columns ? sled_kernel_deal(kernel->k, core, used) : kernel->k,
                 columns ? sled_kernel_deal(kernel->n, core, used) : kernel->n, stretch);

    uint64_t active = 0; /* experts so far */
    uint64_t before = 0; /* tokens of the expert whose down is yet to come */

    if (!fits(chip, kernel, used, columns))
        return;
    share.fill = way / SHARINGS;
    for (uint32_t e = 0; e < kernel->groups; e++) {
        const uint64_t tokens = kernel->tokens[e];

        if (tokens == 0 || (active++ % used != core && !columns))
            continue;
        add_gate_up(&share, tokens, stream);
        if (before > 0)
            add_down(&share, before, stream);
        add_between(&share, tokens, stream);
        before = tokens;
    }
    if (before > 0)
        add_down(&share, before, stream);
    sled_parts_limit(chip, stream);
}

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    const struct share share = share_of(chip, kernel, kernel->k, kernel->n, 1);
    struct sled_kernel streamed = share.down;

    streamed.weights_from_hbm = true; /* what must fit is checked below */
    SLED_TRY(sled_kernel_matmul.check(chip, &streamed, err));
    if (share.quantize.out_dtype != share.quantize.dtype)
        SLED_TRY(sled_kernel_quantize.check(chip, &share.quantize, err));
    if (!fits(chip, kernel, kernel->cores, true) && !fits(chip, kernel, kernel->cores, false))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "grouped_mlp: the weights of %" PRIu64 " experts do not fit the sbuf "
                            "of %" PRIu32 " cores; stream them from hbm",
                            count_active(kernel), kernel->cores);
    return SLED_OK;
}

static double flops(const struct sled_kernel *kernel)
{
    return 6 * (double)kernel->m * (double)kernel->n * (double)kernel->k;
}

const struct sled_kernel_model sled_kernel_grouped_mlp = {
    .splits = SLED_SPLIT_OWN,
    .ways = WAYS,
    .check = check,
    .core_program = core_program,
    .flops = flops,
};
