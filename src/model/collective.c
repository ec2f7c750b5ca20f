/* SPDX-License-Identifier: Apache-2.0 */
/* Sanity, block arithmetic and bandwidth conventions of collective requests. */
#include "model/collective.h"

#include <assert.h>
#include <stddef.h>

const char *const sled_coll_kind_names[SLED_COLL_KINDS + 1] = {
    "all_reduce",   "all_gather", "reduce_scatter", "all_to_all",
    "all_to_all_v", "broadcast",  "permute",        NULL,
};

/* Elements are addressed and bytes are counted over all ranks in 64 bits, with room to
 * count each byte twice (sent and received, reduced and gathered). */
#define MAX_TOTAL_BYTES ((uint64_t)INT64_MAX)

static enum sled_status check_matrix(const struct sled_coll_req *req, struct sled_err *err)
{
    const struct sled_traffic *traffic = req->traffic;

    if (traffic == NULL)
        return sled_err_set(err, SLED_E_INPUT, "all_to_all_v needs a byte matrix");
    if (req->elem_bytes != 1)
        return sled_err_set(err, SLED_E_INPUT,
                            "all_to_all_v counts in bytes: elements of %u bytes, expected 1",
                            req->elem_bytes);
    if (traffic->nranks != req->nranks)
        return sled_err_set(err, SLED_E_INPUT,
                            "the byte matrix is %u x %u, expected %u x %u, one row per rank",
                            traffic->nranks, traffic->nranks, req->nranks, req->nranks);

    const size_t cells = (size_t)req->nranks * req->nranks;
    uint64_t total = 0;
    for (size_t i = 0; i < cells; i++) {
        if (traffic->bytes[i] > MAX_TOTAL_BYTES - total)
            return sled_err_set(err, SLED_E_INPUT, "the byte matrix adds up to 2^63 or more");
        total += traffic->bytes[i];
    }
    return SLED_OK;
}

static enum sled_status check_how(const struct sled_coll_req *req, struct sled_err *err)
{
    if (req->place != NULL && req->place->nranks != req->nranks)
        return sled_err_set(err, SLED_E_INPUT, "the place is of %u ranks, expected %u",
                            req->place->nranks, req->nranks);
    if (req->channels > SLED_COLL_MAX_SPLIT)
        return sled_err_set(err, SLED_E_INPUT, "%u channels, at most %d are possible",
                            req->channels, SLED_COLL_MAX_SPLIT);
    if (req->chunks > SLED_COLL_MAX_SPLIT)
        return sled_err_set(err, SLED_E_INPUT, "%u chunks, at most %d are possible", req->chunks,
                            SLED_COLL_MAX_SPLIT);
    return SLED_OK;
}

enum sled_status sled_coll_req_check(const struct sled_coll_req *req, struct sled_err *err)
{
    const char *name = sled_coll_kind_names[req->kind];

    if (req->nranks == 0)
        return sled_err_set(err, SLED_E_INPUT, "%s over 0 ranks, expected at least 1", name);
    if (req->root >= req->nranks)
        return sled_err_set(err, SLED_E_INPUT, "root %u is not a rank, expected 0 to %u", req->root,
                            req->nranks - 1);
    if (req->root != 0 && req->kind != SLED_COLL_BROADCAST)
        return sled_err_set(err, SLED_E_INPUT, "%s has no root, but root %u is given", name,
                            req->root);
    if (req->elem_bytes == 0)
        return sled_err_set(err, SLED_E_INPUT, "elements of 0 bytes, expected at least 1");
    SLED_TRY(check_how(req, err));
    if (req->kind == SLED_COLL_ALL_TO_ALL_V)
        return check_matrix(req, err);
    if (req->traffic != NULL)
        return sled_err_set(err, SLED_E_INPUT, "%s takes no byte matrix, only all_to_all_v does",
                            name);

    /* The output of an all_to_all holds up to nranks - 1 elements more than its input. */
    const uint64_t max_elems = MAX_TOTAL_BYTES / req->elem_bytes / req->nranks;
    if (max_elems < req->nranks || req->nelems > max_elems - req->nranks)
        return sled_err_set(err, SLED_E_INPUT,
                            "%llu elements of %u bytes on each of %u ranks make 2^63 bytes or more",
                            (unsigned long long)req->nelems, req->elem_bytes, req->nranks);
    return SLED_OK;
}

struct sled_span sled_block(uint64_t nelems, uint32_t nblocks, uint32_t block)
{
    assert(block < nblocks);
    const uint64_t each = nelems / nblocks;
    const uint64_t longer = nelems % nblocks; /* so many blocks have one element more */

    return (struct sled_span){
        .offset = block * each + (block < longer ? block : longer),
        .count = each + (block < longer),
    };
}

uint64_t sled_coll_size_bytes(const struct sled_coll_req *req)
{
    if (req->kind != SLED_COLL_ALL_TO_ALL_V)
        return req->nelems * req->elem_bytes;

    uint64_t largest = 0;
    for (uint32_t src = 0; src < req->nranks; src++) {
        const uint64_t *row = req->traffic->bytes + (size_t)src * req->nranks;
        uint64_t sum = 0;
        for (uint32_t dst = 0; dst < req->nranks; dst++)
            sum += row[dst];
        if (sum > largest)
            largest = sum;
    }
    return largest;
}

double sled_coll_busbw_factor(enum sled_coll_kind kind, uint32_t nranks)
{
    const double p = nranks;

    switch (kind) {
    case SLED_COLL_ALL_REDUCE:
        return 2 * (p - 1) / p;
    case SLED_COLL_ALL_GATHER:
    case SLED_COLL_REDUCE_SCATTER:
    case SLED_COLL_ALL_TO_ALL:
    case SLED_COLL_ALL_TO_ALL_V:
        return (p - 1) / p;
    case SLED_COLL_BROADCAST:
    case SLED_COLL_PERMUTE:
    case SLED_COLL_KINDS:
        break;
    }
    return 1;
}
