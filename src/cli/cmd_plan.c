/* SPDX-License-Identifier: Apache-2.0 */
/* sledsim plan: print the transfers an algorithm would make, without running them. */
#include "cli/cmd.h"

#include <stdbool.h>

#include "cli/output.h"
#include "cli/parse.h"
#include "coll/coll.h"
#include "config/plan_file.h"
#include "config/traffic.h"
#include "model/verify.h"
#include "report/plan.h"

enum { FORMAT_TEXT, FORMAT_DOT, FORMAT_JSON, FORMAT_GOAL };
static const char *const format_names[] = {"text", "dot", "json", "goal", NULL};

struct plan_args {
    const char *op;
    const char *algorithm;
    const char *plan;
    uint64_t ranks;
    bool ranks_given;
    uint64_t size;
    const char *dtype;
    const char *matrix;
    uint64_t channels, chunks, sled_size, switches;
    const char *torus;
    int format;
    const char *output;
};

static const struct sled_operand operands[] = {
    {.name = "OP",
     .optional = true,
     .offset = offsetof(struct plan_args, op),
     .help = "operation, as all_reduce"},
    {.name = "ALGORITHM",
     .optional = true,
     .offset = offsetof(struct plan_args, algorithm),
     .help = "algorithm, as `sledsim list algorithms` prints them"},
};

static const struct sled_opt options[] = {
    {.name = "plan",
     .kind = SLED_OPT_TEXT,
     .arg = "FILE",
     .offset = offsetof(struct plan_args, plan),
     .help = "plan file in place of OP, ALGORITHM and --ranks: ours, or MSCCL's (.xml)"},
    {.name = "ranks",
     .letter = 'r',
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct plan_args, ranks),
     .given_offset = offsetof(struct plan_args, ranks_given),
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
     .help = "byte matrix of all_to_all_v, as `sledsim bench` takes it"},
    {.name = "sled-size",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct plan_args, sled_size),
     .help = "ranks come in sleds of N, in order; the last may have fewer"},
    {.name = "torus",
     .kind = SLED_OPT_TEXT,
     .arg = "XxYxZ",
     .offset = offsetof(struct plan_args, torus),
     .help = "ranks are the points of a torus, x varies fastest"},
    {.name = "switches",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = 1024,
     .offset = offsetof(struct plan_args, switches),
     .help = "switches that reduce on the way, linked to all ranks, or in each sled"},
    {.name = "channels",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = SLED_COLL_MAX_SPLIT,
     .offset = offsetof(struct plan_args, channels),
     .help = "parts of the data that go different ways; the algorithm's own number if absent"},
    {.name = "chunks",
     .kind = SLED_OPT_COUNT,
     .arg = "N",
     .min = 1,
     .max = SLED_COLL_MAX_SPLIT,
     .offset = offsetof(struct plan_args, chunks),
     .help = "pieces of a part that follow one another; the algorithm's own number if absent"},
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

/* What is to be printed. */
struct subject {
    const char *algorithm;
    struct sled_coll_req req;
    struct sled_traffic traffic; /* of req, unless a plan file has it */
    struct sled_place place;     /* of req's ranks, zeroed where nothing is said of it */
    struct sled_plan_file file;  /* zeroed without one */
    struct sled_plan plan;
};

static void subject_finish(struct subject *subject)
{
    sled_plan_finish(&subject->plan);
    sled_plan_file_finish(&subject->file);
    sled_traffic_finish(&subject->traffic);
    sled_place_finish(&subject->place);
}

static enum sled_status emit_plan(const struct plan_args *args, struct subject *out,
                                  struct sled_err *err)
{
    struct sled_coll_req *req = &out->req;

    SLED_TRY(sled_cli_request(args->op, (uint32_t)args->ranks, args->size, args->dtype, req, err));
    req->channels = (uint32_t)args->channels;
    req->chunks = (uint32_t)args->chunks;
    if (req->kind == SLED_COLL_ALL_TO_ALL_V) {
        if (args->matrix == NULL)
            return sled_err_set(err, SLED_E_USAGE, "all_to_all_v needs --matrix FILE");
        uint32_t elem_bytes;
        SLED_TRY(sled_cli_elem_bytes(args->dtype, &elem_bytes, err));
        SLED_TRY(
            sled_config_load_traffic(args->matrix, req->nranks, elem_bytes, &out->traffic, err));
        req->traffic = &out->traffic;
    } else if (args->matrix != NULL) {
        return sled_err_set(err, SLED_E_USAGE, "--matrix is for all_to_all_v, not for %s",
                            args->op);
    }

    SLED_TRY(sled_cli_place((uint32_t)args->sled_size, args->torus, (uint32_t)args->switches, req,
                            &out->place, err));
    const struct sled_coll_algo *algo = sled_coll_find(req->kind, args->algorithm, err);
    if (algo == NULL)
        return err->code;
    out->algorithm = args->algorithm;
    SLED_TRY(sled_coll_plan(algo, req, &out->plan, err));
    return sled_verify(&out->plan, req, err);
}

static enum sled_status load_plan(const struct plan_args *args, struct subject *out,
                                  struct sled_err *err)
{
    const struct sled_plan_file *file = &out->file;

    SLED_TRY(sled_plan_file_load(args->plan, &out->file, err));
    out->algorithm = file->name;
    SLED_TRY(sled_cli_request(sled_coll_kind_names[file->kind], file->nranks, args->size,
                              args->dtype, &out->req, err));
    sled_plan_file_complete(file, &out->req);
    return sled_plan_file_plan(file, &out->req, &out->plan, err);
}

static enum sled_status check_args(const struct plan_args *args, struct sled_err *err)
{
    const bool emits = args->algorithm != NULL && args->ranks_given;
    const bool loads = args->op == NULL && !args->ranks_given && args->matrix == NULL &&
                       args->channels == 0 && args->chunks == 0 && args->sled_size == 0 &&
                       args->torus == NULL && args->switches == 0;

    if (args->plan == NULL ? !emits : !loads)
        return sled_err_set(err, SLED_E_USAGE,
                            "plan: expected either OP, ALGORITHM and --ranks N, or --plan FILE");
    return SLED_OK;
}

static enum sled_status write_subject(const struct subject *subject, const struct plan_args *args,
                                      struct sled_err *err)
{
    const struct sled_plan_title title = {.req = &subject->req, .algorithm = subject->algorithm};
    struct sled_output out;

    SLED_TRY(sled_output_open(&out, args->output, err));
    enum sled_status st = write_plan(&subject->plan, args, &title, out.stream, err);
    if (st == SLED_OK)
        st = sled_output_commit(&out, err);
    sled_output_finish(&out);
    return st;
}

static enum sled_status run(const void *opaque, struct sled_err *err)
{
    const struct plan_args *args = opaque;
    struct subject subject = {0};

    SLED_TRY(check_args(args, err));
    enum sled_status st =
        args->plan == NULL ? emit_plan(args, &subject, err) : load_plan(args, &subject, err);
    if (st == SLED_OK)
        st = write_subject(&subject, args, err);
    subject_finish(&subject);
    return st;
}

const struct sled_cmd sled_cmd_plan = {
    .name = "plan",
    .summary = "print the transfers of an algorithm, or of a plan file",
    .description =
        "Emits the plan of ALGORITHM for OP, or loads that of a file, verifies it symbolically "
        "and\n"
        "prints it. JSON is a plan file again. GOAL is the schedule language of LogGOPSim; dot is\n"
        "for graphviz.\n",
    .examples = "sledsim plan all_reduce ring --ranks 4 --size 1KiB\n"
                "sledsim plan all_gather torus --ranks 16 --torus 4x4 --channels 1\n"
                "sledsim plan all_to_all direct --ranks 8 --format dot | dot -Tsvg > plan.svg\n"
                "sledsim plan --plan collectives/msccl_ring_8.xml --format json -o ring.json\n",
    .args = SLED_OPT_TABLE(struct plan_args, operands, options),
    .run = run,
};
