/* SPDX-License-Identifier: Apache-2.0 */
/* Searching the trees of field tables. All of their keys are listed first: there are some
 * hundreds, and the list also serves to suggest. */
#include "cli/field_find.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/suggest.h"
#include "base/vec.h"

static enum sled_status add_found(struct sled_found_fields *list, const char *path,
                                  const struct sled_field *field, struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&list->items, &list->capacity, list->count + 1, err));

    struct sled_found_field *item = &list->items[list->count++];
    snprintf(item->path, sizeof item->path, "%s", path);
    item->field = field;
    return SLED_OK;
}

/* Append all keys of the table, whose path is given, and those of the tables below it. */
static enum sled_status list_table(struct sled_found_fields *list, const char *path,
                                   const struct sled_table *table, struct sled_err *err)
{
    char below[256];

    for (size_t i = 0; i < table->count; i++) {
        const struct sled_field *field = &table->fields[i];

        snprintf(below, sizeof below, "%s/%s", path, field->key);
        SLED_TRY(add_found(list, below, field, err));
        if (field->sub != NULL)
            SLED_TRY(list_table(list, below, field->sub, err));
    }
    return SLED_OK;
}

static bool is_item(const char *part, size_t len)
{
    return strspn(part, "0123456789") == len || (len == 1 && (part[0] == '*' || part[0] == '-'));
}

/* Refuse a part that is neither a key nor the name of a table. */
static enum sled_status check_part(const char *part, const char *const *words, size_t nwords,
                                   struct sled_err *err)
{
    for (size_t i = 0; i < nwords; i++) {
        if (strcmp(words[i], part) == 0)
            return SLED_OK;
    }

    const char *near = sled_suggest(part, words, nwords);
    return sled_err_set(err, SLED_E_USAGE, "explain: no key \"%s\" in any kind of file%s%s%s", part,
                        near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

/* Copy pointer to out as a path: without the first slash and the items of arrays. */
static enum sled_status to_path(const char *pointer, const char *const *words, size_t nwords,
                                struct sled_str *out, struct sled_err *err)
{
    while (*pointer == '/') {
        const char *part = pointer + 1;
        const size_t len = strcspn(part, "/");

        pointer = part + len;
        if (is_item(part, len))
            continue;
        if (out->len > 0)
            sled_str_add(out, "/");

        const size_t begin = out->len;
        sled_str_addn(out, part, len);
        SLED_TRY(sled_str_status(out, err));
        SLED_TRY(check_part(sled_str_text(out) + begin, words, nwords, err));
    }
    if (out->len == 0)
        return sled_err_set(err, SLED_E_USAGE, "explain: the pointer names no key");
    return SLED_OK;
}

static bool ends_with(const char *path, const char *end)
{
    const size_t len = strlen(path);
    const size_t end_len = strlen(end);

    if (end_len > len || strcmp(path + len - end_len, end) != 0)
        return false;
    return end_len == len || path[len - end_len - 1] == '/';
}

static bool has_field(const struct sled_found_fields *list, const struct sled_field *field)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].field == field)
            return true;
    }
    return false;
}

/* Take from all the keys that end with path, or with as much of its end as any does. */
static enum sled_status take_matches(struct sled_found_fields *out,
                                     const struct sled_found_fields *all, const char *path,
                                     struct sled_err *err)
{
    for (;;) {
        for (size_t i = 0; i < all->count; i++) {
            const struct sled_found_field *item = &all->items[i];

            /* Several ways may lead to one table; its keys are told once. */
            if (ends_with(item->path, path) && !has_field(out, item->field))
                SLED_TRY(add_found(out, item->path, item->field, err));
        }

        const char *slash = strchr(path, '/');
        if (out->count > 0 || slash == NULL)
            break;
        path = slash + 1;
    }
    if (out->count == 0)
        return sled_err_set(err, SLED_E_USAGE,
                            "explain: \"%s\" is an object by itself; see \"sledsim explain %s\"",
                            path, path);
    return SLED_OK;
}

static enum sled_status find(struct sled_found_fields *out, const struct sled_found_fields *all,
                             const struct sled_table *const *tables, size_t ntables,
                             const char *pointer, struct sled_err *err)
{
    const char **words;
    struct sled_str path = SLED_STR_INIT;

    SLED_TRY(sled_vec_alloc(&words, all->count + ntables, err));
    for (size_t i = 0; i < all->count; i++)
        words[i] = all->items[i].field->key;
    for (size_t i = 0; i < ntables; i++)
        words[all->count + i] = tables[i]->name;

    enum sled_status st = to_path(pointer, words, all->count + ntables, &path, err);
    if (st == SLED_OK)
        st = take_matches(out, all, sled_str_text(&path), err);
    sled_str_finish(&path);
    free(words);
    return st;
}

enum sled_status sled_found_fields_init(struct sled_found_fields *out,
                                        const struct sled_table *const *tables, size_t ntables,
                                        const char *pointer, struct sled_err *err)
{
    struct sled_found_fields all = {.items = NULL};
    enum sled_status st = SLED_OK;

    *out = (struct sled_found_fields){.items = NULL};
    for (size_t i = 0; st == SLED_OK && i < ntables; i++)
        st = list_table(&all, tables[i]->name, tables[i], err);
    if (st == SLED_OK)
        st = find(out, &all, tables, ntables, pointer, err);
    sled_found_fields_finish(&all);
    return st;
}

void sled_found_fields_finish(struct sled_found_fields *found)
{
    free(found->items);
    *found = (struct sled_found_fields){.items = NULL};
}
