/* SPDX-License-Identifier: Apache-2.0 */
/* How many token rows each rank sends to each expert slot, and where the experts are. */
#ifndef SLED_WORK_EXPERT_LOAD_H
#define SLED_WORK_EXPERT_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/traffic.h"
#include "work/routing.h"

enum sled_placement {
    SLED_PLACEMENT_BALANCED, /* replicas for the hottest experts, slots packed by load */
    SLED_PLACEMENT_IN_ORDER  /* slot s holds expert s; replicas of the first ones at the end */
};
/* NULL-terminated, indexed by placement. */
extern const char *const sled_placement_names[];

/* Who chooses experts and who holds them. */
struct sled_expert_spec {
    struct sled_choosers choosers;
    uint32_t split;          /* ranks that share every expert they hold; they follow each other */
    uint32_t nslots;         /* at least the experts, a multiple of the nranks / split holders */
    int placement;           /* enum sled_placement, not for uniform routing */
    uint32_t ranks_per_sled; /* >= 1 */
};

/*
 * Built once per layer, used for traffic and kernels alike. One row is one selection: a
 * token that chooses k experts is k rows, also where two of them live on one chip, as in the
 * low-latency kernels of DeepEP.
 */
struct sled_expert_load {
    uint32_t nranks;          /* that send rows */
    uint32_t split;           /* holder h is the ranks h x split .. (h + 1) x split - 1 */
    uint32_t nslots;          /* slot s lives on holder s / (nslots / (nranks / split)) */
    uint32_t *expert_of_slot; /* [nslots] */
    uint32_t *rows;           /* [nranks][nslots]: rows from rank to slot */
};

/*
 * Draw the routing.
 *
 * Uniform: the selections of all tokens are dealt in turn, rank after rank, to the first slot of
 * every holder, then to the second ones, and so on round. Slots differ by at most one row, and
 * so do the pairs of a source and a holder where all ranks have equally many tokens.
 *
 * Others: sled_routing_draw, then a row goes to a replica of its expert on the source's sled if
 * there is one, else to any; where there are several, to each in turn. Balanced placement knows
 * the loads as drawn: it is the best that statistics of the past can give.
 *
 * SLED_E_NOMEM. On success the caller owns *load: sled_expert_load_finish.
 */
enum sled_status sled_expert_load_init(struct sled_expert_load *load,
                                       const struct sled_expert_spec *spec, struct sled_err *err);
/* Accepts a zeroed load. */
void sled_expert_load_finish(struct sled_expert_load *load);

/* Slots of one holder; rows that a slot serves, from all ranks. */
uint32_t sled_expert_load_slots_each(const struct sled_expert_load *load);
uint64_t sled_expert_load_slot_rows(const struct sled_expert_load *load, uint32_t slot);

/*
 * Add row_bytes to traffic [nranks][nranks] for every row, from its source to each rank that holds
 * its slot or, on the way back, the other way round.
 */
void sled_expert_load_traffic(const struct sled_expert_load *load, uint64_t row_bytes, bool back,
                              struct sled_traffic *traffic);

/* How unevenly rows fall, largest over mean; 1 where there are none. */
struct sled_imbalance {
    double min_rows, mean_rows, max_rows; /* of a holder */
    double holders;                       /* max over mean of them */
    double slots;                         /* and of slots */
};
void sled_expert_load_imbalance(const struct sled_expert_load *load, struct sled_imbalance *out);

#endif
