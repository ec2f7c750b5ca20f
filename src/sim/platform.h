/* SPDX-License-Identifier: Apache-2.0 */
/* Giving SimGrid a platform. */
#ifndef SLED_SIM_PLATFORM_H
#define SLED_SIM_PLATFORM_H

#include "sim/platform_xml.h"

/* Write the platform and have SimGrid load it; once per process, after sled_engine_init.
 * SLED_E_NOMEM, SLED_E_IO. */
enum sled_status sled_platform_load(const struct sled_platform *platform, struct sled_err *err);

#endif
