/* SPDX-License-Identifier: Apache-2.0 */
/* nccom-test's metadata of variable-size operations as a byte matrix. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/vec.h"
#include "config/traffic_form.h"

bool sled_traffic_is_metadata(struct sled_doc *doc)
{
    const cJSON *root = sled_doc_root(doc);

    return cJSON_GetObjectItemCaseSensitive(root, "metadata") != NULL ||
           cJSON_GetObjectItemCaseSensitive(root, "alltoallv_metadata") != NULL;
}

/* Arrays of uint64_t, one number per rank. */
struct metadata_entry {
    struct sled_array send_counts, send_displs, recv_counts, recv_displs;
};

struct metadata_file {
    struct sled_array metadata, alltoallv_metadata; /* one list under either name */
};

static const struct sled_field entry_fields[] = {
    {.key = "send_counts",
     .type = SLED_FIELD_COUNTS,
     .offset = offsetof(struct metadata_entry, send_counts),
     .doc = "elements for each rank"},
    {.key = "send_displs",
     .type = SLED_FIELD_COUNTS,
     .offset = offsetof(struct metadata_entry, send_displs),
     .doc = "where they begin"},
    {.key = "recv_counts",
     .type = SLED_FIELD_COUNTS,
     .offset = offsetof(struct metadata_entry, recv_counts),
     .doc = "elements from each rank"},
    {.key = "recv_displs",
     .type = SLED_FIELD_COUNTS,
     .offset = offsetof(struct metadata_entry, recv_displs),
     .doc = "where they go"},
};
static const struct sled_table entry_table =
    SLED_TABLE("metadata_entry", struct metadata_entry, entry_fields, "counts of one rank");

static const struct sled_field metadata_fields[] = {
    {.key = "metadata",
     .type = SLED_FIELD_ARRAY,
     .sub = &entry_table,
     .optional = true,
     .offset = offsetof(struct metadata_file, metadata),
     .doc = "an entry for all ranks, or one per rank"},
    {.key = "alltoallv_metadata",
     .type = SLED_FIELD_ARRAY,
     .sub = &entry_table,
     .optional = true,
     .offset = offsetof(struct metadata_file, alltoallv_metadata),
     .doc = "the same in older releases"},
};
static const struct sled_table metadata_table =
    SLED_TABLE("metadata", struct metadata_file, metadata_fields, "nccom-test's metadata");

static enum sled_status check_lengths(const struct sled_traffic_form *in, const char *place,
                                      const struct metadata_entry *entry)
{
    for (size_t f = 0; f < SLED_ARRAY_LEN(entry_fields); f++) {
        const struct sled_array *array =
            (const void *)((const char *)entry + entry_fields[f].offset);

        if (array->count != in->nranks) {
            char at[96];

            snprintf(at, sizeof at, "%s/%s", place, entry_fields[f].key);
            return sled_doc_fail(in->doc, at, in->err, SLED_E_INPUT,
                                 "expected %u numbers, one per rank, found %zu", in->nranks,
                                 array->count);
        }
    }
    return SLED_OK;
}

/* Row src of the matrix from what it says it sends. */
static enum sled_status add_sends(const struct sled_traffic_form *in, const char *place,
                                  uint32_t src, const struct metadata_entry *entry,
                                  struct sled_traffic *out)
{
    const uint64_t *count = entry->send_counts.items;

    for (uint32_t dst = 0; dst < in->nranks; dst++) {
        if ((double)count[dst] > SLED_TRAFFIC_MAX_BYTES / in->elem_bytes) {
            char at[96];

            snprintf(at, sizeof at, "%s/send_counts/%u", place, dst);
            return sled_doc_fail(in->doc, at, in->err, SLED_E_INPUT,
                                 "expected at most %.0f elements of %u bytes",
                                 floor(SLED_TRAFFIC_MAX_BYTES / in->elem_bytes), in->elem_bytes);
        }
        out->bytes[(size_t)src * in->nranks + dst] = count[dst] * in->elem_bytes;
    }
    return SLED_OK;
}

/* What dst says it receives is what the others say they send it. */
static enum sled_status check_receives(const struct sled_traffic_form *in, const char *place,
                                       uint32_t dst, const struct metadata_entry *entry)
{
    const uint64_t *received = entry[dst].recv_counts.items;

    for (uint32_t src = 0; src < in->nranks; src++) {
        const uint64_t sent = ((const uint64_t *)entry[src].send_counts.items)[dst];

        if (received[src] != sent) {
            char at[96];

            snprintf(at, sizeof at, "%s/%u/recv_counts/%u", place, dst, src);
            return sled_doc_fail(in->doc, at, in->err, SLED_E_INPUT,
                                 "rank %u receives %" PRIu64 " elements from rank %u, which sends "
                                 "%" PRIu64,
                                 dst, received[src], src, sent);
        }
    }
    return SLED_OK;
}

enum sled_status sled_traffic_read_metadata(const struct sled_traffic_form *in,
                                            struct sled_traffic *out)
{
    struct metadata_file file;

    SLED_TRY(sled_field_read(&metadata_table, in->doc, "", in->arena, &file, in->err));
    if (file.metadata.items != NULL && file.alltoallv_metadata.items != NULL)
        return sled_doc_fail(in->doc, "/alltoallv_metadata", in->err, SLED_E_INPUT,
                             "the same as \"metadata\", which is there too");

    const bool old = file.metadata.items == NULL;
    const char *list = old ? "/alltoallv_metadata" : "/metadata";
    const struct sled_array *entries = old ? &file.alltoallv_metadata : &file.metadata;
    const struct metadata_entry *entry = entries->items;
    if (entries->count != 1 && entries->count != in->nranks)
        return sled_doc_fail(in->doc, list, in->err, SLED_E_INPUT,
                             "expected 1 entry for all ranks or %u, one per rank, found %zu",
                             in->nranks, entries->count);

    for (uint32_t src = 0; src < in->nranks; src++) {
        const uint32_t e = entries->count == 1 ? 0 : src;
        char place[64];

        snprintf(place, sizeof place, "%s/%u", list, e);
        SLED_TRY(check_lengths(in, place, &entry[e]));
        SLED_TRY(add_sends(in, place, src, &entry[e], out));
    }
    for (uint32_t dst = 0; entries->count > 1 && dst < in->nranks; dst++)
        SLED_TRY(check_receives(in, list, dst, entry));
    return SLED_OK;
}
