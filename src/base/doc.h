/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON document as the user wrote it: strict, with comments, `extends`, --set,
 * and the place of everything, so that any complaint can name file, line and
 * column.
 *
 * Strictness on top of cJSON (which accepts all of this): duplicate keys,
 * trailing garbage, numbers that RFC 8259 forbids or that do not fit a double,
 * control characters and bad UTF-8 in strings, nesting deeper than 64 are errors, and
 * so is a file larger than 256 MiB. Line comments (two slashes) and block comments are
 * allowed.
 *
 * `"extends": "base.json"` (or an array, later ones win), relative to the file
 * that says it, is replaced by those documents, over which this one is laid as
 * an RFC 7386 merge patch (null deletes a key). A cycle is an error. Without
 * `extends` a null is a value like any other.
 * Keys that begin with "x-" are for the user and ignored everywhere.
 */
#ifndef SLED_BASE_DOC_H
#define SLED_BASE_DOC_H

#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/err.h"

struct sled_doc;

/*
 * Read path (sled_file_read of base/file.h) and resolve its `extends`. Then, for each pointer of
 * references (NULL-terminated, outermost first; NULL for none): where the tree has a string
 * there, it names another file, relative to the file that wrote it (to the working directory
 * when a set wrote it), and that document takes the string's place; a set whose pointer
 * is exactly a reference is laid over just before. At last all other sets[nsets] are laid
 * over, in order; where one is an object with a reference in it, that document takes its place
 * too. A complaint about a value that came from a referenced file names
 * that file, with the pointer in the whole document. Each
 * set is "/pointer=value" and replaces the value there; value is JSON if it parses as
 * JSON, else a string (but one that opens with a quote or bracket must parse). null
 * deletes a key. A pointer's last part may name a new key (the reader of the document
 * decides whether it is known), "-" or the length of an array appends; any other
 * missing part is an error that suggests the nearest. "-" as path reads standard input.
 * *out is owned by the caller (sled_doc_destroy).
 * Fails with SLED_E_IO (cannot be read), SLED_E_INPUT (bad content) or
 * SLED_E_NOMEM.
 */
enum sled_status sled_doc_load(const char *path, const char *const *references,
                               const char *const *sets, size_t nsets, struct sled_doc **out,
                               struct sled_err *err);

/* The same from text[len] that came from nowhere; name stands in for the file. */
enum sled_status sled_doc_parse(const char *name, const char *text, size_t len,
                                struct sled_doc **out, struct sled_err *err);

/*
 * A copy of the part of doc at pointer as a document of its own, whose root that part is: of an
 * object. Values written there keep their file, line and column, and messages go on naming them by
 * their pointer in doc. *out is owned by the caller. SLED_E_INPUT (located) when there is no object
 * at pointer, SLED_E_NOMEM.
 */
enum sled_status sled_doc_part(const struct sled_doc *doc, const char *pointer,
                               struct sled_doc **out, struct sled_err *err);

/* Where a value comes from: of this document, at this pointer. */
struct sled_doc_source {
    const struct sled_doc *doc;
    const char *pointer;
};

/*
 * Put a copy of value where a set "pointer=value" would, by the same rules (null deletes, "-"
 * appends); complaints about it name the place of source, and a path in it is relative to that
 * file. SLED_E_INPUT when pointer leads nowhere: located at source, suggests the nearest key.
 */
enum sled_status sled_doc_put(struct sled_doc *doc, const char *pointer, const cJSON *value,
                              const struct sled_doc_source *source, struct sled_err *err);

/*
 * Where doc has a string at pointer, read the file it names and put its object in the string's
 * place, as sled_doc_load does with references. Nothing happens where there is no string.
 */
enum sled_status sled_doc_refer(struct sled_doc *doc, const char *pointer, struct sled_err *err);

/* Accepts NULL. */
void sled_doc_destroy(struct sled_doc *doc);

/* The merged tree, owned by doc. Readers may add defaults to it, so that it becomes
 * the effective configuration. */
cJSON *sled_doc_root(struct sled_doc *doc);

/* The file given to sled_doc_load, or the name given to sled_doc_parse. Borrowed. */
const char *sled_doc_path(const struct sled_doc *doc);

/*
 * The file in which the value at pointer was written: paths inside a document are
 * relative to it. For a value from --set or standard input, the working directory's
 * "". Borrowed, lives as long as doc.
 */
const char *sled_doc_origin(const struct sled_doc *doc, const char *pointer);

/*
 * What `path` means when `file` says it: an absolute path stays, any other starts in
 * the folder of file. Heap memory of the caller, NULL when memory ran out.
 */
char *sled_path_beside(const char *file, const char *path);

/*
 * Decide a failure at the given pointer: sets code and message, and file, line,
 * column and pointer of the value there ("--set" as file for an override). When
 * the pointer names nothing, the nearest enclosing value is the place.
 */
enum sled_status sled_doc_fail(const struct sled_doc *doc, const char *pointer,
                               struct sled_err *err, enum sled_status code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The same for a complaint about a key, not its value: the place is the key. */
enum sled_status sled_doc_fail_key(const struct sled_doc *doc, const char *pointer,
                                   struct sled_err *err, enum sled_status code, const char *fmt,
                                   ...) __attribute__((format(printf, 5, 6)));

/*
 * Give a place to a failure that was decided by sled_err_set_at or sled_err_set:
 * its relative pointer is appended to `base` and located as above. Does nothing
 * if err already has a file.
 */
void sled_doc_locate(const struct sled_doc *doc, const char *base, struct sled_err *err);

/*
 * Append "/key" to pointer[size], with ~ and / of key escaped (RFC 6901). A text
 * that does not fit is cut with "..." at its end. The index form appends "/i".
 */
void sled_pointer_add(char *pointer, size_t size, const char *key);
void sled_pointer_add_index(char *pointer, size_t size, size_t index);

/* The value at pointer in tree, or NULL. Keys are case-sensitive. */
cJSON *sled_pointer_get(cJSON *tree, const char *pointer);

#endif
