/* SPDX-License-Identifier: Apache-2.0 */
/* Running the command `sledsim bench`. */
#ifndef SLED_CLI_BENCH_COMMAND_H
#define SLED_CLI_BENCH_COMMAND_H

#include "base/err.h"

/* args is a struct bench_args; as sled_cmd.run. */
enum sled_status bench_command(const void *args, struct sled_err *err);

#endif
