/* SPDX-License-Identifier: Apache-2.0 */
/* Private to work: experts of unequal popularity, and tokens that choose among them. */
#ifndef SLED_WORK_POPULARITY_H
#define SLED_WORK_POPULARITY_H

#include <stdint.h>

#include "base/err.h"
#include "base/rng.h"

/* A sampler of experts in O(1) a draw (Walker's alias method). */
struct sled_popularity {
    uint32_t experts;
    double *load;    /* [experts]: expected rows, at most `tokens` each, tokens x top_k in all */
    double *keep;    /* [experts]: chance that a column's own expert is taken, else its alias */
    uint32_t *alias; /* [experts] */
    uint64_t *taken; /* [experts]: number of the last token that took it; 0: none yet */
    uint64_t token;  /* number of the last token */
    struct sled_rng rng;
};

struct sled_popularity_spec {
    uint32_t experts, top_k; /* 1 <= top_k <= experts */
    uint64_t tokens;         /* of which no expert gets more than one row each; with a power law
                                at least 2 */
    double alpha;            /* of the power law, >= 0 */
    const double *loads;     /* [experts] in any unit, at least top_k of them above 0, which take
                                the place of the power law's; or NULL */
    uint64_t seed, stream;   /* streams of one seed are independent */
};

/* Draw the experts' loads. SLED_E_NOMEM. */
enum sled_status sled_popularity_init(struct sled_popularity *popularity,
                                      const struct sled_popularity_spec *spec,
                                      struct sled_err *err);
/* Accepts a zeroed value. */
void sled_popularity_finish(struct sled_popularity *popularity);

/* The next token's top_k distinct experts; one more row in rows[experts] for each. */
void sled_popularity_draw(struct sled_popularity *popularity, uint32_t top_k, uint32_t *rows);

#endif
