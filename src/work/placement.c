/* SPDX-License-Identifier: Apache-2.0 */
/* Where experts and their replicas live; a layer's balance depends on nothing else as much. */
#include "work/placement.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

void sled_placement_in_order(uint32_t experts, uint32_t nslots, uint32_t *expert_of_slot)
{
    for (uint32_t slot = 0; slot < nslots; slot++)
        expert_of_slot[slot] = slot % experts;
}

uint32_t sled_placement_deal_slot(uint32_t nranks, uint32_t nslots, uint32_t position)
{
    return position % nranks * (nslots / nranks) + position / nranks;
}

/*
 * First expert of the last round of the deal, which has `last` of them. Its expert first + i comes
 * experts - first positions after that expert's slot before, and, as the deal starts anew,
 * last + first positions before the next: both must be at least top_k.
 */
static uint64_t first_of_last_round(uint64_t top_k, uint64_t last)
{
    return last == 0 || last >= top_k ? 0 : top_k - last;
}

bool sled_placement_can_deal(uint64_t experts, uint64_t top_k, uint64_t nslots)
{
    const uint64_t last = nslots % experts;

    return last == 0 || experts - first_of_last_round(top_k, last) >= top_k;
}

void sled_placement_dealt(uint32_t experts, uint32_t top_k, uint32_t nranks, uint32_t nslots,
                          uint32_t *expert_of_slot)
{
    const uint32_t last = nslots % experts;
    const uint32_t first = (uint32_t)first_of_last_round(top_k, last);

    assert(sled_placement_can_deal(experts, top_k, nslots));
    for (uint32_t position = 0; position < nslots; position++) {
        const bool in_last_round = position >= nslots - last;
        const uint32_t expert = position % experts + (in_last_round ? first : 0);

        expert_of_slot[sled_placement_deal_slot(nranks, nslots, position)] = expert;
    }
}

/* Add one replica to the expert with most rows per replica, below the limit of one a rank. */
static void replicate_hottest(const uint64_t *rows, uint32_t experts, uint32_t limit,
                              uint32_t *replicas)
{
    uint32_t hottest = experts;
    double most = -1.0;

    for (uint32_t e = 0; e < experts; e++) {
        const double share = (double)rows[e] / replicas[e];

        if (replicas[e] < limit && share > most) {
            most = share;
            hottest = e;
        }
    }
    assert(hottest < experts);
    replicas[hottest]++;
}

/* One replica of an expert, for sorting by what it serves. */
struct replica {
    double rows;
    uint32_t expert;
};

static int heavier_first(const void *pa, const void *pb)
{
    const struct replica *a = pa;
    const struct replica *b = pb;

    if (a->rows != b->rows)
        return a->rows > b->rows ? -1 : 1;
    return a->expert < b->expert ? -1 : a->expert > b->expert;
}

struct packing {
    uint32_t nranks, slots_per_rank;
    uint32_t *used;           /* [nranks]: slots filled */
    double *rows;             /* [nranks] */
    uint32_t *expert_of_slot; /* [nranks][slots_per_rank] */
};

static bool holds(const struct packing *packing, uint32_t rank, uint32_t expert)
{
    const uint32_t *slot = packing->expert_of_slot + (size_t)rank * packing->slots_per_rank;

    for (uint32_t i = 0; i < packing->used[rank]; i++)
        if (slot[i] == expert)
            return true;
    return false;
}

static void pack(struct packing *packing, const struct replica *replica)
{
    uint32_t best = packing->nranks;
    bool best_holds = true;

    for (uint32_t r = 0; r < packing->nranks; r++) {
        if (packing->used[r] == packing->slots_per_rank)
            continue;

        const bool has = holds(packing, r, replica->expert);
        const bool lighter = best == packing->nranks || packing->rows[r] < packing->rows[best];

        if (has == best_holds ? lighter : best_holds) {
            best = r;
            best_holds = has;
        }
    }
    assert(best < packing->nranks);
    packing->expert_of_slot[(size_t)best * packing->slots_per_rank + packing->used[best]++] =
        replica->expert;
    packing->rows[best] += replica->rows;
}

enum sled_status sled_placement_balanced(const uint64_t *rows, uint32_t experts, uint32_t nranks,
                                         uint32_t nslots, uint32_t *expert_of_slot,
                                         struct sled_err *err)
{
    struct packing packing = {
        .nranks = nranks, .slots_per_rank = nslots / nranks, .expert_of_slot = expert_of_slot};
    enum sled_status status;
    uint32_t *replicas = NULL;
    struct replica *order = NULL;
    uint32_t n = 0;

    if ((status = sled_vec_alloc(&replicas, experts, err)) != SLED_OK ||
        (status = sled_vec_alloc(&order, nslots, err)) != SLED_OK ||
        (status = sled_vec_alloc(&packing.used, nranks, err)) != SLED_OK ||
        (status = sled_vec_alloc(&packing.rows, nranks, err)) != SLED_OK)
        goto free_all;

    for (uint32_t e = 0; e < experts; e++)
        replicas[e] = 1;
    for (uint32_t slot = experts; slot < nslots; slot++)
        replicate_hottest(rows, experts, nranks, replicas);
    for (uint32_t e = 0; e < experts; e++)
        for (uint32_t i = 0; i < replicas[e]; i++)
            order[n++] = (struct replica){.rows = (double)rows[e] / replicas[e], .expert = e};
    assert(n == nslots);
    qsort(order, nslots, sizeof *order, heavier_first);
    for (uint32_t i = 0; i < nslots; i++)
        pack(&packing, &order[i]);

free_all:
    free(replicas);
    free(order);
    free(packing.used);
    free(packing.rows);
    return status;
}
