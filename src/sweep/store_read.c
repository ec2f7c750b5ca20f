/* SPDX-License-Identifier: Apache-2.0 */
/* Finding what earlier runs, and other machines, have left. */
#define _GNU_SOURCE /* memmem */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/vec.h"
#include "sweep/store_files.h"

enum sled_status sled_store_add_file(struct sled_store *store, const char *path,
                                     struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&store->file, &store->file_capacity, store->nfiles + 1, err));
    store->file[store->nfiles] = strdup(path);
    if (store->file[store->nfiles] == NULL)
        return sled_err_nomem(err);
    store->nfiles++;
    return SLED_OK;
}

/* Key and status of a result; false when it is none. */
static bool read_result(const cJSON *result, struct stored *out)
{
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(result, "key");
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(result, "status");

    if (!cJSON_IsString(key) || strlen(key->valuestring) != SLED_KEY_SIZE - 1 ||
        !cJSON_IsString(status))
        return false;
    memcpy(out->key, key->valuestring, SLED_KEY_SIZE);
    for (int s = 0; s < SLED_POINT_STATUSES; s++)
        if (strcmp(status->valuestring, sled_point_status_names[s]) == 0) {
            out->status = (enum sled_point_status)s;
            return true;
        }
    return false;
}

enum sled_status sled_store_note(struct sled_store *store, uint32_t file, const char *line,
                                 size_t len, off_t offset, bool *torn, struct sled_err *err)
{
    const size_t before = strlen(SLED_STORE_BEFORE), behind = strlen(SLED_STORE_BEHIND);
    const char *end;
    struct stored item = {.file = file};

    *torn = true;
    if (len <= before + behind || line[len - 1] != '\n')
        return SLED_OK;
    cJSON *tree = cJSON_ParseWithLengthOpts(line, len - 1, &end, false);
    const char *text = memmem(line, len, SLED_STORE_BEFORE, before);
    if (tree != NULL && end == line + len - 1 && text != NULL &&
        read_result(cJSON_GetObjectItemCaseSensitive(tree, "result"), &item)) {
        *torn = false;
        item.offset = offset + (text - line) + (off_t)before;
        item.len = len - (size_t)(text - line) - before - behind;
    }
    cJSON_Delete(tree);
    if (*torn)
        return SLED_OK;

    SLED_TRY(sled_vec_reserve(&store->item, &store->item_capacity, store->nitems + 1, err));
    store->item[store->nitems++] = item;
    store->sorted = false;
    return SLED_OK;
}

static enum sled_status read_lines(struct sled_store *store, FILE *stream, struct sled_err *err)
{
    char *line = NULL;
    size_t capacity = 0;
    off_t offset = 0;
    ssize_t len;
    enum sled_status st = SLED_OK;

    while (st == SLED_OK && (len = getline(&line, &capacity, stream)) > 0) {
        bool torn;

        st = sled_store_note(store, (uint32_t)store->nfiles - 1, line, (size_t)len, offset, &torn,
                             err);
        store->torn += st == SLED_OK && torn;
        offset += len;
    }
    if (st == SLED_OK && ferror(stream))
        st = sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", store->file[store->nfiles - 1],
                          strerror(errno));
    free(line);
    return st;
}

static enum sled_status read_file(struct sled_store *store, const char *folder, const char *name,
                                  struct sled_err *err)
{
    struct sled_str path = SLED_STR_INIT;

    sled_str_addf(&path, "%s/%s", folder, name);
    enum sled_status st = sled_str_status(&path, err);
    if (st == SLED_OK)
        st = sled_store_add_file(store, sled_str_text(&path), err);
    if (st == SLED_OK) {
        FILE *stream = fopen(sled_str_text(&path), "r");

        if (stream == NULL) {
            st = sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", sled_str_text(&path),
                              strerror(errno));
        } else {
            st = read_lines(store, stream, err);
            fclose(stream);
        }
    }
    sled_str_finish(&path);
    return st;
}

static int is_lines(const struct dirent *entry)
{
    const size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 6 && strcmp(entry->d_name + len - 6, ".jsonl") == 0;
}

static enum sled_status read_folder(struct sled_store *store, const char *folder, bool must_exist,
                                    struct sled_err *err)
{
    struct dirent **entry;
    const int n = scandir(folder, &entry, is_lines, alphasort);
    enum sled_status st = SLED_OK;

    if (n < 0 && errno == ENOENT && !must_exist)
        return SLED_OK;
    if (n < 0)
        return sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (st == SLED_OK)
            st = read_file(store, folder, entry[i]->d_name, err);
        free(entry[i]);
    }
    free(entry);
    return st;
}

enum sled_status sled_store_read(struct sled_store *store, const char *dir, bool must_exist,
                                 struct sled_err *err)
{
    struct sled_str folder = SLED_STR_INIT;

    sled_str_addf(&folder, "%s/workers", dir);
    enum sled_status st = sled_str_status(&folder, err);
    if (st == SLED_OK)
        st = read_folder(store, sled_str_text(&folder), must_exist, err);
    sled_str_finish(&folder);
    return st;
}
