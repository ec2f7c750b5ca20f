/* SPDX-License-Identifier: Apache-2.0 */
/* Bands of sizes, and rows as any other accuracy. */
#include "model/collective_row.h"

const struct sled_size_band sled_size_bands[SLED_SIZE_BANDS] = {
    {"below 64 KiB", 65535},
    {"to 4 MiB", 4 << 20},
    {"above", UINT64_MAX},
};

size_t sled_size_band(uint64_t bytes)
{
    size_t band = 0;

    while (bytes > sled_size_bands[band].up_to_bytes)
        band++;
    return band;
}

void sled_collective_row_add(struct sled_accuracy_stats *stats,
                             const struct sled_collective_row *row)
{
    const struct sled_accuracy_row as_any = {.measured_s = row->measured_s,
                                             .predicted_s = row->predicted_s};

    sled_accuracy_add(stats, &as_any);
}
