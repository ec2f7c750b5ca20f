/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays of counts and of tokens, checked number by number: they come from elsewhere. */
#include "config/routing_file.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/topology.h"

struct routing_file {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    uint64_t experts;
    cJSON *counts, *trace;
};

static const struct sled_field routing_file_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     .offset = offsetof(struct routing_file, schema_version),
     .doc = "version of the file layout"},
    {.key = "kind",
     .type = SLED_FIELD_STRING,
     .offset = offsetof(struct routing_file, kind),
     .doc = "\"routing\""},
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct routing_file, name),
     .doc = "for people"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     .offset = offsetof(struct routing_file, description),
     .doc = "one line for people"},
    {.key = "experts",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 65536,
     .offset = offsetof(struct routing_file, experts),
     .doc = "routed experts of a layer"},
    {.key = "counts",
     .type = SLED_FIELD_ANY,
     .optional = true,
     .offset = offsetof(struct routing_file, counts),
     .doc = "a row per layer with experts, or one for all: how often each expert was chosen"},
    {.key = "trace",
     .type = SLED_FIELD_ANY,
     .optional = true,
     .offset = offsetof(struct routing_file, trace),
     .doc = "an array per layer with experts, or one for all, of tokens: the experts of each"},
};
const struct sled_table sled_config_routing_file_table =
    SLED_TABLE("routing file", struct routing_file, routing_file_fields,
               "which experts tokens chose: counts, or a trace");

/* The file that is being read. */
struct reader {
    struct sled_doc *doc;
    char place[256]; /* of the file, then of what is at hand */
    struct sled_arena *arena;
    struct sled_routing_record *out;
    struct sled_err *err;
};

static enum sled_status fail(struct reader *r, const char *what)
{
    return sled_doc_fail(r->doc, r->place, r->err, SLED_E_INPUT, "%s", what);
}

/* Items of a not empty array, which all are arrays of as many items: *inner of them. */
static enum sled_status measure(struct reader *r, const cJSON *array, const char *of,
                                uint64_t *outer, uint64_t *inner)
{
    char what[128];
    const cJSON *item;
    size_t i = 0;

    snprintf(what, sizeof what, "expected a not empty array of arrays of %s", of);
    if (!cJSON_IsArray(array) || array->child == NULL || !cJSON_IsArray(array->child))
        return fail(r, what);
    *outer = (uint64_t)cJSON_GetArraySize(array);
    *inner = (uint64_t)cJSON_GetArraySize(array->child);
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsArray(item) || (uint64_t)cJSON_GetArraySize(item) != *inner || *inner == 0) {
            sled_pointer_add_index(r->place, sizeof r->place, i);
            snprintf(what, sizeof what, "expected an array of %llu %s, as the first one",
                     (unsigned long long)(*inner == 0 ? 1 : *inner), of);
            return fail(r, what);
        }
        i++;
    }
    return SLED_OK;
}

static bool is_count(const cJSON *item, double below)
{
    return cJSON_IsNumber(item) && item->valuedouble == floor(item->valuedouble) &&
           item->valuedouble >= 0 && item->valuedouble < below;
}

static enum sled_status read_counts(struct reader *r, const cJSON *counts)
{
    struct sled_routing_record *out = r->out;
    uint64_t experts = 0;
    const cJSON *row, *item;
    size_t at = 0;

    sled_pointer_add(r->place, sizeof r->place, "counts");
    SLED_TRY(measure(r, counts, "counts, one per expert", &out->layers, &experts));
    if (experts != out->experts)
        return sled_doc_fail(r->doc, r->place, r->err, SLED_E_INPUT,
                             "rows of %llu counts; expected one for each of %llu experts",
                             (unsigned long long)experts, (unsigned long long)out->experts);
    double *to = sled_arena_alloc(r->arena, out->layers * experts * sizeof *to);
    if (to == NULL)
        return sled_err_nomem(r->err);
    cJSON_ArrayForEach(row, counts)
    {
        cJSON_ArrayForEach(item, row)
        {
            if (!is_count(item, 9007199254740992.0)) {
                sled_pointer_add_index(r->place, sizeof r->place, at / experts);
                sled_pointer_add_index(r->place, sizeof r->place, at % experts);
                return fail(r, "expected a whole number of 0 or more");
            }
            to[at++] = item->valuedouble;
        }
    }
    out->counts = to;
    return SLED_OK;
}

/* Experts of one token, all known and different. */
static enum sled_status read_token(struct reader *r, const cJSON *token, uint32_t *to)
{
    const cJSON *item;
    size_t n = 0;

    cJSON_ArrayForEach(item, token)
    {
        bool twice = false;

        sled_pointer_add_index(r->place, sizeof r->place, n);
        if (!is_count(item, (double)r->out->experts))
            return sled_doc_fail(r->doc, r->place, r->err, SLED_E_INPUT,
                                 "no such expert; expected 0 to %llu",
                                 (unsigned long long)r->out->experts - 1);
        to[n] = (uint32_t)item->valuedouble;
        for (size_t i = 0; i < n; i++)
            twice = twice || to[i] == to[n];
        if (twice)
            return fail(r, "the token has this expert already");
        *strrchr(r->place, '/') = '\0';
        n++;
    }
    return SLED_OK;
}

static enum sled_status read_trace(struct reader *r, const cJSON *trace)
{
    struct sled_routing_record *out = r->out;
    const cJSON *layer, *token;
    uint32_t *to = NULL;
    size_t l = 0, at = 0;

    sled_pointer_add(r->place, sizeof r->place, "trace");
    SLED_TRY(measure(r, trace, "tokens", &out->layers, &out->tokens));
    cJSON_ArrayForEach(layer, trace)
    {
        uint64_t tokens, top_k;
        size_t t = 0;

        sled_pointer_add_index(r->place, sizeof r->place, l);
        SLED_TRY(measure(r, layer, "experts", &tokens, &top_k));
        if (l == 0) {
            out->top_k = top_k;
            to = sled_arena_alloc(r->arena, out->layers * tokens * top_k * sizeof *to);
            if (to == NULL)
                return sled_err_nomem(r->err);
        } else if (top_k != out->top_k) {
            return fail(r, "tokens of another number of experts than in the first layer");
        }
        cJSON_ArrayForEach(token, layer)
        {
            sled_pointer_add_index(r->place, sizeof r->place, t++);
            SLED_TRY(read_token(r, token, to + at));
            *strrchr(r->place, '/') = '\0';
            at += top_k;
        }
        *strrchr(r->place, '/') = '\0';
        l++;
    }
    out->trace = to;
    return SLED_OK;
}

enum sled_status sled_config_read_routing_file(struct sled_doc *doc, const char *pointer,
                                               struct sled_arena *arena,
                                               struct sled_routing_record *out,
                                               struct sled_err *err)
{
    struct reader r = {.doc = doc, .arena = arena, .out = out, .err = err};
    struct routing_file file;

    SLED_TRY(sled_config_require_kind(doc, pointer, "routing", err));
    SLED_TRY(sled_field_read(&sled_config_routing_file_table, doc, pointer, arena, &file, err));
    snprintf(r.place, sizeof r.place, "%s", pointer);
    *out = (struct sled_routing_record){.experts = file.experts};
    if ((file.counts == NULL) == (file.trace == NULL))
        return fail(&r, "expected either \"counts\" or \"trace\"");
    return file.counts != NULL ? read_counts(&r, file.counts) : read_trace(&r, file.trace);
}

enum sled_status sled_config_attach_record(struct sled_doc *doc, const char *pointer,
                                           struct sled_arena *arena,
                                           struct sled_token_routing *routing, struct sled_err *err)
{
    struct sled_routing_record *record;
    char place[256];

    if (routing->record == NULL)
        return SLED_OK;
    record = sled_arena_alloc(arena, sizeof *record);
    if (record == NULL)
        return sled_err_nomem(err);
    snprintf(place, sizeof place, "%s/record", pointer);
    SLED_TRY(sled_config_read_routing_file(doc, place, arena, record, err));
    routing->measured = record;
    return SLED_OK;
}
