/* SPDX-License-Identifier: Apache-2.0 */
/* `sledsim kernel`: how many rows each expert has. */
#ifndef SLED_CLI_KERNEL_EXPERTS_H
#define SLED_CLI_KERNEL_EXPERTS_H

#include <stdint.h>

#include "base/err.h"

/*
 * From the list of --tokens, "12,0,7", or (NULL) from the number of --experts, to which the rows
 * are dealt evenly, larger parts first: *tokens [*count], heap. SLED_E_USAGE for both or neither,
 * and for what is no list of counts.
 */
enum sled_status sled_cli_experts(const char *list, uint64_t experts, uint64_t rows,
                                  uint64_t **tokens, uint32_t *count, struct sled_err *err);

#endif
