/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a whole input file, with errors that say which file and why. */
#ifndef SLED_BASE_FILE_H
#define SLED_BASE_FILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * Read all of path ("-": standard input) into *text, a heap block of *len bytes plus a
 * terminating zero, owned by the caller. SLED_E_IO with the system's reason when it cannot be
 * opened or read, or is a directory; SLED_E_INPUT beyond 256 MiB; SLED_E_NOMEM. err->file is
 * set to path.
 */
enum sled_status sled_file_read(const char *path, char **text, size_t *len, struct sled_err *err);

#endif
