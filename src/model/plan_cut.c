/* SPDX-License-Identifier: Apache-2.0 */
/* From chunks to elements, and the largest chunk that fits a plan. */
#include "model/plan_cut.h"

#include <stdbool.h>

#include "base/gcd.h"

struct cut {
    const struct sled_coll_req *req;
    uint32_t nchunks;
    uint32_t chunks_per_rank; /* of the data; 0 where ranks have no blocks of it */
    bool whole;               /* a chunk is an element */
    uint64_t longest;         /* elements of the longest chunk */
};

/* Does the data, before or after, consist of a block for each rank? */
static bool has_blocks(enum sled_coll_kind kind)
{
    return kind == SLED_COLL_ALL_GATHER || kind == SLED_COLL_REDUCE_SCATTER ||
           kind == SLED_COLL_ALL_TO_ALL;
}

static enum sled_status cut_init(struct cut *cut, uint32_t nchunks, const struct sled_coll_req *req,
                                 struct sled_err *err)
{
    const uint32_t P = req->nranks;
    const bool blocks = has_blocks(req->kind);

    *cut = (struct cut){.req = req, .nchunks = nchunks, .longest = 1};
    cut->whole = req->kind == SLED_COLL_ALL_TO_ALL_V || req->nelems == nchunks;
    if (cut->whole)
        return SLED_OK;
    if (blocks && nchunks % P != 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "%u chunks are no multiple of %u ranks, so that the plan serves a "
                            "buffer of %u elements only, not of %llu",
                            nchunks, P, nchunks, (unsigned long long)req->nelems);

    const uint64_t nelems = blocks ? sled_block(req->nelems, P, 0).count : req->nelems;
    const uint32_t nparts = blocks ? nchunks / P : nchunks;
    cut->chunks_per_rank = blocks ? nparts : 0;
    cut->longest = nelems / nparts + (nelems % nparts != 0);
    return SLED_OK;
}

/* Where the j-th of m parts of `span` begins, and part m would: parts of unlike length alternate,
 * so that many parts together are as long as they should be. */
static uint64_t part_begin(struct sled_span span, uint32_t m, uint64_t j)
{
    return span.offset + span.count / m * j + span.count % m * j / m;
}

/* Where a chunk of a rank's buffer begins, in elements. */
static uint64_t chunk_begin(const struct cut *cut, uint32_t rank, enum sled_buffer buffer,
                            uint64_t chunk)
{
    const struct sled_coll_req *req = cut->req;
    const uint32_t m = cut->chunks_per_rank;

    if (cut->whole)
        return chunk;
    if (buffer == SLED_BUFFER_SCRATCH)
        return chunk * cut->longest;
    if (m == 0)
        return part_begin((struct sled_span){.count = req->nelems}, cut->nchunks, chunk);
    if (chunk == cut->nchunks && buffer == SLED_BUFFER_DATA)
        return req->nelems;

    const uint32_t block = (uint32_t)(chunk / m);
    struct sled_span span = sled_block(req->nelems, req->nranks, rank);
    if (buffer == SLED_BUFFER_OUT)
        span.offset = block * span.count;
    else
        span = sled_block(req->nelems, req->nranks, block);
    return part_begin(span, m, chunk % m);
}

static struct sled_span span_of(const struct cut *cut, uint32_t rank, enum sled_buffer buffer,
                                uint64_t chunk, uint64_t count)
{
    const uint64_t begin = chunk_begin(cut, rank, buffer, chunk);

    return (struct sled_span){
        .offset = begin,
        .count = chunk_begin(cut, rank, buffer, chunk + count) - begin,
    };
}

static enum sled_status unlike(const struct cut *cut, sled_xfer_id id, struct sled_span from,
                               struct sled_span to, struct sled_err *err)
{
    return sled_err_set(err, SLED_E_UNSUPPORTED,
                        "transfer %u goes from chunks of %llu to chunks of %llu elements; only "
                        "buffers of a multiple of %u elements have equal chunks",
                        id, (unsigned long long)from.count, (unsigned long long)to.count,
                        cut->nchunks);
}

static enum sled_status cut_xfer(const struct cut *cut, sled_xfer_id id, struct sled_xfer *x,
                                 struct sled_err *err)
{
    const uint64_t last = UINT64_MAX / (cut->longest == 0 ? 1 : cut->longest);

    if (x->count == 0) { /* a pure dependency has no place */
        x->src_offset = x->dst_offset = 0;
        return SLED_OK;
    }
    if (x->src_offset + x->count > last || x->dst_offset + x->count > last)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "transfer %u reaches beyond 2^64 elements of scratch", id);

    const struct sled_span from = span_of(cut, x->src, x->src_buffer, x->src_offset, x->count);
    const struct sled_span to = span_of(cut, x->dst, x->dst_buffer, x->dst_offset, x->count);
    const bool into_scratch = x->dst_buffer == SLED_BUFFER_SCRATCH;
    const bool from_scratch = x->src_buffer == SLED_BUFFER_SCRATCH;

    /* Scratch has room for the longest chunk: how much of it counts, the other end says. */
    if (from.count != to.count && !into_scratch && !from_scratch)
        return unlike(cut, id, from, to, err);
    x->src_offset = from.offset;
    x->dst_offset = to.offset;
    x->count = from_scratch ? to.count : from.count;
    return SLED_OK;
}

enum sled_status sled_plan_cut(const struct sled_plan *chunks, uint32_t nchunks,
                               const struct sled_coll_req *req, struct sled_plan *out,
                               struct sled_err *err)
{
    struct sled_plan made;
    struct cut cut;

    SLED_TRY(cut_init(&cut, nchunks, req, err));
    SLED_TRY(sled_plan_init(&made, req->nranks, req->elem_bytes, err));
    sled_plan_add_switches(&made, chunks->nswitches);
    enum sled_status st =
        sled_plan_reserve(&made, chunks->count, chunks->after_begin[chunks->count], err);
    for (sled_xfer_id id = 0; st == SLED_OK && id < chunks->count; id++) {
        struct sled_xfer x = sled_plan_get(chunks, id);

        st = cut_xfer(&cut, id, &x, err);
        if (st == SLED_OK)
            st = sled_plan_add(&made, &x, err);
    }
    if (st == SLED_OK)
        *out = made;
    else
        sled_plan_finish(&made);
    return st;
}

uint64_t sled_plan_chunk_elems(const struct sled_plan *plan, const struct sled_coll_req *req)
{
    const uint32_t P = req->nranks;
    uint64_t common = req->nelems;

    if (req->kind == SLED_COLL_ALL_TO_ALL_V || (has_blocks(req->kind) && req->nelems % P != 0))
        return 1;
    if (has_blocks(req->kind))
        common /= P;
    for (sled_xfer_id id = 0; id < plan->count && common != 1; id++) {
        const struct sled_xfer x = sled_plan_get(plan, id);

        if (x.count != 0)
            common = sled_gcd(sled_gcd(common, x.count), sled_gcd(x.src_offset, x.dst_offset));
    }
    return common == 0 ? 1 : common;
}
