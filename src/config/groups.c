/* SPDX-License-Identifier: Apache-2.0 */
/* Reading replica groups. */
#include "config/groups.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/field.h"
#include "base/vec.h"

struct groups_file {
    cJSON *replica_groups;
};

static const struct sled_field fields[] = {
    {.key = "replica_groups",
     .type = SLED_FIELD_ANY,
     .offset = offsetof(struct groups_file, replica_groups),
     .doc = "one list of groups of ranks"},
};
static const struct sled_table table =
    SLED_TABLE("replica_groups", struct groups_file, fields, "nccom-test's replica groups");

/* A document being read into groups whose ranks have room for all ranks. */
struct reader {
    struct sled_doc *doc;
    uint32_t nranks;
    bool *taken; /* [nranks]: is the rank in a group? */
    struct sled_err *err;
};

static enum sled_status read_rank(const struct reader *in, const char *place, const cJSON *item,
                                  uint32_t *out)
{
    if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
        item->valuedouble < 0 || item->valuedouble >= in->nranks)
        return sled_doc_fail(in->doc, place, in->err, SLED_E_INPUT, "expected a rank, 0 to %u",
                             in->nranks - 1);

    const uint32_t rank = (uint32_t)item->valuedouble;
    if (in->taken[rank])
        return sled_doc_fail(in->doc, place, in->err, SLED_E_INPUT, "rank %u is listed twice",
                             rank);
    in->taken[rank] = true;
    *out = rank;
    return SLED_OK;
}

static enum sled_status read_group(const struct reader *in, uint32_t g, const cJSON *group,
                                   struct sled_groups *out)
{
    const cJSON *item;
    char place[64];

    snprintf(place, sizeof place, "/replica_groups/0/%u", g);
    if (!cJSON_IsArray(group) || group->child == NULL)
        return sled_doc_fail(in->doc, place, in->err, SLED_E_INPUT,
                             "expected an array of ranks, at least one");
    out->begin[g + 1] = out->begin[g];
    cJSON_ArrayForEach(item, group)
    {
        const uint32_t n = out->begin[g + 1];
        char at[96];

        snprintf(at, sizeof at, "%s/%u", place, n - out->begin[g]);
        SLED_TRY(read_rank(in, at, item, &out->rank[n])); /* differ, so there is room */
        out->begin[g + 1] = n + 1;
    }
    return SLED_OK;
}

static enum sled_status read_groups(const struct reader *in, const cJSON *list,
                                    struct sled_groups *out)
{
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != 1)
        return sled_doc_fail(in->doc, "/replica_groups", in->err, SLED_E_INPUT,
                             "expected an array of one list of groups");

    const cJSON *groups = list->child;
    if (!cJSON_IsArray(groups) || groups->child == NULL)
        return sled_doc_fail(in->doc, "/replica_groups/0", in->err, SLED_E_INPUT,
                             "expected an array of groups, at least one");
    const uint32_t count = (uint32_t)cJSON_GetArraySize(groups);
    SLED_TRY(sled_vec_alloc(&out->begin, (size_t)count + 1, in->err));
    SLED_TRY(sled_vec_alloc(&out->rank, in->nranks, in->err));

    const cJSON *group = groups->child;
    for (uint32_t g = 0; g < count; g++, group = group->next)
        SLED_TRY(read_group(in, g, group, out));
    out->count = count;
    return SLED_OK;
}

enum sled_status sled_config_load_groups(const char *path, uint32_t nranks, struct sled_groups *out,
                                         struct sled_err *err)
{
    struct sled_arena arena = SLED_ARENA_INIT;
    struct reader in = {.nranks = nranks, .err = err};
    struct sled_groups groups = {0};
    struct groups_file file;

    enum sled_status st = sled_doc_load(path, NULL, NULL, 0, &in.doc, err);
    if (st == SLED_OK)
        st = sled_field_read(&table, in.doc, "", &arena, &file, err);
    if (st == SLED_OK)
        st = sled_vec_alloc(&in.taken, nranks, err);
    if (st == SLED_OK)
        st = read_groups(&in, file.replica_groups, &groups);
    if (st == SLED_OK)
        *out = groups;
    else
        sled_groups_finish(&groups);
    free(in.taken);
    sled_arena_finish(&arena);
    sled_doc_destroy(in.doc);
    return st;
}
