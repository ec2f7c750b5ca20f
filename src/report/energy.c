/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of energy, and their names. */
#include "report/energy.h"

#include <stddef.h>

#include "base/vec.h"

static const struct {
    const char *name, *key;
    size_t offset;
} parts[] = {
    {"idle", "idle_J", offsetof(struct sled_energy, idle_j)},
    {"beside chips", "beside_J", offsetof(struct sled_energy, beside_j)},
    {"busy", "busy_J", offsetof(struct sled_energy, busy_j)},
    {"flops", "flops_J", offsetof(struct sled_energy, flop_j)},
    {"memory", "memory_J", offsetof(struct sled_energy, memory_j)},
    {"sram", "sram_J", offsetof(struct sled_energy, sram_j)},
    {"links", "links_J", offsetof(struct sled_energy, link_j)},
};

static double joules(const struct sled_energy *energy, size_t part)
{
    return *(const double *)((const char *)energy + parts[part].offset);
}

void sled_energy_write_shares(const struct sled_energy *energy, FILE *stream)
{
    for (size_t i = 0; i < SLED_ARRAY_LEN(parts); i++)
        fprintf(stream, "%s %s %.1f %%", i == 0 ? "" : ",", parts[i].name,
                energy->total_j > 0 ? 100 * joules(energy, i) / energy->total_j : 0.0);
}

cJSON *sled_energy_add_json(cJSON *to, const struct sled_energy *energy)
{
    cJSON *item = cJSON_AddObjectToObject(to, "energy");

    for (size_t i = 0; i < SLED_ARRAY_LEN(parts); i++)
        cJSON_AddNumberToObject(item, parts[i].key, joules(energy, i));
    cJSON_AddNumberToObject(item, "total_J", energy->total_j);
    return item;
}
