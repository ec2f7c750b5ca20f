/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a routing of tokens to rows between ranks and slots: the numbers from which a layer's
 * traffic and its expert kernels both follow.
 */
#include "work/expert_load.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/vec.h"
#include "work/placement.h"

const char *const sled_placement_names[] = {
    [SLED_PLACEMENT_BALANCED] = "balanced", [SLED_PLACEMENT_IN_ORDER] = "in_order", NULL};

static uint32_t holders(const struct sled_expert_load *load)
{
    return load->nranks / load->split;
}

uint32_t sled_expert_load_slots_each(const struct sled_expert_load *load)
{
    return load->nslots / holders(load);
}

static uint32_t *rows_of_rank(const struct sled_expert_load *load, uint32_t rank)
{
    return load->rows + (size_t)rank * load->nslots;
}

static void deal_uniformly(const struct sled_choosers *choosers, struct sled_expert_load *load)
{
    uint32_t position = 0;

    sled_placement_dealt(choosers->experts, choosers->top_k, holders(load), load->nslots,
                         load->expert_of_slot);
    for (uint32_t rank = 0; rank < load->nranks; rank++) {
        const uint64_t rows = (uint64_t)choosers->tokens[rank] * choosers->top_k;
        uint32_t *out = rows_of_rank(load, rank);

        for (uint32_t slot = 0; slot < load->nslots; slot++)
            out[slot] = (uint32_t)(rows / load->nslots);
        for (uint32_t i = 0; i < rows % load->nslots; i++) {
            out[sled_placement_deal_slot(holders(load), load->nslots, position)]++;
            position = position + 1 == load->nslots ? 0 : position + 1;
        }
    }
}

/* The slots of each expert: slot[begin[e]] .. slot[begin[e + 1] - 1], ascending. */
struct replicas {
    uint32_t slots_each, split, ranks_per_sled;
    uint32_t *begin; /* [experts + 1] */
    uint32_t *slot;  /* [nslots] */
    uint32_t *local; /* [nslots]: work space for those on one sled */
    uint64_t *turn;  /* [experts]: rows given so far, that is whose turn it is */
};

static void replicas_finish(struct replicas *replicas)
{
    free(replicas->begin);
    free(replicas->slot);
    free(replicas->local);
    free(replicas->turn);
}

static enum sled_status replicas_init(struct replicas *replicas, uint32_t experts,
                                      const struct sled_expert_load *load, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&replicas->begin, (size_t)experts + 1, err));
    SLED_TRY(sled_vec_alloc(&replicas->slot, load->nslots, err));
    SLED_TRY(sled_vec_alloc(&replicas->local, load->nslots, err));
    SLED_TRY(sled_vec_alloc(&replicas->turn, experts, err));

    for (uint32_t s = 0; s < load->nslots; s++)
        replicas->begin[load->expert_of_slot[s] + 1]++;
    for (uint32_t e = 0; e < experts; e++)
        replicas->begin[e + 1] += replicas->begin[e];
    for (uint32_t s = 0; s < load->nslots; s++) {
        const uint32_t e = load->expert_of_slot[s];

        /* turn[e] counts the slots found so far; it is set back below. */
        replicas->slot[replicas->begin[e] + replicas->turn[e]++] = s;
    }
    for (uint32_t e = 0; e < experts; e++)
        replicas->turn[e] = 0;
    return SLED_OK;
}

/* Add rows of one source rank for one expert to out[nslots]: to the replicas on the source's sled
 * or, where it has none, to all; in turn. */
static void spread_rows(struct replicas *replicas, uint32_t expert, uint32_t rows, uint32_t source,
                        uint32_t *out)
{
    const uint32_t sled = source / replicas->ranks_per_sled;
    const uint32_t *slot = replicas->slot + replicas->begin[expert];
    uint32_t count = replicas->begin[expert + 1] - replicas->begin[expert];
    uint32_t nlocal = 0;

    for (uint32_t i = 0; i < count; i++)
        if (slot[i] / replicas->slots_each * replicas->split / replicas->ranks_per_sled == sled)
            replicas->local[nlocal++] = slot[i];
    if (nlocal > 0) {
        slot = replicas->local;
        count = nlocal;
    }
    for (uint32_t i = 0; i < count; i++)
        out[slot[i]] += rows / count;
    for (uint32_t i = 0; i < rows % count; i++)
        out[slot[(replicas->turn[expert] + i) % count]]++;
    replicas->turn[expert] += rows;
}

/* drawn[nranks][experts] rows onto the slots that hold the experts. */
static enum sled_status send_to_replicas(const uint32_t *drawn, uint32_t experts,
                                         uint32_t ranks_per_sled, struct sled_expert_load *load,
                                         struct sled_err *err)
{
    struct replicas replicas = {.slots_each = sled_expert_load_slots_each(load),
                                .split = load->split,
                                .ranks_per_sled = ranks_per_sled};
    const enum sled_status status = replicas_init(&replicas, experts, load, err);

    if (status == SLED_OK)
        for (uint32_t rank = 0; rank < load->nranks; rank++)
            for (uint32_t e = 0; e < experts; e++)
                spread_rows(&replicas, e, drawn[(size_t)rank * experts + e], rank,
                            rows_of_rank(load, rank));
    replicas_finish(&replicas);
    return status;
}

static enum sled_status place(const struct sled_expert_spec *spec, const uint32_t *drawn,
                              struct sled_expert_load *load, struct sled_err *err)
{
    const uint32_t experts = spec->choosers.experts;
    uint64_t *rows = NULL;

    if (spec->placement == SLED_PLACEMENT_IN_ORDER) {
        sled_placement_in_order(experts, load->nslots, load->expert_of_slot);
        return SLED_OK;
    }
    SLED_TRY(sled_vec_alloc(&rows, experts, err));
    for (uint32_t rank = 0; rank < load->nranks; rank++)
        for (uint32_t e = 0; e < experts; e++)
            rows[e] += drawn[(size_t)rank * experts + e];

    const enum sled_status status = sled_placement_balanced(
        rows, experts, holders(load), load->nslots, load->expert_of_slot, err);
    free(rows);
    return status;
}

static enum sled_status draw(const struct sled_expert_spec *spec, struct sled_expert_load *load,
                             struct sled_err *err)
{
    const uint32_t experts = spec->choosers.experts;
    uint32_t *drawn = NULL; /* [nranks][experts] */

    SLED_TRY(sled_vec_alloc(&drawn, (size_t)load->nranks * experts, err));
    enum sled_status status = sled_routing_draw(&spec->choosers, drawn, err);
    if (status == SLED_OK)
        status = place(spec, drawn, load, err);
    if (status == SLED_OK)
        status = send_to_replicas(drawn, experts, spec->ranks_per_sled, load, err);
    free(drawn);
    return status;
}

enum sled_status sled_expert_load_init(struct sled_expert_load *load,
                                       const struct sled_expert_spec *spec, struct sled_err *err)
{
    const struct sled_choosers *choosers = &spec->choosers;
    struct sled_expert_load made = {
        .nranks = choosers->nranks, .split = spec->split, .nslots = spec->nslots};

    assert(spec->ranks_per_sled >= 1 && choosers->top_k <= choosers->experts);
    assert(choosers->nranks % spec->split == 0 && spec->nslots % holders(&made) == 0);
    enum sled_status status = sled_vec_alloc(&made.expert_of_slot, made.nslots, err);
    if (status == SLED_OK)
        status = sled_vec_alloc(&made.rows, (size_t)made.nranks * made.nslots, err);
    if (status == SLED_OK) {
        if (choosers->routing->distribution == SLED_TOKENS_UNIFORM)
            deal_uniformly(choosers, &made);
        else
            status = draw(spec, &made, err);
    }
    if (status != SLED_OK) {
        sled_expert_load_finish(&made);
        return status;
    }
    *load = made;
    return SLED_OK;
}

void sled_expert_load_finish(struct sled_expert_load *load)
{
    free(load->expert_of_slot);
    free(load->rows);
    *load = (struct sled_expert_load){0};
}

void sled_expert_load_traffic(const struct sled_expert_load *load, uint64_t row_bytes, bool back,
                              struct sled_traffic *traffic)
{
    const uint32_t slots_each = sled_expert_load_slots_each(load);

    for (uint32_t source = 0; source < load->nranks; source++) {
        const uint32_t *rows = rows_of_rank(load, source);

        for (uint32_t slot = 0; slot < load->nslots; slot++) {
            for (uint32_t i = 0; i < load->split; i++) {
                const uint32_t holder = slot / slots_each * load->split + i;
                const uint32_t from = back ? holder : source;
                const uint32_t to = back ? source : holder;

                traffic->bytes[(size_t)from * load->nranks + to] += rows[slot] * row_bytes;
            }
        }
    }
}

uint64_t sled_expert_load_slot_rows(const struct sled_expert_load *load, uint32_t slot)
{
    uint64_t sum = 0;

    for (uint32_t rank = 0; rank < load->nranks; rank++)
        sum += rows_of_rank(load, rank)[slot];
    return sum;
}

void sled_expert_load_imbalance(const struct sled_expert_load *load, struct sled_imbalance *out)
{
    const uint32_t slots_each = sled_expert_load_slots_each(load);
    double most = 0, sum = 0;

    *out = (struct sled_imbalance){.min_rows = INFINITY};
    for (uint32_t h = 0; h < holders(load); h++) {
        double rows = 0;

        for (uint32_t s = h * slots_each; s < (h + 1) * slots_each; s++) {
            const double here = (double)sled_expert_load_slot_rows(load, s);

            most = fmax(most, here);
            rows += here;
        }
        out->min_rows = fmin(out->min_rows, rows);
        out->max_rows = fmax(out->max_rows, rows);
        sum += rows;
    }
    out->mean_rows = sum / holders(load);
    out->holders = sum > 0 ? out->max_rows / out->mean_rows : 1;
    out->slots = sum > 0 ? most * load->nslots / sum : 1;
}
