/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim plan: print the transfers an algorithm would make, without running them. */
#include "cli/cmd.h"

#include "base/suggest.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "coll/coll.h"
#include "model/verify.h"
#include "report/plan.h"

enum { FORMAT_TEXT, FORMAT_DOT, FORMAT_JSON, FORMAT_GOAL };
static const char *const format_names[] = {"text", "dot", "json", "goal", NULL};

struct plan_args {
    const char *op;
    const char *algorithm;
    uint64_t ranks;
    uint64_t size;
    const char *dtype;
    const char *matrix;
    int format;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "OP", .offset = offsetof(struct plan_args, op), .help = "operation, as all_reduce"},
    {.name = "ALGORITHM",
     .offset = offsetof(struct plan_args, algorithm),
     .help = "algorithm, as `sledsim list algorithms` prints them"},
};

static const struct sled_opt options[] = {
    {.name = "ranks",
     .letter = 'r',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .required = true,
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct plan_args, ranks),
     .help = "ranks that take part"},
    {.name = "size",
     .kind = SLED_OPT_SIZE,
     .arg = "SIZE",
     .dflt = "1KiB",
     .offset = offsetof(struct plan_args, size),
     .help = "whole buffer of a rank"},
    {.name = "dtype",
     .letter = 'd',
     .kind = SLED_OPT_TEXT,
     .arg = "TYPE",
     .dflt = "bf16",
     .offset = offsetof(struct plan_args, dtype),
     .help = "element type, as `sledsim list dtypes`"},
    {.name = "matrix",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct plan_args, matrix),
     .help = "byte matrix of all_to_all_v, in nccl-tests' format"},
    {.name = "format",
     .kind = SLED_OPT_CHOICE,
     .arg = "FORMAT",
     .choices = format_names,
     .dflt = "text",
     .offset = offsetof(struct plan_args, format),
     .help = "of the output"},
    {.name = "output",
     .letter = 'o',
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct plan_args, output),
     .help = "write there instead of stdout"},
};

static enum sled_status write_plan(const struct sled_plan *plan, const struct plan_args *args,
                                   const struct sled_plan_title *title, FILE *stream,
                                   struct sled_err *err)
{
    switch (args->format) {
    case FORMAT_DOT:
        sled_plan_write_dot(plan, title, stream);
        return SLED_OK;
    case FORMAT_JSON:
        return sled_plan_write_json(plan, title, stream, err);
    case FORMAT_GOAL:
        return sled_plan_write_goal(plan, stream, err);
    default:
        sled_plan_write_text(plan, title, stream);
        return SLED_OK;
    }
}

static enum sled_status make_plan(const struct plan_args *args, const struct sled_coll_req *req,
                                  struct sled_plan *plan, struct sled_err *err)
{
    const struct sled_coll_algo *algo = sled_coll_find(req->kind, args->algorithm, err);

    if (algo == NULL)
        return err->code;
    SLED_TRY(sled_coll_plan(algo, req, plan, err));
    return sled_verify(plan, req, err);
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct plan_args *args = opaque;
    struct sled_traffic traffic = {0};
    struct sled_coll_req req;
    struct sled_output out;

    SLED_TRY(sled_cli_request(args->op, (uint32_t)args->ranks, args->size, args->dtype, &req, err));
    if (req.kind == SLED_COLL_ALL_TO_ALL_V) {
        if (args->matrix == NULL)
            return sled_err_set(err, SLED_E_USAGE, "all_to_all_v needs --matrix FILE");
        SLED_TRY(sled_cli_matrix(args->matrix, req.nranks, &traffic, err));
        req.traffic = &traffic;
    } else if (args->matrix != NULL) {
        return sled_err_set(err, SLED_E_USAGE, "--matrix is for all_to_all_v, not for %s",
                            args->op);
    }

    const struct sled_plan_title title = {.req = &req, .algorithm = args->algorithm};
    struct sled_plan plan = {0};
    enum sled_status st = make_plan(args, &req, &plan, err);
    if (st == SLED_OK) {
        st = sled_output_open(&out, args->output, err);
        if (st == SLED_OK) {
            st = write_plan(&plan, args, &title, out.stream, err);
            if (st == SLED_OK)
                st = sled_output_commit(&out, err);
            sled_output_finish(&out);
        }
    }
    sled_plan_finish(&plan);
    sled_traffic_finish(&traffic);
    return st;
}

const struct sled_cmd sled_cmd_plan = {
    .name = "plan",
    .summary = "print the transfers of an algorithm",
    .description = "Emits the plan of ALGORITHM for OP, verifies it symbolically and prints it.\n"
                   "GOAL is the schedule language of LogGOPSim; dot is for graphviz.\n",
    .examples = "sledsim plan all_reduce ring --ranks 4 --size 1KiB\n"
                "sledsim plan all_to_all direct --ranks 8 --format dot | dot -Tsvg > plan.svg\n",
    .args = SLED_OPT_TABLE(struct plan_args, operands, options),
    .run = run,
};
