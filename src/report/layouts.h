/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts side by side: ranked, with the Pareto fronts. */
#ifndef SLED_REPORT_LAYOUTS_H
#define SLED_REPORT_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"

enum sled_layout_outcome {
    SLED_LAYOUT_RAN,
    SLED_LAYOUT_NO_ROOM, /* it does not fit the memory */
    SLED_LAYOUT_REFUSED  /* reason says why */
};

/* What layouts are ranked by, most first. */
enum sled_layout_rank {
    SLED_RANK_CHIP, /* tokens/s/chip */
    SLED_RANK_USER, /* tokens/s/user */
    SLED_RANK_MW,   /* tokens/s/MW */
    SLED_RANKS      /* count, keep last */
};
/* NULL-terminated, indexed by rank. */
extern const char *const sled_layout_rank_names[SLED_RANKS + 1];

/* One layout and batch. Plain data without pointers but to static names, so that a process may
 * leave it to another. */
struct sled_layout_row {
    enum sled_layout_outcome outcome;
    uint64_t chips, tp, cp, dp, pp, replicas, ep, expert_tp, redundant_experts, batch;
    char exchange[16], overlap[16], order[16], collectives[32];
    char reason[256];     /* REFUSED */
    double missing_bytes; /* NO_ROOM */

    /* RAN */
    double latency_s, tokens_per_s_user, tokens_per_s_chip, tokens_per_s_mw;
    double tokens_per_s_mw_provided; /* 0 where the power to provide is not known */
    double exposed;                  /* communication, share of time */
    char most[32], busiest[64];      /* phase of most time; resource that is used most */
    double most_share, utilisation;
    bool front_chip, front_mw; /* on the Pareto front of tokens/s/user against these */
};

/* What heads the report; borrowed. */
struct sled_layouts_title {
    const char *workload, *description, *model, *topology, *chip, *phase, *network, *simulator;
    double accuracy;
    uint64_t context, chunk;
    bool overlaps, orders; /* have rows different ones? */
};

/* Set front_chip and front_mw of rows[n]. A layout is on a front if no other is better in one
 * figure and not worse in the other; of equal ones the first. */
void sled_layouts_mark_fronts(struct sled_layout_row *rows, size_t n);

/* order [n] receives the indices of rows, best first by rank, those that did not run last; equal
 * ones in their own order. */
enum sled_status sled_layouts_rank(const struct sled_layout_row *rows, size_t n,
                                   enum sled_layout_rank rank, size_t *order, struct sled_err *err);

/* The best `top` in order, the fronts, and up to `top` layouts each that do not fit or were
 * refused. */
enum sled_status sled_layouts_write_text(const struct sled_layouts_title *title,
                                         const struct sled_layout_row *rows, size_t n,
                                         const size_t *order, size_t top, FILE *stream,
                                         struct sled_err *err);
/* All of them, in order. */
enum sled_status sled_layouts_write_csv(const struct sled_layouts_title *title,
                                        const struct sled_layout_row *rows, size_t n,
                                        const size_t *order, FILE *stream, struct sled_err *err);
enum sled_status sled_layouts_write_json(const struct sled_layouts_title *title,
                                         const struct sled_layout_row *rows, size_t n,
                                         const size_t *order, const cJSON *config, FILE *stream,
                                         struct sled_err *err);

#endif
