/* SPDX-License-Identifier: Apache-2.0 */
/* Where energy goes, part by part, as results tell it. */
#ifndef SLED_REPORT_ENERGY_H
#define SLED_REPORT_ENERGY_H

#include <stdio.h>

#include <cjson/cJSON.h>

#include "model/power.h"

/* " idle 10.0 %, beside chips 40.0 %, ...", all 0 where there is none. */
void sled_energy_write_shares(const struct sled_energy *energy, FILE *stream);

/* {"idle_J": 1, ..., "total_J": 9} as the member "energy" of `to`: that object, which `to` owns. */
cJSON *sled_energy_add_json(cJSON *to, const struct sled_energy *energy);

#endif
