/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Races: pairs of transfers that touch the same element, and that the dependencies
 * leave unordered. Ancestors of each transfer are kept as a bit set; accesses are sorted
 * by place and swept, so that only overlapping ones are compared.
 */
#include "model/verify.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"

#define MAX_XFERS 65536u

enum mode { READ, WRITE, ADD };

/* One end of a transfer that moves something. */
struct access {
    uint32_t rank;
    enum sled_buffer buffer;
    uint64_t start, end; /* elements */
    sled_xfer_id xfer;
    enum mode mode;
};

struct races {
    const struct sled_plan *plan;
    size_t words;          /* per transfer */
    uint64_t *ancestors;   /* [count][words]: bit a of row x: x runs after a */
    struct access *access; /* [naccesses], sorted by place */
    size_t naccesses;
    const struct access **open; /* those that reach beyond the sweep's position */
};

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int by_place(const void *left, const void *right)
{
    const struct access *a = left;
    const struct access *b = right;

    if (a->rank != b->rank)
        return compare_u64(a->rank, b->rank);
    if (a->buffer != b->buffer)
        return compare_u64(a->buffer, b->buffer);
    if (a->start != b->start)
        return compare_u64(a->start, b->start);
    if (a->xfer != b->xfer)
        return compare_u64(a->xfer, b->xfer);
    return compare_u64(a->mode, b->mode);
}

static void collect_accesses(struct races *races)
{
    for (sled_xfer_id id = 0; id < races->plan->count; id++) {
        const struct sled_xfer x = sled_plan_get(races->plan, id);

        if (x.count == 0)
            continue;
        races->access[races->naccesses++] = (struct access){
            .rank = x.src,
            .buffer = x.src_buffer,
            .start = x.src_offset,
            .end = x.src_offset + x.count,
            .xfer = id,
            .mode = READ,
        };
        races->access[races->naccesses++] = (struct access){
            .rank = x.dst,
            .buffer = x.dst_buffer,
            .start = x.dst_offset,
            .end = x.dst_offset + x.count,
            .xfer = id,
            .mode = x.op == SLED_XFER_REDUCE ? ADD : WRITE,
        };
    }
    qsort(races->access, races->naccesses, sizeof *races->access, by_place);
}

/* A transfer's ancestors are earlier ones: of its row only the first id bits are ever
 * touched, so that the upper half of the square costs address space, not memory. */
static void collect_ancestors(struct races *races)
{
    for (sled_xfer_id id = 0; id < races->plan->count; id++) {
        const struct sled_xfer x = sled_plan_get(races->plan, id);
        uint64_t *row = races->ancestors + id * races->words;

        for (uint32_t i = 0; i < x.nafter; i++) {
            const sled_xfer_id before = x.after[i];
            const uint64_t *other = races->ancestors + before * races->words;

            for (size_t w = 0; w <= before / 64; w++)
                row[w] |= other[w];
            row[before / 64] |= (uint64_t)1 << before % 64;
        }
    }
}

static bool ordered(const struct races *races, sled_xfer_id a, sled_xfer_id b)
{
    const sled_xfer_id first = a < b ? a : b;
    const sled_xfer_id second = a < b ? b : a;

    return races->ancestors[second * races->words + first / 64] >> first % 64 & 1;
}

/* The two ends of one transfer do not race: sled_verify refuses their overlap. */
static bool race(const struct races *races, const struct access *a, const struct access *b)
{
    const bool conflict = a->mode == WRITE || b->mode == WRITE || a->mode != b->mode;

    return conflict && a->xfer != b->xfer && !ordered(races, a->xfer, b->xfer);
}

static enum sled_status report(const struct access *a, const struct access *b, struct sled_err *err)
{
    static const char *const verb[] = {[READ] = "reads", [WRITE] = "writes", [ADD] = "adds to"};

    char pointer[32];

    if (a->xfer > b->xfer)
        return report(b, a, err);
    snprintf(pointer, sizeof pointer, "/transfers/%u", b->xfer);
    return sled_err_set_at(err, SLED_E_CHECK, pointer,
                           "rank %u, %s element %llu: transfer %u %s it and transfer %u %s it, but "
                           "no dependency orders them",
                           a->rank, sled_buffer_names[a->buffer],
                           (unsigned long long)(a->start > b->start ? a->start : b->start), a->xfer,
                           verb[a->mode], b->xfer, verb[b->mode]);
}

static enum sled_status sweep(struct races *races, struct sled_err *err)
{
    size_t nopen = 0;

    for (size_t i = 0; i < races->naccesses; i++) {
        const struct access *now = &races->access[i];
        size_t kept = 0;

        for (size_t j = 0; j < nopen; j++) {
            const struct access *old = races->open[j];

            if (old->rank != now->rank || old->buffer != now->buffer || old->end <= now->start)
                continue;
            if (race(races, old, now))
                return report(old, now, err);
            races->open[kept++] = old;
        }
        races->open[kept] = now;
        nopen = kept + 1;
    }
    return SLED_OK;
}

static enum sled_status verify_order(struct races *races, struct sled_err *err)
{
    const size_t count = races->plan->count;

    races->words = count / 64 + 1;
    SLED_TRY(sled_vec_alloc(&races->ancestors, count * races->words, err));
    SLED_TRY(sled_vec_alloc(&races->access, 2 * count, err));
    SLED_TRY(sled_vec_alloc(&races->open, 2 * count, err));
    collect_ancestors(races);
    collect_accesses(races);
    return sweep(races, err);
}

enum sled_status sled_verify_order(const struct sled_plan *plan, struct sled_err *err)
{
    struct races races = {.plan = plan};

    if (plan->count > MAX_XFERS)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "the order of %u transfers cannot be checked, at most %u", plan->count,
                            MAX_XFERS);

    const enum sled_status status = verify_order(&races, err);
    free(races.ancestors);
    free(races.access);
    free(races.open);
    return status;
}
