/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbolic execution of a plan.
 *
 * A value is a number. Values below P are the ranks' inputs: value r at origin e is
 * what rank r's data held in element e at first. A reduction makes a new value, the sum of
 * two others; sums refer to their operands and never repeat them, so each reduction
 * costs one node however many contributions it carries. Only what the collective must
 * deliver is expanded into contributions, at the end and once per value.
 */
#include "model/verify.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "model/span_map.h"

/* Taken at origin o: value left at o plus value right at o + shift (modulo 2^64). */
struct sum {
    uint32_t left, right;
    uint64_t shift;
    bool complete; /* found to be every rank's contribution, once, all at origin o */
};

/* A value still to be expanded. */
struct term {
    uint32_t value;
    uint64_t origin;
};

struct verifier {
    const struct sled_plan *plan;
    const struct sled_coll_req *req;
    struct sled_span_map *map; /* [P and switches][SLED_BUFFERS] */
    struct sum *sum;           /* [nsums], value P + i */
    size_t nsums, sum_capacity;

    /* Working storage. */
    struct sled_runs from, to, result;
    struct term *term;
    size_t term_capacity;
    uint64_t *seen_by; /* [P]: number of the expansion that last met the rank */
    uint64_t nexpansions;
};

/* What a span of a rank's buffer must hold in the end. */
struct want {
    uint32_t rank;
    enum sled_buffer buffer;
    struct sled_span span;
    bool whole_sum; /* of all ranks' elements; else those of rank `from` */
    uint32_t from;
    uint64_t element; /* what the first element of span is made of */
};

static struct sled_span_map *map_of(const struct verifier *v, uint32_t rank,
                                    enum sled_buffer buffer)
{
    return &v->map[(size_t)rank * SLED_BUFFERS + buffer];
}

static uint64_t pair_bytes(const struct sled_coll_req *req, uint32_t src, uint32_t dst)
{
    return req->traffic->bytes[(size_t)src * req->nranks + dst];
}

static uint64_t data_size(const struct sled_coll_req *req, uint32_t rank)
{
    uint64_t size = 0;

    if (req->kind != SLED_COLL_ALL_TO_ALL_V)
        return req->nelems;
    for (uint32_t dst = 0; dst < req->nranks; dst++)
        size += pair_bytes(req, rank, dst);
    return size;
}

static uint64_t out_size(const struct sled_coll_req *req, uint32_t rank)
{
    uint64_t size = 0;

    switch (req->kind) {
    case SLED_COLL_ALL_TO_ALL:
        return sled_block(req->nelems, req->nranks, rank).count * req->nranks;
    case SLED_COLL_ALL_TO_ALL_V:
        for (uint32_t src = 0; src < req->nranks; src++)
            size += pair_bytes(req, src, rank);
        return size;
    case SLED_COLL_PERMUTE:
        return req->nelems;
    case SLED_COLL_ALL_REDUCE:
    case SLED_COLL_ALL_GATHER:
    case SLED_COLL_REDUCE_SCATTER:
    case SLED_COLL_BROADCAST:
    case SLED_COLL_KINDS:
        break;
    }
    return 0;
}

/* The part of a rank's data that is defined at first. */
static struct sled_span input_span(const struct sled_coll_req *req, uint32_t rank)
{
    if (req->kind == SLED_COLL_ALL_GATHER)
        return sled_block(req->nelems, req->nranks, rank);
    if (req->kind == SLED_COLL_BROADCAST && rank != req->root)
        return (struct sled_span){0};
    return (struct sled_span){.count = data_size(req, rank)};
}

/* A switch on the way has room to add up, and nothing else. */
static enum sled_status init_switch(struct verifier *v, uint32_t rank, struct sled_err *err)
{
    SLED_TRY(sled_span_map_init(map_of(v, rank, SLED_BUFFER_DATA), 0, err));
    SLED_TRY(sled_span_map_init(map_of(v, rank, SLED_BUFFER_OUT), 0, err));
    return sled_span_map_init(map_of(v, rank, SLED_BUFFER_SCRATCH), UINT64_MAX, err);
}

static enum sled_status init_rank(struct verifier *v, uint32_t rank, struct sled_err *err)
{
    const struct sled_span input = input_span(v->req, rank);
    struct sled_span_map *data = map_of(v, rank, SLED_BUFFER_DATA);

    SLED_TRY(sled_span_map_init(data, data_size(v->req, rank), err));
    SLED_TRY(sled_span_map_init(map_of(v, rank, SLED_BUFFER_OUT), out_size(v->req, rank), err));
    SLED_TRY(sled_span_map_init(map_of(v, rank, SLED_BUFFER_SCRATCH), UINT64_MAX, err));
    if (input.count == 0)
        return SLED_OK;

    v->result.count = 0;
    SLED_TRY(sled_runs_append(&v->result,
                              (struct sled_run){.start = input.offset,
                                                .end = input.offset + input.count,
                                                .origin = input.offset,
                                                .value = rank},
                              err));
    return sled_span_map_write(data, &v->result, err);
}

static enum sled_status verifier_init(struct verifier *v, struct sled_err *err)
{
    const uint32_t P = v->req->nranks;

    SLED_TRY(sled_vec_alloc(&v->map, (size_t)v->plan->nranks * SLED_BUFFERS, err));
    SLED_TRY(sled_vec_alloc(&v->seen_by, P, err));
    for (uint32_t r = 0; r < P; r++)
        SLED_TRY(init_rank(v, r, err));
    for (uint32_t r = P; r < v->plan->nranks; r++)
        SLED_TRY(init_switch(v, r, err));
    return SLED_OK;
}

static void verifier_finish(struct verifier *v)
{
    if (v->map != NULL) {
        for (size_t i = 0; i < (size_t)v->plan->nranks * SLED_BUFFERS; i++)
            sled_span_map_finish(&v->map[i]);
    }
    free(v->map);
    free(v->sum);
    free(v->term);
    free(v->seen_by);
    sled_runs_finish(&v->from);
    sled_runs_finish(&v->to);
    sled_runs_finish(&v->result);
}

/* One end of a transfer, for messages. */
struct access {
    sled_xfer_id xfer;
    const char *verb; /* "reads", … */
    uint32_t rank;
    enum sled_buffer buffer;
    struct sled_span span;
};

/* Decide that a transfer is wrong. */
static enum sled_status __attribute__((format(printf, 3, 4)))
blame(sled_xfer_id xfer, struct sled_err *err, const char *fmt, ...)
{
    char pointer[32];
    va_list args;

    snprintf(pointer, sizeof pointer, "/transfers/%u", xfer);
    va_start(args, fmt);
    sled_err_vset_at(err, SLED_E_CHECK, pointer, fmt, args);
    va_end(args);
    return err->code;
}

static enum sled_status check_bounds(const struct verifier *v, const struct access *a,
                                     struct sled_err *err)
{
    const uint64_t size = map_of(v, a->rank, a->buffer)->size;
    const uint64_t end = a->span.offset + a->span.count;

    if (end <= size)
        return SLED_OK;
    return blame(a->xfer, err,
                 "transfer %u %s rank %u, %s element %llu, beyond the %llu elements there", a->xfer,
                 a->verb, a->rank, sled_buffer_names[a->buffer], (unsigned long long)(end - 1),
                 (unsigned long long)size);
}

/* The content of one end of a transfer, all of which must have been written. */
static enum sled_status read_written(const struct verifier *v, const struct access *a,
                                     struct sled_runs *out, struct sled_err *err)
{
    SLED_TRY(sled_span_map_read(map_of(v, a->rank, a->buffer), a->span, out, err));
    for (size_t i = 0; i < out->count; i++) {
        if (out->run[i].value == SLED_RUN_EMPTY)
            return blame(a->xfer, err,
                         "transfer %u %s rank %u, %s element %llu, which was never written",
                         a->xfer, a->verb, a->rank, sled_buffer_names[a->buffer],
                         (unsigned long long)out->run[i].start);
    }
    return SLED_OK;
}

static enum sled_status add_values(struct verifier *v, const struct sled_run *a,
                                   const struct sled_run *b, uint32_t *value, struct sled_err *err)
{
    if (v->nsums >= SLED_RUN_EMPTY - v->req->nranks)
        return sled_err_nomem(err);
    SLED_TRY(sled_vec_reserve(&v->sum, &v->sum_capacity, v->nsums + 1, err));
    v->sum[v->nsums] = (struct sum){
        .left = a->value,
        .right = b->value,
        .shift = b->origin - a->origin,
    };
    *value = v->req->nranks + (uint32_t)v->nsums++;
    return SLED_OK;
}

/* Move runs so that the first starts at offset. */
static void move_runs(struct sled_runs *runs, uint64_t offset)
{
    const uint64_t by = offset - runs->run[0].start;

    for (size_t i = 0; i < runs->count; i++) {
        runs->run[i].start += by;
        runs->run[i].end += by;
    }
}

/* result := to + from, where `to` may be empty at a switch; both over the same elements but perhaps
 * cut differently. */
static enum sled_status add_runs(struct verifier *v, struct sled_err *err)
{
    size_t i = 0;
    size_t j = 0;

    v->result.count = 0;
    while (i < v->to.count) {
        struct sled_run *to = &v->to.run[i];
        struct sled_run *from = &v->from.run[j];
        const uint64_t end = to->end < from->end ? to->end : from->end;
        struct sled_run run = {.start = to->start, .end = end, .origin = to->origin};

        if (to->value == SLED_RUN_EMPTY) {
            run.value = from->value;
            run.origin = from->origin;
        } else {
            SLED_TRY(add_values(v, to, from, &run.value, err));
        }
        SLED_TRY(sled_runs_append(&v->result, run, err));
        to->origin += end - to->start;
        to->start = end;
        from->origin += end - from->start;
        from->start = end;
        i += to->start == to->end;
        j += from->start == from->end;
    }
    return SLED_OK;
}

static enum sled_status check_overlap(sled_xfer_id id, const struct sled_xfer *x,
                                      struct sled_err *err)
{
    if (x->src != x->dst || x->src_buffer != x->dst_buffer ||
        x->src_offset >= x->dst_offset + x->count || x->dst_offset >= x->src_offset + x->count)
        return SLED_OK;

    const uint64_t element = x->src_offset > x->dst_offset ? x->src_offset : x->dst_offset;
    return blame(id, err, "transfer %u reads and writes rank %u, %s element %llu at once", id,
                 x->src, sled_buffer_names[x->src_buffer], (unsigned long long)element);
}

static enum sled_status run_xfer(struct verifier *v, sled_xfer_id id, struct sled_err *err)
{
    const struct sled_xfer x = sled_plan_get(v->plan, id);
    const struct access source = {
        .xfer = id,
        .verb = "reads",
        .rank = x.src,
        .buffer = x.src_buffer,
        .span = {.offset = x.src_offset, .count = x.count},
    };
    const struct access target = {
        .xfer = id,
        .verb = x.op == SLED_XFER_REDUCE ? "adds to" : "writes",
        .rank = x.dst,
        .buffer = x.dst_buffer,
        .span = {.offset = x.dst_offset, .count = x.count},
    };

    if (x.count == 0)
        return SLED_OK;
    SLED_TRY(check_bounds(v, &source, err));
    SLED_TRY(check_bounds(v, &target, err));
    SLED_TRY(check_overlap(id, &x, err));
    SLED_TRY(read_written(v, &source, &v->from, err));
    move_runs(&v->from, x.dst_offset);
    if (x.op == SLED_XFER_COPY)
        return sled_span_map_write(map_of(v, x.dst, x.dst_buffer), &v->from, err);
    if (x.dst < v->req->nranks)
        SLED_TRY(read_written(v, &target, &v->to, err));
    else
        SLED_TRY(sled_span_map_read(map_of(v, x.dst, x.dst_buffer), target.span, &v->to, err));
    SLED_TRY(add_runs(v, err));
    return sled_span_map_write(map_of(v, x.dst, x.dst_buffer), &v->result, err);
}

enum fault { FAULT_NONE, FAULT_UNWRITTEN, FAULT_FOREIGN, FAULT_DOUBLED, FAULT_MISSING };

struct verdict {
    enum fault fault;
    uint32_t rank; /* whose element is foreign, doubled or missing */
    uint64_t element;
};

/* What is wrong with input element `term` as a part of the want's element `element`? */
static enum fault judge_input(const struct verifier *v, const struct want *want,
                              const struct term *term, uint64_t element)
{
    if (term->origin != element || (!want->whole_sum && term->value != want->from))
        return FAULT_FOREIGN;
    if (v->seen_by[term->value] == v->nexpansions)
        return FAULT_DOUBLED;
    return FAULT_NONE;
}

/* The first rank that the current expansion has not met; there is one. */
static uint32_t first_unseen(const struct verifier *v)
{
    uint32_t rank = 0;

    while (v->seen_by[rank] == v->nexpansions)
        rank++;
    return rank;
}

/*
 * Expand `top` and compare with the want's element `element`. Ends at the first fault,
 * hence after at most P + 1 contributions.
 */
static enum sled_status judge(struct verifier *v, const struct want *want, struct term top,
                              uint64_t element, struct verdict *out, struct sled_err *err)
{
    const uint32_t P = v->req->nranks;
    uint32_t nfound = 0;
    size_t nterms = 0;

    v->nexpansions++;
    SLED_TRY(sled_vec_reserve(&v->term, &v->term_capacity, 1, err));
    v->term[nterms++] = top;
    while (nterms > 0) {
        const struct term term = v->term[--nterms];

        if (term.value >= P) {
            const struct sum *sum = &v->sum[term.value - P];

            SLED_TRY(sled_vec_reserve(&v->term, &v->term_capacity, nterms + 2, err));
            v->term[nterms++] = (struct term){sum->right, term.origin + sum->shift};
            v->term[nterms++] = (struct term){sum->left, term.origin};
            continue;
        }
        const enum fault fault = judge_input(v, want, &term, element);
        if (fault != FAULT_NONE) {
            *out = (struct verdict){fault, term.value, term.origin};
            return SLED_OK;
        }
        v->seen_by[term.value] = v->nexpansions;
        nfound++;
    }
    if (want->whole_sum && nfound < P)
        *out = (struct verdict){FAULT_MISSING, first_unseen(v), element};
    else
        *out = (struct verdict){.fault = FAULT_NONE};
    return SLED_OK;
}

/* Rank and element of *verdict are wrong in element `place` of the wanted span. */
static enum sled_status report(const struct verifier *v, const struct want *want, uint64_t place,
                               const struct verdict *verdict, struct sled_err *err)
{
    static const char *const what[] = {
        [FAULT_FOREIGN] = "does not belong there",
        [FAULT_DOUBLED] = "is in it more than once",
        [FAULT_MISSING] = "is missing",
    };
    const unsigned long long element = want->element + (place - want->span.offset);

    if (verdict->fault == FAULT_UNWRITTEN)
        sled_err_set(err, SLED_E_CHECK, "it was never written");
    else
        sled_err_set(err, SLED_E_CHECK, "element %llu of rank %u %s",
                     (unsigned long long)verdict->element, verdict->rank, what[verdict->fault]);
    if (want->whole_sum)
        sled_err_prefix(err, "the sum of element %llu over %u ranks: ", element, v->req->nranks);
    else
        sled_err_prefix(err, "element %llu of rank %u: ", element, want->from);
    sled_err_prefix(err, "rank %u, %s element %llu should be ", want->rank,
                    sled_buffer_names[want->buffer], (unsigned long long)place);
    return err->code;
}

static enum sled_status check_run(struct verifier *v, const struct want *want,
                                  const struct sled_run *run, struct sled_err *err)
{
    const uint32_t P = v->req->nranks;
    const uint64_t element = want->element + (run->start - want->span.offset);
    struct verdict verdict = {.fault = FAULT_UNWRITTEN};

    if (run->value == SLED_RUN_EMPTY)
        return report(v, want, run->start, &verdict, err);

    /* A sum that is on all ranks is expanded for the first of them only. */
    struct sum *sum = run->value < P ? NULL : &v->sum[run->value - P];
    if (want->whole_sum && sum != NULL && sum->complete && run->origin == element)
        return SLED_OK;

    SLED_TRY(judge(v, want, (struct term){run->value, run->origin}, element, &verdict, err));
    if (verdict.fault != FAULT_NONE)
        return report(v, want, run->start, &verdict, err);
    if (sum != NULL)
        sum->complete = true;
    return SLED_OK;
}

static enum sled_status check_want(struct verifier *v, const struct want *want,
                                   struct sled_err *err)
{
    SLED_TRY(sled_span_map_read(map_of(v, want->rank, want->buffer), want->span, &v->from, err));
    for (size_t i = 0; i < v->from.count; i++)
        SLED_TRY(check_run(v, want, &v->from.run[i], err));
    return SLED_OK;
}

/* Wants that are one span of the data, the same elements of the input. */
static enum sled_status check_in_place(struct verifier *v, uint32_t rank, struct sled_span span,
                                       bool whole_sum, uint32_t from, struct sled_err *err)
{
    const struct want want = {
        .rank = rank,
        .buffer = SLED_BUFFER_DATA,
        .span = span,
        .whole_sum = whole_sum,
        .from = from,
        .element = span.offset,
    };
    return check_want(v, &want, err);
}

static enum sled_status check_gathered(struct verifier *v, uint32_t rank, struct sled_err *err)
{
    const struct sled_coll_req *req = v->req;

    for (uint32_t from = 0; from < req->nranks; from++) {
        const struct sled_span block = sled_block(req->nelems, req->nranks, from);
        SLED_TRY(check_in_place(v, rank, block, false, from, err));
    }
    return SLED_OK;
}

/* The rows of an all_to_all(_v)'s output. sent[src] elements of src's data are for ranks
 * below this one; it is advanced beyond what is for this one. */
static enum sled_status check_rows(struct verifier *v, uint32_t rank, uint64_t *sent,
                                   struct sled_err *err)
{
    const struct sled_coll_req *req = v->req;
    uint64_t offset = 0;

    for (uint32_t src = 0; src < req->nranks; src++) {
        const uint64_t count = req->kind == SLED_COLL_ALL_TO_ALL_V
                                   ? pair_bytes(req, src, rank)
                                   : sled_block(req->nelems, req->nranks, rank).count;
        const struct want want = {
            .rank = rank,
            .buffer = SLED_BUFFER_OUT,
            .span = {.offset = offset, .count = count},
            .from = src,
            .element = sent[src],
        };
        SLED_TRY(check_want(v, &want, err));
        offset += count;
        sent[src] += count;
    }
    return SLED_OK;
}

static enum sled_status check_exchanged(struct verifier *v, struct sled_err *err)
{
    enum sled_status status = SLED_OK;
    uint64_t *sent;

    SLED_TRY(sled_vec_alloc(&sent, v->req->nranks, err));
    for (uint32_t rank = 0; rank < v->req->nranks && status == SLED_OK; rank++)
        status = check_rows(v, rank, sent, err);
    free(sent);
    return status;
}

static enum sled_status check_rank(struct verifier *v, uint32_t rank, struct sled_err *err)
{
    const struct sled_coll_req *req = v->req;
    const struct sled_span all = {.count = req->nelems};

    switch (req->kind) {
    case SLED_COLL_ALL_REDUCE:
        return check_in_place(v, rank, all, true, 0, err);
    case SLED_COLL_REDUCE_SCATTER:
        return check_in_place(v, rank, sled_block(req->nelems, req->nranks, rank), true, 0, err);
    case SLED_COLL_ALL_GATHER:
        return check_gathered(v, rank, err);
    case SLED_COLL_BROADCAST:
        return check_in_place(v, rank, all, false, req->root, err);
    case SLED_COLL_PERMUTE:
        return check_want(v,
                          &(struct want){.rank = rank,
                                         .buffer = SLED_BUFFER_OUT,
                                         .span = all,
                                         .from = (rank + req->nranks - 1) % req->nranks},
                          err);
    case SLED_COLL_ALL_TO_ALL:
    case SLED_COLL_ALL_TO_ALL_V:
    case SLED_COLL_KINDS:
        break; /* check_exchanged */
    }
    return SLED_OK;
}

static enum sled_status check_result(struct verifier *v, struct sled_err *err)
{
    if (v->req->kind == SLED_COLL_ALL_TO_ALL || v->req->kind == SLED_COLL_ALL_TO_ALL_V)
        return check_exchanged(v, err);
    for (uint32_t rank = 0; rank < v->req->nranks; rank++)
        SLED_TRY(check_rank(v, rank, err));
    return SLED_OK;
}

static enum sled_status verify(struct verifier *v, struct sled_err *err)
{
    SLED_TRY(verifier_init(v, err));
    for (sled_xfer_id id = 0; id < v->plan->count; id++)
        SLED_TRY(run_xfer(v, id, err));
    return check_result(v, err);
}

enum sled_status sled_verify(const struct sled_plan *plan, const struct sled_coll_req *req,
                             struct sled_err *err)
{
    struct verifier v = {.plan = plan, .req = req};

    if (plan->nranks - plan->nswitches != req->nranks || plan->elem_bytes != req->elem_bytes)
        return sled_err_set(err, SLED_E_CHECK,
                            "the plan is for %u ranks and elements of %u bytes, the request for %u "
                            "ranks and elements of %u bytes",
                            plan->nranks - plan->nswitches, plan->elem_bytes, req->nranks,
                            req->elem_bytes);

    const enum sled_status status = verify(&v, err);
    verifier_finish(&v);
    return status;
}
