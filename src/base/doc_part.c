/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents made of others: a part of one, and values of one put into another. Texts are copied
 * with all that stands before the value blanked, as comments are, so that each value keeps its line
 * and column.
 */
#include <stdlib.h>
#include <string.h>

#include "base/doc_layers.h"
#include "base/pointer.h"
#include "base/vec.h"

/* Push onto doc what layer says from offset on, as what is `at` there. */
static enum sled_status push_from(struct sled_doc *doc, const struct sled_doc_layer *layer,
                                  size_t offset, const char *at, struct sled_err *err)
{
    char *text;

    SLED_TRY(sled_vec_alloc(&text, layer->len + 1, err));
    memcpy(text, layer->text, layer->len);
    for (size_t i = 0; i < offset; i++)
        if (text[i] != '\n')
            text[i] = ' ';
    return sled_doc_push(doc,
                         (struct sled_doc_layer){.name = strdup(layer->name),
                                                 .at = strdup(at),
                                                 .text = text,
                                                 .len = layer->len,
                                                 .is_set = layer->is_set},
                         err);
}

/* Is whole the pointer `outer`, or below it? */
static bool is_within(const char *whole, const char *outer)
{
    const size_t len = strlen(outer);

    return strncmp(whole, outer, len) == 0 && (whole[len] == '\0' || whole[len] == '/');
}

/* All that the layers of doc say of the part at pointer. */
static enum sled_status push_part(struct sled_doc *part, const struct sled_doc *doc,
                                  const char *pointer, struct sled_err *err)
{
    for (size_t i = 0; i < doc->layer_count; i++) {
        const struct sled_doc_layer *const layer = &doc->layers[i];

        if (is_within(layer->at, pointer)) {
            SLED_TRY(push_from(part, layer, 0, layer->at + strlen(pointer), err));
        } else if (is_within(pointer, layer->at)) {
            const char *const inside = pointer + strlen(layer->at);
            struct sled_json_place place;

            if (sled_json_find(layer->text, layer->len, inside, &place) == strlen(inside))
                SLED_TRY(push_from(part, layer, place.value, "", err));
        }
    }
    return SLED_OK;
}

enum sled_status sled_doc_part(const struct sled_doc *doc, const char *pointer,
                               struct sled_doc **out, struct sled_err *err)
{
    const cJSON *const node = sled_pointer_get(doc->root, pointer);

    if (!cJSON_IsObject(node))
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "expected an object");

    struct sled_doc *const part = sled_doc_create(doc->path);
    if (part == NULL)
        return sled_err_nomem(err);
    free(part->within);
    part->within = malloc(strlen(doc->within) + strlen(pointer) + 1);
    part->root = cJSON_Duplicate(node, true);
    enum sled_status status =
        part->within == NULL || part->root == NULL ? sled_err_nomem(err) : SLED_OK;
    if (status == SLED_OK) {
        const size_t len = strlen(doc->within);

        memcpy(part->within, doc->within, len);
        memcpy(part->within + len, pointer, strlen(pointer) + 1);
        status = push_part(part, doc, pointer, err);
    }
    if (status != SLED_OK) {
        sled_doc_destroy(part);
        return status;
    }
    *out = part;
    return SLED_OK;
}

enum sled_status sled_doc_put(struct sled_doc *doc, const char *pointer, const cJSON *value,
                              const struct sled_doc_source *source, struct sled_err *err)
{
    const struct sled_doc_place place = sled_doc_find_place(source->doc, source->pointer);
    cJSON *const copy = cJSON_Duplicate(value, true);
    char *at = NULL;

    if (copy == NULL)
        return sled_err_nomem(err);
    enum sled_status status = sled_doc_apply(doc->root, pointer, copy, &at, err);
    if (status == SLED_E_INPUT) { /* where the value was written, of the place it was meant for */
        sled_doc_blame(&place, err);
    } else if (status == SLED_OK) {
        status = at == NULL ? sled_err_nomem(err)
                            : push_from(doc, place.layer, place.offset.value, at, err);
    }
    free(at);
    return status;
}
