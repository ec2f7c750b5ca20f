/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which experts tokens choose: equally often, by a power law, by counts that were measured, or as
 * a trace of tokens says.
 */
#ifndef SLED_WORK_ROUTING_H
#define SLED_WORK_ROUTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/field.h"

enum sled_routing_distribution {
    SLED_TOKENS_UNIFORM,   /* every expert slot serves equally many rows, dealt in turn */
    SLED_TOKENS_POWER_LAW, /* expert popularity drawn from a power law, tokens drawn by it */
    SLED_TOKENS_COUNTS,    /* popularity as counted, tokens drawn by it */
    SLED_TOKENS_TRACE      /* tokens as recorded */
};

/* NULL-terminated, indexed by distribution. */
extern const char *const sled_distribution_names[];

/* What was measured: the content of a file of kind "routing". Arrays are borrowed. */
struct sled_routing_record {
    uint64_t layers;      /* with experts; 1 stands for all */
    uint64_t experts;     /* of a layer */
    const double *counts; /* [layers][experts]: how often each was chosen; NULL for a trace */
    uint64_t tokens, top_k;
    const uint32_t *trace; /* [layers][tokens][top_k]: distinct experts; NULL for counts */
};

/* The "routing" object. */
struct sled_token_routing {
    int distribution; /* enum sled_routing_distribution */
    double alpha;     /* exponent of the power law */
    bool has_alpha;   /* was it written? */
    uint64_t seed;    /* of the power law and of the draws */
    bool per_layer;   /* does every layer draw its own? Else all are alike */
    cJSON *record;    /* COUNTS, TRACE: the content of the file, or NULL */

    /* Not in the table: the loader sets it to what record says. */
    const struct sled_routing_record *measured;
};
extern const struct sled_table sled_routing_table;

/*
 * Can a model of so many experts and top_k, whose tokens are that many in all, be routed so?
 * SLED_E_INPUT, pointer relative to the "routing" object.
 */
enum sled_status sled_routing_check(const struct sled_token_routing *routing, uint64_t experts,
                                    uint64_t top_k, uint64_t moe_layers, struct sled_err *err);

/* Do layers a and b, counted among those with experts, get the same rows? */
bool sled_routing_alike(const struct sled_token_routing *routing, uint64_t a, uint64_t b);

/*
 * Who chooses: tokens[r] tokens of rank r choose top_k experts each in a layer, which is counted
 * among those with experts.
 */
struct sled_choosers {
    const struct sled_token_routing *routing; /* checked */
    uint64_t layer;
    uint32_t experts, top_k;
    uint32_t nranks;
    const uint32_t *tokens; /* [nranks], borrowed */
};

/*
 * Add to rows [nranks][experts] what is drawn, not for UNIFORM. T is the tokens of all ranks.
 *
 * Power law: loads of experts are drawn once from p(x) ~ x^-alpha on [1, 0.8 T] (T at least 2),
 * scaled so that they add up to T x top_k with none above T. Counts: they take the place of what
 * is drawn. Each token then draws top_k distinct experts, one after the other, each with
 * probability in proportion to its load among those not yet drawn. Trace: tokens are taken from
 * it in turn, from its beginning again at its end. SLED_E_NOMEM.
 */
enum sled_status sled_routing_draw(const struct sled_choosers *choosers, uint32_t *rows,
                                   struct sled_err *err);

#endif
