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

/*
 * Where the tree has a string at pointer, read the file it names, push its layers, and
 * put the object in it in place of the string.
 */
enum sled_status sled_doc_add_reference(struct sled_doc *doc, const char *pointer,
                                        struct sled_err *err);

/* Lay one "/pointer=value" over the tree and push its layer. */
enum sled_status sled_doc_add_set(struct sled_doc *doc, const char *set, struct sled_err *err);

#endif
