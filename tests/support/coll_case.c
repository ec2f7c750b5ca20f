/* SPDX-License-Identifier: Apache-2.0 */
#include "coll_case.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct sled_traffic *traffic, uint64_t nelems, uint64_t least)
{
    const uint32_t P = traffic->nranks;

    for (uint32_t s = 0; s < P; s++) {
        for (uint32_t d = 0; d < P; d++)
            traffic->bytes[(size_t)s * P + d] =
                (31 * s + 17 * d + 7 * s * d) % 5 * nelems / 2 + least;
    }
}

/* Greatest divisor of n that is at most its root: 1 where n is prime. */
static uint32_t side(uint32_t n)
{
    uint32_t best = 1;

    for (uint32_t d = 2; d * d <= n; d++)
        best = n % d == 0 ? d : best;
    return best;
}

/* As square as can be: two dimensions, or one where P is prime; three of 64. */
static void lay_torus(struct sled_place *place, uint32_t nranks)
{
    struct sled_err err = SLED_ERR_INIT;
    const uint32_t a = side(nranks);
    const uint32_t cube[] = {4, 4, 4};
    const uint32_t square[] = {a, nranks / a};
    const uint32_t row[] = {nranks};
    enum sled_status st;

    if (nranks == 64)
        st = sled_place_on_torus(nranks, cube, 3, place, &err);
    else if (a > 1)
        st = sled_place_on_torus(nranks, square, 2, place, &err);
    else
        st = sled_place_on_torus(nranks, row, 1, place, &err);
    ck_assert_msg(st == SLED_OK, "%s", err.msg);
}

/* Rank r takes the point of rank 5 r, where that is a permutation. */
static void scatter_torus(struct sled_place *place)
{
    const uint32_t P = place->nranks;
    uint32_t *coord = calloc((size_t)P * place->naxes, sizeof *coord);

    ck_assert_ptr_nonnull(coord);
    for (uint32_t r = 0; r < P; r++)
        memcpy(coord + r * place->naxes, place->coord + (P % 5 == 0 ? r : 5 * r % P) * place->naxes,
               place->naxes * sizeof *coord);
    free(place->coord);
    place->coord = coord;
}

/* Numbers from 0 in the order in which they occur, in place of any. */
static void renumber(uint32_t *number, uint32_t count)
{
    uint32_t *first = calloc(count, sizeof *first); /* of each new number: what it was */
    uint32_t nfirst = 0;

    ck_assert_ptr_nonnull(first);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = 0;

        while (j < nfirst && first[j] != number[i])
            j++;
        if (j == nfirst)
            first[nfirst++] = number[i];
        number[i] = j;
    }
    free(first);
}

/* Sleds: 4 ranks in order; or the quadratic residues of r, of which some are rare. */
static void lay_units(struct sled_place *place, enum coll_layout layout)
{
    const uint32_t P = place->nranks;
    uint32_t *sled = calloc(P, sizeof *sled);
    uint32_t *rack = calloc(P, sizeof *rack);

    ck_assert(sled != NULL && rack != NULL);
    for (uint32_t r = 0; r < P; r++) {
        sled[r] = layout == COLL_IN_ORDER ? r / 4 : r * r % (P / 3 + 1);
        rack[r] = layout == COLL_IN_ORDER ? sled[r] / 2 : sled[r] % 2;
    }
    renumber(sled, P);
    renumber(rack, P);
    place->unit[SLED_UNIT_SLED] = sled;
    place->unit[SLED_UNIT_RACK] = rack;
}

void coll_case_init(struct coll_case *c, const struct sled_coll_algo *algo,
                    const struct coll_ask *ask)
{
    struct sled_err err = SLED_ERR_INIT;

    *c = (struct coll_case){
        .algo = algo,
        .req =
            {
                .kind = algo->kind,
                .nranks = ask->nranks,
                .nelems = ask->nelems,
                .elem_bytes = 4,
                .commutative = true,
                .place = &c->place,
                .channels = ask->channels,
                .chunks = ask->chunks,
            },
    };
    snprintf(c->name, sizeof c->name, "%s %s P=%u n=%llu layout %d, %ux%u",
             sled_coll_kind_names[algo->kind], algo->name, ask->nranks,
             (unsigned long long)ask->nelems, (int)ask->layout, ask->channels, ask->chunks);
    lay_torus(&c->place, ask->nranks);
    lay_units(&c->place, ask->layout);
    c->place.nswitches = ask->layout == COLL_IN_ORDER ? 1 : 3;
    c->place.nsled_switches = ask->layout == COLL_IN_ORDER ? 1 : 2;
    if (ask->layout == COLL_SCATTERED)
        scatter_torus(&c->place);
    if (algo->kind == SLED_COLL_BROADCAST)
        c->req.root = ask->nranks / 2;
    if (algo->kind == SLED_COLL_ALL_TO_ALL_V) {
        ck_assert_int_eq(sled_traffic_init(&c->traffic, ask->nranks, &err), SLED_OK);
        fill(&c->traffic, ask->nelems, ask->least);
        c->req.elem_bytes = 1;
        c->req.traffic = &c->traffic;
    }
    ck_assert_msg(sled_coll_plan(algo, &c->req, &c->plan, &err) == SLED_OK, "%s: %s", c->name,
                  err.msg);
}

void coll_case_finish(struct coll_case *c)
{
    sled_plan_finish(&c->plan);
    sled_traffic_finish(&c->traffic);
    sled_place_finish(&c->place);
}

const struct sled_coll_algo *coll_case_algo(size_t i)
{
    size_t count;

    return sled_coll_all(&count)[i];
}

int coll_case_nalgos(void)
{
    size_t count;

    sled_coll_all(&count);
    return (int)count;
}
