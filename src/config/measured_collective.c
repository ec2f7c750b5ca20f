/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the forms apart, and what they share. */
#include "config/measured_collective.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/vec.h"
#include "config/measured_forms.h"

enum sled_status sled_measured_add_row(struct sled_measured_collectives *out,
                                       const struct sled_collective_row *row, struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&out->rows, &out->row_capacity, out->nrows + 1, err));
    out->rows[out->nrows++] = *row;
    return SLED_OK;
}

enum sled_status sled_measured_add_comment(struct sled_measured_collectives *out, const char *text,
                                           size_t len, struct sled_err *err)
{
    const char *copy = sled_arena_strndup(&out->arena, text, len);

    if (copy == NULL)
        return sled_err_nomem(err);
    SLED_TRY(sled_vec_reserve(&out->comments, &out->comment_capacity, out->ncomments + 1, err));
    out->comments[out->ncomments++] = copy;
    return SLED_OK;
}

/* Names that others have for our operations, besides our own and those with "_perf" behind. */
static const struct {
    const char *name;
    enum sled_coll_kind op;
} op_names[] = {
    {"allreduce", SLED_COLL_ALL_REDUCE},
    {"allr", SLED_COLL_ALL_REDUCE},
    {"allgather", SLED_COLL_ALL_GATHER},
    {"allg", SLED_COLL_ALL_GATHER},
    {"reducescatter", SLED_COLL_REDUCE_SCATTER},
    {"redsct", SLED_COLL_REDUCE_SCATTER},
    {"alltoall", SLED_COLL_ALL_TO_ALL},
    {"alltoallv", SLED_COLL_ALL_TO_ALL_V},
    {"sendrecv", SLED_COLL_PERMUTE},
};

enum sled_coll_kind sled_measured_op(const char *text)
{
    const char *slash = strrchr(text, '/');
    const char *name = slash == NULL ? text : slash + 1;
    const char *suffix = strstr(name, "_perf");
    const size_t len = suffix == NULL ? strlen(name) : (size_t)(suffix - name);

    for (int k = 0; k < SLED_COLL_KINDS; k++)
        if (strlen(sled_coll_kind_names[k]) == len &&
            strncmp(sled_coll_kind_names[k], name, len) == 0)
            return (enum sled_coll_kind)k;
    for (size_t i = 0; i < SLED_ARRAY_LEN(op_names); i++)
        if (strlen(op_names[i].name) == len && strncmp(op_names[i].name, name, len) == 0)
            return op_names[i].op;
    return SLED_COLL_KINDS;
}

uint32_t sled_measured_elem_bytes(const char *text)
{
    static const struct {
        const char *name;
        uint32_t bytes;
    } types[] = {
        {"fp32", 4},   {"float", 4},  {"fp16", 2},   {"half", 2},   {"bf16", 2},  {"bfloat16", 2},
        {"fp8", 1},    {"f8e4m3", 1}, {"f8e5m2", 1}, {"int8", 1},   {"uint8", 1}, {"int32", 4},
        {"uint32", 4}, {"int64", 8},  {"uint64", 8}, {"double", 8}, {"fp64", 8},
    };

    for (size_t i = 0; i < SLED_ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, text) == 0)
            return types[i].bytes;
    return 0;
}

enum sled_status sled_measured_require(const struct sled_measured_collectives *out,
                                       const struct sled_measured_hint *said, struct sled_err *err)
{
    const char *what = said->op == SLED_COLL_KINDS
                           ? "which operation was measured; say it with --op"
                       : said->ranks == 0 ? "how many ranks there were; say it with --ranks"
                                          : NULL;

    if (what == NULL)
        return SLED_OK;
    sled_err_set(err, SLED_E_INPUT, "the file does not say %s", what);
    snprintf(err->file, sizeof err->file, "%s", out->path);
    return err->code;
}

/* First character of a line that is no comment; 0 where there is none. */
static char first_character(const char *text)
{
    while (*text != '\0') {
        while (isspace((unsigned char)*text))
            text++;
        if (*text != '#')
            break;
        text += strcspn(text, "\n");
    }
    return *text;
}

static enum sled_status read_text(const char *text, size_t len, struct sled_measured_hint *said,
                                  struct sled_measured_collectives *out, struct sled_err *err)
{
    const char first = first_character(text);

    if (first == '{')
        return sled_measured_read_json(text, len, said, out, err);
    if (isdigit((unsigned char)first))
        return sled_measured_read_lines(text, said, out, err);
    return sled_measured_read_csv(text, len, out, err);
}

enum sled_status sled_measured_collectives_load(const char *path,
                                                const struct sled_measured_hint *hint,
                                                struct sled_measured_collectives *out,
                                                struct sled_err *err)
{
    struct sled_measured_hint said = *hint;
    char *text;
    size_t len;

    *out = (struct sled_measured_collectives){.path = path, .arena = SLED_ARENA_INIT};
    SLED_TRY(sled_file_read(path, &text, &len, err));
    enum sled_status st = read_text(text, len, &said, out, err);
    free(text);
    if (st == SLED_OK && out->nrows == 0) {
        st = sled_err_set(err, SLED_E_INPUT, "no measurement is in it");
        snprintf(err->file, sizeof err->file, "%s", path);
    }
    return st;
}

void sled_measured_collectives_finish(struct sled_measured_collectives *measured)
{
    free(measured->rows);
    free(measured->comments);
    sled_arena_finish(&measured->arena);
    *measured = (struct sled_measured_collectives){0};
}
