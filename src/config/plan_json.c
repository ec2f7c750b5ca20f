/* SPDX-License-Identifier: Apache-2.0 */
/* Our plan files: layout, and the names by which transfers wait for one another. */
#include "config/plan_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"

struct plan_object {
    uint64_t schema_version;
    const char *kind;
    const char *name;
    const char *description;
    int op;
    uint64_t ranks;
    uint64_t switches;
    uint64_t root;
    uint64_t chunks;
    bool chunks_given;
    struct sled_array matrix;
    bool matrix_given;
    struct sled_array transfers;
};

struct transfer_object {
    const char *name;
    uint64_t src, dst;
    int op;
    int src_buffer, dst_buffer;
    uint64_t src_offset, dst_offset;
    bool dst_offset_given;
    uint64_t count;
    cJSON *after;
};

#define AT(member) .offset = offsetof(struct transfer_object, member)

static const struct sled_field transfer_fields[] = {
    {.key = "name",
     .type = SLED_FIELD_STRING,
     .optional = true,
     AT(name),
     .doc = "by which later transfers can wait for this one"},
    {.key = "src", .type = SLED_FIELD_COUNT, AT(src), .doc = "rank that it reads"},
    {.key = "dst", .type = SLED_FIELD_COUNT, AT(dst), .doc = "rank that it writes; may be src"},
    {.key = "op",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_xfer_op_names,
     .dflt = "\"copy\"",
     AT(op),
     .doc = "overwrite the destination, or add to it"},
    {.key = "src_buffer",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_buffer_names,
     .dflt = "\"data\"",
     AT(src_buffer),
     .doc = "buffer of src"},
    {.key = "src_offset",
     .type = SLED_FIELD_COUNT,
     .dflt = "0",
     AT(src_offset),
     .doc = "first chunk there; of all_to_all_v, byte"},
    {.key = "dst_buffer",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_buffer_names,
     .dflt = "\"data\"",
     AT(dst_buffer),
     .doc = "buffer of dst"},
    {.key = "dst_offset",
     .type = SLED_FIELD_COUNT,
     .optional = true,
     AT(dst_offset),
     .present_offset = offsetof(struct transfer_object, dst_offset_given),
     .doc = "first chunk there; the same as src_offset if absent"},
    {.key = "count",
     .type = SLED_FIELD_COUNT,
     .dflt = "1",
     AT(count),
     .doc = "chunks; 0 moves nothing and only waits"},
    {.key = "after",
     .type = SLED_FIELD_ANY,
     .optional = true,
     AT(after),
     .doc = "earlier transfers to wait for: a list of numbers, counted from 0, and names"},
};
#undef AT
const struct sled_table sled_config_transfer_table =
    SLED_TABLE("transfer", struct transfer_object, transfer_fields, "one transfer of a plan");

#define AT(member) .offset = offsetof(struct plan_object, member)

static const struct sled_field plan_fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     AT(schema_version),
     .doc = "version of the file layout"},
    {.key = "kind", .type = SLED_FIELD_STRING, AT(kind), .doc = "\"plan\""},
    {.key = "name", .type = SLED_FIELD_STRING, AT(name), .doc = "what results call the algorithm"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     AT(description),
     .doc = "one line for people"},
    {.key = "op",
     .type = SLED_FIELD_CHOICE,
     .choices = sled_coll_kind_names,
     AT(op),
     .doc = "operation that it carries out"},
    {.key = "ranks",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 65536,
     AT(ranks),
     .doc = "ranks that take part"},
    {.key = "switches",
     .type = SLED_FIELD_COUNT,
     .dflt = "0",
     .max = 1024,
     AT(switches),
     .doc = "ranks behind these that are switches: they have scratch, and add up on the way"},
    {.key = "root",
     .type = SLED_FIELD_COUNT,
     .dflt = "0",
     AT(root),
     .doc = "rank whose data a broadcast spreads"},
    {.key = "chunks",
     .type = SLED_FIELD_COUNT,
     .optional = true,
     .min = 1,
     .max = 4294967295,
     AT(chunks),
     .present_offset = offsetof(struct plan_object, chunks_given),
     .doc = "parts that a rank's buffer is cut into; transfers count in them"},
    {.key = "matrix",
     .type = SLED_FIELD_COUNTS,
     .optional = true,
     AT(matrix),
     .present_offset = offsetof(struct plan_object, matrix_given),
     .doc = "all_to_all_v, in place of chunks: bytes from each rank to each, row by row"},
    {.key = "transfers",
     .type = SLED_FIELD_ARRAY,
     .sub = &sled_config_transfer_table,
     AT(transfers),
     .doc = "in an order in which they could run one by one"},
};
#undef AT
const struct sled_table sled_config_plan_table =
    SLED_TABLE("plan", struct plan_object, plan_fields, "a plan file");

/* A transfer that has a name. */
struct name {
    const char *text;
    uint32_t transfer;
};

struct reader {
    struct sled_doc *doc;
    const struct transfer_object *transfer; /* [ntransfers] */
    size_t ntransfers;
    struct name *name; /* [nnames], sorted */
    size_t nnames;
    sled_xfer_id *after; /* of the transfer being read */
    size_t after_capacity;
};

static int by_text(const void *left, const void *right)
{
    const struct name *a = left;
    const struct name *b = right;
    const int order = strcmp(a->text, b->text);

    return order != 0 ? order : (a->transfer > b->transfer) - (a->transfer < b->transfer);
}

static int is_text(const void *text, const void *name)
{
    return strcmp(text, ((const struct name *)name)->text);
}

static enum sled_status collect_names(struct reader *r, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&r->name, r->ntransfers, err));
    for (size_t i = 0; i < r->ntransfers; i++)
        if (r->transfer[i].name != NULL)
            r->name[r->nnames++] = (struct name){r->transfer[i].name, (uint32_t)i};
    qsort(r->name, r->nnames, sizeof *r->name, by_text);
    for (size_t i = 1; i < r->nnames; i++) {
        char pointer[64];

        if (strcmp(r->name[i - 1].text, r->name[i].text) != 0)
            continue;
        snprintf(pointer, sizeof pointer, "/transfers/%u/name", r->name[i].transfer);
        return sled_doc_fail(r->doc, pointer, err, SLED_E_INPUT,
                             "transfer %u is named \"%s\" already", r->name[i - 1].transfer,
                             r->name[i].text);
    }
    return SLED_OK;
}

static enum sled_status unknown_name(const struct reader *r, const char *pointer, const char *text,
                                     struct sled_err *err)
{
    const char **names;

    SLED_TRY(sled_vec_alloc(&names, r->nnames, err));
    for (size_t i = 0; i < r->nnames; i++)
        names[i] = r->name[i].text;
    const char *near = sled_suggest(text, names, r->nnames);
    sled_doc_fail(r->doc, pointer, err, SLED_E_INPUT, "no transfer is named \"%s\"%s%s%s", text,
                  near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                  near == NULL ? "" : "\"?");
    free(names);
    return err->code;
}

/* What `item` of the list "after" of transfer `id` names. */
static enum sled_status find_earlier(const struct reader *r, const cJSON *item, sled_xfer_id id,
                                     const char *pointer, sled_xfer_id *out, struct sled_err *err)
{
    double number;

    if (cJSON_IsString(item)) {
        const struct name *name =
            bsearch(item->valuestring, r->name, r->nnames, sizeof *r->name, is_text);

        if (name == NULL)
            return unknown_name(r, pointer, item->valuestring, err);
        number = name->transfer;
    } else if (cJSON_IsNumber(item) && item->valuedouble >= 0 &&
               item->valuedouble == floor(item->valuedouble)) {
        number = item->valuedouble;
    } else {
        return sled_doc_fail(r->doc, pointer, err, SLED_E_INPUT,
                             "expected the name or number of an earlier transfer");
    }
    if (number >= id)
        return sled_doc_fail(r->doc, pointer, err, SLED_E_INPUT,
                             "transfer %u waits for transfer %.15g, which is not an earlier one",
                             id, number);
    *out = (sled_xfer_id)number;
    return SLED_OK;
}

static enum sled_status read_after(struct reader *r, const cJSON *list, sled_xfer_id id,
                                   uint32_t *nafter, struct sled_err *err)
{
    char pointer[64];
    const cJSON *item;

    *nafter = 0;
    if (list == NULL)
        return SLED_OK;
    snprintf(pointer, sizeof pointer, "/transfers/%u/after", id);
    if (!cJSON_IsArray(list))
        return sled_doc_fail(r->doc, pointer, err, SLED_E_INPUT,
                             "expected a list of names and numbers of earlier transfers");
    cJSON_ArrayForEach(item, list)
    {
        SLED_TRY(sled_vec_reserve(&r->after, &r->after_capacity, *nafter + 1, err));
        snprintf(pointer, sizeof pointer, "/transfers/%u/after/%u", id, *nafter);
        SLED_TRY(find_earlier(r, item, id, pointer, &r->after[*nafter], err));
        (*nafter)++;
    }
    return SLED_OK;
}

static enum sled_status check_rank(const struct reader *r, sled_xfer_id id, const char *key,
                                   uint64_t rank, uint32_t nranks, struct sled_err *err)
{
    char pointer[64];

    if (rank < nranks)
        return SLED_OK;
    snprintf(pointer, sizeof pointer, "/transfers/%u/%s", id, key);
    return sled_doc_fail(r->doc, pointer, err, SLED_E_INPUT, "expected a rank from 0 to %u",
                         nranks - 1);
}

static enum sled_status read_transfers(struct reader *r, struct sled_plan *plan,
                                       struct sled_err *err)
{
    SLED_TRY(sled_plan_reserve(plan, r->ntransfers, 0, err));
    SLED_TRY(collect_names(r, err));
    for (sled_xfer_id id = 0; id < r->ntransfers; id++) {
        const struct transfer_object *object = &r->transfer[id];
        uint32_t nafter;

        SLED_TRY(check_rank(r, id, "src", object->src, plan->nranks, err));
        SLED_TRY(check_rank(r, id, "dst", object->dst, plan->nranks, err));
        SLED_TRY(read_after(r, object->after, id, &nafter, err));
        const struct sled_xfer xfer = {
            .src = (uint32_t)object->src,
            .dst = (uint32_t)object->dst,
            .op = (enum sled_xfer_op)object->op,
            .src_buffer = (enum sled_buffer)object->src_buffer,
            .dst_buffer = (enum sled_buffer)object->dst_buffer,
            .src_offset = object->src_offset,
            .dst_offset = object->dst_offset_given ? object->dst_offset : object->src_offset,
            .count = object->count,
            .after = r->after,
            .nafter = nafter,
        };
        SLED_TRY(sled_plan_add(plan, &xfer, err));
    }
    return SLED_OK;
}

/* What transfers count in: chunks, or the bytes of a matrix. */
static enum sled_status read_unit(struct sled_doc *doc, const struct plan_object *object,
                                  struct sled_plan_file *out, struct sled_err *err)
{
    const uint64_t ncells = object->ranks * object->ranks;

    if (out->kind != SLED_COLL_ALL_TO_ALL_V) {
        if (object->matrix_given)
            return sled_doc_fail_key(doc, "/matrix", err, SLED_E_INPUT,
                                     "only all_to_all_v has a matrix");
        if (!object->chunks_given)
            return sled_doc_fail(doc, "", err, SLED_E_INPUT,
                                 "missing key \"chunks\": the parts of the buffer in which "
                                 "transfers count");
        out->nchunks = (uint32_t)object->chunks;
        return SLED_OK;
    }
    if (object->chunks_given)
        return sled_doc_fail_key(doc, "/chunks", err, SLED_E_INPUT,
                                 "all_to_all_v counts in bytes and has no chunks");
    if (!object->matrix_given)
        return sled_doc_fail(doc, "", err, SLED_E_INPUT,
                             "missing key \"matrix\": the bytes from each rank to each");
    if (object->matrix.count != ncells)
        return sled_doc_fail(doc, "/matrix", err, SLED_E_INPUT,
                             "expected %llu numbers for %llu x %llu ranks, found %zu",
                             (unsigned long long)ncells, (unsigned long long)object->ranks,
                             (unsigned long long)object->ranks, object->matrix.count);
    SLED_TRY(sled_traffic_init(&out->traffic, out->nranks, err));
    memcpy(out->traffic.bytes, object->matrix.items, ncells * sizeof *out->traffic.bytes);
    return SLED_OK;
}

static enum sled_status read_plan(struct reader *r, struct sled_plan_file *out,
                                  struct sled_err *err)
{
    struct plan_object object;

    SLED_TRY(sled_field_read(&sled_config_plan_table, r->doc, "", &out->arena, &object, err));
    out->name = object.name;
    out->description = object.description == NULL ? "" : object.description;
    out->kind = (enum sled_coll_kind)object.op;
    out->nranks = (uint32_t)object.ranks;
    if (object.root >= object.ranks)
        return sled_doc_fail(r->doc, "/root", err, SLED_E_INPUT, "expected a rank from 0 to %u",
                             out->nranks - 1);
    out->root = (uint32_t)object.root;
    SLED_TRY(read_unit(r->doc, &object, out, err));

    r->transfer = object.transfers.items;
    r->ntransfers = object.transfers.count;
    SLED_TRY(sled_plan_init(&out->chunks, out->nranks, 1, err));
    sled_plan_add_switches(&out->chunks, (uint32_t)object.switches);
    SLED_TRY(read_transfers(r, &out->chunks, err));
    return sled_plan_read_verify(out, err);
}

enum sled_status sled_plan_read_doc(struct sled_doc *doc, struct sled_plan_file *out,
                                    struct sled_err *err)
{
    struct reader r = {.doc = doc};

    if (read_plan(&r, out, err) != SLED_OK)
        sled_doc_locate(doc, "", err);
    free(r.name);
    free(r.after);
    return err->code;
}
