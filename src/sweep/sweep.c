/* SPDX-License-Identifier: Apache-2.0 */
/* From a sweep file to its points. */
#include "sweep/sweep.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"
#include "sweep/axes.h"

enum { POINTER_SIZE = 256 };

/* One point: a value of each group of axes, or what an entry of "include" sets. */
struct point {
    size_t choice;        /* first of ngroups numbers in sweep->choice; unused if included */
    const cJSON *include; /* NULL for a point of the product */
    size_t entry;         /* of "include" */
};

struct sled_sweep {
    struct sled_arena arena;
    struct sled_doc *doc, *base;
    const char *name;
    const char *const *references;
    struct sled_sweep_axes axes;
    const char **column; /* [ncolumns], heap */
    size_t ncolumns, column_capacity;
    uint32_t *choice; /* heap */
    size_t nchoices, choice_capacity;
    struct point *point; /* [npoints], heap */
    size_t npoints, point_capacity;
};

struct sweep_file {
    uint64_t schema_version;
    const char *kind, *name, *description;
    cJSON *base, *axes, *zip, *exclude, *include;
};

#define AT(member) .offset = offsetof(struct sweep_file, member)

static const struct sled_field fields[] = {
    {.key = "schema_version",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = 1,
     AT(schema_version),
     .doc = "version of the file layout"},
    {.key = "kind", .type = SLED_FIELD_STRING, AT(kind), .doc = "\"sweep\""},
    {.key = "name", .type = SLED_FIELD_STRING, AT(name), .doc = "what results call the sweep"},
    {.key = "description",
     .type = SLED_FIELD_STRING,
     .optional = true,
     AT(description),
     .doc = "one line for people"},
    {.key = "base",
     .type = SLED_FIELD_ANY,
     AT(base),
     .doc = "the request that all points share: \"command\" bench or run, and its options"},
    {.key = "axes",
     .type = SLED_FIELD_ANY,
     .optional = true,
     AT(axes),
     .doc = "pointers into the base, and the values that each takes: a list or a range"},
    {.key = "zip",
     .type = SLED_FIELD_ANY,
     .optional = true,
     AT(zip),
     .doc = "lists of axes that move together instead of being multiplied"},
    {.key = "exclude",
     .type = SLED_FIELD_ANY,
     .optional = true,
     AT(exclude),
     .doc = "settings of axes, each a value or several; points that have them all are left out"},
    {.key = "include",
     .type = SLED_FIELD_ANY,
     .optional = true,
     AT(include),
     .doc = "points more, each the base with some settings"},
};
const struct sled_table sled_sweep_table =
    SLED_TABLE("sweep", struct sweep_file, fields, "a sweep file");

/* The pointer of entry i of an array, and of a key in it. */
static void entry_pointer(char *buf, size_t size, const char *array, size_t i, const char *key)
{
    snprintf(buf, size, "%s", array);
    sled_pointer_add_index(buf, size, i);
    if (key != NULL)
        sled_pointer_add(buf, size, key);
}

static enum sled_status check_entries(const struct sled_doc *doc, const cJSON *list,
                                      const char *array, struct sled_err *err)
{
    const cJSON *item;
    size_t i = 0;

    if (list == NULL)
        return SLED_OK;
    if (!cJSON_IsArray(list))
        return sled_doc_fail(doc, array, err, SLED_E_INPUT,
                             "expected an array of objects: pointers and values");
    cJSON_ArrayForEach(item, list)
    {
        char at[POINTER_SIZE];

        entry_pointer(at, sizeof at, array, i++, NULL);
        if (!cJSON_IsObject(item) || item->child == NULL)
            return sled_doc_fail(doc, at, err, SLED_E_INPUT,
                                 "expected an object: pointers and values");
    }
    return SLED_OK;
}

static const cJSON *chosen(const struct sled_sweep *sweep, const struct point *point, size_t axis)
{
    const struct sled_sweep_axis *a = &sweep->axes.axis[axis];

    return a->value[sweep->choice[point->choice + a->group]].value;
}

/* Is value what an exclusion wants of an axis: the very value, or one of several? */
static bool is_wanted(const cJSON *value, const cJSON *wanted)
{
    const cJSON *item;

    if (cJSON_Compare(value, wanted, true))
        return true;
    if (cJSON_IsArray(wanted))
        cJSON_ArrayForEach(item, wanted)
        {
            if (cJSON_Compare(value, item, true))
                return true;
        }
    return false;
}

/* An exclusion with its axes found. */
struct exclusion {
    const cJSON *wanted[SLED_SWEEP_MAX_AXES]; /* NULL: any value of the axis */
    bool used;
};

static enum sled_status read_exclusions(const struct sled_sweep *sweep, const cJSON *list,
                                        struct exclusion **out, size_t *count, struct sled_err *err)
{
    const cJSON *item, *key;

    *count = (size_t)cJSON_GetArraySize(list);
    SLED_TRY(sled_vec_alloc(out, *count, err));
    struct exclusion *exclusion = *out;
    size_t i = 0;
    cJSON_ArrayForEach(item, list)
    {
        cJSON_ArrayForEach(key, item)
        {
            const size_t axis = sled_sweep_axes_find(&sweep->axes, key->string);

            if (axis == SIZE_MAX) {
                char at[POINTER_SIZE];

                entry_pointer(at, sizeof at, "/exclude", i, key->string);
                return sled_sweep_axes_refuse(&sweep->axes, sweep->doc, at, key->string, err);
            }
            exclusion[i].wanted[axis] = key;
        }
        i++;
    }
    return SLED_OK;
}

static bool is_excluded(const struct sled_sweep *sweep, const struct point *point,
                        struct exclusion *exclusion, size_t count)
{
    bool excluded = false;

    for (size_t e = 0; e < count; e++) {
        bool all = true;

        for (size_t a = 0; a < sweep->axes.count && all; a++)
            all = exclusion[e].wanted[a] == NULL ||
                  is_wanted(chosen(sweep, point, a), exclusion[e].wanted[a]);
        exclusion[e].used = exclusion[e].used || all;
        excluded = excluded || all;
    }
    return excluded;
}

static enum sled_status add_point(struct sled_sweep *sweep, const struct point *point,
                                  struct sled_err *err)
{
    if (sweep->npoints >= SLED_SWEEP_MAX_POINTS)
        return sled_doc_fail(sweep->doc, "/axes", err, SLED_E_INPUT, "more than %d points",
                             SLED_SWEEP_MAX_POINTS);
    SLED_TRY(sled_vec_reserve(&sweep->point, &sweep->point_capacity, sweep->npoints + 1, err));
    sweep->point[sweep->npoints++] = *point;
    return SLED_OK;
}

/* The next combination, the last group fastest; false after the last one. */
static bool advance(const struct sled_sweep_axes *axes, uint32_t *at)
{
    for (size_t g = axes->ngroups; g-- > 0;) {
        if (++at[g] < axes->group_size[g])
            return true;
        at[g] = 0;
    }
    return false;
}

static enum sled_status add_product(struct sled_sweep *sweep, struct exclusion *exclusion,
                                    size_t nexclusions, struct sled_err *err)
{
    const size_t n = sweep->axes.ngroups;
    uint32_t at[SLED_SWEEP_MAX_AXES] = {0};

    do {
        const struct point point = {.choice = sweep->nchoices};

        /* One more, so that there is an array without axes as well. */
        SLED_TRY(sled_vec_reserve(&sweep->choice, &sweep->choice_capacity, sweep->nchoices + n + 1,
                                  err));
        memcpy(sweep->choice + sweep->nchoices, at, n * sizeof *at);
        if (is_excluded(sweep, &point, exclusion, nexclusions))
            continue;
        sweep->nchoices += n;
        SLED_TRY(add_point(sweep, &point, err));
    } while (advance(&sweep->axes, at));

    for (size_t e = 0; e < nexclusions; e++) {
        char place[POINTER_SIZE];

        if (exclusion[e].used)
            continue;
        entry_pointer(place, sizeof place, "/exclude", e, NULL);
        return sled_doc_fail(sweep->doc, place, err, SLED_E_INPUT, "no point has these values");
    }
    return SLED_OK;
}

static enum sled_status expand_axes(struct sled_sweep *sweep, const cJSON *exclude,
                                    struct sled_err *err)
{
    struct exclusion *exclusion = NULL;
    size_t count = 0;

    enum sled_status st = check_entries(sweep->doc, exclude, "/exclude", err);
    if (st == SLED_OK)
        st = read_exclusions(sweep, exclude, &exclusion, &count, err);
    if (st == SLED_OK)
        st = add_product(sweep, exclusion, count, err);
    free(exclusion);
    return st;
}

static enum sled_status add_column(struct sled_sweep *sweep, const char *pointer,
                                   struct sled_err *err)
{
    for (size_t c = 0; c < sweep->ncolumns; c++)
        if (strcmp(sweep->column[c], pointer) == 0)
            return SLED_OK;
    SLED_TRY(sled_vec_reserve(&sweep->column, &sweep->column_capacity, sweep->ncolumns + 1, err));
    sweep->column[sweep->ncolumns++] = pointer;
    return SLED_OK;
}

static enum sled_status add_included(struct sled_sweep *sweep, const cJSON *include,
                                     struct sled_err *err)
{
    const cJSON *item, *key;
    size_t i = 0;

    SLED_TRY(check_entries(sweep->doc, include, "/include", err));
    cJSON_ArrayForEach(item, include)
    {
        const struct point point = {.include = item, .entry = i};

        cJSON_ArrayForEach(key, item)
        {
            char at[POINTER_SIZE];

            entry_pointer(at, sizeof at, "/include", i, key->string);
            if (key->string[0] != '/')
                return sled_doc_fail_key(sweep->doc, at, err, SLED_E_INPUT,
                                         "expected a pointer into the base, as \"/size\"");
            SLED_TRY(add_column(sweep, key->string, err));
        }
        SLED_TRY(add_point(sweep, &point, err));
        i++;
    }
    return SLED_OK;
}

/* A file of another kind is told so before its keys are judged. */
static enum sled_status check_kind(struct sled_doc *doc, struct sled_err *err)
{
    const cJSON *kind = sled_pointer_get(sled_doc_root(doc), "/kind");

    if (cJSON_IsString(kind) && strcmp(kind->valuestring, "sweep") != 0)
        return sled_doc_fail(doc, "/kind", err, SLED_E_INPUT,
                             "expected a sweep file, found a %s file", kind->valuestring);
    return SLED_OK;
}

static enum sled_status expand(struct sled_sweep *sweep, struct sled_err *err)
{
    cJSON *root = sled_doc_root(sweep->doc);
    struct sweep_file file;

    SLED_TRY(check_kind(sweep->doc, err));
    SLED_TRY(sled_field_read(&sled_sweep_table, sweep->doc, "", &sweep->arena, &file, err));
    sweep->name = file.name;
    if (file.name[0] == '\0' || file.name[0] == '.' || strchr(file.name, '/') != NULL)
        return sled_doc_fail(sweep->doc, "/name", err, SLED_E_INPUT,
                             "expected a name that a folder can have");
    SLED_TRY(sled_doc_part(sweep->doc, "/base", &sweep->base, err));
    SLED_TRY(sled_sweep_axes_read(sweep->doc, root, &sweep->arena, &sweep->axes, err));
    for (size_t a = 0; a < sweep->axes.count; a++)
        SLED_TRY(add_column(sweep, sweep->axes.axis[a].pointer, err));
    if (sweep->axes.count > 0 || file.include == NULL) /* else the included points are all */
        SLED_TRY(expand_axes(sweep, file.exclude, err));
    SLED_TRY(add_included(sweep, file.include, err));
    if (sweep->npoints == 0)
        return sled_doc_fail(sweep->doc, "/exclude", err, SLED_E_INPUT, "all points are excluded");
    return SLED_OK;
}

/* Read the file with what its base refers to, so that sets reach into that as well. */
static enum sled_status load_file(struct sled_sweep *sweep, const char *path,
                                  const char *const *sets, size_t nsets, struct sled_err *err)
{
    char pointer[SLED_SWEEP_MAX_REFERENCES][POINTER_SIZE];
    const char *references[SLED_SWEEP_MAX_REFERENCES + 1] = {NULL};

    for (size_t r = 0; sweep->references[r] != NULL; r++) {
        assert(r < SLED_SWEEP_MAX_REFERENCES);
        snprintf(pointer[r], sizeof pointer[r], "/base%s", sweep->references[r]);
        references[r] = pointer[r];
    }
    return sled_doc_load(path, references, sets, nsets, &sweep->doc, err);
}

enum sled_status sled_sweep_load(const char *path, const char *const *sets, size_t nsets,
                                 const char *const *references, struct sled_sweep **out,
                                 struct sled_err *err)
{
    struct sled_sweep *sweep;

    SLED_TRY(sled_vec_alloc(&sweep, 1, err));
    sweep->references = references;
    enum sled_status st = load_file(sweep, path, sets, nsets, err);
    if (st == SLED_OK)
        st = expand(sweep, err);
    if (st != SLED_OK) {
        sled_sweep_destroy(sweep);
        return st;
    }
    *out = sweep;
    return SLED_OK;
}

void sled_sweep_destroy(struct sled_sweep *sweep)
{
    if (sweep == NULL)
        return;
    sled_sweep_axes_finish(&sweep->axes);
    sled_doc_destroy(sweep->base);
    sled_doc_destroy(sweep->doc);
    sled_arena_finish(&sweep->arena);
    free(sweep->column);
    free(sweep->choice);
    free(sweep->point);
    free(sweep);
}

const char *sled_sweep_name(const struct sled_sweep *sweep)
{
    return sweep->name;
}

const struct sled_doc *sled_sweep_doc(const struct sled_sweep *sweep)
{
    return sweep->doc;
}

size_t sled_sweep_points(const struct sled_sweep *sweep)
{
    return sweep->npoints;
}

size_t sled_sweep_columns(const struct sled_sweep *sweep)
{
    return sweep->ncolumns;
}

const char *sled_sweep_column(const struct sled_sweep *sweep, size_t column)
{
    return sweep->column[column];
}

const cJSON *sled_sweep_setting(const struct sled_sweep *sweep, size_t point, size_t column)
{
    const struct point *p = &sweep->point[point];

    if (p->include != NULL)
        return cJSON_GetObjectItemCaseSensitive(p->include, sweep->column[column]);
    return column < sweep->axes.count ? chosen(sweep, p, column) : NULL;
}

cJSON *sled_sweep_settings(const struct sled_sweep *sweep, size_t point)
{
    cJSON *settings = cJSON_CreateObject();

    for (size_t c = 0; c < sweep->ncolumns; c++) {
        const cJSON *value = sled_sweep_setting(sweep, point, c);
        cJSON *copy = value == NULL ? NULL : cJSON_Duplicate(value, true);

        if (value != NULL && !cJSON_AddItemToObject(settings, sweep->column[c], copy)) {
            cJSON_Delete(copy);
            cJSON_Delete(settings);
            return NULL;
        }
    }
    return settings;
}

size_t sled_sweep_values(const struct sled_sweep *sweep, size_t axis)
{
    return axis < sweep->axes.count ? sweep->axes.axis[axis].nvalues : 0;
}

const char *sled_sweep_source(const struct sled_sweep *sweep, size_t axis, size_t index)
{
    return sweep->axes.axis[axis].value[index].source;
}

size_t sled_sweep_point_with(const struct sled_sweep *sweep, size_t axis, size_t index, size_t from)
{
    const size_t group = sweep->axes.axis[axis].group;

    for (size_t p = from; p < sweep->npoints; p++)
        if (sweep->point[p].include == NULL &&
            sweep->choice[sweep->point[p].choice + group] == index)
            return p;
    return SIZE_MAX;
}

bool sled_sweep_included(const struct sled_sweep *sweep, size_t point)
{
    return sweep->point[point].include != NULL;
}

/* Put what point sets in column into doc. */
static enum sled_status put(const struct sled_sweep *sweep, const struct point *point,
                            size_t column, struct sled_doc *doc, struct sled_err *err)
{
    const cJSON *value = sled_sweep_setting(sweep, (size_t)(point - sweep->point), column);
    char included[POINTER_SIZE];
    struct sled_doc_source source = {.doc = sweep->doc, .pointer = included};

    if (value == NULL)
        return SLED_OK;
    if (point->include != NULL) {
        entry_pointer(included, sizeof included, "/include", point->entry, sweep->column[column]);
    } else {
        const struct sled_sweep_axis *axis = &sweep->axes.axis[column];

        source.pointer = axis->value[sweep->choice[point->choice + axis->group]].source;
    }
    return sled_doc_put(doc, sweep->column[column], value, &source, err);
}

static bool is_reference(const struct sled_sweep *sweep, const char *pointer)
{
    for (size_t r = 0; sweep->references[r] != NULL; r++)
        if (strcmp(sweep->references[r], pointer) == 0)
            return true;
    return false;
}

/* A setting that is exactly a reference says which file to read; any other reaches into it. */
static enum sled_status fill(const struct sled_sweep *sweep, size_t point, struct sled_doc *doc,
                             struct sled_err *err)
{
    const struct point *p = &sweep->point[point];

    for (size_t r = 0; sweep->references[r] != NULL; r++) {
        for (size_t c = 0; c < sweep->ncolumns; c++)
            if (strcmp(sweep->column[c], sweep->references[r]) == 0)
                SLED_TRY(put(sweep, p, c, doc, err));
        SLED_TRY(sled_doc_refer(doc, sweep->references[r], err));
    }
    for (size_t c = 0; c < sweep->ncolumns; c++)
        if (!is_reference(sweep, sweep->column[c]))
            SLED_TRY(put(sweep, p, c, doc, err));
    return SLED_OK;
}

enum sled_status sled_sweep_resolve(const struct sled_sweep *sweep, size_t point,
                                    struct sled_doc **out, struct sled_err *err)
{
    struct sled_doc *doc;

    SLED_TRY(sled_doc_part(sweep->base, "", &doc, err));
    const enum sled_status st = fill(sweep, point, doc, err);
    if (st != SLED_OK) {
        sled_doc_destroy(doc);
        return st;
    }
    *out = doc;
    return SLED_OK;
}
