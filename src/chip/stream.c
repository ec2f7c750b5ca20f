/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions and what they cost on a chip; tiles of them. */
#include "chip/stream.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"

static struct sled_op *append(struct sled_tile *tile, const struct sled_op *op)
{
    struct sled_op *added = &tile->op[tile->nops];

    assert(tile->nops < SLED_TILE_OPS && tile->age < SLED_TILE_AGES && op->times > 0);
    *added = *op;
    added->age = tile->age;
    tile->nops++;
    return added;
}

void sled_tile_add(struct sled_tile *tile, const struct sled_op *op)
{
    append(tile, op);
}

void sled_tile_spread(struct sled_tile *tile, double room)
{
    uint32_t at[SLED_TILE_OPS] = {0};
    uint32_t last = 0;

    assert(room >= 1);
    tile->room = (uint32_t)fmin(room, SLED_TILE_ROOM);
    for (uint32_t i = 1; i < tile->nops; i++) {
        last += tile->op[i].engine == tile->op[i - 1].engine ? 1 : 2;
        at[i] = last;
    }
    const double scale = last < tile->room ? 1 : (double)(tile->room - 1) / last;
    for (uint32_t i = 0; i < tile->nops; i++)
        tile->op[i].age = (uint32_t)(at[i] * scale);
}

/* Cycles that the elements take over all partitions. */
static double stream_cycles(const struct sled_chip *chip, const struct sled_operands *operands)
{
    assert(operands->rate > 0);
    return ceil((double)operands->elements * (double)chip->sbuf.partitions / operands->rate);
}

static double operand_bytes(const struct sled_chip *chip, const struct sled_operands *operands)
{
    return operands->sbuf_bytes * (double)operands->elements * (double)chip->sbuf.partitions;
}

struct sled_op *sled_tile_vector(struct sled_tile *tile, const struct sled_chip *chip,
                                 const struct sled_operands *operands)
{
    const struct sled_vector_spec *vector = &chip->vector;
    const double cycles = fmax(vector->min_cycles, stream_cycles(chip, operands));

    return append(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_VECTOR,
                            .name = operands->name,
                            .busy_s = cycles / vector->clock_hz,
                            .latency_s = (cycles + vector->overhead_cycles) / vector->clock_hz,
                            .sbuf_bytes = operand_bytes(chip, operands),
                            .times = 1,
                        });
}

static struct sled_op *add_scalar(struct sled_tile *tile, const struct sled_chip *chip,
                                  const struct sled_operands *operands, double extra_cycles)
{
    const struct sled_scalar_spec *scalar = &chip->scalar;
    const double cycles = fmax(scalar->min_cycles, stream_cycles(chip, operands)) + extra_cycles;

    return append(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_SCALAR,
                            .name = operands->name,
                            .busy_s = cycles / scalar->clock_hz,
                            .latency_s = (cycles + scalar->overhead_cycles) / scalar->clock_hz,
                            .sbuf_bytes = operand_bytes(chip, operands),
                            .times = 1,
                        });
}

struct sled_op *sled_tile_scalar(struct sled_tile *tile, const struct sled_chip *chip,
                                 const struct sled_operands *operands)
{
    return add_scalar(tile, chip, operands, 0);
}

struct sled_op *sled_tile_scalar_sum(struct sled_tile *tile, const struct sled_chip *chip,
                                     const struct sled_operands *operands)
{
    return add_scalar(tile, chip, operands, chip->scalar.accumulate_cycles);
}

double sled_rate(const struct sled_rates *rates, enum sled_dtype dtype)
{
    const unsigned bits = sled_dtype_element_bits(dtype);

    return bits >= 32 ? rates->bits32 : bits >= 16 ? rates->bits16 : rates->bits8;
}

double sled_rate_of_two(const struct sled_rates *rates, enum sled_dtype a, enum sled_dtype b)
{
    return fmin(sled_rate(rates, a), sled_rate(rates, b));
}

double sled_pass_bytes(enum sled_dtype in, enum sled_dtype out)
{
    return (double)(sled_dtype_element_bits(in) + sled_dtype_element_bits(out)) / 8;
}

double sled_dma_time(const struct sled_chip *chip, double bytes)
{
    const double partitions = (double)chip->sbuf.partitions;
    const double per_engine = partitions / (double)(chip->dma.engines / chip->cores);

    return per_engine *
           fmax(chip->dma.descriptor_floor_s, bytes / partitions / chip->dma.engine_bytes_per_s);
}

struct sled_op *sled_tile_ask(struct sled_tile *tile, const struct sled_chip *chip,
                              const char *name, double part)
{
    return append(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_SYNC,
                            .name = name,
                            .busy_s = chip->dma.dge_s * part,
                            .latency_s = chip->dma.dge_s + chip->dma.start_s,
                            .times = 1,
                        });
}

struct sled_op *sled_tile_move(struct sled_tile *tile, const struct sled_chip *chip,
                               const char *name, double bytes, double part, double stretch)
{
    const double move_s = sled_dma_time(chip, bytes) * part * stretch;

    return append(tile, &(struct sled_op){
                            .engine = SLED_ENGINE_DMA,
                            .name = name,
                            .busy_s = move_s,
                            .latency_s = move_s,
                            .hbm_bytes = bytes * part,
                            .sbuf_bytes = bytes * part,
                            .times = 1,
                        });
}

struct sled_op *sled_tile_dma(struct sled_tile *tile, const struct sled_chip *chip,
                              const char *name, double bytes, double part, double stretch)
{
    sled_tile_ask(tile, chip, name, part);
    return sled_tile_move(tile, chip, name, bytes, part, stretch);
}

void sled_tile_store(struct sled_tile *tile, const struct sled_chip *chip, const char *name,
                     double bytes, double stretch)
{
    const uint32_t first = tile->nops;

    sled_tile_dma(tile, chip, name, bytes, 1, stretch);
    for (uint32_t i = first; i < tile->nops; i++)
        tile->op[i].posted = true;
}

void sled_stream_finish(struct sled_instr_stream *stream)
{
    free(stream->loop);
    *stream = SLED_INSTR_STREAM(stream->err);
}

void sled_stream_clear(struct sled_instr_stream *stream)
{
    stream->count = 0;
    stream->joins = false;
}

void sled_stream_add(struct sled_instr_stream *stream, const struct sled_tile *tile, uint64_t times)
{
    if (times == 0 || stream->status != SLED_OK)
        return;
    stream->status =
        sled_vec_reserve(&stream->loop, &stream->capacity, stream->count + 1, stream->err);
    if (stream->status != SLED_OK)
        return;
    stream->loop[stream->count++] =
        (struct sled_loop){.tile = *tile, .times = times, .joins = stream->joins};
    stream->joins = false;
}

void sled_stream_join(struct sled_instr_stream *stream)
{
    stream->joins = stream->count > 0;
}
