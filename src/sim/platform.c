/* SPDX-License-Identifier: Apache-2.0 */
/* SimGrid reads platforms from files only; ours is one without a place on disk. */
#define _GNU_SOURCE /* memfd_create */
#include "sim/platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <simgrid/engine.h>

static enum sled_status write_all(int fd, const char *text, size_t len, struct sled_err *err)
{
    while (len > 0) {
        const ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sled_err_set(err, SLED_E_IO, "platform description: %s", strerror(errno));
        text += n;
        len -= (size_t)n;
    }
    return SLED_OK;
}

static enum sled_status load_text(const struct sled_str *text, struct sled_err *err)
{
    const int fd = memfd_create("platform", MFD_CLOEXEC);
    char path[32];

    if (fd < 0)
        return sled_err_set(err, SLED_E_IO, "platform description: %s", strerror(errno));
    const enum sled_status status = write_all(fd, sled_str_text(text), text->len, err);
    if (status == SLED_OK) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        simgrid_load_platform(path);
    }
    close(fd);
    return status;
}

enum sled_status sled_platform_load(const struct sled_platform *platform, struct sled_err *err)
{
    struct sled_str text = SLED_STR_INIT;
    enum sled_status status = sled_platform_write(platform, &text, err);

    if (status == SLED_OK)
        status = load_text(&text, err);
    sled_str_finish(&text);
    return status;
}
