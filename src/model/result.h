/* SPDX-License-Identifier: Apache-2.0 */
/* What a simulation found: times of steps and transfers, and the use of resources. */
#ifndef SLED_MODEL_RESULT_H
#define SLED_MODEL_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum sled_resource_kind {
    SLED_RESOURCE_LINK, /* index: link of the fabric */
    SLED_RESOURCE_HBM,  /* index: chip */
    SLED_RESOURCE_DMA,  /* index: chip */
    SLED_RESOURCE_SBUF, /* index: chip */
    SLED_RESOURCE_KINDS /* count, keep last */
};
extern const char *const sled_resource_kind_names[SLED_RESOURCE_KINDS + 1];

struct sled_resource {
    enum sled_resource_kind kind;
    uint32_t index;
    double bytes_per_s; /* capacity */
};

/*
 * Where a collective's time went, along the chain of transfers that ended last: each begins when
 * the one before it is visible. What is left of the time is service: bytes on their way.
 */
struct sled_result_split {
    double issue_s;   /* before first bytes: descriptors, waits for the other rank and for DMA
                         queues, DMA starts */
    double latency_s; /* after last bytes, of paths */
};

/* Created by the simulator, owned by its caller. All times in seconds from the start. */
struct sled_result {
    double time_s; /* the last step's end */

    uint32_t nchips;
    uint32_t *step_begin; /* [nchips + 1]: steps of chip c are step_begin[c] .. - 1 */
    double *step_start_s; /* [nsteps]: when its stream and dependency let it begin */
    double *step_end_s;   /* [nsteps] */

    uint32_t nphases;
    uint32_t nresources;
    struct sled_resource *resource; /* [nresources] */
    double *used_bytes;             /* [nphases][nresources]: capacity consumed (weight x bytes) */

    uint32_t ncollectives;
    double *collective_start_s;                 /* [ncollectives]: first rank's arrival */
    double *collective_end_s;                   /* [ncollectives]: last rank's completion */
    struct sled_result_split *collective_split; /* [ncollectives] */
    uint64_t *xfer_begin; /* [ncollectives + 1]; all zero unless transfers were kept */
    double *xfer_end_s;   /* [xfer_begin[ncollectives]]: data visible at destination */

    double weight_error; /* largest relative rounding of a resource weight by the network
                            engine; 0 when exact */
    size_t block_bytes;  /* private: the mapping that holds it all */
};

/* Lengths of the arrays of a result. */
struct sled_result_shape {
    uint32_t nchips;
    size_t nsteps; /* over all chips */
    uint32_t nphases, nresources, ncollectives;
    uint64_t nxfers; /* over all collectives; 0 unless transfers are kept */
};

/*
 * A zeroed result for the caller to destroy. Its memory is shared with children forked
 * later: what they write there, the parent reads. SLED_E_NOMEM.
 */
enum sled_status sled_result_create(const struct sled_result_shape *shape, struct sled_result **out,
                                    struct sled_err *err);

/* Bytes consumed of a resource in all phases together. */
double sled_result_used(const struct sled_result *result, uint32_t resource);

/* Accepts NULL. */
void sled_result_destroy(struct sled_result *result);

#endif
