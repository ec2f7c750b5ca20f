/* SPDX-License-Identifier: Apache-2.0 */
#include "coll_case.h"

#include <check.h>
#include <stdio.h>

static void fill(struct sled_traffic *traffic, uint64_t nelems, uint64_t least)
{
    const uint32_t P = traffic->nranks;

    for (uint32_t s = 0; s < P; s++) {
        for (uint32_t d = 0; d < P; d++)
            traffic->bytes[(size_t)s * P + d] =
                (31 * s + 17 * d + 7 * s * d) % 5 * nelems / 2 + least;
    }
}

void coll_case_init(struct coll_case *c, const struct sled_coll_algo *algo, uint32_t nranks,
                    uint64_t nelems, uint64_t least)
{
    struct sled_err err = SLED_ERR_INIT;

    *c = (struct coll_case){
        .algo = algo,
        .req =
            {
                .kind = algo->kind,
                .nranks = nranks,
                .nelems = nelems,
                .elem_bytes = 4,
                .commutative = true,
            },
    };
    snprintf(c->name, sizeof c->name, "%s %s P=%u n=%llu", sled_coll_kind_names[algo->kind],
             algo->name, nranks, (unsigned long long)nelems);
    if (algo->kind == SLED_COLL_ALL_TO_ALL_V) {
        ck_assert_int_eq(sled_traffic_init(&c->traffic, nranks, &err), SLED_OK);
        fill(&c->traffic, nelems, least);
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
