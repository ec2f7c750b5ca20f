/* SPDX-License-Identifier: Apache-2.0 */
/* Algorithms by name, and the one way to turn a request into a plan. */
#include "coll/coll.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "base/suggest.h"
#include "base/vec.h"
#include "coll/families.h"

static const struct sled_coll_algo *const algos[] = {
#define SLED_COLL_ALGO(stem) &sled_coll_##stem,
#include "coll/algos.def"
#undef SLED_COLL_ALGO
};

const struct sled_coll_algo *const *sled_coll_all(size_t *count)
{
    *count = SLED_ARRAY_LEN(algos);
    return algos;
}

static enum sled_status unknown_name(enum sled_coll_kind kind, const char *name,
                                     struct sled_err *err)
{
    const char *known[SLED_ARRAY_LEN(algos)];
    size_t nknown = 0;
    struct sled_str text = SLED_STR_INIT;

    for (size_t i = 0; i < SLED_ARRAY_LEN(algos); i++) {
        if (algos[i]->kind == kind)
            known[nknown++] = algos[i]->name;
    }

    sled_str_addf(&text, "no %s algorithm \"%s\"", sled_coll_kind_names[kind], name);
    const char *nearest = sled_suggest(name, known, nknown);
    if (nearest != NULL)
        sled_str_addf(&text, "; did you mean \"%s\"?", nearest);
    sled_str_add(&text, nearest != NULL ? " known: " : "; known: ");
    for (size_t i = 0; i < nknown; i++)
        sled_str_addf(&text, "%s%s", i == 0 ? "" : ", ", known[i]);
    if (nknown == 0)
        sled_str_add(&text, "none");

    enum sled_status status = sled_str_status(&text, err);
    if (status == SLED_OK)
        status = sled_err_set(err, SLED_E_INPUT, "%s", sled_str_text(&text));
    sled_str_finish(&text);
    return status;
}

const struct sled_coll_algo *sled_coll_find(enum sled_coll_kind kind, const char *name,
                                            struct sled_err *err)
{
    for (size_t i = 0; i < SLED_ARRAY_LEN(algos); i++) {
        if (algos[i]->kind == kind && strcmp(algos[i]->name, name) == 0)
            return algos[i];
    }
    unknown_name(kind, name, err);
    return NULL;
}

enum sled_status sled_coll_check_commutes(const struct sled_coll_req *req, const char *algorithm,
                                          struct sled_err *err)
{
    const bool reduces = req->kind == SLED_COLL_ALL_REDUCE || req->kind == SLED_COLL_REDUCE_SCATTER;

    if (reduces && !req->commutative)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"%s\" reorders operands and needs a commutative operator", algorithm);
    return SLED_OK;
}

static enum sled_status check_split(const struct sled_coll_algo *algo,
                                    const struct sled_coll_req *req, struct sled_err *err)
{
    if (req->channels > 1 && !algo->channels)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "\"%s\" has one channel, not %u", algo->name,
                            req->channels);
    if (req->chunks > 1 && !algo->chunks)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "\"%s\" does not cut what it moves into chunks, %u are asked for",
                            algo->name, req->chunks);
    return SLED_OK;
}

enum sled_status sled_coll_plan(const struct sled_coll_algo *algo, const struct sled_coll_req *req,
                                struct sled_plan *plan, struct sled_err *err)
{
    struct sled_plan made;

    assert(algo->kind == req->kind);
    SLED_TRY(sled_coll_req_check(req, err));
    SLED_TRY(check_split(algo, req, err));
    if (algo->check != NULL)
        SLED_TRY(algo->check(req, err));

    SLED_TRY(sled_plan_init(&made, req->nranks, req->elem_bytes, err));
    const enum sled_status status = algo->plan(req, &made, err);
    if (status == SLED_OK)
        *plan = made;
    else
        sled_plan_finish(&made);
    return status;
}
