/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel has to tell to be timed on NeuronCores, and the kernels there are. A new one is a
 * file with one struct sled_kernel_model and its row in kernel.c.
 */
#ifndef SLED_CHIP_KERNELS_H
#define SLED_CHIP_KERNELS_H

#include <stdbool.h>

#include "base/err.h"
#include "chip/pipeline.h"
#include "chip/spec.h"
#include "model/kernel.h"

struct sled_kernel_model {
    /* May cores share it by columns (n)? By rows (m) they always may. */
    bool splits_columns;

    /* Can this chip run it? Shape and cores have been checked. SLED_E_INPUT or
     * SLED_E_UNSUPPORTED as sled_chip_kernel says. */
    enum sled_status (*check)(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err);

    /* Can one core hold this share in its SBUF? NULL: always. Of the ways to split a kernel that
     * passed check, the one by columns over all cores (by rows where there is no other) must. */
    bool (*fits)(const struct sled_chip *chip, const struct sled_kernel *share);

    /* Bytes that a core streams from HBM for its share; NULL: none. */
    double (*hbm_bytes)(const struct sled_kernel *share);

    /* The tiles of one core's share, into a zeroed pipe. hbm_s is the time that HBM needs
     * for what all cores stream together. */
    void (*run)(const struct sled_chip *chip, const struct sled_kernel *share, double hbm_s,
                struct sled_pipe *pipe);
};

extern const struct sled_kernel_model sled_kernel_matmul;
extern const struct sled_kernel_model sled_kernel_quantize;
extern const struct sled_kernel_model sled_kernel_softmax;
extern const struct sled_kernel_model sled_kernel_swiglu;
extern const struct sled_kernel_model sled_kernel_rmsnorm;
extern const struct sled_kernel_model sled_kernel_topk;
extern const struct sled_kernel_model sled_kernel_combine;

/* sled_chip_kernel for a chip of NeuronCores, shape and cores checked. */
enum sled_status sled_neuroncore_kernel(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel,
                                        struct sled_kernel_cost *out, struct sled_err *err);

/* Checks that several kernels share. The vector and scalar engines take unscaled formats only. */
enum sled_status sled_kernel_check_plain(const struct sled_kernel *kernel, enum sled_dtype dtype,
                                         struct sled_err *err);
/* Input and result in plain formats, and a row of each fits a partition of SBUF. */
enum sled_status sled_kernel_check_rows(const struct sled_chip *chip,
                                        const struct sled_kernel *kernel, struct sled_err *err);

/*
 * Fill pipe with a kernel whose elements are independent: the share's m x n elements are laid over
 * all partitions and cut into tiles of what a bank of PSUM holds in fp32, the unit in which
 * the tensor engine delivers. make_tile gives the tile of so many elements per partition.
 */
typedef struct sled_tile sled_tile_maker(const struct sled_chip *chip,
                                         const struct sled_kernel *kernel, uint64_t elements);
void sled_kernel_run_folded(const struct sled_chip *chip, const struct sled_kernel *share,
                            sled_tile_maker *make_tile, struct sled_pipe *pipe);

/* Tiles of one row per partition that the share's rows make. */
uint64_t sled_kernel_row_tiles(const struct sled_chip *chip, const struct sled_kernel *share);

/* `total` in pieces of `piece`: how many, rounded up. */
uint64_t sled_kernel_pieces(uint64_t total, uint64_t piece);

#endif
