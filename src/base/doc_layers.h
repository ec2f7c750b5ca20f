/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a document is made of, private to the doc_*.c files: a stack of layers, each
 * the text of one file or one --set, and the tree that their merging gave. The tree
 * answers what a value is; the texts are kept for the one question that a tree cannot
 * answer: where it was written.
 */
#ifndef SLED_BASE_DOC_LAYERS_H
#define SLED_BASE_DOC_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/doc.h"
#include "base/json_scan.h"

/* What a message calls the file of an override. */
#define SLED_DOC_SET "--set"

struct sled_doc_layer {
    char *name; /* a path, or SLED_DOC_SET */
    char *at;   /* pointer to the part of the document that text gives; "" for a file */
    char *text; /* terminated, comments blanked; passed sled_json_check, or a bare string */
    size_t len;
    bool is_set;
};

struct sled_doc {
    char *path;
    char *within; /* pointer of this document in the one that it is a part of; "" */
    struct sled_doc_layer *layers; /* later ones win */
    size_t layer_count;
    size_t layer_capacity;
    cJSON *root;
};

/* Put a layer on top. Its strings then belong to doc; on failure they are freed. */
enum sled_status sled_doc_push(struct sled_doc *doc, struct sled_doc_layer layer,
                               struct sled_err *err);

/*
 * Read path and everything it extends, and push their layers. *out receives the
 * merged tree, owned by the caller.
 */
enum sled_status sled_doc_add_file(struct sled_doc *doc, const char *path, cJSON **out,
                                   struct sled_err *err);

/* The same for text that is in memory already. */
enum sled_status sled_doc_add_text(struct sled_doc *doc, const char *name, const char *text,
                                   size_t len, cJSON **out, struct sled_err *err);

/* Lay one "/pointer=value" over the tree and push its layer. */
enum sled_status sled_doc_add_set(struct sled_doc *doc, const char *set, struct sled_err *err);

/*
 * Put value, which this function takes over, into root at pointer, which begins with '/'. *at
 * receives that pointer with "-" resolved, heap memory of the caller, NULL when memory ran out.
 * Complaints name SLED_DOC_SET as their file.
 */
enum sled_status sled_doc_apply(cJSON *root, const char *pointer, cJSON *value, char **at,
                                struct sled_err *err);

/* Where the value at pointer was written, or else what encloses it most closely. */
struct sled_doc_place {
    const struct sled_doc_layer *layer;
    size_t used; /* bytes of the pointer that lead there */
    struct sled_json_place offset;
};
struct sled_doc_place sled_doc_find_place(const struct sled_doc *doc, const char *pointer);

/* Name file, line and column of place in err. */
void sled_doc_blame(const struct sled_doc_place *place, struct sled_err *err);

/* A document without layers and root; NULL when memory ran out. */
struct sled_doc *sled_doc_create(const char *path);

#endif
