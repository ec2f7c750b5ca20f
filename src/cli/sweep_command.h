/* SPDX-License-Identifier: Apache-2.0 */
/* What `sledsim sweep` does; args is a struct sweep_args. Private to it. */
#ifndef SLED_CLI_SWEEP_COMMAND_H
#define SLED_CLI_SWEEP_COMMAND_H

#include "base/err.h"

enum sled_status sweep_command(const void *args, struct sled_err *err);

/* Check a sweep file as sweep_command would before it runs anything. Errors are located. */
enum sled_status sweep_check_file(const char *path, struct sled_err *err);

#endif
