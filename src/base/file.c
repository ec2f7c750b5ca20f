/* SPDX-License-Identifier: Apache-2.0 */
/* Works for pipes and terminals too, whose size nobody knows beforehand. */
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum { MAX_BYTES = 256 << 20, CHUNK_BYTES = 64 << 10 };

static enum sled_status read_all(FILE *stream, char **text, size_t *len, struct sled_err *err)
{
    size_t capacity = 0;

    for (;;) {
        SLED_TRY(sled_vec_reserve(text, &capacity, *len + CHUNK_BYTES + 1, err));
        const size_t got = fread(*text + *len, 1, CHUNK_BYTES, stream);

        *len += got;
        if (ferror(stream))
            return sled_err_set(err, SLED_E_IO, "cannot read: %s", strerror(errno));
        if (*len > MAX_BYTES)
            return sled_err_set(err, SLED_E_INPUT, "larger than %d MiB, the most that is read",
                                MAX_BYTES >> 20);
        if (got < CHUNK_BYTES && feof(stream)) {
            (*text)[*len] = '\0';
            return SLED_OK;
        }
    }
}

enum sled_status sled_file_read(const char *path, char **text, size_t *len, struct sled_err *err)
{
    const int is_stdin = strcmp(path, "-") == 0;
    FILE *stream = is_stdin ? stdin : fopen(path, "rb");
    char *got = NULL;
    size_t count = 0;
    enum sled_status st;

    if (stream == NULL)
        st = sled_err_set(err, SLED_E_IO, "cannot open: %s", strerror(errno));
    else
        st = read_all(stream, &got, &count, err);
    if (stream != NULL && !is_stdin)
        fclose(stream);
    if (st != SLED_OK) {
        snprintf(err->file, sizeof err->file, "%s", path[0] == '\0' ? "\"\"" : path);
        free(got);
        return st;
    }
    *text = got;
    *len = count;
    return SLED_OK;
}
