/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: the transfers of one collective call and what each must wait for. It
 * knows ranks, buffers and elements, nothing of time, chips or links. One plan
 * feeds the verifier, the counter, the printers and the executor.
 *
 * Transfers are numbered 0, 1, … in the order they are added, and may wait only
 * for earlier ones; so every plan is acyclic and its order is a valid schedule.
 * "After x" means: x's data is visible at x's destination, and x has read its source.
 */
#ifndef SLED_MODEL_PLAN_H
#define SLED_MODEL_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/collective.h"

typedef uint32_t sled_xfer_id;

enum sled_xfer_op {
    SLED_XFER_COPY,   /* destination := source */
    SLED_XFER_REDUCE, /* destination += source */
    SLED_XFER_OPS     /* count, keep last */
};
/* NULL-terminated, indexed by op: "copy", "reduce". */
extern const char *const sled_xfer_op_names[SLED_XFER_OPS + 1];

enum sled_buffer {
    SLED_BUFFER_DATA,    /* the rank's input, worked on in place */
    SLED_BUFFER_OUT,     /* output of all_to_all(_v) and permute */
    SLED_BUFFER_SCRATCH, /* as long as the plan needs */
    SLED_BUFFERS         /* count, keep last */
};
/* NULL-terminated, indexed by buffer: "data", "out", "scratch". */
extern const char *const sled_buffer_names[SLED_BUFFERS + 1];

/* One transfer as it is added and read back. src == dst is a local copy. count 0 is
 * allowed and is a pure dependency: it takes no time. */
struct sled_xfer {
    uint32_t src, dst;                      /* ranks */
    uint64_t src_offset, dst_offset, count; /* elements */
    enum sled_buffer src_buffer, dst_buffer;
    enum sled_xfer_op op;
    const sled_xfer_id *after; /* [nafter], each smaller than this transfer's own number */
    uint32_t nafter;
};

/* Struct of arrays: 37 bytes a transfer plus 4 per dependency. Owned by its creator,
 * read-only for others. */
struct sled_plan {
    uint32_t nranks;
    uint32_t
        nswitches; /* of them, the last ones: switches on the way, which add up and replicate */
    uint32_t elem_bytes;
    uint32_t count;                             /* transfers */
    uint32_t *src, *dst;                        /* [count] */
    uint64_t *src_offset, *dst_offset, *nelems; /* [count] */
    uint8_t *kind;         /* [count]: op | src_buffer << 2 | dst_buffer << 4 */
    uint32_t *after_begin; /* [count + 1] */
    sled_xfer_id *after;   /* [after_begin[count]] */

    /* Private. */
    size_t capacity, after_capacity;
};

enum sled_status sled_plan_init(struct sled_plan *plan, uint32_t nranks, uint32_t elem_bytes,
                                struct sled_err *err);
/* Accepts a zeroed plan. */
void sled_plan_finish(struct sled_plan *plan);

/* Add switches as ranks behind those there are. They hold nothing but scratch, in which sums
 * begin empty: the first reduction into an element is a copy, whichever it is. */
void sled_plan_add_switches(struct sled_plan *plan, uint32_t count);

/* Make room for `transfers` and their `after` dependencies in total, where the numbers are
 * known: spares copies, and refuses a hopeless size before the work. Errors as sled_plan_add. */
enum sled_status sled_plan_reserve(struct sled_plan *plan, uint64_t transfers, uint64_t after,
                                   struct sled_err *err);

/*
 * Append a copy of *xfer; its number is plan->count before the call.
 * SLED_E_BUG when a rank, dependency or offset is out of range (an algorithm's fault),
 * SLED_E_UNSUPPORTED beyond 2^32 - 2 transfers or 2^32 - 1 dependencies, SLED_E_NOMEM.
 */
enum sled_status sled_plan_add(struct sled_plan *plan, const struct sled_xfer *xfer,
                               struct sled_err *err);

/* Read transfer id back; after points into the plan. */
struct sled_xfer sled_plan_get(const struct sled_plan *plan, sled_xfer_id id);

/* What transfer id does at its destination. */
static inline enum sled_xfer_op sled_plan_op(const struct sled_plan *plan, sled_xfer_id id)
{
    return (enum sled_xfer_op)(plan->kind[id] & 3);
}

/*
 * Numbers of a plan, from its transfers alone. For a chain of dependent transfers:
 * how many move data, and the bytes they move; the longest by each measure. Transfers
 * with src == dst count in none of these.
 */
struct sled_plan_cost {
    uint64_t steps;         /* non-empty transfers on the longest chain */
    uint64_t chain_bytes;   /* most bytes moved along any one chain */
    uint64_t port_bytes;    /* most bytes any one rank, not a switch, sends or receives */
    uint64_t total_bytes;   /* over all transfers */
    uint64_t reduced_bytes; /* combined at destinations, over all transfers */
};
enum sled_status sled_plan_measure(const struct sled_plan *plan, struct sled_plan_cost *out,
                                   struct sled_err *err);

#endif
