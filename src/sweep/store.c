/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping results, and finding them by key. */
#define _XOPEN_SOURCE 700
#include "sweep/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "sweep/store_files.h"

const char *const sled_point_status_names[SLED_POINT_STATUSES] = {
    [SLED_POINT_OK] = "ok",
    [SLED_POINT_LEFT_OUT] = "left_out",
    [SLED_POINT_FAILED] = "failed",
};

enum sled_status sled_store_open(const char *dir, struct sled_store **out, struct sled_err *err)
{
    struct sled_store *store;

    SLED_TRY(sled_vec_alloc(&store, 1, err));
    store->fd = -1;
    store->dir = strdup(dir);
    enum sled_status st = store->dir == NULL ? sled_err_nomem(err) : SLED_OK;
    if (st == SLED_OK)
        st = sled_store_read(store, dir, false, err);
    if (st != SLED_OK) {
        sled_store_close(store);
        return st;
    }
    *out = store;
    return SLED_OK;
}

void sled_store_close(struct sled_store *store)
{
    if (store == NULL)
        return;
    if (store->fd >= 0)
        close(store->fd);
    for (size_t i = 0; i < store->nfiles; i++)
        free(store->file[i]);
    free(store->file);
    free(store->item);
    free(store->dir);
    free(store);
}

enum sled_status sled_store_add(struct sled_store *store, const char *dir, struct sled_err *err)
{
    return sled_store_read(store, dir, true, err);
}

size_t sled_store_torn(const struct sled_store *store)
{
    return store->torn;
}

/* By key, then the best: a result that ran before one that failed; then the first found. */
static int compare(const void *a, const void *b)
{
    const struct stored *x = a, *y = b;
    const int order = memcmp(x->key, y->key, SLED_KEY_SIZE);

    if (order != 0)
        return order;
    if (x->status != y->status)
        return x->status < y->status ? -1 : 1;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

static void sort(struct sled_store *store)
{
    if (!store->sorted && store->nitems > 0)
        qsort(store->item, store->nitems, sizeof *store->item, compare);
    store->sorted = true;
}

static const struct stored *find(struct sled_store *store, const char *key)
{
    size_t low = 0, high = store->nitems;

    sort(store);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (memcmp(store->item[middle].key, key, SLED_KEY_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == store->nitems || memcmp(store->item[low].key, key, SLED_KEY_SIZE) != 0)
        return NULL;
    return &store->item[low];
}

bool sled_store_find(struct sled_store *store, const char *key, enum sled_point_status *status)
{
    const struct stored *item = find(store, key);

    if (item != NULL)
        *status = item->status;
    return item != NULL;
}

static enum sled_status read_item(const struct sled_store *store, const struct stored *item,
                                  struct sled_str *out, struct sled_err *err)
{
    const char *path = store->file[item->file];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char buf[16384];
    size_t done = 0;

    if (fd < 0)
        return sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", path, strerror(errno));
    while (done < item->len) {
        const size_t left = item->len - done;
        const ssize_t n =
            pread(fd, buf, left < sizeof buf ? left : sizeof buf, item->offset + (off_t)done);

        if (n <= 0) {
            const int error = n < 0 ? errno : EIO;

            close(fd);
            return sled_err_set(err, SLED_E_IO, "cannot read \"%s\": %s", path, strerror(error));
        }
        sled_str_addn(out, buf, (size_t)n);
        done += (size_t)n;
    }
    close(fd);
    return sled_str_status(out, err);
}

enum sled_status sled_store_text(struct sled_store *store, const char *key, struct sled_str *out,
                                 struct sled_err *err)
{
    const struct stored *item = find(store, key);

    if (item == NULL)
        return sled_err_set(err, SLED_E_BUG, "no result of point %s", key);
    return read_item(store, item, out, err);
}

/* Two results that ran; each failure has words of its own. */
static enum sled_status check_pair(const struct sled_store *store, const struct stored *a,
                                   const struct stored *b, struct sled_err *err)
{
    struct sled_str x = SLED_STR_INIT, y = SLED_STR_INIT;

    enum sled_status st = read_item(store, a, &x, err);
    if (st == SLED_OK)
        st = read_item(store, b, &y, err);
    if (st == SLED_OK && strcmp(sled_str_text(&x), sled_str_text(&y)) != 0)
        st =
            sled_err_set(err, SLED_E_SIM, "point %s has one result in \"%s\" and another in \"%s\"",
                         a->key, store->file[a->file], store->file[b->file]);
    sled_str_finish(&x);
    sled_str_finish(&y);
    return st;
}

enum sled_status sled_store_check(struct sled_store *store, struct sled_err *err)
{
    sort(store);
    for (size_t i = 1; i < store->nitems; i++) {
        const struct stored *a = &store->item[i - 1], *b = &store->item[i];

        if (memcmp(a->key, b->key, SLED_KEY_SIZE) == 0 && b->status != SLED_POINT_FAILED)
            SLED_TRY(check_pair(store, a, b, err));
    }
    return SLED_OK;
}

/* mkdir -p; returns errno, 0 when there. */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const int failed = mkdir(path, 0777) != 0 && errno != EEXIST ? errno : 0;
        *slash = '/';
        if (failed != 0)
            return failed;
    }
    return mkdir(path, 0777) != 0 && errno != EEXIST ? errno : 0;
}

static void sync_folder(const char *folder)
{
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd); /* where folders cannot be synced, a crash may lose the file's name */
        close(fd);
    }
}

static enum sled_status cannot_write(const char *path, int error, struct sled_err *err)
{
    return sled_err_set(err, SLED_E_IO, "cannot write \"%s\": %s", path, strerror(error));
}

/* A file that no other process has, also none on a machine of the same name. */
static enum sled_status create_own(struct sled_store *store, const char *folder,
                                   struct sled_err *err)
{
    char host[64] = "";
    struct sled_str path = SLED_STR_INIT;
    enum sled_status st = SLED_OK;

    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        snprintf(host, sizeof host, "host");
    for (unsigned n = 0; store->fd < 0 && st == SLED_OK; n++) {
        sled_str_finish(&path);
        sled_str_addf(&path, "%s/%s-%ld-%u.jsonl", folder, host, (long)getpid(), n);
        st = sled_str_status(&path, err);
        if (st != SLED_OK)
            break;
        store->fd =
            open(sled_str_text(&path), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (store->fd < 0 && errno != EEXIST)
            st = cannot_write(sled_str_text(&path), errno, err);
    }
    if (st == SLED_OK)
        st = sled_store_add_file(store, sled_str_text(&path), err);
    if (st == SLED_OK) {
        store->own = (uint32_t)store->nfiles - 1;
        sync_folder(folder);
    }
    sled_str_finish(&path);
    return st;
}

/* The folder of workers' files, made if it is not there. folder is the caller's, also on failure.
 */
static enum sled_status make_folder(const struct sled_store *store, struct sled_str *folder,
                                    struct sled_err *err)
{
    sled_str_addf(folder, "%s/workers", store->dir);
    SLED_TRY(sled_str_status(folder, err));
    const int error = make_folders(folder->text);
    return error == 0 ? SLED_OK : cannot_write(sled_str_text(folder), error, err);
}

enum sled_status sled_store_make(const struct sled_store *store, struct sled_err *err)
{
    struct sled_str folder = SLED_STR_INIT;

    const enum sled_status st = make_folder(store, &folder, err);
    sled_str_finish(&folder);
    return st;
}

enum sled_status sled_store_prepare(struct sled_store *store, struct sled_err *err)
{
    struct sled_str folder = SLED_STR_INIT;

    if (store->fd >= 0)
        return SLED_OK;
    enum sled_status st = make_folder(store, &folder, err);
    if (st == SLED_OK)
        st = create_own(store, sled_str_text(&folder), err);
    sled_str_finish(&folder);
    return st;
}

/* All of text; returns errno, 0 when done. */
static int write_out(int fd, const char *text, size_t len)
{
    for (size_t done = 0; done < len;) {
        const ssize_t n = write(fd, text + done, len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        done += (size_t)n;
    }
    return 0;
}

static enum sled_status append_line(struct sled_store *store, const struct sled_str *line,
                                    struct sled_err *err)
{
    const char *path = store->file[store->own];
    bool torn;

    const int error = write_out(store->fd, sled_str_text(line), line->len);
    if (error != 0) {
        /* Half a line would join up with the next one, if there ever is one. */
        if (ftruncate(store->fd, store->written) != 0)
            store->torn++;
        return cannot_write(path, error, err);
    }
    SLED_TRY(sled_store_note(store, store->own, sled_str_text(line), line->len, store->written,
                             &torn, err));
    if (torn)
        return sled_err_set(err, SLED_E_BUG, "a result is no result: %.100s", sled_str_text(line));
    store->written += (off_t)line->len;
    store->unsynced = true;
    return SLED_OK;
}

enum sled_status sled_store_append(struct sled_store *store, const char *text, unsigned tries,
                                   double wall_s, struct sled_err *err)
{
    struct sled_str line = SLED_STR_INIT;

    SLED_TRY(sled_store_prepare(store, err));
    sled_str_addf(&line, "{\"tries\":%u,\"wall_s\":%.6f," SLED_STORE_BEFORE, tries, wall_s);
    sled_str_add(&line, text);
    sled_str_add(&line, SLED_STORE_BEHIND);
    enum sled_status st = sled_str_status(&line, err);
    if (st == SLED_OK)
        st = append_line(store, &line, err);
    sled_str_finish(&line);
    return st;
}

enum sled_status sled_store_sync(struct sled_store *store, struct sled_err *err)
{
    if (!store->unsynced)
        return SLED_OK;
    if (fdatasync(store->fd) != 0)
        return cannot_write(store->file[store->own], errno, err);
    store->unsynced = false;
    return SLED_OK;
}
