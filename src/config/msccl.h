/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An algorithm as MSCCL writes it, and what it means for us. Private to config.
 *
 * MSCCL (Cowan et al., "MSCCLang", ASPLOS 2023; github.com/microsoft/msccl-tools) describes a
 * collective by what each threadblock of each GPU does, step after step:
 *   s     send src to the peer `send`            cpy  dst := src, both here
 *   r     receive from the peer `recv` into dst  re   dst += src, both here
 *   rrc   dst := received + src                  nop  wait, no more
 *   rcs   r, and send it on                      rrcs rrc, and send it on
 *   rrs   send received + src on
 * The k-th send of a threadblock meets the k-th receive of its peer's on the same channel. A step
 * also waits for step `deps` of threadblock `depid` of the same GPU, which must say hasdep="1".
 * Buffers are i(nput), o(utput) and s(cratch), offsets and cnt are in chunks, of which a rank's
 * whole buffer has nchunksperloop.
 */
#ifndef SLED_CONFIG_MSCCL_H
#define SLED_CONFIG_MSCCL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/plan_file.h"

enum sled_msccl_op {
    SLED_MSCCL_SEND,
    SLED_MSCCL_RECV,
    SLED_MSCCL_RECV_REDUCE,
    SLED_MSCCL_RECV_SEND,
    SLED_MSCCL_RECV_REDUCE_ON,   /* rrs */
    SLED_MSCCL_RECV_REDUCE_SEND, /* rrcs */
    SLED_MSCCL_COPY,
    SLED_MSCCL_REDUCE,
    SLED_MSCCL_NOP
};
/* NULL-terminated, indexed by op: "s", … */
extern const char *const sled_msccl_op_names[];

/* What each does, indexed by op. */
struct sled_msccl_traits {
    bool receives, sends;
    bool reads_src, writes_dst; /* are srcbuf and srcoff, dstbuf and dstoff used? */
};
extern const struct sled_msccl_traits sled_msccl_traits[];

enum sled_msccl_buffer {
    SLED_MSCCL_INPUT,
    SLED_MSCCL_OUTPUT,
    SLED_MSCCL_SCRATCH,
    SLED_MSCCL_BUFFERS /* count, keep last */
};
/* NULL-terminated, indexed by buffer: "i", "o", "s". */
extern const char *const sled_msccl_buffer_names[];

/* Elements of the file. at is where an element begins, in bytes. Numbers are as written, checked
 * only to be whole and, where that makes no sense, not below -1 or 0. */
struct sled_msccl_step {
    size_t at;
    int number;
    int op;
    int src_buffer, dst_buffer;
    int src_offset, dst_offset, count;
    int dep_block, dep_step; /* dep_block -1: waits for no other threadblock */
    int has_dependent;
};

struct sled_msccl_block {
    size_t at;
    int id;
    int send, recv; /* peers, -1 for none */
    int channel;
    struct sled_msccl_step *step; /* [nsteps] */
    size_t nsteps, capacity;
};

struct sled_msccl_gpu {
    size_t at;
    int id;
    int nchunks[SLED_MSCCL_BUFFERS];
    struct sled_msccl_block *block; /* [nblocks] */
    size_t nblocks, capacity;
};

struct sled_msccl_algo {
    const char *path; /* borrowed */
    char *text;       /* the file */
    size_t len;
    size_t at;
    const char *name; /* in the arena */
    int collective;   /* enum sled_coll_kind */
    int nchannels, nchunks, ngpus;
    int in_place;
    struct sled_msccl_gpu *gpu; /* [count] */
    size_t count, capacity;
    struct sled_arena arena; /* of the strings */
};

/* Read path, *out is initialised here and finished by the caller, also on failure. Errors are
 * located: SLED_E_IO, SLED_E_INPUT, SLED_E_NOMEM. */
enum sled_status sled_msccl_read(const char *path, struct sled_msccl_algo *out,
                                 struct sled_err *err);
void sled_msccl_finish(struct sled_msccl_algo *algo);

/*
 * Check all that concerns one element and its neighbours: identities, step numbers, peers, chunks
 * within their buffers, dependencies that exist. GPUs are sorted by id, as are threadblocks
 * within their GPU. Errors are located.
 */
enum sled_status sled_msccl_check(struct sled_msccl_algo *algo, struct sled_err *err);

/* A span of one of our buffers: the chunks from offset on. */
struct sled_msccl_place {
    enum sled_buffer buffer;
    uint64_t offset;
};

/*
 * Where a chunk of MSCCL's is: scratch is scratch; of an all_to_all, i is data and o is out. All
 * else is worked on in place, so that i and o are the same data: whole, or, where one of them
 * holds a rank's own block only, that block of it.
 */
struct sled_msccl_place sled_msccl_place(const struct sled_msccl_algo *algo, int gpu, int buffer,
                                         int offset);

/*
 * The transfers of a checked algorithm, in an order in which they could run, appended to plan,
 * which counts in chunks. *at (heap, [plan->count]) receives where the step stands that each comes
 * from. Errors are located: steps that meet no other, a deadlock.
 *
 * Data goes straight from its source to its destination; MSCCL's buffers between GPUs have no
 * place here. A message starts when its sender has come to it, and is done when it has arrived.
 * The next step of the sender need not wait for that, unless it sends too, or overwrites what
 * is being sent; whoever depends on the send by depid does wait. rrs leaves the sum at its src,
 * where MSCCL changes nothing: the verifier tells if somebody minds.
 */
enum sled_status sled_msccl_plan(const struct sled_msccl_algo *algo, struct sled_plan *plan,
                                 size_t **at, struct sled_err *err);

/* Decide a failure that belongs to byte `at` of the file. */
enum sled_status sled_msccl_fail(const struct sled_msccl_algo *algo, size_t at,
                                 struct sled_err *err, enum sled_status code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

#endif
