/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One scale for a whole tensor, from its largest magnitude. Nothing can be scaled before
 * everything has been looked at, so there are two passes and a step between them:
 *
 *     vector: absmax of each partition's elements, a tile at a time
 *     vector: the largest of those
 *     tensor: transpose, so that the 128 partitions' maxima lie in one
 *     vector: the largest of those
 *     DMA:    cores tell each other theirs, where several share the tensor; vector: the largest
 *     vector: scale = absmax / largest number of the format; 1 / scale
 *     tensor: by a row of ones, back to all partitions; vector: out of PSUM
 *     vector: multiply by that number and cast, a tile at a time
 *
 * Engines take turns here only where they wait for each other, and nothing overlaps between the
 * passes. Elements are laid over all partitions and shared evenly by the cores.
 */
#include <math.h>

#include "chip/kernels.h"

static enum sled_status check(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              struct sled_err *err)
{
    (void)chip;
    SLED_TRY(sled_kernel_check_plain(kernel, kernel->dtype, err));
    return sled_kernel_check_plain(kernel, kernel->out_dtype, err);
}

static struct sled_op *add_vector(const struct sled_chip *chip, const char *name, uint64_t elements,
                                  double rate, double bytes, struct sled_tile *tile)
{
    return sled_tile_vector(
        tile, chip,
        &(struct sled_operands){
            .name = name, .elements = elements, .rate = rate, .sbuf_bytes = bytes});
}

static void add_tensor(const struct sled_chip *chip, const char *name, double cycles,
                       struct sled_tile *tile)
{
    const struct sled_tensor_spec *tensor = &chip->tensor;

    sled_tile_add(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_TENSOR,
                            .name = name,
                            .busy_s = cycles / tensor->clock_hz,
                            .latency_s = (cycles + tensor->init_cycles) / tensor->clock_hz,
                            .times = 1,
                        });
}

static struct sled_tile look(const struct sled_chip *chip, const struct sled_kernel *kernel,
                             uint64_t elements)
{
    struct sled_tile tile = {0};

    add_vector(chip, "absmax", elements, sled_rate(&chip->vector.reduce, kernel->dtype),
               sled_pass_bytes(kernel->dtype, kernel->dtype) / 2, &tile);
    sled_tile_spread(&tile, SLED_TILE_ROOM);
    return tile;
}

static struct sled_tile scale(const struct sled_chip *chip, const struct sled_kernel *kernel,
                              uint64_t elements)
{
    struct sled_tile tile = {0};

    add_vector(chip, "scale, cast", elements,
               sled_rate_of_two(&chip->vector.copy, kernel->dtype, kernel->out_dtype),
               sled_pass_bytes(kernel->dtype, kernel->out_dtype), &tile);
    sled_tile_spread(&tile, SLED_TILE_ROOM);
    return tile;
}

/* A core's maximum to the others: a descriptor each, side by side on its DMA engines. */
static void add_exchange(const struct sled_chip *chip, uint64_t cores, struct sled_tile *tile)
{
    const double engines = (double)(chip->dma.engines / chip->cores);
    struct sled_op *move = sled_tile_dma(tile, chip, "exchange", 4 * (double)(cores - 1), 1, 1);

    move->busy_s = ceil((double)(cores - 1) / engines) * chip->dma.descriptor_floor_s;
    move->latency_s = move->busy_s;
    move->hbm_bytes = 0; /* from one SBUF to the next */
    add_vector(chip, "max of cores", cores, chip->vector.reduce.bits32, 4, tile);
}

/* From maxima of so many tiles to the scale in all partitions. */
static struct sled_tile agree(const struct sled_chip *chip, uint64_t tiles, uint64_t cores)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const double partitions = (double)chip->sbuf.partitions;
    struct sled_tile tile = {0};

    add_vector(chip, "max of tiles", tiles, vector->reduce.bits32, 4, &tile);
    add_tensor(chip, "transpose", fmax(partitions, chip->tensor.min_cycles), &tile);
    add_vector(chip, "max of partitions", chip->sbuf.partitions, vector->reduce.bits32, 0, &tile);
    if (cores > 1)
        add_exchange(chip, cores, &tile);
    add_vector(chip, "scale", 1, vector->copy.bits32, 8, &tile);
    add_vector(chip, "1/scale", 1, vector->reciprocal, 8, &tile);
    add_tensor(chip, "broadcast", chip->tensor.min_cycles, &tile);

    struct sled_op *last = add_vector(chip, "copy scale", 1, vector->copy.bits32, 4, &tile);
    last->busy_s = last->latency_s; /* its engine needs the result next */
    return tile;
}

static void core_program(const struct sled_chip *chip, const struct sled_kernel *kernel,
                         uint64_t core, uint64_t used, uint32_t way, double stretch,
                         struct sled_instr_stream *stream)
{
    const uint64_t total = kernel->m * kernel->n;
    const uint64_t own = sled_kernel_deal(total, core, used);
    const uint64_t elements = sled_kernel_pieces(own, chip->sbuf.partitions);
    uint64_t tiles = 0;

    (void)way;
    (void)stretch; /* everything is in SBUF */
    if (own == 0)
        return;
    sled_kernel_cut(chip, kernel, elements, 1, look, stream);
    for (size_t i = 0; i < stream->count; i++)
        tiles += stream->loop[i].times;

    const struct sled_tile between = agree(chip, tiles, used);
    sled_stream_add(stream, &between, 1);
    sled_kernel_cut(chip, kernel, elements, 1, scale, stream);
}

const struct sled_kernel_model sled_kernel_quantize_tensor = {
    .splits = SLED_SPLIT_OWN,
    .ways = 1,
    .check = check,
    .core_program = core_program,
};
