/* SPDX-License-Identifier: Apache-2.0 */
/* Drawing the experts of tokens. */
#include "work/routing.h"

#include <assert.h>
#include <string.h>

#include "base/vec.h"
#include "work/popularity.h"

typedef unsigned long long ull;

const char *const sled_distribution_names[] = {[SLED_TOKENS_UNIFORM] = "uniform",
                                               [SLED_TOKENS_POWER_LAW] = "power_law",
                                               [SLED_TOKENS_COUNTS] = "counts",
                                               [SLED_TOKENS_TRACE] = "trace",
                                               NULL};

static const struct sled_field routing_fields[] = {
    {.key = "distribution",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_distribution_names,
     .offset = offsetof(struct sled_token_routing, distribution),
     .doc = "uniform: all expert slots serve equally many rows; power_law: experts differ; counts, "
            "trace: as measured"},
    {.key = "alpha",
     .type = SLED_FIELD_RATIO,
     .optional = true,
     .max = 10,
     .offset = offsetof(struct sled_token_routing, alpha),
     .present_offset = offsetof(struct sled_token_routing, has_alpha),
     .doc = "power_law: experts have loads x with density x^-alpha; more is more uneven"},
    {.key = "seed",
     .type = SLED_FIELD_COUNT,
     .dflt = "1",
     .offset = offsetof(struct sled_token_routing, seed),
     .doc = "power_law, counts: of the random numbers; same seed, same routing"},
    {.key = "per_layer",
     .type = SLED_FIELD_BOOL,
     .dflt = "false",
     .offset = offsetof(struct sled_token_routing, per_layer),
     .doc = "power_law: does every layer of a model draw its own loads? Else all are alike"},
    {.key = "record",
     .type = SLED_FIELD_ANY,
     .optional = true,
     .offset = offsetof(struct sled_token_routing, record),
     .doc = "counts, trace: path of the routing file, relative to this file"},
};
const struct sled_table sled_routing_table = SLED_TABLE(
    "routing", struct sled_token_routing, routing_fields, "which experts the tokens choose");

static enum sled_status check_counts(const struct sled_routing_record *record, uint64_t top_k,
                                     struct sled_err *err)
{
    for (uint64_t l = 0; l < record->layers; l++) {
        uint64_t chosen = 0;

        for (uint64_t e = 0; e < record->experts; e++)
            chosen += record->counts[l * record->experts + e] > 0;
        if (chosen < top_k)
            return sled_err_set_at(err, SLED_E_INPUT, "/record/counts",
                                   "layer %llu has %llu experts that anybody chose; a token needs "
                                   "%llu",
                                   (ull)l, (ull)chosen, (ull)top_k);
    }
    return SLED_OK;
}

static enum sled_status check_record(const struct sled_token_routing *routing, uint64_t experts,
                                     uint64_t top_k, uint64_t moe_layers, struct sled_err *err)
{
    const struct sled_routing_record *record = routing->measured;
    const bool counts = routing->distribution == SLED_TOKENS_COUNTS;

    if (record == NULL)
        return sled_err_set_at(err, SLED_E_INPUT, "",
                               "\"%s\" needs \"record\": the path of a routing file",
                               sled_distribution_names[routing->distribution]);
    if ((record->counts != NULL) != counts)
        return sled_err_set_at(err, SLED_E_INPUT, "/record", "expected \"%s\" in the file",
                               counts ? "counts" : "trace");
    if (record->experts != experts)
        return sled_err_set_at(err, SLED_E_INPUT, "/record",
                               "a record of %llu experts; the model has %llu", (ull)record->experts,
                               (ull)experts);
    if (record->layers != 1 && record->layers != moe_layers)
        return sled_err_set_at(err, SLED_E_INPUT, "/record",
                               "a record of %llu layers; expected one for all, or one for each of "
                               "the %llu with experts",
                               (ull)record->layers, (ull)moe_layers);
    if (!counts && record->top_k != top_k)
        return sled_err_set_at(err, SLED_E_INPUT, "/record/trace",
                               "tokens of %llu experts; the model sends each to %llu",
                               (ull)record->top_k, (ull)top_k);
    return counts ? check_counts(record, top_k, err) : SLED_OK;
}

enum sled_status sled_routing_check(const struct sled_token_routing *routing, uint64_t experts,
                                    uint64_t top_k, uint64_t moe_layers, struct sled_err *err)
{
    switch ((enum sled_routing_distribution)routing->distribution) {
    case SLED_TOKENS_UNIFORM:
        return SLED_OK;
    case SLED_TOKENS_POWER_LAW:
        if (!routing->has_alpha)
            return sled_err_set_at(err, SLED_E_INPUT, "",
                                   "a power law needs its exponent \"alpha\"; 1.01 reproduces an "
                                   "imbalance measured on DeepSeek-R1");
        return SLED_OK;
    case SLED_TOKENS_COUNTS:
    case SLED_TOKENS_TRACE:
        return check_record(routing, experts, top_k, moe_layers, err);
    }
    return SLED_OK;
}

bool sled_routing_alike(const struct sled_token_routing *routing, uint64_t a, uint64_t b)
{
    if (a == b || routing->distribution == SLED_TOKENS_UNIFORM)
        return true;
    if (routing->distribution == SLED_TOKENS_POWER_LAW)
        return !routing->per_layer;
    return routing->measured->layers == 1;
}

/* A layer of its own has its own random numbers; layer 0 those of all alike. */
static uint64_t stream_of(const struct sled_choosers *choosers)
{
    return sled_routing_alike(choosers->routing, choosers->layer, 0) ? 0 : choosers->layer;
}

static enum sled_status start(const struct sled_choosers *choosers, uint64_t tokens,
                              struct sled_popularity *out, struct sled_err *err)
{
    const struct sled_token_routing *routing = choosers->routing;
    const struct sled_popularity_spec spec = {
        .experts = choosers->experts,
        .top_k = choosers->top_k,
        .tokens = tokens,
        .alpha = routing->alpha,
        .loads = routing->distribution == SLED_TOKENS_COUNTS
                     ? routing->measured->counts + stream_of(choosers) * choosers->experts
                     : NULL,
        .seed = routing->seed,
        .stream = stream_of(choosers),
    };

    return sled_popularity_init(out, &spec, err);
}

static void replay(const struct sled_choosers *choosers, uint32_t *rows)
{
    const struct sled_routing_record *record = choosers->routing->measured;
    const uint32_t *trace = record->trace + stream_of(choosers) * record->tokens * record->top_k;
    uint64_t at = 0;

    for (uint32_t rank = 0; rank < choosers->nranks; rank++)
        for (uint32_t t = 0; t < choosers->tokens[rank]; t++, at = (at + 1) % record->tokens)
            for (uint64_t k = 0; k < record->top_k; k++)
                rows[(size_t)rank * choosers->experts + trace[at * record->top_k + k]]++;
}

enum sled_status sled_routing_draw(const struct sled_choosers *choosers, uint32_t *rows,
                                   struct sled_err *err)
{
    struct sled_popularity popularity;
    uint64_t tokens = 0;

    assert(choosers->routing->distribution != SLED_TOKENS_UNIFORM);
    if (choosers->routing->distribution == SLED_TOKENS_TRACE) {
        replay(choosers, rows);
        return SLED_OK;
    }
    for (uint32_t rank = 0; rank < choosers->nranks; rank++)
        tokens += choosers->tokens[rank];
    SLED_TRY(start(choosers, tokens, &popularity, err));
    for (uint32_t rank = 0; rank < choosers->nranks; rank++)
        for (uint32_t t = 0; t < choosers->tokens[rank]; t++)
            sled_popularity_draw(&popularity, choosers->top_k,
                                 rows + (size_t)rank * choosers->experts);
    sled_popularity_finish(&popularity);
    return SLED_OK;
}
