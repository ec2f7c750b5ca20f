/* SPDX-License-Identifier: Apache-2.0 */
/* Telling forms of byte matrices apart, and reading files of kind "traffic". */
#include "config/traffic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/topology.h"
#include "config/traffic_form.h"

struct traffic_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    cJSON *bytes;
};

static const struct sled_field traffic_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct traffic_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct traffic_file, kind),
     .doc = "\"traffic\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct traffic_file, name),
     .doc = "for people"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct traffic_file, description),
     .doc = "one line for people"},
    {.key = "bytes",
     .type = SLED_FIELD_ANY,
     .offset = offsetof(struct traffic_file, bytes),
     .doc = "a row per source of whole numbers of bytes per destination"},
};
const struct sled_table sled_config_traffic_table =
    SLED_TABLE("traffic", struct traffic_file, traffic_fields,
               "a byte matrix of all_to_all_v: who sends how much to whom");

/* One row of "bytes". */
static enum sled_status read_row(const struct sled_traffic_form *in, uint32_t src, const cJSON *row,
                                 uint64_t *out)
{
    const cJSON *item;
    char place[64];
    uint32_t dst = 0;

    snprintf(place, sizeof place, "/bytes/%u", src);
    if (!cJSON_IsArray(row) || cJSON_GetArraySize(row) != (int)in->nranks)
        return sled_doc_fail(in->doc, place, in->err, SLED_E_INPUT,
                             "expected an array of %u numbers, one per rank", in->nranks);
    cJSON_ArrayForEach(item, row)
    {
        if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
            item->valuedouble < 0 || item->valuedouble >= SLED_TRAFFIC_MAX_BYTES) {
            sled_pointer_add_index(place, sizeof place, dst);
            return sled_doc_fail(in->doc, place, in->err, SLED_E_INPUT,
                                 "expected a whole number of at most %.0f bytes",
                                 SLED_TRAFFIC_MAX_BYTES - 1);
        }
        out[dst++] = (uint64_t)item->valuedouble;
    }
    return SLED_OK;
}

static enum sled_status read_traffic(const struct sled_traffic_form *in, struct sled_traffic *out)
{
    struct traffic_file file;

    SLED_TRY(sled_config_require_kind(in->doc, "", "traffic", in->err));
    SLED_TRY(sled_field_read(&sled_config_traffic_table, in->doc, "", in->arena, &file, in->err));
    if (!cJSON_IsArray(file.bytes) || file.bytes->child == NULL)
        return sled_doc_fail(in->doc, "/bytes", in->err, SLED_E_INPUT,
                             "expected an array of rows, at least one");
    if (cJSON_GetArraySize(file.bytes) != (int)in->nranks)
        return sled_doc_fail(in->doc, "/bytes", in->err, SLED_E_INPUT,
                             "expected %u rows, one per rank, found %d", in->nranks,
                             cJSON_GetArraySize(file.bytes));

    const cJSON *row = file.bytes->child;
    for (uint32_t src = 0; src < in->nranks; src++, row = row->next)
        SLED_TRY(read_row(in, src, row, out->bytes + (size_t)src * in->nranks));
    return SLED_OK;
}

enum sled_status sled_config_check_traffic(struct sled_doc *doc, struct sled_arena *arena,
                                           struct sled_err *err)
{
    const struct sled_traffic_form in = {
        .doc = doc,
        .arena = arena,
        .nranks = (uint32_t)cJSON_GetArraySize(sled_pointer_get(sled_doc_root(doc), "/bytes")),
        .err = err,
    };
    struct sled_traffic traffic;

    SLED_TRY(sled_traffic_init(&traffic, in.nranks, err));
    const enum sled_status st = read_traffic(&in, &traffic);
    sled_traffic_finish(&traffic);
    return st;
}

/* A document of either form. */
static enum sled_status read_json(const char *path, const char *text, size_t len, uint32_t nranks,
                                  uint32_t elem_bytes, struct sled_traffic *out,
                                  struct sled_err *err)
{
    struct sled_arena arena = SLED_ARENA_INIT;
    struct sled_traffic_form in = {
        .arena = &arena, .nranks = nranks, .elem_bytes = elem_bytes, .err = err};
    struct sled_traffic traffic = {0};

    enum sled_status st = sled_doc_parse(path, text, len, &in.doc, err);
    if (st == SLED_OK)
        st = sled_traffic_init(&traffic, nranks, err);
    if (st == SLED_OK)
        st = sled_traffic_is_metadata(in.doc) ? sled_traffic_read_metadata(&in, &traffic)
                                              : read_traffic(&in, &traffic);
    if (st == SLED_OK)
        *out = traffic;
    else
        sled_traffic_finish(&traffic);
    sled_arena_finish(&arena);
    sled_doc_destroy(in.doc);
    return st;
}

enum sled_status sled_config_load_traffic(const char *path, uint32_t nranks, uint32_t elem_bytes,
                                          struct sled_traffic *out, struct sled_err *err)
{
    char *text = NULL;
    size_t len = 0;

    SLED_TRY(sled_file_read(path, &text, &len, err));
    const char first = text[strspn(text, " \t\r\n")];
    const enum sled_status st = first == '{' || first == '/' /* a comment */
                                    ? read_json(path, text, len, nranks, elem_bytes, out, err)
                                    : sled_traffic_parse(path, text, len, nranks, out, err);
    free(text);
    return st;
}
