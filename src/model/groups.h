/* SPDX-License-Identifier: Apache-2.0 */
/* Ranks in groups, each of which runs a collective of its own at the same time. */
#ifndef SLED_MODEL_GROUPS_H
#define SLED_MODEL_GROUPS_H

#include <stdint.h>

#include "base/err.h"

/* Rank i of group g is rank[begin[g] + i] of the whole; no rank is in two groups. */
struct sled_groups {
    uint32_t count;  /* groups, each of at least one rank */
    uint32_t *begin; /* [count + 1], heap */
    uint32_t *rank;  /* [begin[count]], heap */
};

/* Accepts a zeroed value. */
void sled_groups_finish(struct sled_groups *groups);

/* nranks ranks dealt as nccl-tests' NCCL_TESTS_SPLIT does. *out is initialised on success;
 * SLED_E_NOMEM. */
enum sled_status sled_groups_div(uint32_t nranks, uint32_t size, struct sled_groups *out,
                                 struct sled_err *err); /* rank r in group r / size, size >= 1 */
enum sled_status sled_groups_mod(uint32_t nranks, uint32_t count, struct sled_groups *out,
                                 struct sled_err *err); /* in group r % count, 1..nranks */

/* Ranks of the smallest and of the largest group. */
void sled_groups_sizes(const struct sled_groups *groups, uint32_t *least, uint32_t *most);

static inline uint32_t sled_groups_size(const struct sled_groups *groups, uint32_t group)
{
    return groups->begin[group + 1] - groups->begin[group];
}

#endif
