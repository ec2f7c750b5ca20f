/* SPDX-License-Identifier: Apache-2.0 */
/* From files to one tree: `extends`, references, merging. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/doc_layers.h"
#include "base/file.h"
#include "base/json_scan.h"
#include "base/pointer.h"
#include "base/str.h"
#include "base/vec.h"

enum {
    MAX_CHAIN = 32,   /* files that extend one another */
    MAX_LAYERS = 1000 /* files that take part in one document */
};

/* A file being read, and who extends it. */
struct chain {
    const struct chain *from; /* NULL: the document itself */
    const char *path;
    const char *at; /* pointer to the part of the document that the file gives */
    size_t length;
    bool has_id; /* dev and ino are set; not so for standard input and given texts */
    dev_t dev;
    ino_t ino;
    char *text; /* terminated, owned */
    size_t len;
};

static enum sled_status add_chain(struct sled_doc *doc, struct chain *link, cJSON **out,
                                  struct sled_err *err);

char *sled_path_beside(const char *file, const char *path)
{
    const char *const slash = strrchr(file, '/');
    const size_t folder = path[0] == '/' || slash == NULL ? 0 : (size_t)(slash - file) + 1;
    const size_t len = strlen(path);
    char *const joined = malloc(folder + len + 1);

    if (joined != NULL) {
        memcpy(joined, file, folder);
        memcpy(joined + folder, path, len + 1);
    }
    return joined;
}

/* Read link->path, and note which file it is. */
static enum sled_status read_link(struct chain *link, struct sled_err *err)
{
    struct stat info;

    SLED_TRY(sled_file_read(link->path, &link->text, &link->len, err));
    if (strcmp(link->path, "-") != 0 && stat(link->path, &info) == 0) {
        link->has_id = true;
        link->dev = info.st_dev;
        link->ino = info.st_ino;
    }
    return SLED_OK;
}

/* A file that another file names could not be read: the complaint is about that name. */
static void blame_name(const char *path, struct sled_err *err)
{
    err->file[0] = '\0';
    sled_err_prefix(err, "\"%s\": ", path);
}

static void strip_nulls(cJSON *object)
{
    for (cJSON *item = object->child, *next; item != NULL; item = next) {
        next = item->next;
        if (cJSON_IsNull(item))
            cJSON_Delete(cJSON_DetachItemViaPointer(object, item));
        else if (cJSON_IsObject(item))
            strip_nulls(item);
    }
}

/*
 * RFC 7386: lay patch over target, both objects. Nodes move from patch to target and
 * keep their keys, so nothing is allocated; the rest of patch is freed.
 */
static void merge(cJSON *target, cJSON *patch)
{
    while (patch->child != NULL) {
        cJSON *const item = cJSON_DetachItemViaPointer(patch, patch->child);
        cJSON *const old = cJSON_GetObjectItemCaseSensitive(target, item->string);

        if (cJSON_IsNull(item)) {
            if (old != NULL)
                cJSON_Delete(cJSON_DetachItemViaPointer(target, old));
            cJSON_Delete(item);
        } else if (cJSON_IsObject(item) && cJSON_IsObject(old)) {
            merge(old, item);
        } else {
            if (cJSON_IsObject(item))
                strip_nulls(item);
            if (old != NULL)
                cJSON_ReplaceItemViaPointer(target, old, item);
            else
                cJSON_AddItemToArray(target, item); /* appends to objects too, key and all */
        }
    }
    cJSON_Delete(patch);
}

/* Refuse link when the files that led to it include it already, or are too many. */
static enum sled_status check_chain(const struct chain *link, struct sled_err *err)
{
    const struct chain *files[MAX_CHAIN + 1];
    struct sled_str names = SLED_STR_INIT;
    size_t count = 0;
    const struct chain *file = link->from;

    if (link->length > MAX_CHAIN)
        return sled_err_set(err, SLED_E_INPUT, "more than %d files extend one another", MAX_CHAIN);
    while (file != NULL &&
           !(file->has_id && link->has_id && file->dev == link->dev && file->ino == link->ino)) {
        files[count++] = file;
        file = file->from;
    }
    if (file == NULL)
        return SLED_OK;

    sled_str_addf(&names, "%s", file->path);
    while (count > 0)
        sled_str_addf(&names, " -> %s", files[--count]->path);
    sled_str_addf(&names, " -> %s", link->path);
    const enum sled_status status = sled_err_set(
        err, SLED_E_INPUT, "files extend one another in a cycle: %s", sled_str_text(&names));
    sled_str_finish(&names);
    return status;
}

/* Place a failure at what link says at pointer. */
static void locate_in(const struct chain *link, const char *pointer, struct sled_err *err)
{
    struct sled_json_place place;

    sled_json_find(link->text, link->len, pointer, &place);
    sled_err_line_column(link->text, place.value, &err->line, &err->column);
    snprintf(err->file, sizeof err->file, "%s", link->path);
    snprintf(err->pointer, sizeof err->pointer, "%s", pointer);
    sled_pointer_prepend(err->pointer, sizeof err->pointer, link->at);
}

/* Read the file that link extends at pointer, by the name path, and lay it over *base. */
static enum sled_status add_base(struct sled_doc *doc, const struct chain *link, const char *path,
                                 const char *pointer, cJSON **base, struct sled_err *err)
{
    struct chain next = {.from = link, .path = path, .at = link->at, .length = link->length + 1};
    cJSON *tree = NULL;
    enum sled_status status = read_link(&next, err);

    if (status != SLED_OK)
        blame_name(path, err);
    else
        status = check_chain(&next, err);
    if (status == SLED_OK)
        status = add_chain(doc, &next, &tree, err);
    if (status == SLED_OK && !cJSON_IsObject(tree))
        status = sled_err_set(err, SLED_E_INPUT, "\"%s\" holds no object to extend", path);
    free(next.text);
    if (status != SLED_OK) {
        if (err->file[0] == '\0')
            locate_in(link, pointer, err);
        cJSON_Delete(tree);
        return status;
    }

    if (*base == NULL)
        *base = tree;
    else
        merge(*base, tree);
    return SLED_OK;
}

static enum sled_status add_named_base(struct sled_doc *doc, const struct chain *link,
                                       const cJSON *name, const char *pointer, cJSON **base,
                                       struct sled_err *err)
{
    if (!cJSON_IsString(name) || name->valuestring[0] == '\0') {
        sled_err_set(err, SLED_E_INPUT, "expected a file name or an array of file names");
        locate_in(link, pointer, err);
        return SLED_E_INPUT;
    }

    char *const path = sled_path_beside(link->path, name->valuestring);
    if (path == NULL)
        return sled_err_nomem(err);
    const enum sled_status status = add_base(doc, link, path, pointer, base, err);
    free(path);
    return status;
}

/* All that extends names, merged; *base is the caller's, also on failure. */
static enum sled_status add_bases(struct sled_doc *doc, const struct chain *link,
                                  const cJSON *extends, cJSON **base, struct sled_err *err)
{
    const cJSON *name;
    size_t i = 0;

    if (!cJSON_IsArray(extends))
        return add_named_base(doc, link, extends, "/extends", base, err);
    cJSON_ArrayForEach(name, extends)
    {
        char pointer[64] = "/extends";

        sled_pointer_add_index(pointer, sizeof pointer, i++);
        SLED_TRY(add_named_base(doc, link, name, pointer, base, err));
    }
    return SLED_OK;
}

/* Put what link extends below it, and push it as a layer. *out receives the merged tree. */
static enum sled_status add_chain(struct sled_doc *doc, struct chain *link, cJSON **out,
                                  struct sled_err *err)
{
    cJSON *extends = NULL, *base = NULL;
    enum sled_status status = SLED_OK;

    if (doc->layer_count >= MAX_LAYERS)
        return sled_err_set(err, SLED_E_INPUT, "more than %d files make up this document",
                            MAX_LAYERS);
    sled_json_blank_comments(link->text, link->len);
    status = sled_json_check(link->path, link->text, link->len, err);
    if (status != SLED_OK) {
        if (err->pointer[0] != '\0')
            sled_pointer_prepend(err->pointer, sizeof err->pointer, link->at);
        return status;
    }

    cJSON *tree = cJSON_ParseWithLength(link->text, link->len);
    if (tree == NULL) /* the text is correct, so it was memory */
        return sled_err_nomem(err);
    if (cJSON_IsObject(tree))
        extends = cJSON_DetachItemFromObjectCaseSensitive(tree, "extends");
    if (extends != NULL)
        status = add_bases(doc, link, extends, &base, err);
    cJSON_Delete(extends);
    if (status == SLED_OK) {
        status = sled_doc_push(doc,
                               (struct sled_doc_layer){.name = strdup(link->path),
                                                       .at = strdup(link->at),
                                                       .text = link->text,
                                                       .len = link->len},
                               err);
        link->text = NULL;
    }
    if (status != SLED_OK) {
        cJSON_Delete(base);
        cJSON_Delete(tree);
        return status;
    }

    if (base != NULL) {
        merge(base, tree);
        tree = base;
    }
    *out = tree;
    return SLED_OK;
}

enum sled_status sled_doc_add_file(struct sled_doc *doc, const char *path, cJSON **out,
                                   struct sled_err *err)
{
    struct chain link = {.path = path, .at = "", .length = 1};

    SLED_TRY(read_link(&link, err));
    const enum sled_status status = add_chain(doc, &link, out, err);
    free(link.text);
    return status;
}

enum sled_status sled_doc_add_text(struct sled_doc *doc, const char *name, const char *text,
                                   size_t len, cJSON **out, struct sled_err *err)
{
    struct chain link = {.path = name, .at = "", .length = 1, .len = len};

    SLED_TRY(sled_vec_alloc(&link.text, len + 1, err));
    memcpy(link.text, text, len);
    const enum sled_status status = add_chain(doc, &link, out, err);
    free(link.text);
    return status;
}

/* Read the file called path and put its document where the string `node` is, at pointer. */
static enum sled_status replace_reference(struct sled_doc *doc, const char *pointer, cJSON *node,
                                          const char *path, struct sled_err *err)
{
    struct chain link = {.path = path, .at = pointer, .length = 1};
    cJSON *tree = NULL;
    enum sled_status status = read_link(&link, err);

    if (status != SLED_OK) {
        blame_name(path, err);
        sled_doc_locate(doc, pointer, err);
        return status;
    }
    status = add_chain(doc, &link, &tree, err);
    free(link.text);
    SLED_TRY(status);

    /* The node keeps its key and its neighbours, and takes over the content. */
    if (!cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "\"%s\" holds no object", path);
    }
    cJSON_free(node->valuestring);
    node->valuestring = NULL;
    node->type = cJSON_Object;
    node->child = tree->child;
    tree->child = NULL;
    cJSON_Delete(tree);
    return SLED_OK;
}

enum sled_status sled_doc_refer(struct sled_doc *doc, const char *pointer, struct sled_err *err)
{
    cJSON *const node = sled_pointer_get(doc->root, pointer);

    if (!cJSON_IsString(node))
        return SLED_OK;
    if (node->valuestring[0] == '\0')
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT,
                             "expected an object or the name of a file that holds it");

    char *const path = sled_path_beside(sled_doc_origin(doc, pointer), node->valuestring);
    if (path == NULL)
        return sled_err_nomem(err);
    const enum sled_status status = replace_reference(doc, pointer, node, path, err);
    free(path);
    return status;
}
