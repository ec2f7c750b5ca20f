/* SPDX-License-Identifier: Apache-2.0 */
/* A document's life, and the places of its values. */
#include "base/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc_layers.h"
#include "base/json_scan.h"
#include "base/pointer.h"
#include "base/vec.h"

static void finish_layer(struct sled_doc_layer *layer)
{
    free(layer->name);
    free(layer->at);
    free(layer->text);
}

enum sled_status sled_doc_push(struct sled_doc *doc, struct sled_doc_layer layer,
                               struct sled_err *err)
{
    enum sled_status status = SLED_OK;

    if (layer.name == NULL || layer.at == NULL || layer.text == NULL)
        status = sled_err_nomem(err);
    else
        status = sled_vec_reserve(&doc->layers, &doc->layer_capacity, doc->layer_count + 1, err);
    if (status != SLED_OK) {
        finish_layer(&layer);
        return status;
    }
    doc->layers[doc->layer_count++] = layer;
    return SLED_OK;
}

struct sled_doc *sled_doc_create(const char *path)
{
    struct sled_doc *doc = calloc(1, sizeof *doc);

    if (doc != NULL) {
        doc->path = strdup(path);
        doc->within = strdup("");
    }
    if (doc == NULL || doc->path == NULL || doc->within == NULL) {
        sled_doc_destroy(doc);
        return NULL;
    }
    return doc;
}

/* Whether set, "/pointer=value", is about exactly that pointer. */
static bool is_set_of(const char *set, const char *pointer)
{
    const size_t len = strlen(pointer);

    return strncmp(set, pointer, len) == 0 && set[len] == '=';
}

static bool is_set_of_any(const char *set, const char *const *pointers)
{
    for (; pointers != NULL && *pointers != NULL; pointers++) {
        if (is_set_of(set, *pointers))
            return true;
    }
    return false;
}

/* Read path and lay everything over it that the caller of sled_doc_load asked for. */
static enum sled_status fill(struct sled_doc *doc, const char *path, const char *const *references,
                             const char *const *sets, size_t nsets, struct sled_err *err)
{
    SLED_TRY(sled_doc_add_file(doc, path, &doc->root, err));
    for (size_t r = 0; references != NULL && references[r] != NULL; r++) {
        for (size_t i = 0; i < nsets; i++) {
            if (is_set_of(sets[i], references[r]))
                SLED_TRY(sled_doc_add_set(doc, sets[i], err));
        }
        SLED_TRY(sled_doc_refer(doc, references[r], err));
    }
    for (size_t i = 0; i < nsets; i++) {
        if (!is_set_of_any(sets[i], references))
            SLED_TRY(sled_doc_add_set(doc, sets[i], err));
    }
    /* An object that was laid over may have brought references. */
    for (size_t r = 0; references != NULL && references[r] != NULL; r++)
        SLED_TRY(sled_doc_refer(doc, references[r], err));
    return SLED_OK;
}

enum sled_status sled_doc_load(const char *path, const char *const *references,
                               const char *const *sets, size_t nsets, struct sled_doc **out,
                               struct sled_err *err)
{
    struct sled_doc *const doc = sled_doc_create(path);

    if (doc == NULL)
        return sled_err_nomem(err);

    const enum sled_status status = fill(doc, path, references, sets, nsets, err);
    if (status != SLED_OK) {
        sled_doc_destroy(doc);
        return status;
    }
    *out = doc;
    return SLED_OK;
}

enum sled_status sled_doc_parse(const char *name, const char *text, size_t len,
                                struct sled_doc **out, struct sled_err *err)
{
    struct sled_doc *const doc = sled_doc_create(name);

    if (doc == NULL)
        return sled_err_nomem(err);

    const enum sled_status status = sled_doc_add_text(doc, name, text, len, &doc->root, err);
    if (status != SLED_OK) {
        sled_doc_destroy(doc);
        return status;
    }
    *out = doc;
    return SLED_OK;
}

void sled_doc_destroy(struct sled_doc *doc)
{
    if (doc == NULL)
        return;
    cJSON_Delete(doc->root);
    for (size_t i = 0; i < doc->layer_count; i++)
        finish_layer(&doc->layers[i]);
    free(doc->layers);
    free(doc->path);
    free(doc->within);
    free(doc);
}

cJSON *sled_doc_root(struct sled_doc *doc)
{
    return doc->root;
}

const char *sled_doc_path(const struct sled_doc *doc)
{
    return doc->path;
}

/* A layer that gives anything but an object hides all layers below from there on. */
struct sled_doc_place sled_doc_find_place(const struct sled_doc *doc, const char *pointer)
{
    const size_t len = strlen(pointer);
    struct sled_doc_place best = {0};

    for (size_t i = doc->layer_count; i-- > 0;) {
        const struct sled_doc_layer *const layer = &doc->layers[i];
        const size_t at = strlen(layer->at);
        struct sled_json_place offset;

        if (strncmp(pointer, layer->at, at) != 0 || (pointer[at] != '\0' && pointer[at] != '/'))
            continue;

        const size_t used = at + sled_json_find(layer->text, layer->len, pointer + at, &offset);
        if (best.layer == NULL || used > best.used)
            best = (struct sled_doc_place){.layer = layer, .used = used, .offset = offset};
        if (used == len || layer->text[offset.value] != '{')
            break;
    }
    return best;
}

static void blame(const struct sled_doc_place *place, bool at_key, struct sled_err *err)
{
    snprintf(err->file, sizeof err->file, "%s", place->layer->name);
    if (!place->layer->is_set)
        sled_err_line_column(place->layer->text, at_key ? place->offset.key : place->offset.value,
                             &err->line, &err->column);
}

void sled_doc_blame(const struct sled_doc_place *place, struct sled_err *err)
{
    blame(place, false, err);
}

static void put_place(const struct sled_doc *doc, bool at_key, struct sled_err *err)
{
    const struct sled_doc_place place = sled_doc_find_place(doc, err->pointer);

    blame(&place, at_key, err);
    sled_pointer_prepend(err->pointer, sizeof err->pointer, doc->within);
}

enum sled_status sled_doc_fail(const struct sled_doc *doc, const char *pointer,
                               struct sled_err *err, enum sled_status code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, code, pointer, fmt, args);
    va_end(args);
    put_place(doc, false, err);
    return code;
}

enum sled_status sled_doc_fail_key(const struct sled_doc *doc, const char *pointer,
                                   struct sled_err *err, enum sled_status code, const char *fmt,
                                   ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, code, pointer, fmt, args);
    va_end(args);
    put_place(doc, true, err);
    return code;
}

void sled_doc_locate(const struct sled_doc *doc, const char *base, struct sled_err *err)
{
    if (err->file[0] != '\0')
        return;
    sled_pointer_prepend(err->pointer, sizeof err->pointer, base);
    put_place(doc, false, err);
}

const char *sled_doc_origin(const struct sled_doc *doc, const char *pointer)
{
    const struct sled_doc_layer *const layer = sled_doc_find_place(doc, pointer).layer;

    return layer->is_set || strcmp(layer->name, "-") == 0 ? "" : layer->name;
}
