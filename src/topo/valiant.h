/* SPDX-License-Identifier: Apache-2.0 */
/* Valiant routing: a detour by an intermediate chip turns any traffic into uniform traffic. */
#ifndef SLED_TOPO_VALIANT_H
#define SLED_TOPO_VALIANT_H

#include "base/err.h"
#include "model/fabric.h"

/*
 * Put together the detours of all pairs from the minimal routes, into *out (free with
 * sled_route_list_free). SLED_E_INPUT with pointer "/policy" where no chip forwards, with
 * "/ties" where a detour has more than SLED_MAX_SPLIT paths; SLED_E_UNSUPPORTED, SLED_E_NOMEM.
 */
enum sled_status sled_valiant(const struct sled_fabric *fabric, const struct sled_routes *minimal,
                              struct sled_routes *out, struct sled_err *err);

#endif
