/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that leave a sled are first collected by one of its ranks for each destination, so that
 * one message carries what the whole sled owes to it.
 */
#include "coll/exchange.h"

#include <stdlib.h>

#include "base/vec.h"
#include "coll/rows.h"

/* Who is in which sled. */
struct sleds {
    const struct sled_coll_req *req;
    struct sled_rows rows;
    uint32_t nsleds;
    uint32_t *sled;   /* [P] */
    uint32_t *index;  /* [P]: among the ranks of the sled */
    uint32_t *begin;  /* [nsleds + 1]: of each sled in member[] */
    uint32_t *member; /* [P]: ranks by sled, then by number */
};

static void sleds_finish(struct sleds *sleds)
{
    sled_rows_finish(&sleds->rows);
    free(sleds->sled);
    free(sleds->index);
    free(sleds->begin);
    free(sleds->member);
}

/* Sleds are numbered below P; a single rank need not know its own. */
static void sort_ranks(struct sleds *sleds)
{
    const uint32_t P = sleds->req->nranks;

    for (uint32_t r = 0; r < P; r++) {
        sleds->sled[r] = P == 1 ? 0 : sleds->req->place->unit[SLED_UNIT_SLED][r];
        sleds->index[r] = sleds->begin[sleds->sled[r] + 1]++;
        if (sleds->sled[r] >= sleds->nsleds)
            sleds->nsleds = sleds->sled[r] + 1;
    }
    for (uint32_t s = 0; s < sleds->nsleds; s++)
        sleds->begin[s + 1] += sleds->begin[s];
    for (uint32_t r = 0; r < P; r++)
        sleds->member[sleds->begin[sleds->sled[r]] + sleds->index[r]] = r;
}

static enum sled_status sleds_init(struct sleds *sleds, const struct sled_coll_req *req,
                                   struct sled_err *err)
{
    const uint32_t P = req->nranks;

    *sleds = (struct sleds){.req = req};
    SLED_TRY(sled_rows_init(&sleds->rows, req, err));
    SLED_TRY(sled_vec_alloc(&sleds->sled, P, err));
    SLED_TRY(sled_vec_alloc(&sleds->index, P, err));
    SLED_TRY(sled_vec_alloc(&sleds->begin, (size_t)P + 1, err));
    SLED_TRY(sled_vec_alloc(&sleds->member, P, err));
    sort_ranks(sleds);
    return SLED_OK;
}

static uint32_t size_of(const struct sleds *sleds, uint32_t sled)
{
    return sleds->begin[sled + 1] - sleds->begin[sled];
}

/* The rank of a sled that collects what the sled owes to a rank of another. */
static uint32_t collector(const struct sleds *sleds, uint32_t sled, uint32_t dst)
{
    return sleds->member[sleds->begin[sled] + sleds->index[dst] % size_of(sleds, sled)];
}

/* Rows of consecutive members of a sled that are neighbours in dst's output too. */
struct run {
    uint32_t first, end; /* in member[] */
    struct sled_span out;
};

/* The next run at or after run->end that is not empty. */
static bool next_run(const struct sleds *sleds, uint32_t sled, uint32_t dst, struct run *run)
{
    uint32_t i = run->end;

    run->out.count = 0;
    for (run->first = i; i < sleds->begin[sled + 1]; i++) {
        const struct sled_xfer row = sled_rows_xfer(&sleds->rows, sleds->member[i], dst);

        if (run->out.count == 0)
            run->out.offset = row.dst_offset;
        else if (row.count > 0 && row.dst_offset != run->out.offset + run->out.count)
            break;
        run->out.count += row.count;
    }
    run->end = i;
    return run->out.count > 0;
}

/* Where rows are collected, and which transfers bring them. */
struct staging {
    const struct sleds *sleds;
    uint64_t *offset;    /* [src][dst]: in the collector's scratch */
    sled_xfer_id *xfer;  /* [src][dst] */
    sled_xfer_id *after; /* [P]: room */
};

/* Collectors keep rows by destination, then by source, so that runs are contiguous there. */
static enum sled_status lay_out(struct staging *st, struct sled_err *err)
{
    const struct sleds *sleds = st->sleds;
    const uint32_t P = sleds->req->nranks;
    uint64_t *used; /* [P]: of each rank's scratch */

    SLED_TRY(sled_vec_alloc(&used, P, err));
    for (uint32_t dst = 0; dst < P; dst++) {
        for (uint32_t i = 0; i < P; i++) {
            const uint32_t src = sleds->member[i];
            const uint32_t by = collector(sleds, sleds->sled[src], dst);

            if (sleds->sled[src] == sleds->sled[dst])
                continue;
            st->offset[(size_t)src * P + dst] = used[by];
            used[by] += sled_rows_xfer(&sleds->rows, src, dst).count;
        }
    }
    free(used);
    return SLED_OK;
}

/* Inside sleds: rows for it go where they belong, others to their collectors. */
static enum sled_status add_inside(struct staging *st, struct sled_plan *plan, struct sled_err *err)
{
    const struct sleds *sleds = st->sleds;
    const uint32_t P = sleds->req->nranks;

    for (uint32_t src = 0; src < P; src++) {
        for (uint32_t t = 1; t < P; t++) {
            const uint32_t dst = (src + t) % P;
            struct sled_xfer row = sled_rows_xfer(&sleds->rows, src, dst);

            if (row.count == 0)
                continue;
            if (sleds->sled[src] != sleds->sled[dst]) {
                row.dst = collector(sleds, sleds->sled[src], dst);
                row.dst_buffer = SLED_BUFFER_SCRATCH;
                row.dst_offset = st->offset[(size_t)src * P + dst];
                st->xfer[(size_t)src * P + dst] = plan->count;
            }
            SLED_TRY(sled_plan_add(plan, &row, err));
        }
    }
    return SLED_OK;
}

static enum sled_status add_run(const struct staging *st, const struct run *run, uint32_t src,
                                uint32_t dst, struct sled_plan *plan, struct sled_err *err)
{
    const struct sleds *sleds = st->sleds;
    const uint32_t P = sleds->req->nranks;
    struct sled_xfer xfer = {
        .src = src,
        .dst = dst,
        .src_buffer = SLED_BUFFER_SCRATCH,
        .dst_buffer = SLED_BUFFER_OUT,
        .src_offset = st->offset[(size_t)sleds->member[run->first] * P + dst],
        .dst_offset = run->out.offset,
        .count = run->out.count,
        .after = st->after,
    };

    for (uint32_t i = run->first; i < run->end; i++) {
        const uint32_t from = sleds->member[i];

        if (sled_rows_xfer(&sleds->rows, from, dst).count > 0)
            st->after[xfer.nafter++] = st->xfer[(size_t)from * P + dst];
    }
    return sled_plan_add(plan, &xfer, err);
}

/* Between sleds: what each collector has for the destinations it serves. */
static enum sled_status add_across(const struct staging *st, struct sled_plan *plan,
                                   struct sled_err *err)
{
    const struct sleds *sleds = st->sleds;
    const uint32_t P = sleds->req->nranks;

    for (uint32_t src = 0; src < P; src++) {
        const uint32_t sled = sleds->sled[src];

        for (uint32_t t = 1; t < P; t++) {
            const uint32_t dst = (src + t) % P;
            struct run run = {.end = sleds->begin[sled]};

            if (sleds->sled[dst] == sled || collector(sleds, sled, dst) != src)
                continue;
            while (next_run(sleds, sled, dst, &run))
                SLED_TRY(add_run(st, &run, src, dst, plan, err));
        }
    }
    return SLED_OK;
}

static enum sled_status add_rows(const struct sleds *sleds, struct sled_plan *plan,
                                 struct sled_err *err)
{
    const size_t P = sleds->req->nranks;
    struct staging staging = {.sleds = sleds};

    SLED_TRY(sled_plan_reserve(plan, plan->count + P * P, 0, err));
    SLED_TRY(sled_rows_add_own(&sleds->rows, plan, err));
    enum sled_status st = sled_vec_alloc(&staging.offset, P * P, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&staging.xfer, P * P, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&staging.after, P, err);
    if (st == SLED_OK)
        st = lay_out(&staging, err);
    if (st == SLED_OK)
        st = add_inside(&staging, plan, err);
    if (st == SLED_OK)
        st = add_across(&staging, plan, err);
    free(staging.offset);
    free(staging.xfer);
    free(staging.after);
    return st;
}

enum sled_status sled_exchange_plan_hier(const struct sled_coll_req *req, struct sled_plan *plan,
                                         struct sled_err *err)
{
    struct sleds sleds;

    enum sled_status st = sleds_init(&sleds, req, err);
    if (st == SLED_OK)
        st = add_rows(&sleds, plan, err);
    sleds_finish(&sleds);
    return st;
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Elements that ranks send and receive; [P] each. */
struct ports {
    uint64_t *sent, *received;
};

static void count(const struct ports *ports, uint32_t src, uint32_t dst, uint64_t elems,
                  struct sled_plan_cost *out)
{
    if (src == dst)
        return;
    ports->sent[src] += elems;
    ports->received[dst] += elems;
    out->total_bytes += elems;
    out->port_bytes = max_u64(out->port_bytes, max_u64(ports->sent[src], ports->received[dst]));
}

/* What a sled owes to a rank of another: the longest chain is of a run and of the longest row in
 * it that somebody else brought. */
static void measure_message(const struct sleds *sleds, uint32_t sled, uint32_t dst,
                            const struct ports *ports, struct sled_plan_cost *out)
{
    const uint32_t by = collector(sleds, sled, dst);
    struct run run = {.end = sleds->begin[sled]};

    while (next_run(sleds, sled, dst, &run)) {
        uint64_t longest = 0;

        for (uint32_t i = run.first; i < run.end; i++) {
            const uint32_t src = sleds->member[i];
            const uint64_t elems = sled_rows_xfer(&sleds->rows, src, dst).count;

            count(ports, src, by, elems, out);
            if (src != by)
                longest = max_u64(longest, elems);
        }
        count(ports, by, dst, run.out.count, out);
        out->steps = max_u64(out->steps, 1 + (longest > 0));
        out->chain_bytes = max_u64(out->chain_bytes, longest + run.out.count);
    }
}

/* Counted in elements here. */
static void measure(const struct sleds *sleds, const struct ports *ports,
                    struct sled_plan_cost *out)
{
    const uint32_t P = sleds->req->nranks;

    for (uint32_t dst = 0; dst < P; dst++) {
        for (uint32_t src = 0; src < P; src++) {
            const uint64_t elems = sled_rows_xfer(&sleds->rows, src, dst).count;

            if (src == dst || elems == 0 || sleds->sled[src] != sleds->sled[dst])
                continue;
            count(ports, src, dst, elems, out);
            out->steps = max_u64(out->steps, 1);
            out->chain_bytes = max_u64(out->chain_bytes, elems);
        }
        for (uint32_t sled = 0; sled < sleds->nsleds; sled++)
            if (sled != sleds->sled[dst])
                measure_message(sleds, sled, dst, ports, out);
    }
}

enum sled_status sled_exchange_cost_hier(const struct sled_coll_req *req,
                                         struct sled_plan_cost *out, struct sled_err *err)
{
    struct ports ports = {0};
    struct sleds sleds;

    enum sled_status st = sleds_init(&sleds, req, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&ports.sent, req->nranks, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&ports.received, req->nranks, err);
    if (st == SLED_OK) {
        *out = (struct sled_plan_cost){0};
        measure(&sleds, &ports, out);
        out->chain_bytes *= req->elem_bytes;
        out->port_bytes *= req->elem_bytes;
        out->total_bytes *= req->elem_bytes;
    }
    free(ports.sent);
    free(ports.received);
    sleds_finish(&sleds);
    return st;
}
