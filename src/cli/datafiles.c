/* SPDX-License-Identifier: Apache-2.0 */
/* Looking for data files in the current and in the data folder. */
#include "cli/datafiles.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/vec.h"

/* Does dir hold topologies/? If so, *st identifies it. */
static bool is_data_folder(const char *dir, struct stat *st)
{
    struct sled_str path = SLED_STR_INIT;

    sled_str_addf(&path, "%s/topologies", dir);
    const bool found = !path.failed && stat(sled_str_text(&path), st) == 0 && S_ISDIR(st->st_mode);
    sled_str_finish(&path);
    return found;
}

static enum sled_status add_path(struct sled_datafiles *files, const char *folder, const char *name,
                                 struct sled_err *err)
{
    struct sled_str path = SLED_STR_INIT;

    SLED_TRY(sled_vec_reserve(&files->path, &files->capacity, files->count + 1, err));
    sled_str_addf(&path, "%s/%s", folder, name);
    if (path.failed) {
        sled_str_finish(&path);
        return sled_err_nomem(err);
    }
    files->path[files->count++] = path.text; /* the list takes it over */
    return SLED_OK;
}

static bool ends_with(const char *name, const char *end)
{
    const size_t len = strlen(name);

    return len > strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

static int is_data(const struct dirent *entry)
{
    return entry->d_name[0] != '.' &&
           (ends_with(entry->d_name, ".json") || ends_with(entry->d_name, ".xml"));
}

static enum sled_status add_folder(struct sled_datafiles *files, const char *folder,
                                   struct sled_err *err)
{
    struct dirent **entry;
    const int n = scandir(folder, &entry, is_data, alphasort);
    enum sled_status st = SLED_OK;

    if (n < 0 && errno == ENOENT)
        return SLED_OK;
    if (n < 0)
        return sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (st == SLED_OK)
            st = add_path(files, folder, entry[i]->d_name, err);
        free(entry[i]);
    }
    free(entry);
    return st;
}

/* Where data files may be. */
struct places {
    const char *data; /* the data folder */
    bool here, there; /* in the current folder; in the data folder, if that is another one */
};

static enum sled_status find_places(struct places *out, struct sled_err *err)
{
    const char *chosen = getenv("SLEDSIM_DATADIR");
    const char *data = chosen == NULL ? SLEDSIM_DATADIR : chosen;
    struct stat here_stat, data_stat;
    const bool here = is_data_folder(".", &here_stat);
    bool there = is_data_folder(data, &data_stat);

    if (!there && chosen != NULL)
        return sled_err_set(err, SLED_E_IO, "SLEDSIM_DATADIR is \"%s\", which has no topologies/",
                            chosen);
    if (!there && !here)
        return sled_err_set(err, SLED_E_IO,
                            "no data: neither \"%s\" nor the current folder has topologies/; "
                            "set SLEDSIM_DATADIR",
                            data);
    if (here && there && here_stat.st_dev == data_stat.st_dev &&
        here_stat.st_ino == data_stat.st_ino)
        there = false; /* the same folder, known under its shorter name */
    *out = (struct places){.data = data, .here = here, .there = there};
    return SLED_OK;
}

enum sled_status sled_datafiles_init(struct sled_datafiles *out, const char *folder,
                                     struct sled_err *err)
{
    struct places places;

    *out = (struct sled_datafiles){.path = NULL};
    SLED_TRY(find_places(&places, err));
    if (places.here)
        SLED_TRY(add_folder(out, folder, err));
    if (places.there) {
        struct sled_str path = SLED_STR_INIT;
        sled_str_addf(&path, "%s/%s", places.data, folder);
        enum sled_status st = sled_str_status(&path, err);
        if (st == SLED_OK)
            st = add_folder(out, sled_str_text(&path), err);
        sled_str_finish(&path);
        return st;
    }
    return SLED_OK;
}

enum sled_status sled_datafiles_find(const char *name, char **out, struct sled_err *err)
{
    struct places places;
    struct sled_str path = SLED_STR_INIT;

    SLED_TRY(find_places(&places, err));
    if (places.here && (!places.there || access(name, F_OK) == 0))
        sled_str_add(&path, name);
    else
        sled_str_addf(&path, "%s/%s", places.data, name);
    if (path.failed) {
        sled_str_finish(&path);
        return sled_err_nomem(err);
    }
    *out = path.text; /* the caller takes it over */
    return SLED_OK;
}

void sled_datafiles_finish(struct sled_datafiles *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->path[i]);
    free(files->path);
    *files = (struct sled_datafiles){.path = NULL};
}
