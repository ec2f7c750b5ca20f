/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every chip does: steps on streams. A workload generator writes it, the
 * planner attaches plans to its collectives and costs to its kernels, and the
 * simulator runs it with one actor per chip and stream.
 */
#ifndef SLED_MODEL_PROGRAM_H
#define SLED_MODEL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/chip_ports.h"
#include "model/collective.h"
#include "model/kernel.h"
#include "model/plan.h"
#include "model/protocol.h"

/* A chip runs one step per stream at a time, in the order they were added. */
enum sled_stream {
    SLED_STREAM_COMPUTE,
    SLED_STREAM_CC, /* collectives and local copies: beside compute */
    SLED_STREAMS    /* count, keep last */
};
/* NULL-terminated, indexed by stream: "compute", "cc". */
extern const char *const sled_stream_names[SLED_STREAMS + 1];

enum sled_step_kind {
    SLED_STEP_KERNEL,     /* what: index into kernels */
    SLED_STEP_COLLECTIVE, /* what: index into collectives; rank: this chip's rank in it */
    SLED_STEP_STORE,      /* bytes from SBUF to HBM by DMA */
    SLED_STEP_LOAD        /* bytes from HBM to SBUF by DMA */
};

struct sled_step {
    enum sled_step_kind kind;
    enum sled_stream stream;
    uint32_t phase; /* index into phases: results are grouped by it */
    uint32_t what;
    uint32_t rank;
    uint64_t bytes;
    uint32_t after; /* a step of the same chip, by its index there, that must be done
                       first; SLED_NONE for none. Steps of one stream are ordered anyway. */
};

struct sled_program_kernel {
    struct sled_kernel kernel;
    struct sled_kernel_cost cost; /* filled by the planner */
    uint64_t *tokens;             /* owned: what the kernel borrows */
};

struct sled_program_collective {
    const char *name;         /* borrowed, for people: "dispatch" */
    struct sled_coll_req req; /* its traffic is owned by the program, see add_traffic */
    const char *algorithm;    /* borrowed: what was asked for */
    enum sled_memory memory;  /* SBUF or HBM; STAGED is written as STORE, HBM, LOAD steps */
    uint64_t row_bytes;       /* descriptor size of a transfer; 0: bulk */
    bool has_protocol;        /* else the DMA engines move the data as they are */
    struct sled_protocol protocol;
    uint32_t *chip_of_rank;       /* [req.nranks], and endpoints of the plan's switches behind
                                     them; heap, owned by the program */
    const struct sled_plan *plan; /* attached by the planner, who owns it */
};

struct sled_program_chip {
    struct sled_step *step; /* [nsteps] */
    uint32_t nsteps;
    size_t capacity; /* private */
};

struct sled_program {
    uint32_t nchips;
    struct sled_program_chip *chip; /* [nchips] */
    const char **phase;             /* [nphases], borrowed names in order */
    uint32_t nphases;
    struct sled_program_kernel *kernel; /* [nkernels] */
    uint32_t nkernels;
    struct sled_program_collective *collective; /* [ncollectives] */
    uint32_t ncollectives;
    struct sled_traffic **traffic; /* [ntraffic], owned: matrices of the requests */
    uint32_t ntraffic;

    /* Private. */
    size_t phase_capacity, kernel_capacity, collective_capacity, traffic_capacity;
};

enum sled_status sled_program_init(struct sled_program *program, uint32_t nchips,
                                   struct sled_err *err);
/* Frees all the program owns; plans belong to the planner. Accepts a zeroed program. */
void sled_program_finish(struct sled_program *program);

/* Each appends and returns the new index in *id. */
enum sled_status sled_program_add_phase(struct sled_program *program, const char *name,
                                        uint32_t *id, struct sled_err *err);
/* Equal kernels get one index. Tokens are copied. */
enum sled_status sled_program_add_kernel(struct sled_program *program,
                                         const struct sled_kernel *kernel, uint32_t *id,
                                         struct sled_err *err);
/* Take back the kernel that came last; no step may have it. */
void sled_program_drop_kernel(struct sled_program *program);
/* chip_of_rank[req.nranks] is copied. SLED_E_INPUT for a request that
 * sled_coll_req_check refuses, and for a chip that does not exist or serves two ranks. */
enum sled_status sled_program_add_collective(struct sled_program *program,
                                             const struct sled_program_collective *collective,
                                             const uint32_t *chip_of_rank, uint32_t *id,
                                             struct sled_err *err);
/* The switches of the plan of a collective of the program: endpoint[count] is copied. */
enum sled_status sled_program_set_switches(struct sled_program_collective *collective,
                                           const uint32_t *endpoint, uint32_t count,
                                           struct sled_err *err);
/* The collective's protocol, NULL where it has none. */
const struct sled_protocol *sled_program_protocol(const struct sled_program_collective *collective);
/* A new zeroed matrix that the program owns: *out is valid as long as the program. */
enum sled_status sled_program_add_traffic(struct sled_program *program, uint32_t nranks,
                                          struct sled_traffic **out, struct sled_err *err);
/* *id (may be NULL) is the index among the chip's steps. */
enum sled_status sled_program_add_step(struct sled_program *program, uint32_t chip,
                                       const struct sled_step *step, uint32_t *id,
                                       struct sled_err *err);

/*
 * One collective on all its ranks in one phase, on the CC stream. Staged: each rank first
 * stores its input and at the end loads its output (3 steps, a step of 0 bytes where a rank
 * has none); else 1 step.
 * Rank r's first step waits for after[r] ([nranks], or NULL: for nothing). last[r]
 * (may be NULL) receives the index of rank r's final step among its chip's steps.
 */
enum sled_status sled_program_add_staged(struct sled_program *program, uint32_t collective,
                                         bool staged, uint32_t phase, const uint32_t *after,
                                         uint32_t *last, struct sled_err *err);

/* Do chips do the same in both? Names of phases and collectives, plans and costs are not compared.
 */
bool sled_program_equal(const struct sled_program *a, const struct sled_program *b);

/*
 * Would it ever end? Runs the program without time: indices, waits, and the order in
 * which ranks reach their collectives, each of which may wait for all its ranks.
 * SLED_E_INPUT names every waiting chip (the first few) and what it waits for. Also checks
 * that each rank of a collective has exactly one step for it, on the right chip. Needs no
 * plans.
 */
enum sled_status sled_program_check(const struct sled_program *program, struct sled_err *err);

#endif
