/* SPDX-License-Identifier: Apache-2.0 */
/* Plan files of both kinds: loading, verifying, serving requests. */
#include "config/plan_file.h"

#include <stdio.h>
#include <string.h>

#include "config/plan_read.h"
#include "config/topology.h"
#include "model/plan_cut.h"
#include "model/verify.h"

bool sled_plan_file_is_msccl(const char *path)
{
    const size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".xml") == 0;
}

static enum sled_status load_doc(const char *path, struct sled_plan_file *out, struct sled_err *err)
{
    struct sled_doc *doc;

    SLED_TRY(sled_doc_load(path, NULL, NULL, 0, &doc, err));
    enum sled_status st = sled_config_require_kind(doc, "", "plan", err);
    if (st == SLED_OK)
        st = sled_plan_read_doc(doc, out, err);
    sled_doc_destroy(doc);
    return st;
}

enum sled_status sled_plan_file_load(const char *path, struct sled_plan_file *out,
                                     struct sled_err *err)
{
    *out = (struct sled_plan_file){.path = path, .arena = SLED_ARENA_INIT};
    return sled_plan_file_is_msccl(path) ? sled_plan_read_msccl(out, err)
                                         : load_doc(path, out, err);
}

void sled_plan_file_finish(struct sled_plan_file *file)
{
    sled_plan_finish(&file->chunks);
    sled_traffic_finish(&file->traffic);
    sled_arena_finish(&file->arena);
    *file = (struct sled_plan_file){.arena = SLED_ARENA_INIT};
}

/* The contents, and that they come out so in any order that the dependencies allow. */
static enum sled_status verify(const struct sled_plan *plan, const struct sled_coll_req *req,
                               struct sled_err *err)
{
    SLED_TRY(sled_verify(plan, req, err));
    return sled_verify_order(plan, err);
}

enum sled_status sled_plan_read_verify(const struct sled_plan_file *file, struct sled_err *err)
{
    const bool in_bytes = file->kind == SLED_COLL_ALL_TO_ALL_V;
    struct sled_coll_req req = {
        .kind = file->kind,
        .nranks = file->nranks,
        .nelems = file->nchunks,
        .elem_bytes = 1,
        .commutative = true,
    };

    sled_plan_file_complete(file, &req);
    SLED_TRY(sled_coll_req_check(&req, err));
    if (verify(&file->chunks, &req, err) == SLED_OK)
        return SLED_OK;
    if (err->code == SLED_E_CHECK)
        err->code = SLED_E_INPUT;
    sled_err_prefix(err, "wrong plan%s: ", in_bytes ? "" : ", with one element a chunk");
    return err->code;
}

/* A refusal that is about the whole file. */
static enum sled_status refuse(const struct sled_plan_file *file, struct sled_err *err)
{
    snprintf(err->file, sizeof err->file, "%s", file->path);
    return err->code;
}

enum sled_status sled_plan_file_serves(const struct sled_plan_file *file, enum sled_coll_kind kind,
                                       uint32_t nranks, struct sled_err *err)
{
    if (file->kind != kind)
        sled_err_set(err, SLED_E_UNSUPPORTED, "a plan of %s cannot serve %s",
                     sled_coll_kind_names[file->kind], sled_coll_kind_names[kind]);
    else if (file->nranks != nranks)
        sled_err_set(err, SLED_E_UNSUPPORTED, "a plan for %u ranks cannot serve %u", file->nranks,
                     nranks);
    else
        return SLED_OK;
    return refuse(file, err);
}

void sled_plan_file_complete(const struct sled_plan_file *file, struct sled_coll_req *req)
{
    req->root = file->root;
    if (file->kind == SLED_COLL_ALL_TO_ALL_V)
        req->traffic = &file->traffic;
}

static bool same_traffic(const struct sled_traffic *a, const struct sled_traffic *b)
{
    return memcmp(a->bytes, b->bytes, (size_t)a->nranks * a->nranks * sizeof *a->bytes) == 0;
}

enum sled_status sled_plan_file_plan(const struct sled_plan_file *file,
                                     const struct sled_coll_req *req, struct sled_plan *plan,
                                     struct sled_err *err)
{
    struct sled_plan made = {0};

    SLED_TRY(sled_coll_req_check(req, err));
    SLED_TRY(sled_plan_file_serves(file, req->kind, req->nranks, err));
    if (file->root != req->root) {
        sled_err_set(err, SLED_E_UNSUPPORTED, "a plan for root %u cannot serve root %u", file->root,
                     req->root);
        return refuse(file, err);
    }
    if (file->kind == SLED_COLL_ALL_TO_ALL_V && !same_traffic(&file->traffic, req->traffic)) {
        sled_err_set(err, SLED_E_UNSUPPORTED, "the plan's byte matrix is another one");
        return refuse(file, err);
    }

    enum sled_status st = sled_plan_cut(&file->chunks, file->nchunks, req, &made, err);
    if (st == SLED_OK)
        st = verify(&made, req, err);
    if (st == SLED_E_CHECK) { /* equal chunks were verified, so they are not */
        st = err->code = SLED_E_UNSUPPORTED;
        err->pointer[0] = '\0';
        sled_err_prefix(err,
                        "%llu elements make unequal chunks, for which the plan is wrong; a "
                        "multiple of %u would do: ",
                        (unsigned long long)req->nelems, file->nchunks);
    }
    if (st != SLED_OK) {
        sled_plan_finish(&made);
        return refuse(file, err);
    }
    *plan = made;
    return SLED_OK;
}
