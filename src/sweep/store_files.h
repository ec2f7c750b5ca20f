/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a store. Private to store*.c. */
#ifndef SLED_SWEEP_STORE_FILES_H
#define SLED_SWEEP_STORE_FILES_H

#include <stdint.h>
#include <sys/types.h>

#include "sweep/store.h"

/* Where a result is. */
struct stored {
    char key[SLED_KEY_SIZE];
    enum sled_point_status status;
    uint32_t file;
    off_t offset; /* of the text of the result, without what is around it */
    size_t len;
};

struct sled_store {
    char *dir;
    char **file; /* [nfiles], heap: paths */
    size_t nfiles, file_capacity;
    struct stored *item; /* [nitems], heap; by key, the best first, when sorted */
    size_t nitems, item_capacity;
    bool sorted;
    size_t torn;
    int fd;        /* of the own file, -1 before the first result */
    uint32_t own;  /* its number in file[] */
    off_t written; /* bytes of whole lines in it */
    bool unsynced; /* some of them may not be on the disk */
};

/* What stands before and behind a result in its line. */
#define SLED_STORE_BEFORE "\"result\":"
#define SLED_STORE_BEHIND "}\n"

/* Read all files of dir/workers, in order of their names. */
enum sled_status sled_store_read(struct sled_store *store, const char *dir, bool must_exist,
                                 struct sled_err *err);

/* Note the result line[len] of file number `file`, which begins at offset; false: it is torn. */
enum sled_status sled_store_note(struct sled_store *store, uint32_t file, const char *line,
                                 size_t len, off_t offset, bool *torn, struct sled_err *err);

/* Take over a copy of path as the next file. */
enum sled_status sled_store_add_file(struct sled_store *store, const char *path,
                                     struct sled_err *err);

#endif
