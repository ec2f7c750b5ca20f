/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a collective, whatever algorithm will serve it. */
#ifndef SLED_MODEL_COLLECTIVE_H
#define SLED_MODEL_COLLECTIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/place.h"
#include "model/traffic.h"

enum sled_coll_kind {
    SLED_COLL_ALL_REDUCE,
    SLED_COLL_ALL_GATHER,
    SLED_COLL_REDUCE_SCATTER,
    SLED_COLL_ALL_TO_ALL,
    SLED_COLL_ALL_TO_ALL_V,
    SLED_COLL_BROADCAST,
    SLED_COLL_PERMUTE, /* rank r sends its buffer to rank (r + 1) mod P */
    SLED_COLL_KINDS    /* count, keep last */
};

/* NULL-terminated, indexed by kind: "all_reduce", … */
extern const char *const sled_coll_kind_names[SLED_COLL_KINDS + 1];

/*
 * One collective call. Plain data owned by the caller; algorithms only read it.
 * P is nranks and n is nelems everywhere below; block b of n means
 * sled_block(n, P, b). n counts the whole buffer of a rank, as nccl-tests does.
 *
 * Each rank has a DATA buffer, worked on in place, and all_to_all also an OUT
 * buffer (sled_buffer in plan.h). Contents before -> after:
 *   all_reduce      DATA[n] own values                 -> sum over ranks
 *   all_gather      DATA[n] own block at block r       -> everybody's blocks
 *   reduce_scatter  DATA[n] own values                 -> block r is the sum; rest undefined
 *   all_to_all      DATA[n], block d is for rank d     -> OUT[P][len of block r], row s from rank s
 *   all_to_all_v    DATA: rows by destination, packed  -> OUT: rows by source, packed
 *                   (lengths from traffic, elem_bytes 1, n unused)
 *   broadcast       DATA[n] at root                    -> DATA[n] everywhere
 *   permute         DATA[n]                            -> OUT[n] of the left neighbour's DATA
 */
struct sled_coll_req {
    enum sled_coll_kind kind;
    uint32_t nranks;                    /* P >= 1; plan ranks are 0..P-1, mapped to chips later */
    uint32_t root;                      /* 0..P-1, and 0 for kinds without a root */
    uint64_t nelems;                    /* n >= 0 */
    uint32_t elem_bytes;                /* >= 1 */
    bool commutative;                   /* may operands be reordered? */
    const struct sled_traffic *traffic; /* all_to_all_v only: [P][P] bytes; borrowed */

    /* How to go about it. Algorithms that cannot use what is given refuse it, but for the place,
     * which everybody may ignore. */
    const struct sled_place *place; /* of the P ranks, or NULL: not known; borrowed */
    uint32_t channels;              /* independent parts that go different ways; 0: the default */
    uint32_t chunks;                /* pieces that follow one another; 0: the default */
};

/* Most channels, and most chunks, that a request may ask for. */
#define SLED_COLL_MAX_SPLIT 64

/* Sanity of a request (ranks, root, overflow of n * elem_bytes, matrix size, ranks of the place,
 * channels and chunks): SLED_E_INPUT. */
enum sled_status sled_coll_req_check(const struct sled_coll_req *req, struct sled_err *err);

/* n elements cut into P blocks whose lengths differ by at most one, longer ones first. */
struct sled_span {
    uint64_t offset; /* elements */
    uint64_t count;  /* elements */
};
struct sled_span sled_block(uint64_t nelems, uint32_t nblocks, uint32_t block);

/*
 * Bandwidths as nccl-tests defines them (its doc/PERFORMANCE.md), bytes/s.
 * size is the whole buffer of a rank; for all_to_all_v the largest row sum of the
 * matrix, diagonal included. algbw = size / time; busbw = algbw * factor with factor
 * 2(P-1)/P for all_reduce, (P-1)/P for all_gather, reduce_scatter, all_to_all(_v), 1 else.
 */
uint64_t sled_coll_size_bytes(const struct sled_coll_req *req);
double sled_coll_busbw_factor(enum sled_coll_kind kind, uint32_t nranks);

#endif
