/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of ranks from a file. */
#ifndef SLED_CONFIG_GROUPS_H
#define SLED_CONFIG_GROUPS_H

#include "base/err.h"
#include "model/groups.h"

/*
 * Read nccom-test's replica groups, {"replica_groups": [[[0, 1], [2, 3]]]}, from path: one list of
 * groups of ranks below nranks, no rank in two of them; a rank in none stays idle. *out is
 * initialised on success. Errors are located: SLED_E_IO, SLED_E_INPUT, SLED_E_NOMEM.
 */
enum sled_status sled_config_load_groups(const char *path, uint32_t nranks, struct sled_groups *out,
                                         struct sled_err *err);

#endif
