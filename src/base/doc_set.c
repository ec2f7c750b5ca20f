/* SPDX-License-Identifier: Apache-2.0 */
/* Overrides: one "/pointer=value" laid over the tree. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc_layers.h"
#include "base/json_scan.h"
#include "base/pointer.h"
#include "base/suggest.h"
#include "base/vec.h"

static enum sled_status fail(const char *pointer, struct sled_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static enum sled_status fail(const char *pointer, struct sled_err *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    sled_err_vset_at(err, SLED_E_INPUT, pointer, fmt, args);
    va_end(args);
    snprintf(err->file, sizeof err->file, "%s", SLED_DOC_SET);
    return SLED_E_INPUT;
}

/* A word on the command line that is no JSON: the string of just these characters. */
static enum sled_status parse_bare(const char *pointer, const char *text, cJSON **out,
                                   struct sled_err *err)
{
    const size_t len = strlen(text);

    for (size_t i = 0, step; i < len; i += step) {
        step = sled_utf8_sequence(text + i, len - i);
        if (step == 0)
            return fail(pointer, err, "the byte 0x%02x in the value is not UTF-8",
                        (unsigned char)text[i]);
    }
    *out = cJSON_CreateString(text);
    return *out != NULL ? SLED_OK : sled_err_nomem(err);
}

static enum sled_status parse_value(const char *pointer, const char *text, cJSON **out,
                                    struct sled_err *err)
{
    struct sled_err why = SLED_ERR_INIT;
    const enum sled_status status = sled_json_check(SLED_DOC_SET, text, strlen(text), &why);

    if (status == SLED_E_NOMEM)
        return sled_err_nomem(err);
    if (status == SLED_OK) {
        *out = cJSON_Parse(text);
        return *out != NULL ? SLED_OK : sled_err_nomem(err);
    }
    if (text[0] != '\0' && strchr("{[\"", text[0]) != NULL)
        return fail(pointer, err, "%s (column %u of the value)", why.msg, why.column);
    return parse_bare(pointer, text, out, err);
}

/* A part of pointer as the key it spells; heap memory of the caller, or NULL. */
static char *decode_part(const char *part)
{
    char *const key = malloc(strlen(part) + 1);
    size_t len = 0;
    int c;

    if (key == NULL)
        return NULL;
    while ((c = sled_pointer_char(&part)) >= 0)
        key[len++] = (char)c;
    key[len] = '\0';
    return key;
}

/* Nothing in parent is called key: say what it might have been. */
static enum sled_status fail_no_key(const char *pointer, const cJSON *parent, const char *key,
                                    struct sled_err *err)
{
    const cJSON *item;
    const char **names;
    size_t count = 0;

    SLED_TRY(sled_vec_alloc(&names, (size_t)cJSON_GetArraySize(parent), err));
    cJSON_ArrayForEach(item, parent)
    {
        names[count++] = item->string;
    }
    const char *const near = sled_suggest(key, names, count);
    free(names);

    if (near != NULL)
        return fail(pointer, err, "there is no \"%s\"; did you mean \"%s\"?", key, near);
    return fail(pointer, err, "there is no \"%s\"", key);
}

/* Index that part means in an array of count elements; appending allowed if may_append. */
static enum sled_status array_index(const char *pointer, const char *part, size_t count,
                                    bool may_append, size_t *out, struct sled_err *err)
{
    const int len = (int)strcspn(part, "/");

    if (may_append && sled_pointer_part_is(part, "-")) {
        *out = count;
        return SLED_OK;
    }
    if (!sled_pointer_part_index(part, out))
        return fail(pointer, err, "\"%.*s\" is not an index of an array", len, part);
    if (*out > count || (*out == count && !may_append))
        return fail(pointer, err, "there is no element %zu in an array of %zu", *out, count);
    return SLED_OK;
}

/* Follow all parts of pointer but the last; *part receives that. */
static enum sled_status find_parent(cJSON *root, const char *pointer, cJSON **parent,
                                    const char **part, struct sled_err *err)
{
    cJSON *at = root;
    const char *p = pointer + 1;

    for (const char *slash; (slash = strchr(p, '/')) != NULL; p = slash + 1) {
        cJSON *next = NULL;

        if (cJSON_IsArray(at)) {
            size_t index;

            SLED_TRY(array_index(pointer, p, (size_t)cJSON_GetArraySize(at), false, &index, err));
            next = cJSON_GetArrayItem(at, (int)index);
        } else if (cJSON_IsObject(at)) {
            cJSON *item;

            cJSON_ArrayForEach(item, at)
            {
                if (sled_pointer_part_is(p, item->string))
                    next = item;
            }
            if (next == NULL) {
                char *const key = decode_part(p);
                const enum sled_status status =
                    key == NULL ? sled_err_nomem(err) : fail_no_key(pointer, at, key, err);

                free(key);
                return status;
            }
        } else {
            break;
        }
        at = next;
    }
    if (!cJSON_IsArray(at) && !cJSON_IsObject(at))
        return fail(pointer, err, "\"%.*s\" is neither an object nor an array",
                    (int)(p - pointer) - 1, pointer);
    *parent = at;
    *part = p;
    return SLED_OK;
}

/* Make value, which this function takes over, the member of parent called key. */
static enum sled_status put_member(const char *pointer, cJSON *parent, const char *key,
                                   cJSON *value, struct sled_err *err)
{
    cJSON *const old = cJSON_GetObjectItemCaseSensitive(parent, key);

    if (cJSON_IsNull(value)) {
        cJSON_Delete(value);
        if (old == NULL)
            return fail_no_key(pointer, parent, key, err);
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, old));
        return SLED_OK;
    }
    if (old != NULL) {
        /* The key changes hands: cJSON would copy it and not check. A copy may bring one along, of
         * where it comes from. */
        cJSON_free(value->string);
        value->string = old->string;
        old->string = NULL;
        cJSON_ReplaceItemViaPointer(parent, old, value);
        return SLED_OK;
    }
    if (cJSON_AddItemToObject(parent, key, value))
        return SLED_OK;
    cJSON_Delete(value);
    return sled_err_nomem(err);
}

/* Make value, which this function takes over, an element of array; append at its end. */
static void put_element(cJSON *array, size_t index, cJSON *value)
{
    if (index < (size_t)cJSON_GetArraySize(array))
        cJSON_ReplaceItemInArray(array, (int)index, value);
    else
        cJSON_AddItemToArray(array, value);
}

static enum sled_status check_pointer(const char *pointer, struct sled_err *err)
{
    for (const char *p = strchr(pointer, '~'); p != NULL; p = strchr(p + 1, '~')) {
        if (p[1] != '0' && p[1] != '1')
            return fail(pointer, err, "'~' in a pointer is written ~0, and '/' in a key ~1");
    }
    return SLED_OK;
}

enum sled_status sled_doc_apply(cJSON *root, const char *pointer, cJSON *value, char **at,
                                struct sled_err *err)
{
    const char *part = NULL;
    cJSON *parent = NULL;
    size_t index = 0;
    enum sled_status status = check_pointer(pointer, err);

    if (status == SLED_OK)
        status = find_parent(root, pointer, &parent, &part, err);

    if (status == SLED_OK && cJSON_IsArray(parent))
        status = array_index(pointer, part, (size_t)cJSON_GetArraySize(parent), true, &index, err);
    if (status != SLED_OK) {
        cJSON_Delete(value);
        return status;
    }

    if (cJSON_IsObject(parent)) {
        char *const key = decode_part(part);

        *at = strdup(pointer);
        if (key == NULL) {
            cJSON_Delete(value);
            return sled_err_nomem(err);
        }
        status = put_member(pointer, parent, key, value, err);
        free(key);
        return status;
    }

    const size_t prefix = (size_t)(part - pointer);
    put_element(parent, index, value);
    *at = malloc(prefix + 24);
    if (*at != NULL)
        snprintf(*at, prefix + 24, "%.*s%zu", (int)prefix, pointer, index);
    return SLED_OK;
}

enum sled_status sled_doc_add_set(struct sled_doc *doc, const char *set, struct sled_err *err)
{
    const char *const equals = strchr(set, '=');

    if (set[0] != '/' || equals == NULL)
        return fail("", err, "\"%s\" is not of the form /pointer=value", set);

    const char *const text = equals + 1;
    char *const pointer = strndup(set, (size_t)(equals - set));
    char *at = NULL;
    cJSON *value = NULL;
    enum sled_status status =
        pointer == NULL ? sled_err_nomem(err) : parse_value(pointer, text, &value, err);
    if (status == SLED_OK)
        status = sled_doc_apply(doc->root, pointer, value, &at, err);
    free(pointer);
    if (status != SLED_OK) {
        free(at);
        return status;
    }
    return sled_doc_push(doc,
                         (struct sled_doc_layer){.name = strdup(SLED_DOC_SET),
                                                 .at = at,
                                                 .text = strdup(text),
                                                 .len = strlen(text),
                                                 .is_set = true},
                         err);
}
