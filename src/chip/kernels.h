/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel has to tell to be timed on NeuronCores, and the kernels there are. A new one is a
 * file with one struct sled_kernel_model and its row in kernel.c.
 */
#ifndef SLED_CHIP_KERNELS_H
#define SLED_CHIP_KERNELS_H

#include <stdbool.h>

#include "base/err.h"
#include "chip/chip.h"
#include "chip/spec.h"
#include "chip/stream.h"
#include "model/kernel.h"

/* What of a kernel cores can share. */
enum sled_split {
    SLED_SPLIT_ROWS = 1,    /* m */
    SLED_SPLIT_COLUMNS = 2, /* n */
    SLED_SPLIT_HEADS = 4,   /* kv_heads, with the query heads of each */
    SLED_SPLIT_KEYS = 8,    /* the context; what the parts yield is merged afterwards */

    SLED_SPLIT_OWN = 16, /* as the kernel itself says, core by core */
};

/* The tile of so many elements per partition. */
typedef struct sled_tile sled_tile_maker(const struct sled_chip *chip,
                                         const struct sled_kernel *kernel, uint64_t elements);

/*
 * A share is a kernel of one core: m, n or the heads are its part of them. Its `cores` says to how
 * many cores the rows were dealt, one tile after the other; 1 if something else was shared.
 */
struct sled_kernel_model {
    unsigned splits; /* of enum sled_split, at least one */
    uint32_t ways;   /* to program a share, at least 1; all are tried, the fastest is taken */

    /* Can this chip run it? Shape and cores have been checked. SLED_E_INPUT or
     * SLED_E_UNSUPPORTED as sled_chip_kernel says. */
    enum sled_status (*check)(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err);

    /* Can one core hold this share in its SBUF? NULL: always. A kernel that passed check can be
     * split so that every share does. */
    bool (*fits)(const struct sled_chip *chip, const struct sled_kernel *share);

    /* A kernel whose elements are independent has this instead of a program; see fold below. */
    sled_tile_maker *make_tile;

    /* The program of one core's share, added to stream. `way` counts from 0; a way that the
     * chip or the shape does not offer leaves the stream empty; way 0 never does. stretch >= 1 is
     * how much longer DMA takes than with HBM to itself. */
    void (*program)(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream);

    /* The program by which each of so many cores (>= 2) that shared the keys of the kernel then
     * puts together its part of the result. NULL where keys are never shared. */
    void (*merge)(const struct sled_chip *chip, const struct sled_kernel *kernel, uint64_t cores,
                  struct sled_instr_stream *stream);

    /* Of a kernel with SPLIT_OWN, instead of program: what core `core` of `used` does of the whole
     * kernel. A core may be left with nothing. */
    void (*core_program)(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         uint64_t core, uint64_t used, uint32_t way, double stretch,
                         struct sled_instr_stream *stream);
    double (*flops)(const struct sled_kernel *kernel); /* of the tensor engine; NULL: none */
};

extern const struct sled_kernel_model sled_kernel_matmul;
extern const struct sled_kernel_model sled_kernel_quantize;
extern const struct sled_kernel_model sled_kernel_quantize_tensor;
extern const struct sled_kernel_model sled_kernel_quantize_group;
extern const struct sled_kernel_model sled_kernel_dequantize;
extern const struct sled_kernel_model sled_kernel_softmax;
extern const struct sled_kernel_model sled_kernel_swiglu;
extern const struct sled_kernel_model sled_kernel_grouped_mlp;
extern const struct sled_kernel_model sled_kernel_rmsnorm;
extern const struct sled_kernel_model sled_kernel_rope;
extern const struct sled_kernel_model sled_kernel_topk;
extern const struct sled_kernel_model sled_kernel_router;
extern const struct sled_kernel_model sled_kernel_combine;
extern const struct sled_kernel_model sled_kernel_embedding;
extern const struct sled_kernel_model sled_kernel_lm_head;
extern const struct sled_kernel_model sled_kernel_attention;
extern const struct sled_kernel_model sled_kernel_decode_attention;
extern const struct sled_kernel_model sled_kernel_fused_attention;

const struct sled_kernel_model *sled_kernel_model_of(enum sled_kernel_kind kind);

/* sled_chip_kernel_traced for a chip of NeuronCores, shape and cores checked. */
enum sled_status sled_neuroncore_kernel(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel,
                                        const struct sled_kernel_trace *trace,
                                        struct sled_kernel_cost *out, struct sled_err *err);

/* sled_chip_launch for a chip of NeuronCores. */
double sled_neuroncore_launch(const struct sled_chip *chip, const struct sled_kernel *kernels,
                              size_t nkernels, uint32_t cores);

/* Checks that several kernels share. The vector and scalar engines take unscaled formats only. */
enum sled_status sled_kernel_check_plain(const struct sled_kernel *kernel, enum sled_dtype dtype,
                                         struct sled_err *err);
/* Input and result in plain formats, and a row of each fits a partition of SBUF. */
enum sled_status sled_kernel_check_rows(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel, struct sled_err *err);

/*
 * Fill stream with a kernel whose elements are independent: the share's m x n elements are laid
 * over all partitions and cut into tiles of what a bank of PSUM holds in fp32, the unit in which
 * the tensor engine delivers.
 */
void sled_kernel_fold(const struct sled_chip *chip, const struct sled_kernel *share,
                      sled_tile_maker *make_tile, struct sled_instr_stream *stream);
/* The same for `elements` in each partition, `rows` times. */
void sled_kernel_cut(const struct sled_chip *chip, const struct sled_kernel *share,
                     uint64_t elements, uint64_t rows, sled_tile_maker *make_tile,
                     struct sled_instr_stream *stream);

/* Rows, and their results, that a partition of SBUF can hold at once; at least 1 after
 * sled_kernel_check_rows. */
double sled_kernel_rows_that_fit(const struct sled_chip *chip, const struct sled_kernel *share);

/* Tiles of one row per partition that the share's rows make. */
uint64_t sled_kernel_row_tiles(const struct sled_chip *chip, const struct sled_kernel *share);

/* 2 m n k. */
double sled_kernel_matmul_flops(const struct sled_kernel *kernel);

/* `total` dealt evenly to `used` cores: what `core` gets, the first ones the larger parts. */
uint64_t sled_kernel_deal(uint64_t total, uint64_t core, uint64_t used);

/* `total` in pieces of `piece`: how many, rounded up. */
uint64_t sled_kernel_pieces(uint64_t total, uint64_t piece);

#endif
