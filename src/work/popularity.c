/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Popularity of experts. Loads are scaled to T x top_k with none above T, so that
 * a load over T can be read as the chance that a token wants the expert. It also bounds
 * the draws: when j experts are drawn, those left hold at least (top_k - j) T of the
 * top_k T, so rejecting experts already drawn takes at most top_k tries on average.
 */
#include "work/popularity.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/vec.h"

/* What randomness is used for; each has its own stream of the seed. */
enum { STREAM_LOADS, STREAM_TOKENS, STREAMS };

/* x in [1, top] with density in proportion to x^-alpha, by inverting its integral at u. Written
 * with expm1 and log1p, it stays exact where alpha nears 1 and the powers nearly cancel. */
static double power_law(double alpha, double top, double u)
{
    const double k = 1.0 - alpha;
    const double log_top = log(top);

    if (k == 0.0)
        return exp(u * log_top);
    return exp(log1p(u * expm1(k * log_top)) / k);
}

/* Scale load[count] to a sum of top_k x cap with none above cap; what a cap cuts off goes
 * to the others in proportion. */
static void scale_and_cap(double *load, uint32_t count, uint32_t top_k, double cap)
{
    uint32_t capped = 0;
    double scale;
    bool again;

    do {
        double rest = 0.0;

        for (uint32_t e = 0; e < count; e++)
            rest += load[e] < cap ? load[e] : 0.0;
        if (rest == 0.0)
            return;
        scale = (double)(top_k - capped) * cap / rest;
        again = false;
        for (uint32_t e = 0; e < count; e++) {
            if (load[e] < cap && load[e] * scale >= cap) {
                load[e] = cap;
                capped++;
                again = true;
            }
        }
    } while (again && capped < top_k);

    for (uint32_t e = 0; e < count; e++)
        load[e] = load[e] < cap ? load[e] * scale : cap;
}

/*
 * Walker's table: every column has the mean load, filled by one expert and topped up by
 * another (Vose, IEEE Trans. Software Eng. 17(9), 1991). order[count] is work space.
 */
static void build_alias(struct sled_popularity *popularity, double sum, uint32_t *order)
{
    const uint32_t count = popularity->experts;
    const double mean = sum / count;
    uint32_t nsmall = 0; /* order[0 .. nsmall): below the mean; order[large .. count): others */
    uint32_t large = count;

    for (uint32_t e = 0; e < count; e++) {
        popularity->keep[e] = popularity->load[e] / mean;
        popularity->alias[e] = e;
        if (popularity->keep[e] < 1.0)
            order[nsmall++] = e;
        else
            order[--large] = e;
    }
    while (nsmall > 0 && large < count) {
        const uint32_t small = order[--nsmall];
        const uint32_t donor = order[large];

        popularity->alias[small] = donor;
        popularity->keep[donor] -= 1.0 - popularity->keep[small];
        if (popularity->keep[donor] < 1.0) {
            large++;
            order[nsmall++] = donor;
        }
    }
    /* Rounding may leave columns that miss a hair of 1, or have it in excess. */
    while (nsmall > 0)
        popularity->keep[order[--nsmall]] = 1.0;
}

static void draw_loads(const struct sled_popularity_spec *spec, double *load)
{
    struct sled_rng rng;

    sled_rng_init(&rng, spec->seed, spec->stream * STREAMS + STREAM_LOADS);
    for (uint32_t e = 0; e < spec->experts; e++)
        load[e] = spec->loads != NULL
                      ? spec->loads[e]
                      : power_law(spec->alpha, 0.8 * (double)spec->tokens, sled_rng_unit(&rng));
}

enum sled_status sled_popularity_init(struct sled_popularity *popularity,
                                      const struct sled_popularity_spec *spec, struct sled_err *err)
{
    const uint32_t experts = spec->experts;
    struct sled_popularity p = {.experts = experts};
    enum sled_status status;
    uint32_t *order = NULL;
    double sum = 0.0;

    if ((status = sled_vec_alloc(&p.load, experts, err)) != SLED_OK ||
        (status = sled_vec_alloc(&p.keep, experts, err)) != SLED_OK ||
        (status = sled_vec_alloc(&p.alias, experts, err)) != SLED_OK ||
        (status = sled_vec_alloc(&p.taken, experts, err)) != SLED_OK ||
        (status = sled_vec_alloc(&order, experts, err)) != SLED_OK) {
        sled_popularity_finish(&p);
        return status;
    }
    draw_loads(spec, p.load);
    scale_and_cap(p.load, experts, spec->top_k, (double)spec->tokens);
    for (uint32_t e = 0; e < experts; e++)
        sum += p.load[e];
    build_alias(&p, sum, order);
    free(order);
    sled_rng_init(&p.rng, spec->seed, spec->stream * STREAMS + STREAM_TOKENS);
    *popularity = p;
    return SLED_OK;
}

void sled_popularity_finish(struct sled_popularity *popularity)
{
    free(popularity->load);
    free(popularity->keep);
    free(popularity->alias);
    free(popularity->taken);
    *popularity = (struct sled_popularity){0};
}

void sled_popularity_draw(struct sled_popularity *popularity, uint32_t top_k, uint32_t *rows)
{
    const uint64_t token = ++popularity->token;

    for (uint32_t drawn = 0; drawn < top_k;) {
        const uint32_t column = sled_rng_below(&popularity->rng, popularity->experts);
        const uint32_t expert = sled_rng_unit(&popularity->rng) < popularity->keep[column]
                                    ? column
                                    : popularity->alias[column];

        if (popularity->taken[expert] == token)
            continue;
        popularity->taken[expert] = token;
        rows[expert]++;
        drawn++;
    }
}
