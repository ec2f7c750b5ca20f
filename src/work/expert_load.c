/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a routing of tokens to rows between ranks and slots: the numbers from which a layer's
 * traffic and its expert kernels both follow.
 */
#include "work/work.h"

#include <assert.h>
#include <stdlib.h>

#include "base/vec.h"
#include "work/placement.h"
#include "work/popularity.h"

static uint32_t *rows_of_rank(const struct sled_expert_load *load, uint32_t rank)
{
    return load->rows + (size_t)rank * load->nslots;
}

static void deal_uniformly(const struct sled_moe_model *model, const struct sled_moe_layer *layer,
                           struct sled_expert_load *load)
{
    const uint64_t rows = layer->tokens_per_rank * model->top_k;
    const uint32_t each = (uint32_t)(rows / load->nslots);
    const uint32_t extra = (uint32_t)(rows % load->nslots);
    uint32_t position = 0;

    sled_placement_dealt((uint32_t)model->experts, (uint32_t)model->top_k, load->nranks,
                         load->nslots, load->expert_of_slot);
    for (uint32_t rank = 0; rank < load->nranks; rank++) {
        uint32_t *out = rows_of_rank(load, rank);

        for (uint32_t slot = 0; slot < load->nslots; slot++)
            out[slot] = each;
        for (uint32_t i = 0; i < extra; i++) {
            out[sled_placement_deal_slot(load->nranks, load->nslots, position)]++;
            position = position + 1 == load->nslots ? 0 : position + 1;
        }
    }
}

/* The slots of each expert: slot[begin[e]] .. slot[begin[e + 1] - 1], ascending. */
struct replicas {
    uint32_t slots_per_rank, ranks_per_sled;
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
        if (slot[i] / replicas->slots_per_rank / replicas->ranks_per_sled == sled)
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
    struct replicas replicas = {.slots_per_rank = load->nslots / load->nranks,
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

static enum sled_status place(const struct sled_moe_layer *layer, const uint32_t *drawn,
                              uint32_t experts, struct sled_expert_load *load, struct sled_err *err)
{
    uint64_t *rows = NULL;

    if (layer->placement == SLED_PLACEMENT_IN_ORDER) {
        sled_placement_in_order(experts, load->nslots, load->expert_of_slot);
        return SLED_OK;
    }
    SLED_TRY(sled_vec_alloc(&rows, experts, err));
    for (uint32_t rank = 0; rank < load->nranks; rank++)
        for (uint32_t e = 0; e < experts; e++)
            rows[e] += drawn[(size_t)rank * experts + e];

    const enum sled_status status = sled_placement_balanced(
        rows, experts, load->nranks, load->nslots, load->expert_of_slot, err);
    free(rows);
    return status;
}

static enum sled_status draw_by_power_law(const struct sled_moe_model *model,
                                          const struct sled_moe_layer *layer,
                                          uint32_t ranks_per_sled, struct sled_expert_load *load,
                                          struct sled_err *err)
{
    const uint32_t experts = (uint32_t)model->experts;
    const uint32_t top_k = (uint32_t)model->top_k;
    struct sled_popularity popularity = {0};
    uint32_t *drawn = NULL; /* [nranks][experts] */
    enum sled_status status =
        sled_popularity_init(&popularity, experts, top_k, layer->ranks * layer->tokens_per_rank,
                             layer->routing.alpha, layer->routing.seed, err);

    if (status == SLED_OK)
        status = sled_vec_alloc(&drawn, (size_t)load->nranks * experts, err);
    if (status != SLED_OK)
        goto finish;
    for (uint32_t rank = 0; rank < load->nranks; rank++)
        for (uint64_t t = 0; t < layer->tokens_per_rank; t++)
            sled_popularity_draw(&popularity, top_k, drawn + (size_t)rank * experts);
    status = place(layer, drawn, experts, load, err);
    if (status == SLED_OK)
        status = send_to_replicas(drawn, experts, ranks_per_sled, load, err);

finish:
    free(drawn);
    sled_popularity_finish(&popularity);
    return status;
}

enum sled_status sled_expert_load_init(struct sled_expert_load *load,
                                       const struct sled_moe_model *model,
                                       const struct sled_moe_layer *layer, uint32_t ranks_per_sled,
                                       struct sled_err *err)
{
    assert(ranks_per_sled >= 1 && model->top_k <= model->experts);
    assert((model->experts + layer->redundant_experts) % layer->ranks == 0);
    struct sled_expert_load made = {.nranks = (uint32_t)layer->ranks,
                                    .nslots =
                                        (uint32_t)(model->experts + layer->redundant_experts)};
    enum sled_status status = sled_vec_alloc(&made.expert_of_slot, made.nslots, err);

    if (status == SLED_OK)
        status = sled_vec_alloc(&made.rows, (size_t)made.nranks * made.nslots, err);
    if (status == SLED_OK) {
        if (layer->routing.distribution == SLED_TOKENS_UNIFORM)
            deal_uniformly(model, layer, &made);
        else
            status = draw_by_power_law(model, layer, ranks_per_sled, &made, err);
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
    const uint32_t slots_per_rank = load->nslots / load->nranks;

    for (uint32_t source = 0; source < load->nranks; source++) {
        const uint32_t *rows = rows_of_rank(load, source);

        for (uint32_t slot = 0; slot < load->nslots; slot++) {
            const uint32_t holder = slot / slots_per_rank;
            const uint32_t from = back ? holder : source;
            const uint32_t to = back ? source : holder;

            traffic->bytes[(size_t)from * load->nranks + to] += rows[slot] * row_bytes;
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
