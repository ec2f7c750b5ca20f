/* SPDX-License-Identifier: Apache-2.0 */
/* Axes and which of them move together. */
#include "sweep/axes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

enum { POINTER_SIZE = 256 };

size_t sled_sweep_axes_find(const struct sled_sweep_axes *axes, const char *pointer)
{
    for (size_t i = 0; i < axes->count; i++)
        if (strcmp(axes->axis[i].pointer, pointer) == 0)
            return i;
    return SIZE_MAX;
}

enum sled_status sled_sweep_axes_refuse(const struct sled_sweep_axes *axes,
                                        const struct sled_doc *doc, const char *at, const char *key,
                                        struct sled_err *err)
{
    const char *names[SLED_SWEEP_MAX_AXES];

    for (size_t i = 0; i < axes->count; i++)
        names[i] = axes->axis[i].pointer;
    const char *near = sled_suggest(key, names, axes->count);
    return sled_doc_fail_key(doc, at, err, SLED_E_INPUT, "no axis \"%s\"%s%s%s", key,
                             near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                             near == NULL ? "" : "\"?");
}

static const char *keep(struct sled_arena *arena, const char *text)
{
    return sled_arena_strndup(arena, text, strlen(text));
}

/* The values listed in, or made by, node, which is at pointer `at`. */
static enum sled_status read_values(const struct sled_doc *doc, const char *at, const cJSON *node,
                                    struct sled_arena *arena, struct sled_sweep_axes *axes,
                                    struct sled_sweep_axis *axis, struct sled_err *err)
{
    const cJSON *list = node, *item;
    const bool range = cJSON_IsObject(node);

    if (range) {
        cJSON *made = cJSON_CreateArray();

        if (axes->made == NULL)
            axes->made = cJSON_CreateArray();
        if (!cJSON_AddItemToArray(axes->made, made)) {
            cJSON_Delete(made);
            return sled_err_nomem(err);
        }
        SLED_TRY(sled_sweep_range(doc, at, node, made, err));
        list = made;
    } else if (!cJSON_IsArray(node) || node->child == NULL) {
        return sled_doc_fail(doc, at, err, SLED_E_INPUT,
                             "expected an array of values, or a range {\"from\", \"to\", "
                             "\"factor\" or \"step\"}");
    }

    axis->nvalues = (size_t)cJSON_GetArraySize(list);
    if (axis->nvalues > SLED_SWEEP_MAX_VALUES)
        return sled_doc_fail(doc, at, err, SLED_E_INPUT, "more than %d values",
                             SLED_SWEEP_MAX_VALUES);
    axis->value = sled_arena_alloc(arena, axis->nvalues * sizeof *axis->value);
    if (axis->value == NULL)
        return sled_err_nomem(err);
    size_t i = 0;
    cJSON_ArrayForEach(item, list)
    {
        char source[POINTER_SIZE];

        snprintf(source, sizeof source, "%s", at);
        if (!range)
            sled_pointer_add_index(source, sizeof source, i);
        axis->value[i].value = item;
        axis->value[i].source = keep(arena, source);
        if (axis->value[i++].source == NULL)
            return sled_err_nomem(err);
    }
    return SLED_OK;
}

/* A value twice would be a point twice. */
static enum sled_status check_distinct(const struct sled_doc *doc,
                                       const struct sled_sweep_axis *axis, struct sled_err *err)
{
    enum { FEW = 1000 }; /* a longer list is made by a program; its points are compared anyway */

    for (size_t i = 0; i < axis->nvalues && axis->nvalues <= FEW; i++)
        for (size_t j = 0; j < i; j++)
            if (cJSON_Compare(axis->value[i].value, axis->value[j].value, true))
                return sled_doc_fail(doc, axis->value[i].source, err, SLED_E_INPUT,
                                     "the value is listed twice");
    return SLED_OK;
}

static enum sled_status read_axes(const struct sled_doc *doc, const cJSON *node,
                                  struct sled_arena *arena, struct sled_sweep_axes *out,
                                  struct sled_err *err)
{
    const cJSON *item;

    if (!cJSON_IsObject(node))
        return sled_doc_fail(doc, "/axes", err, SLED_E_INPUT,
                             "expected an object: pointers and the values they take");
    const size_t count = (size_t)cJSON_GetArraySize(node);
    if (count > SLED_SWEEP_MAX_AXES)
        return sled_doc_fail(doc, "/axes", err, SLED_E_INPUT, "more than %d axes",
                             SLED_SWEEP_MAX_AXES);
    out->axis = sled_arena_alloc(arena, count * sizeof *out->axis);
    if (out->axis == NULL)
        return sled_err_nomem(err);
    cJSON_ArrayForEach(item, node)
    {
        struct sled_sweep_axis *axis = &out->axis[out->count];
        char at[POINTER_SIZE] = "/axes";

        if (strncmp(item->string, "x-", 2) == 0 || strcmp(item->string, "comment") == 0)
            continue;
        sled_pointer_add(at, sizeof at, item->string);
        if (item->string[0] != '/')
            return sled_doc_fail_key(doc, at, err, SLED_E_INPUT,
                                     "expected a pointer into the base, as \"/size\"");
        axis->pointer = keep(arena, item->string);
        if (axis->pointer == NULL)
            return sled_err_nomem(err);
        SLED_TRY(read_values(doc, at, item, arena, out, axis, err));
        axis->group = SIZE_MAX;
        out->count++;
    }
    return SLED_OK;
}

/* Make the axes that node, at pointer `at`, lists a group; it stands where its first axis does. */
static enum sled_status read_zip(const struct sled_doc *doc, const char *at, const cJSON *node,
                                 size_t group, struct sled_sweep_axes *out, struct sled_err *err)
{
    const cJSON *item;
    const struct sled_sweep_axis *first = NULL;
    size_t i = 0;

    if (cJSON_GetArraySize(node) < 2 || !cJSON_IsArray(node))
        return sled_doc_fail(doc, at, err, SLED_E_INPUT,
                             "expected an array of at least two axes that move together");
    cJSON_ArrayForEach(item, node)
    {
        char place[POINTER_SIZE];

        snprintf(place, sizeof place, "%s", at);
        sled_pointer_add_index(place, sizeof place, i++);
        if (!cJSON_IsString(item))
            return sled_doc_fail(doc, place, err, SLED_E_INPUT, "expected the pointer of an axis");
        const size_t a = sled_sweep_axes_find(out, item->valuestring);
        if (a == SIZE_MAX)
            return sled_sweep_axes_refuse(out, doc, place, item->valuestring, err);
        if (out->axis[a].group != SIZE_MAX)
            return sled_doc_fail(doc, place, err, SLED_E_INPUT, "the axis is zipped already");
        if (first != NULL && out->axis[a].nvalues != first->nvalues)
            return sled_doc_fail(doc, place, err, SLED_E_INPUT,
                                 "axes that move together have as many values: \"%s\" has %zu, "
                                 "\"%s\" %zu",
                                 first->pointer, first->nvalues, out->axis[a].pointer,
                                 out->axis[a].nvalues);
        out->axis[a].group = group;
        if (first == NULL)
            first = &out->axis[a];
    }
    return SLED_OK;
}

/* Number the groups by their first axis; an axis that is not zipped is its own. */
static enum sled_status number_groups(struct sled_arena *arena, struct sled_sweep_axes *out,
                                      struct sled_err *err)
{
    size_t number[2 * SLED_SWEEP_MAX_AXES];

    out->group_size = sled_arena_alloc(arena, out->count * sizeof *out->group_size);
    if (out->group_size == NULL)
        return sled_err_nomem(err);
    for (size_t i = 0; i < sizeof number / sizeof number[0]; i++)
        number[i] = SIZE_MAX;
    for (size_t a = 0; a < out->count; a++) {
        struct sled_sweep_axis *axis = &out->axis[a];
        const size_t mark = axis->group != SIZE_MAX ? axis->group : SLED_SWEEP_MAX_AXES + a;

        assert(mark < sizeof number / sizeof number[0]);
        if (number[mark] == SIZE_MAX) {
            out->group_size[out->ngroups] = axis->nvalues;
            number[mark] = out->ngroups++;
        }
        axis->group = number[mark];
    }
    return SLED_OK;
}

static bool is_zipped(const struct sled_sweep_axes *axes, size_t axis)
{
    for (size_t a = 0; a < axes->count; a++)
        if (a != axis && axes->axis[a].group == axes->axis[axis].group)
            return true;
    return false;
}

enum sled_status sled_sweep_axes_read(const struct sled_doc *doc, cJSON *root,
                                      struct sled_arena *arena, struct sled_sweep_axes *out,
                                      struct sled_err *err)
{
    const cJSON *axes = cJSON_GetObjectItemCaseSensitive(root, "axes");
    const cJSON *zip = cJSON_GetObjectItemCaseSensitive(root, "zip"), *item;
    size_t i = 0;

    *out = (struct sled_sweep_axes){.axis = NULL};
    if (axes != NULL)
        SLED_TRY(read_axes(doc, axes, arena, out, err));
    if (zip != NULL && !cJSON_IsArray(zip))
        return sled_doc_fail(doc, "/zip", err, SLED_E_INPUT,
                             "expected an array of arrays of axes that move together");
    cJSON_ArrayForEach(item, zip)
    {
        char at[POINTER_SIZE];

        snprintf(at, sizeof at, "/zip/%zu", i);
        SLED_TRY(read_zip(doc, at, item, i++, out, err));
    }
    SLED_TRY(number_groups(arena, out, err));
    for (size_t a = 0; a < out->count; a++)
        if (!is_zipped(out, a))
            SLED_TRY(check_distinct(doc, &out->axis[a], err));
    return SLED_OK;
}

void sled_sweep_axes_finish(struct sled_sweep_axes *axes)
{
    cJSON_Delete(axes->made);
    axes->made = NULL;
}
