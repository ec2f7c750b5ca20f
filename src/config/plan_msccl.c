/* SPDX-License-Identifier: Apache-2.0 */
/* MSCCL's files as plans of ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/msccl.h"
#include "config/plan_read.h"

static uint32_t line_of(const struct sled_msccl_algo *algo, size_t at)
{
    uint32_t line, column;

    sled_err_line_column(algo->text, at, &line, &column);
    return line;
}

/* The verifier speaks of "transfer 5"; whoever wrote the file knows it as a line. */
static void name_lines(const struct sled_msccl_algo *algo, const size_t *at, struct sled_err *err)
{
    char said[sizeof err->msg];
    const char *rest = said;

    memcpy(said, err->msg, sizeof said);
    err->msg[0] = '\0';
    for (;;) {
        const size_t used = strlen(err->msg);
        const char *word = strstr(rest, "transfer ");
        unsigned transfer;
        int len = 0;

        if (word == NULL || sscanf(word, "transfer %u%n", &transfer, &len) != 1) {
            snprintf(err->msg + used, sizeof err->msg - used, "%s", rest);
            return;
        }
        snprintf(err->msg + used, sizeof err->msg - used, "%.*sline %u", (int)(word - rest), rest,
                 line_of(algo, at[transfer]));
        rest = word + len;
    }
}

/* What the verifier says of a transfer is about the step that it comes from. */
static void locate(const struct sled_msccl_algo *algo, const size_t *at, struct sled_err *err)
{
    unsigned transfer;
    const bool known = sscanf(err->pointer, "/transfers/%u", &transfer) == 1;

    if (known)
        name_lines(algo, at, err);
    err->pointer[0] = '\0';
    snprintf(err->file, sizeof err->file, "%s", algo->path);
    sled_err_line_column(algo->text, known ? at[transfer] : algo->at, &err->line, &err->column);
}

static enum sled_status read_plan(struct sled_msccl_algo *algo, struct sled_plan_file *out,
                                  struct sled_err *err)
{
    size_t *at;

    SLED_TRY(sled_msccl_read(out->path, algo, err));
    SLED_TRY(sled_msccl_check(algo, err));
    out->name = sled_arena_strndup(&out->arena, algo->name, strlen(algo->name));
    if (out->name == NULL)
        return sled_err_nomem(err);
    out->description = "";
    out->kind = (enum sled_coll_kind)algo->collective;
    out->nranks = (uint32_t)algo->ngpus;
    out->nchunks = (uint32_t)algo->nchunks;

    SLED_TRY(sled_plan_init(&out->chunks, out->nranks, 1, err));
    enum sled_status st = sled_msccl_plan(algo, &out->chunks, &at, err);
    if (st == SLED_OK) {
        st = sled_plan_read_verify(out, err);
        if (st != SLED_OK)
            locate(algo, at, err);
    }
    free(at);
    return st;
}

enum sled_status sled_plan_read_msccl(struct sled_plan_file *out, struct sled_err *err)
{
    struct sled_msccl_algo algo;
    const enum sled_status st = read_plan(&algo, out, err);

    sled_msccl_finish(&algo);
    return st;
}
