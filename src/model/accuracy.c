/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over predictions and measurements. */
#include "model/accuracy.h"

#include <math.h>

const struct sled_accuracy_band sled_accuracy_bands[SLED_ACCURACY_BANDS] = {
    {"below 20 us", 20e-6},
    {"20 to 100 us", 100e-6},
    {"100 to 500 us", 500e-6},
    {"from 500 us", INFINITY},
};

size_t sled_accuracy_band(double measured_s)
{
    size_t band = 0;

    while (measured_s >= sled_accuracy_bands[band].below_s)
        band++;
    return band;
}

double sled_accuracy_ratio(const struct sled_accuracy_row *row)
{
    return row->predicted_s / row->measured_s;
}

bool sled_accuracy_is_outside(const struct sled_accuracy_row *row)
{
    return !row->is_bound && fabs(sled_accuracy_ratio(row) - 1) > SLED_ACCURACY_LIMIT;
}

bool sled_accuracy_is_broken(const struct sled_accuracy_row *row)
{
    return row->is_bound && row->predicted_s >= row->measured_s;
}

void sled_accuracy_add(struct sled_accuracy_stats *stats, const struct sled_accuracy_row *row)
{
    if (row->is_bound) {
        stats->bounds++;
        stats->broken += sled_accuracy_is_broken(row);
        return;
    }
    const double off = sled_accuracy_ratio(row) - 1;

    stats->times++;
    stats->outside += sled_accuracy_is_outside(row);
    stats->error_sum += fabs(off);
    stats->bias_sum += off;
}

double sled_accuracy_error(const struct sled_accuracy_stats *stats)
{
    return stats->times == 0 ? 0 : stats->error_sum / (double)stats->times;
}

double sled_accuracy_bias(const struct sled_accuracy_stats *stats)
{
    return stats->times == 0 ? 0 : stats->bias_sum / (double)stats->times;
}
