/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel has a core do: instruction streams over tiles, as data.
 *
 * A tile is a piece of the result and the list of instructions that make it, each on one engine,
 * each waiting (on a semaphore) for the one before. Tiles are independent of each other, and a
 * kernel is software-pipelined: at step t of its loop, each engine is given the instructions
 * of age 0 of tile t, those of age 1 of tile t-1, and so on, youngest tile first. Kernels choose
 * the ages; between two ages there is room for the engines to work on other tiles. The program of
 * every engine is fixed by that, as a compiler would fix it. core.h runs it.
 */
#ifndef SLED_CHIP_STREAM_H
#define SLED_CHIP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "chip/spec.h"
#include "model/kernel.h"

enum { SLED_TILE_OPS = 24, SLED_TILE_AGES = 16, SLED_TILE_ROOM = SLED_TILE_AGES + 1 };

/* An instruction, or `times` equal ones that wait for each other. */
struct sled_op {
    enum sled_engine engine;
    const char *name;  /* static; what a trace calls it */
    double busy_s;     /* of the engine, each time */
    double latency_s;  /* from its start until others see the result; may be before the end
                          where the result is taken piece by piece */
    double hbm_bytes;  /* each time; read and written together */
    double sbuf_bytes; /* the same, by engines and DMA */
    uint64_t times;    /* >= 1 */
    uint32_t age;      /* not below the one before's */
    bool beside;       /* waits for what the one before waited for, and not for that one */
    bool posted;       /* has a queue of its own, as a DMA transfer of results */
};

struct sled_tile {
    struct sled_op op[SLED_TILE_OPS];
    uint32_t nops;
    uint32_t age;  /* of what is added next; the kernel raises it */
    bool ahead;    /* has buffers of its own, so that it waits for no other tile's */
    uint32_t room; /* buffers: tiles that can be under way, above the last age; 0: one to spare */
};

/* Add an instruction of tile->age. */
void sled_tile_add(struct sled_tile *tile, const struct sled_op *op);

/*
 * Give the instructions ages, for a tile of independent work: each one after the one before, two
 * where the result goes to another engine, so that both find work meanwhile; closer together
 * when no more than `room` tiles (>= 1) can be under way.
 */
void sled_tile_spread(struct sled_tile *tile, double room);

/* What the vector and scalar engines work on. */
struct sled_operands {
    const char *name;
    uint64_t elements; /* per partition */
    double rate;       /* elements per cycle, over all lanes */
    double sbuf_bytes; /* per element, read and written; PSUM does not count */
};

/*
 * An instruction on operands: engines cannot start the next one sooner than their minimum, nor a
 * dependent one before the overhead. The caller may change the instruction returned.
 */
struct sled_op *sled_tile_vector(struct sled_tile *tile, const struct sled_chip *chip,
                                 const struct sled_operands *operands);
struct sled_op *sled_tile_scalar(struct sled_tile *tile, const struct sled_chip *chip,
                                 const struct sled_operands *operands);
/* The same with a sum over the results read out at its end. */
struct sled_op *sled_tile_scalar_sum(struct sled_tile *tile, const struct sled_chip *chip,
                                     const struct sled_operands *operands);

/* The rate for elements of this format; for two tensors, of the slower one. */
double sled_rate(const struct sled_rates *rates, enum sled_dtype dtype);
double sled_rate_of_two(const struct sled_rates *rates, enum sled_dtype a, enum sled_dtype b);

/* Bytes of one element of each, without scales: what SBUF moves for an element-wise pass. */
double sled_pass_bytes(enum sled_dtype in, enum sled_dtype out);

/*
 * `bytes` from or to HBM: the Sync engine has the descriptors generated, then the DMA engines of
 * the core move them at the age that follows. Every partition gets a contiguous row, so a
 * descriptor is as large as `bytes` allows, and one that is too small takes the floor. stretch >= 1
 * is how much longer it takes because HBM is shared. `part` of a transfer is asked for:
 * tiles that share one transfer each bear their part of its cost.
 */
struct sled_op *sled_tile_dma(struct sled_tile *tile, const struct sled_chip *chip,
                              const char *name, double bytes, double part, double stretch);

/* The two halves of it, for transfers that are asked for together. */
struct sled_op *sled_tile_ask(struct sled_tile *tile, const struct sled_chip *chip,
                              const char *name, double part);
struct sled_op *sled_tile_move(struct sled_tile *tile, const struct sled_chip *chip,
                               const char *name, double bytes, double part, double stretch);

/* The same from SBUF, posted: a result that goes to HBM. */
void sled_tile_store(struct sled_tile *tile, const struct sled_chip *chip, const char *name,
                     double bytes, double stretch);

/* Time in which the DMA engines of one core move `bytes` so, were HBM all theirs. */
double sled_dma_time(const struct sled_chip *chip, double bytes);

/* A tile `times` over. */
struct sled_loop {
    struct sled_tile tile;
    uint64_t times;
    bool joins; /* its instructions need the results of all loops before */
};

/*
 * All tiles of a core, in order. Starts as SLED_INSTR_STREAM(err), finished by the owner; emptied
 * by sled_stream_clear, keeping its memory. When memory runs out, status and *err say so and
 * nothing more is added.
 */
struct sled_instr_stream {
    struct sled_loop *loop;
    size_t count, capacity;
    bool joins; /* the next loop does */
    enum sled_status status;
    struct sled_err *err; /* borrowed */
};
#define SLED_INSTR_STREAM(err_) ((struct sled_instr_stream){.err = (err_)})
void sled_stream_finish(struct sled_instr_stream *stream);
void sled_stream_clear(struct sled_instr_stream *stream);

/* Nothing is added for 0 times. */
void sled_stream_add(struct sled_instr_stream *stream, const struct sled_tile *tile,
                     uint64_t times);

/* What is added next needs the results and the loads of all that was added. Its own loads need
 * nothing, and go ahead. */
void sled_stream_join(struct sled_instr_stream *stream);

#endif
