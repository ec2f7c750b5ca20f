/* SPDX-License-Identifier: Apache-2.0 */
/* Printing plans. Every writer walks the transfers in their order. */
#include "report/plan.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/str.h"
#include "model/plan_cut.h"
#include "report/json.h"

void sled_plan_write_text(const struct sled_plan *plan, const struct sled_plan_title *title,
                          FILE *stream)
{
    fprintf(stream,
            "# %s/%s, %u rank%s, %" PRIu64 " bytes, %u transfers; spans in elements of %u B\n",
            sled_coll_kind_names[title->req->kind], title->algorithm, title->req->nranks,
            title->req->nranks == 1 ? "" : "s", sled_coll_size_bytes(title->req), plan->count,
            plan->elem_bytes);
    if (plan->nswitches > 0)
        fprintf(stream, "# ranks from %u on are switches that reduce on the way\n",
                title->req->nranks);
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct sled_xfer x = sled_plan_get(plan, i);

        fprintf(stream, "%u: %u -> %u %s %s[%" PRIu64 "+%" PRIu64 "] %s[%" PRIu64 "]", i, x.src,
                x.dst, sled_xfer_op_names[x.op], sled_buffer_names[x.src_buffer], x.src_offset,
                x.count, sled_buffer_names[x.dst_buffer], x.dst_offset);
        for (uint32_t k = 0; k < x.nafter; k++)
            fprintf(stream, "%s%u", k == 0 ? " after " : ",", x.after[k]);
        fputc('\n', stream);
    }
}

void sled_plan_write_dot(const struct sled_plan *plan, const struct sled_plan_title *title,
                         FILE *stream)
{
    fprintf(stream, "digraph \"%s/%s\" {\n  rankdir=LR;\n  node [shape=box];\n",
            sled_coll_kind_names[title->req->kind], title->algorithm);
    for (uint32_t rank = 0; rank < plan->nranks; rank++) {
        fprintf(stream, "  subgraph cluster_%u {\n    label=\"rank %u sends\";\n", rank, rank);
        for (uint32_t i = 0; i < plan->count; i++) {
            const struct sled_xfer x = sled_plan_get(plan, i);

            if (x.src == rank)
                fprintf(stream, "    t%u [label=\"%s to %u\\n%" PRIu64 "+%" PRIu64 "\"];\n", i,
                        sled_xfer_op_names[x.op], x.dst, x.src_offset, x.count);
        }
        fprintf(stream, "  }\n");
    }
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct sled_xfer x = sled_plan_get(plan, i);

        for (uint32_t k = 0; k < x.nafter; k++)
            fprintf(stream, "  t%u -> t%u;\n", x.after[k], i);
    }
    fprintf(stream, "}\n");
}

/* One line of the list "transfers"; spans in units of `unit` elements. Where nothing is moved, a
 * place means nothing. */
static void write_xfer(const struct sled_xfer *x, uint64_t unit, FILE *stream)
{
    const bool moves = x->count > 0;

    fprintf(stream,
            "    {\"src\": %u, \"dst\": %u, \"op\": \"%s\", \"src_buffer\": \"%s\", "
            "\"src_offset\": %" PRIu64 ", \"dst_buffer\": \"%s\", \"dst_offset\": %" PRIu64
            ", \"count\": %" PRIu64 ", \"after\": [",
            x->src, x->dst, sled_xfer_op_names[x->op], sled_buffer_names[x->src_buffer],
            moves ? x->src_offset / unit : 0, sled_buffer_names[x->dst_buffer],
            moves ? x->dst_offset / unit : 0, x->count / unit);
    for (uint32_t k = 0; k < x->nafter; k++)
        fprintf(stream, "%s%u", k == 0 ? "" : ", ", x->after[k]);
    fprintf(stream, "]}");
}

static void write_matrix(const struct sled_traffic *traffic, FILE *stream)
{
    fprintf(stream, "  \"matrix\": [");
    for (uint32_t src = 0; src < traffic->nranks; src++) {
        for (uint32_t dst = 0; dst < traffic->nranks; dst++)
            fprintf(stream, "%s%" PRIu64,
                    dst > 0   ? ", "
                    : src > 0 ? ",\n             "
                              : "",
                    traffic->bytes[(size_t)src * traffic->nranks + dst]);
    }
    fprintf(stream, "],\n");
}

/* name as JSON text; spans and the buffer in units of `unit` elements. */
static void write_plan(const struct sled_plan *plan, const struct sled_coll_req *req,
                       const char *name, uint64_t unit, FILE *stream)
{
    fprintf(
        stream,
        "{\n  \"schema_version\": 1,\n  \"kind\": \"plan\",\n  \"name\": %s,\n  \"op\": \"%s\",\n"
        "  \"ranks\": %u,\n  \"switches\": %u,\n  \"root\": %u,\n",
        name, sled_coll_kind_names[req->kind], req->nranks, plan->nswitches, req->root);
    if (req->kind == SLED_COLL_ALL_TO_ALL_V)
        write_matrix(req->traffic, stream);
    else
        fprintf(stream, "  \"chunks\": %" PRIu64 ",\n", req->nelems / unit);
    fprintf(stream, "  \"transfers\": [");
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct sled_xfer x = sled_plan_get(plan, i);

        fputs(i == 0 ? "\n" : ",\n", stream);
        write_xfer(&x, unit, stream);
    }
    fprintf(stream, "%s]\n}\n", plan->count == 0 ? "" : "\n  ");
}

enum sled_status sled_plan_write_json(const struct sled_plan *plan,
                                      const struct sled_plan_title *title, FILE *stream,
                                      struct sled_err *err)
{
    const struct sled_coll_req *req = title->req;
    const uint64_t unit = sled_plan_chunk_elems(plan, req);
    const uint64_t nchunks = req->nelems / unit;
    struct sled_str name = SLED_STR_INIT;

    if (req->kind != SLED_COLL_ALL_TO_ALL_V && (nchunks == 0 || nchunks > UINT32_MAX))
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "a plan file has 1 to %u chunks, this plan would need %" PRIu64,
                            UINT32_MAX, nchunks);
    sled_json_add_string(title->algorithm, &name);
    const enum sled_status st = sled_str_status(&name, err);
    if (st == SLED_OK)
        write_plan(plan, req, sled_str_text(&name), unit, stream);
    sled_str_finish(&name);
    return st;
}

/* In the schedule language a transfer is a send at its source and a receive at its destination;
 * what stays on a rank is a computation of no length. */
static bool is_local(const struct sled_xfer *x)
{
    return x->src == x->dst;
}

/* Letter of the operation by which transfer x shows on rank; 0 when it does not. */
static char goal_letter(const struct sled_xfer *x, uint32_t rank)
{
    if (is_local(x))
        return x->src == rank ? 'c' : '\0';
    return x->dst == rank ? 'r' : x->src == rank ? 's' : '\0';
}

static void goal_requires(const struct sled_plan *plan, const struct sled_xfer *x, uint32_t id,
                          uint32_t rank, FILE *stream)
{
    const char own = goal_letter(x, rank);

    for (uint32_t k = 0; k < x->nafter; k++) {
        const struct sled_xfer before = sled_plan_get(plan, x->after[k]);
        const char letter = goal_letter(&before, rank);

        if (letter != '\0')
            fprintf(stream, "%c%u requires %c%u\n", own, id, letter, x->after[k]);
    }
}

enum sled_status sled_plan_write_goal(const struct sled_plan *plan, FILE *stream,
                                      struct sled_err *err)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct sled_xfer x = sled_plan_get(plan, i);

        for (uint32_t k = 0; k < x.nafter; k++) {
            const struct sled_xfer before = sled_plan_get(plan, x.after[k]);

            if (goal_letter(&before, x.src) == '\0' && goal_letter(&before, x.dst) == '\0')
                return sled_err_set(err, SLED_E_UNSUPPORTED,
                                    "GOAL cannot say that transfer %u (%u -> %u) waits for "
                                    "transfer %u (%u -> %u) between other ranks",
                                    i, x.src, x.dst, x.after[k], before.src, before.dst);
        }
    }

    fprintf(stream, "num_ranks %u\n", plan->nranks);
    for (uint32_t rank = 0; rank < plan->nranks; rank++) {
        fprintf(stream, "\nrank %u {\n", rank);
        for (uint32_t i = 0; i < plan->count; i++) {
            const struct sled_xfer x = sled_plan_get(plan, i);
            const uint64_t bytes = x.count * plan->elem_bytes;

            switch (goal_letter(&x, rank)) {
            case 'c':
                fprintf(stream, "c%u: calc 0\n", i);
                break;
            case 's':
                fprintf(stream, "s%u: send %" PRIu64 "b to %u tag %u\n", i, bytes, x.dst, i);
                break;
            case 'r':
                fprintf(stream, "r%u: recv %" PRIu64 "b from %u tag %u\n", i, bytes, x.src, i);
                break;
            default:
                continue;
            }
            goal_requires(plan, &x, i, rank, stream);
        }
        fprintf(stream, "}\n");
    }
    return SLED_OK;
}
