/* SPDX-License-Identifier: Apache-2.0 */
#include "chip/parts.h"

#include <math.h>

static bool is_transfer(const struct sled_op *op)
{
    return op->engine == SLED_ENGINE_SYNC || op->engine == SLED_ENGINE_DMA;
}

/* Give the tiles from the `first` on ages from base on, and transfers age 0. */
static uint32_t set_base(struct sled_instr_stream *stream, size_t first, uint32_t base)
{
    uint32_t last = base;

    for (size_t i = first; i < stream->count; i++) {
        struct sled_tile *tile = &stream->loop[i].tile;
        uint32_t at = 0;

        while (at < tile->nops && is_transfer(&tile->op[at]))
            tile->op[at++].age = 0;
        const uint32_t was = at < tile->nops ? tile->op[at].age : 0;
        for (; at < tile->nops; at++) {
            tile->op[at].age = tile->op[at].age - was + base;
            last = tile->op[at].age > last ? tile->op[at].age : last;
        }
    }
    return last;
}

/*
 * How good a way to program a part is, less is better: the time that its busiest engine is busy
 * with the tiles from the `first` on, and `fill` times the time until the first of them is done,
 * which is lost where nothing hides it.
 */
static double score(const struct sled_instr_stream *stream, size_t first, double fill)
{
    double busy_s[SLED_ENGINES] = {0};
    double most_s = 0, first_s = 0;

    for (size_t i = first; i < stream->count; i++)
        for (uint32_t o = 0; o < stream->loop[i].tile.nops; o++) {
            const struct sled_op *op = &stream->loop[i].tile.op[o];

            busy_s[op->engine] += (double)(stream->loop[i].times * op->times) * op->busy_s;
            most_s = fmax(most_s, busy_s[op->engine]);
            first_s += i == first ? op->latency_s : 0;
        }
    return most_s + fill * first_s;
}

uint32_t sled_parts_matmul_way(const struct sled_chip *chip, const struct sled_kernel *matmul,
                               uint32_t way, uint32_t base, double stretch,
                               struct sled_instr_stream *stream)
{
    const size_t first = stream->count;

    sled_kernel_matmul.program(chip, matmul, way, stretch, stream);
    return set_base(stream, first, base);
}

uint32_t sled_parts_matmul(const struct sled_chip *chip, const struct sled_kernel *matmul,
                           double fill, uint32_t base, double stretch,
                           struct sled_instr_stream *stream)
{
    const size_t first = stream->count;
    double best_s = INFINITY;
    uint32_t best = 0;

    for (uint32_t way = 0; way < sled_kernel_matmul.ways; way++) {
        sled_kernel_matmul.program(chip, matmul, way, stretch, stream);

        const double way_s = score(stream, first, fill);
        if (way_s < best_s) {
            best_s = way_s;
            best = way;
        }
        stream->count = first;
    }
    return sled_parts_matmul_way(chip, matmul, best, base, stretch, stream);
}

uint32_t sled_parts_add(const struct sled_chip *chip, const struct sled_kernel *kernel,
                        uint32_t base, struct sled_instr_stream *stream)
{
    const struct sled_kernel_model *model = sled_kernel_model_of(kernel->kind);
    const size_t first = stream->count;

    if (model->make_tile != NULL)
        sled_kernel_fold(chip, kernel, model->make_tile, stream);
    else
        model->program(chip, kernel, 0, 1, stream);
    return set_base(stream, first, base);
}

void sled_parts_tiles(const struct sled_tile *tile, uint64_t count, uint32_t base,
                      struct sled_instr_stream *stream)
{
    const size_t first = stream->count;
    struct sled_tile spread = *tile;

    sled_tile_spread(&spread, SLED_TILE_AGES - base);
    sled_stream_add(stream, &spread, count);
    set_base(stream, first, base);
}

void sled_parts_wait(const struct sled_chip *chip, enum sled_engine waiting, uint32_t age,
                     struct sled_instr_stream *stream)
{
    const struct sled_vector_spec *vector = &chip->vector;
    struct sled_tile tile = {.age = age};
    struct sled_op op = {.engine = SLED_ENGINE_SCALAR, .name = "wait", .times = 1};

    sled_tile_add(&tile, &op);
    op.engine = SLED_ENGINE_VECTOR;
    op.latency_s = vector->overhead_cycles / vector->clock_hz;
    op.beside = true; /* both began to wait at the same time */
    sled_tile_add(&tile, &op);
    op.engine = waiting;
    op.latency_s = 0;
    op.beside = false;
    sled_tile_add(&tile, &op);
    sled_stream_add(stream, &tile, 1);
}

static double bytes_from_hbm(const struct sled_tile *tile)
{
    double bytes = 0;

    for (uint32_t o = 0; o < tile->nops; o++)
        bytes += tile->op[o].hbm_bytes;
    return bytes;
}

/* Do the transfers of every `room` tiles that follow each other fit SBUF together? */
static bool window_fits(const struct sled_chip *chip, const struct sled_instr_stream *stream,
                        uint32_t room)
{
    const double sbuf_bytes = chip->sbuf.partition_bytes * (double)chip->sbuf.partitions;
    double window[SLED_TILE_ROOM] = {0};
    double sum = 0;
    uint32_t at = 0;

    for (size_t i = 0; i < stream->count; i++) {
        const double bytes = bytes_from_hbm(&stream->loop[i].tile);

        /* After `room` equal tiles, the window holds nothing else. */
        for (uint64_t n = 0; n < stream->loop[i].times && n < room; n++) {
            sum += bytes - window[at];
            window[at] = bytes;
            at = (at + 1) % room;
            if (sum > sbuf_bytes)
                return false;
        }
    }
    return true;
}

void sled_parts_limit(const struct sled_chip *chip, struct sled_instr_stream *stream)
{
    uint32_t room = SLED_TILE_ROOM, oldest = 0;

    for (size_t i = 0; i < stream->count; i++)
        for (uint32_t o = 0; o < stream->loop[i].tile.nops; o++)
            oldest =
                stream->loop[i].tile.op[o].age > oldest ? stream->loop[i].tile.op[o].age : oldest;
    while (room > oldest + 1 && !window_fits(chip, stream, room))
        room--;
    for (size_t i = 0; i < stream->count; i++)
        stream->loop[i].tile.room = room;
}
