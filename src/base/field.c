/* SPDX-License-Identifier: Apache-2.0 */
/* Reading JSON objects by table. What to say when it fails is in field_text.c. */
#include "base/field.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/field_text.h"

struct reader {
    struct sled_doc *doc;
    struct sled_arena *arena;
    struct sled_err *err;
    char pointer[sizeof((struct sled_err *)NULL)->pointer]; /* of the value being read */
};

static enum sled_status read_plain(struct reader *r, const struct sled_field *field, cJSON *node,
                                   void *out);
static enum sled_status read_object(struct reader *r, const struct sled_table *table, cJSON *node,
                                    void *out);

/* Largest number up to which a double holds every whole number. */
static const double MAX_COUNT = 9007199254740992.0;

static void start(struct reader *r, struct sled_doc *doc, const char *pointer,
                  struct sled_arena *arena, struct sled_err *err)
{
    *r = (struct reader){.doc = doc, .arena = arena, .err = err};
    assert(strlen(pointer) < sizeof r->pointer);
    memcpy(r->pointer, pointer, strlen(pointer) + 1);
}

/* Descend to a member; the return value goes to ascend. */
static size_t descend(struct reader *r, const char *key)
{
    const size_t len = strlen(r->pointer);

    sled_pointer_add(r->pointer, sizeof r->pointer, key);
    return len;
}

static size_t descend_index(struct reader *r, size_t index)
{
    const size_t len = strlen(r->pointer);

    sled_pointer_add_index(r->pointer, sizeof r->pointer, index);
    return len;
}

static void ascend(struct reader *r, size_t len)
{
    r->pointer[len] = '\0';
}

/* The value at r->pointer is not what its field takes. */
static enum sled_status fail_expected(struct reader *r, const struct sled_field *field,
                                      const cJSON *found)
{
    char expected[SLED_FIELD_TEXT], what[SLED_FIELD_TEXT];

    return sled_doc_fail(r->doc, r->pointer, r->err, SLED_E_INPUT, "expected %s, found %s",
                         sled_field_expected(field, expected, sizeof expected),
                         sled_field_found(found, what, sizeof what));
}

static bool in_range(const struct sled_field *field, double value)
{
    return value >= field->min && (field->max == 0.0 || value <= field->max);
}

static bool is_word(const cJSON *node, const char *word)
{
    return word != NULL && cJSON_IsString(node) && strcmp(node->valuestring, word) == 0;
}

static enum sled_status read_count(struct reader *r, const struct sled_field *field,
                                   const cJSON *node, void *out)
{
    uint64_t *const count = out;

    if (is_word(node, field->unlimited)) {
        *count = 0;
        return SLED_OK;
    }
    if (!cJSON_IsNumber(node) || node->valuedouble != floor(node->valuedouble) ||
        node->valuedouble < 0.0 || node->valuedouble > MAX_COUNT ||
        !in_range(field, node->valuedouble))
        return fail_expected(r, field, node);
    *count = (uint64_t)node->valuedouble;
    return SLED_OK;
}

static enum sled_status read_ratio(struct reader *r, const struct sled_field *field,
                                   const cJSON *node, void *out)
{
    if (!cJSON_IsNumber(node) || !in_range(field, node->valuedouble))
        return fail_expected(r, field, node);
    *(double *)out = node->valuedouble;
    return SLED_OK;
}

static enum sled_status read_quantity(struct reader *r, const struct sled_field *field,
                                      const cJSON *node, void *out)
{
    double value;

    assert(field->dim != SLED_DIM_RATIO);
    if (is_word(node, field->unlimited)) {
        *(double *)out = INFINITY;
        return SLED_OK;
    }
    if (!cJSON_IsString(node))
        return fail_expected(r, field, node);
    if (sled_units_parse(node->valuestring, field->dim, &value, r->err) != SLED_OK) {
        sled_doc_locate(r->doc, r->pointer, r->err);
        return r->err->code;
    }
    if (!in_range(field, value))
        return fail_expected(r, field, node);
    *(double *)out = value;
    return SLED_OK;
}

static enum sled_status read_choice(struct reader *r, const struct sled_field *field,
                                    const cJSON *node, void *out)
{
    char known[SLED_FIELD_TEXT];

    if (!cJSON_IsString(node))
        return fail_expected(r, field, node);
    for (int i = 0; field->choices[i] != NULL; i++) {
        if (strcmp(node->valuestring, field->choices[i]) == 0) {
            *(int *)out = i;
            return SLED_OK;
        }
    }
    return sled_doc_fail(r->doc, r->pointer, r->err, SLED_E_INPUT, "unknown value \"%s\"%s",
                         node->valuestring,
                         sled_field_choices(field, node->valuestring, known, sizeof known));
}

static enum sled_status read_string(struct reader *r, const struct sled_field *field,
                                    const cJSON *node, void *out)
{
    if (!cJSON_IsString(node))
        return fail_expected(r, field, node);

    const char *const copy =
        sled_arena_strndup(r->arena, node->valuestring, strlen(node->valuestring));
    if (copy == NULL)
        return sled_err_nomem(r->err);
    *(const char **)out = copy;
    return SLED_OK;
}

static enum sled_status read_path(struct reader *r, const struct sled_field *field,
                                  const cJSON *node, void *out)
{
    if (!cJSON_IsString(node) || node->valuestring[0] == '\0')
        return fail_expected(r, field, node);

    char *const path = sled_path_beside(sled_doc_origin(r->doc, r->pointer), node->valuestring);
    const char *const copy = path != NULL ? sled_arena_strndup(r->arena, path, strlen(path)) : NULL;
    free(path);
    if (copy == NULL)
        return sled_err_nomem(r->err);
    *(const char **)out = copy;
    return SLED_OK;
}

/* What the items of an array type are. */
static enum sled_field_type item_type(enum sled_field_type type)
{
    switch (type) {
    case SLED_FIELD_ARRAY:
        return SLED_FIELD_OBJECT;
    case SLED_FIELD_COUNTS:
        return SLED_FIELD_COUNT;
    case SLED_FIELD_RATIOS:
        return SLED_FIELD_RATIO;
    default:
        return SLED_FIELD_STRING;
    }
}

static size_t item_size(const struct sled_field *item)
{
    switch (item->type) {
    case SLED_FIELD_OBJECT:
        return item->sub->size;
    case SLED_FIELD_COUNT:
        return sizeof(uint64_t);
    case SLED_FIELD_RATIO:
        return sizeof(double);
    default:
        return sizeof(const char *);
    }
}

static enum sled_status read_array(struct reader *r, const struct sled_field *field, cJSON *node,
                                   void *out)
{
    if (!cJSON_IsArray(node))
        return fail_expected(r, field, node);

    struct sled_field item_field = *field;
    item_field.type = item_type(field->type);
    const size_t size = item_size(&item_field);
    struct sled_array array = {.count = (size_t)cJSON_GetArraySize(node)};
    if (size == 0 || array.count <= SIZE_MAX / size)
        array.items = sled_arena_alloc(r->arena, array.count * size);
    if (array.items == NULL)
        return sled_err_nomem(r->err);

    cJSON *item = node->child;
    for (size_t i = 0; i < array.count; i++, item = item->next) {
        const size_t len = descend_index(r, i);

        SLED_TRY(read_plain(r, &item_field, item, (char *)array.items + i * size));
        ascend(r, len);
    }
    *(struct sled_array *)out = array;
    return SLED_OK;
}

static enum sled_status read_plain(struct reader *r, const struct sled_field *field, cJSON *node,
                                   void *out)
{
    switch (field->type) {
    case SLED_FIELD_STRING:
        return read_string(r, field, node, out);
    case SLED_FIELD_PATH:
        return read_path(r, field, node, out);
    case SLED_FIELD_BOOL:
        if (!cJSON_IsBool(node))
            return fail_expected(r, field, node);
        *(bool *)out = cJSON_IsTrue(node);
        return SLED_OK;
    case SLED_FIELD_COUNT:
        return read_count(r, field, node, out);
    case SLED_FIELD_RATIO:
        return read_ratio(r, field, node, out);
    case SLED_FIELD_QUANTITY:
        return read_quantity(r, field, node, out);
    case SLED_FIELD_CHOICE:
        return read_choice(r, field, node, out);
    case SLED_FIELD_OBJECT:
        return read_object(r, field->sub, node, out);
    case SLED_FIELD_ARRAY:
    case SLED_FIELD_COUNTS:
    case SLED_FIELD_RATIOS:
    case SLED_FIELD_STRINGS:
        return read_array(r, field, node, out);
    case SLED_FIELD_ANY:
        *(cJSON **)out = node;
        return SLED_OK;
    }
    return sled_err_set(r->err, SLED_E_BUG, "field \"%s\" has no type", field->key);
}

/* "source", "comment" and "x-...": allowed in every object. */
static bool is_remark(const char *key)
{
    return strcmp(key, "source") == 0 || strcmp(key, "comment") == 0 || strncmp(key, "x-", 2) == 0;
}

static enum sled_status check_remark(struct reader *r, const cJSON *remark)
{
    const size_t len = descend(r, remark->string);

    if (strcmp(remark->string, "source") == 0 &&
        (!cJSON_IsString(remark) || remark->valuestring[0] == '\0')) {
        char found[SLED_FIELD_TEXT];

        return sled_doc_fail(r->doc, r->pointer, r->err, SLED_E_INPUT,
                             "expected a string that says where numbers come from, found %s",
                             sled_field_found(remark, found, sizeof found));
    }
    ascend(r, len);
    return SLED_OK;
}

/* A number of the hardware with its source: {"value": ..., "source": "..."}. */
static bool is_wrapper(const struct sled_field *field, const cJSON *node)
{
    return field->hardware && field->type != SLED_FIELD_OBJECT && field->type != SLED_FIELD_ARRAY &&
           field->type != SLED_FIELD_ANY && cJSON_IsObject(node);
}

static enum sled_status read_value(struct reader *r, const struct sled_field *field, cJSON *node,
                                   void *out)
{
    cJSON *item;

    if (!is_wrapper(field, node))
        return read_plain(r, field, node, out);
    cJSON_ArrayForEach(item, node)
    {
        if (is_remark(item->string)) {
            SLED_TRY(check_remark(r, item));
        } else if (strcmp(item->string, "value") != 0) {
            descend(r, item->string);
            return sled_doc_fail_key(r->doc, r->pointer, r->err, SLED_E_INPUT,
                                     "unknown key beside \"%s\"; known: value, source, comment",
                                     field->key);
        }
    }

    cJSON *const value = cJSON_GetObjectItemCaseSensitive(node, "value");
    if (value == NULL)
        return sled_doc_fail(r->doc, r->pointer, r->err, SLED_E_INPUT,
                             "missing key \"value\" in \"%s\"", field->key);
    const size_t len = descend(r, "value");
    SLED_TRY(read_plain(r, field, value, out));
    ascend(r, len);
    return SLED_OK;
}

static const struct sled_field *find_field(const struct sled_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->fields[i].key, key) == 0)
            return &table->fields[i];
    }
    return NULL;
}

static enum sled_status check_keys(struct reader *r, const struct sled_table *table,
                                   const cJSON *node)
{
    const cJSON *item;
    char known[SLED_FIELD_TEXT];

    cJSON_ArrayForEach(item, node)
    {
        if (find_field(table, item->string) != NULL)
            continue;
        if (is_remark(item->string)) {
            SLED_TRY(check_remark(r, item));
            continue;
        }
        descend(r, item->string);
        return sled_doc_fail_key(r->doc, r->pointer, r->err, SLED_E_INPUT, "unknown key%s",
                                 sled_field_keys(table, item->string, known, sizeof known));
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct sled_field *const field = &table->fields[i];

        if (field->dflt == NULL && !field->optional &&
            cJSON_GetObjectItemCaseSensitive(node, field->key) == NULL)
            return sled_doc_fail(r->doc, r->pointer, r->err, SLED_E_INPUT,
                                 "missing key \"%s\" in \"%s\"%s%s", field->key, table->name,
                                 field->doc != NULL ? ": " : "",
                                 field->doc != NULL ? field->doc : "");
    }
    return SLED_OK;
}

/* Put the default of a field into the document, so that it shows what was in force. */
static cJSON *add_default(cJSON *node, const struct sled_field *field)
{
    cJSON *const value = cJSON_Parse(field->dflt);

    if (value == NULL || !cJSON_AddItemToObject(node, field->key, value)) {
        cJSON_Delete(value);
        return NULL;
    }
    return value;
}

static enum sled_status read_object(struct reader *r, const struct sled_table *table, cJSON *node,
                                    void *out)
{
    if (!cJSON_IsObject(node)) {
        const struct sled_field object = {.type = SLED_FIELD_OBJECT, .sub = table};

        return fail_expected(r, &object, node);
    }
    SLED_TRY(check_keys(r, table, node));
    memset(out, 0, table->size);
    for (size_t i = 0; i < table->count; i++) {
        const struct sled_field *const field = &table->fields[i];
        cJSON *value = cJSON_GetObjectItemCaseSensitive(node, field->key);

        assert(field->present_offset == 0 || (field->optional && field->dflt == NULL));
        if (value == NULL && field->dflt == NULL)
            continue;
        if (value == NULL && (value = add_default(node, field)) == NULL)
            return sled_err_nomem(r->err);
        if (field->present_offset != 0)
            *(bool *)((char *)out + field->present_offset) = true;

        const size_t len = descend(r, field->key);
        SLED_TRY(read_value(r, field, value, (char *)out + field->offset));
        ascend(r, len);
    }
    return SLED_OK;
}

enum sled_status sled_field_read(const struct sled_table *table, struct sled_doc *doc,
                                 const char *pointer, struct sled_arena *arena, void *out,
                                 struct sled_err *err)
{
    cJSON *const node = sled_pointer_get(sled_doc_root(doc), pointer);
    struct reader r;

    start(&r, doc, pointer, arena, err);
    if (node == NULL)
        return sled_doc_fail(doc, pointer, err, SLED_E_INPUT, "missing object \"%s\"", table->name);
    return read_object(&r, table, node, out);
}

static bool has_source(const cJSON *object)
{
    return cJSON_IsString(cJSON_GetObjectItemCaseSensitive(object, "source"));
}

/* covered: an enclosing object has a source. */
static enum sled_status check_sources(struct reader *r, const struct sled_table *table,
                                      const cJSON *node, bool covered)
{
    covered = covered || has_source(node);
    for (size_t i = 0; i < table->count; i++) {
        const struct sled_field *const field = &table->fields[i];
        const cJSON *const value = cJSON_GetObjectItemCaseSensitive(node, field->key);
        const size_t len = descend(r, field->key);

        if (value != NULL && field->type == SLED_FIELD_OBJECT) {
            SLED_TRY(check_sources(r, field->sub, value, covered));
        } else if (value != NULL && field->type == SLED_FIELD_ARRAY) {
            const cJSON *item;
            size_t index = 0;

            cJSON_ArrayForEach(item, value)
            {
                const size_t item_len = descend_index(r, index++);

                SLED_TRY(check_sources(r, field->sub, item, covered));
                ascend(r, item_len);
            }
        } else if (value != NULL && field->hardware && !covered && !has_source(value)) {
            return sled_doc_fail(r->doc, r->pointer, r->err, SLED_E_INPUT,
                                 "no source; write {\"value\": ..., \"source\": \"...\"}, or "
                                 "give the object a \"source\"");
        }
        ascend(r, len);
    }
    return SLED_OK;
}

enum sled_status sled_field_check_sources(const struct sled_table *table, struct sled_doc *doc,
                                          const char *pointer, struct sled_err *err)
{
    const cJSON *const node = sled_pointer_get(sled_doc_root(doc), pointer);
    struct reader r;

    start(&r, doc, pointer, NULL, err);
    return check_sources(&r, table, node, false);
}
