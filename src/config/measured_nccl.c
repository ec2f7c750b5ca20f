/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nccl-tests prints, and what it and nccom-test write as JSON.
 *
 * A line of nccl-tests has 13 fields: size, count, type, redop, root, and twice time, algbw, busbw
 * and #wrong: out of place and in place. Its headings, which are comments, name the ranks, and
 * in newer versions the collective. Older ones have no redop or no root; the time is then looked
 * for from behind.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/vec.h"
#include "config/measured_forms.h"

enum { MAX_FIELDS = 16, MIN_FIELDS = 11, FROM_BEHIND = 8 }; /* the time is the eighth from behind */

static enum sled_status fail_line(const struct sled_measured_collectives *out, uint32_t line,
                                  const char *what, struct sled_err *err)
{
    sled_err_set(err, SLED_E_INPUT, "%s", what);
    snprintf(err->file, sizeof err->file, "%s", out->path);
    err->line = line;
    err->column = 1;
    return err->code;
}

/* Cut line into fields at blanks; how many, at most MAX_FIELDS. */
static size_t cut(char *line, char *field[MAX_FIELDS])
{
    size_t n = 0;

    for (char *c = line; *c != '\0' && n < MAX_FIELDS;) {
        while (isspace((unsigned char)*c))
            *c++ = '\0';
        if (*c == '\0')
            break;
        field[n++] = c;
        while (*c != '\0' && !isspace((unsigned char)*c))
            c++;
    }
    return n;
}

static bool read_number(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

/* Headings: "#  Rank  0 …" is a rank, "# Collective test starting: all_reduce_perf" the op. */
static void read_heading(const char *text, uint32_t *ranks, struct sled_measured_hint *said)
{
    static const char starting[] = "Collective test starting:";
    const char *start = strstr(text, starting);
    const char *body = text + strspn(text, "# \t");
    char name[64];

    if (strncmp(body, "Rank ", 5) == 0)
        (*ranks)++;
    if (start != NULL && sscanf(start + sizeof starting - 1, "%63s", name) == 1 &&
        sled_measured_op(name) != SLED_COLL_KINDS)
        said->op = sled_measured_op(name);
}

static enum sled_status read_fields(char *field[MAX_FIELDS], size_t nfields, uint32_t line,
                                    struct sled_measured_collectives *out, struct sled_err *err)
{
    double size, us;

    if (nfields < MIN_FIELDS || !read_number(field[0], &size) ||
        !read_number(field[nfields - FROM_BEHIND], &us) || size < 1 || us <= 0)
        return fail_line(out, line,
                         "expected a line of nccl-tests: size, count, type, redop, root, and twice "
                         "time, algbw, busbw and #wrong",
                         err);
    const struct sled_collective_row row = {.size_bytes = (uint64_t)size,
                                            .elem_bytes = sled_measured_elem_bytes(field[2]),
                                            .line = line,
                                            .column = 1,
                                            .measured_s = us / 1e6};
    return sled_measured_add_row(out, &row, err);
}

static enum sled_status read_line(char *text, uint32_t line, uint32_t *ranks,
                                  struct sled_measured_hint *said,
                                  struct sled_measured_collectives *out, struct sled_err *err)
{
    char *field[MAX_FIELDS];

    if (text[0] == '#') {
        read_heading(text, ranks, said);
        const char *body = text + 1 + (text[1] == ' ');

        return sled_measured_add_comment(out, body, strlen(body), err);
    }
    const size_t nfields = cut(text, field);
    return nfields == 0 ? SLED_OK : read_fields(field, nfields, line, out, err);
}

/* All rows of a file are of one operation on the same ranks. */
static enum sled_status give_to_rows(const struct sled_measured_hint *said,
                                     struct sled_measured_collectives *out, struct sled_err *err)
{
    SLED_TRY(sled_measured_require(out, said, err));
    for (size_t r = 0; r < out->nrows; r++) {
        out->rows[r].op = said->op;
        out->rows[r].ranks = said->ranks;
    }
    return SLED_OK;
}

enum sled_status sled_measured_read_lines(const char *text, struct sled_measured_hint *said,
                                          struct sled_measured_collectives *out,
                                          struct sled_err *err)
{
    uint32_t ranks = 0, line = 0;

    while (*text != '\0') {
        const size_t len = strcspn(text, "\r\n");
        char *copy = sled_arena_strndup(&out->arena, text, len);

        if (copy == NULL)
            return sled_err_nomem(err);
        SLED_TRY(read_line(copy, ++line, &ranks, said, out, err));
        text += len;
        text += *text == '\r';
        text += *text == '\n';
    }
    if (ranks > 0)
        said->ranks = ranks;
    return give_to_rows(said, out, err);
}

/* Number of the object, or 0. */
static double number(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return text == NULL ? "" : text;
}

/* nccl-tests' own: the command it was called with, and its devices. */
static void read_call(const cJSON *root, struct sled_measured_hint *said)
{
    const cJSON *command = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "args"), 0);
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(root, "config");
    const cJSON *devices = cJSON_GetObjectItemCaseSensitive(config, "devices");
    const enum sled_coll_kind op =
        cJSON_IsString(command) ? sled_measured_op(command->valuestring) : SLED_COLL_KINDS;

    if (op != SLED_COLL_KINDS)
        said->op = op;
    if (cJSON_IsArray(devices) && cJSON_GetArraySize(devices) > 0)
        said->ranks = (uint32_t)cJSON_GetArraySize(devices);
}

static enum sled_status read_result(const struct sled_doc *doc, const cJSON *item, size_t index,
                                    struct sled_measured_collectives *out, struct sled_err *err)
{
    const cJSON *out_of_place = cJSON_GetObjectItemCaseSensitive(item, "out_of_place");
    const bool nccl = cJSON_IsObject(out_of_place);
    const double size = number(item, nccl ? "size" : "size(B)");
    const double us = nccl ? number(out_of_place, "time") : number(item, "time:avg(us)");
    char place[64];

    snprintf(place, sizeof place, "/results/%zu", index);
    if (size < 1 || us <= 0)
        return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                             "expected a result of nccl-tests (\"size\" and \"out_of_place\" with "
                             "\"time\") or of nccom-test (\"size(B)\" and \"time:avg(us)\")");
    struct sled_collective_row row = {
        .size_bytes = (uint64_t)size,
        .elem_bytes = sled_measured_elem_bytes(text_of(item, "type")),
        .measured_s = us / 1e6,
    };
    const char *algorithm = text_of(item, "algorithm"); /* nccom-test --show-algorithm */
    if (algorithm[0] != '\0') {
        row.picked = sled_arena_strndup(&out->arena, algorithm, strlen(algorithm));
        if (row.picked == NULL)
            return sled_err_nomem(err);
    }
    return sled_measured_add_row(out, &row, err);
}

static enum sled_status read_results(struct sled_doc *doc, struct sled_measured_hint *said,
                                     struct sled_measured_collectives *out, struct sled_err *err)
{
    const cJSON *root = sled_doc_root(doc);
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(root, "results"), *item;
    size_t index = 0;

    if (!cJSON_IsArray(results))
        return sled_doc_fail(doc, "", err, SLED_E_INPUT,
                             "expected JSON of nccl-tests or nccom-test, with an array "
                             "\"results\"");
    read_call(root, said);
    cJSON_ArrayForEach(item, results) SLED_TRY(read_result(doc, item, index++, out, err));
    return give_to_rows(said, out, err);
}

enum sled_status sled_measured_read_json(const char *text, size_t len,
                                         struct sled_measured_hint *said,
                                         struct sled_measured_collectives *out,
                                         struct sled_err *err)
{
    struct sled_doc *doc = NULL;

    enum sled_status st = sled_doc_parse(out->path, text, len, &doc, err);
    if (st == SLED_OK)
        st = read_results(doc, said, out, err);
    sled_doc_destroy(doc);
    return st;
}
