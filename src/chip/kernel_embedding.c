/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of a table in HBM, one for each of m tokens, into SBUF. Which rows is known only when the
 * tokens are, and the hardware that generates descriptors cannot gather, so GPSIMD writes them: one
 * for each row, or several where a row is larger than a descriptor may be.
 *
 *     GPSIMD: descriptors of a tile of rows, one row per partition
 *     DMA:    the rows, by all engines of the core
 *     vector: cast, where the result has another format
 *
 * Cores share the tokens.
 */
#include <math.h>

#include "chip/kernels.h"

static struct sled_tile gather(const struct sled_chip *chip, const struct sled_kernel *kernel,
                               uint64_t rows, double stretch)
{
    const struct sled_gpsimd_spec *gpsimd = &chip->gpsimd;
    const struct sled_dma_spec *dma = &chip->dma;
    const double row_bytes = (double)sled_dtype_bytes(kernel->dtype, kernel->n);
    const double pieces = ceil(row_bytes / dma->descriptor_bytes);
    const double piece_s =
        fmax(dma->descriptor_floor_s, row_bytes / pieces / dma->engine_bytes_per_s);
    const double engines = (double)(dma->engines / chip->cores);
    const double write_s =
        (gpsimd->start_cycles + (double)rows * pieces * gpsimd->descriptor_cycles) /
        gpsimd->clock_hz;
    const double move_s = ceil((double)rows * pieces / engines) * piece_s * stretch;
    struct sled_tile tile = {0};

    sled_tile_add(&tile, &(struct sled_op){.engine = SLED_ENGINE_GPSIMD,
                                           .name = "descriptors",
                                           .busy_s = write_s,
                                           .latency_s = write_s + dma->start_s,
                                           .times = 1});
    sled_tile_add(&tile, &(struct sled_op){.engine = SLED_ENGINE_DMA,
                                           .name = "rows",
                                           .busy_s = move_s,
                                           .latency_s = move_s,
                                           .hbm_bytes = (double)rows * row_bytes,
                                           .sbuf_bytes = (double)rows * row_bytes,
                                           .times = 1});
    if (kernel->out_dtype != kernel->dtype)
        sled_tile_vector(
            &tile, chip,
            &(struct sled_operands){
                .name = "cast",
                .elements = kernel->n,
                .rate = sled_rate_of_two(&chip->vector.copy, kernel->dtype, kernel->out_dtype),
                .sbuf_bytes = sled_pass_bytes(kernel->dtype, kernel->out_dtype),
            });
    sled_tile_spread(&tile, sled_kernel_rows_that_fit(chip, kernel));
    return tile;
}

static void program(const struct sled_chip *chip, const struct sled_kernel *share, uint32_t way,
                    double stretch, struct sled_instr_stream *stream)
{
    const uint64_t partitions = chip->sbuf.partitions;
    const uint64_t size[] = {partitions, share->m % partitions};
    const uint64_t count[] = {share->m / partitions, share->m % partitions != 0};

    (void)way;
    for (int i = 0; i < 2; i++) {
        if (count[i] == 0)
            continue;
        const struct sled_tile tile = gather(chip, share, size[i], stretch);
        sled_stream_add(stream, &tile, count[i]);
    }
}

const struct sled_kernel_model sled_kernel_embedding = {
    .splits = SLED_SPLIT_ROWS,
    .ways = 1,
    .check = sled_kernel_check_rows,
    .program = program,
};
