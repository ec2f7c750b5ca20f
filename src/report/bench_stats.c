/* SPDX-License-Identifier: Apache-2.0 */
/* Summing up one run. */
#include "report/bench_stats.h"

#include <math.h>

static void sum_levels(const struct sled_machine *machine, const struct sled_result *result,
                       double time_s, struct sled_level_use *level)
{
    const struct sled_fabric *fabric = machine->fabric;
    double could[SLED_LEVELS] = {0};

    for (uint32_t l = 0; l < fabric->nlinks; l++) {
        struct sled_level_use *use = &level[fabric->link[l].level];
        const double bytes_per_s = machine->resource[l].bytes_per_s;
        const double bytes = sled_result_used(result, l);

        if (bytes_per_s <= 0)
            continue; /* failed */
        use->links++;
        use->bytes += bytes;
        could[fabric->link[l].level] += bytes_per_s * time_s;
        if (time_s > 0)
            use->most = fmax(use->most, bytes / (bytes_per_s * time_s));
    }
    for (int i = 0; i < SLED_LEVELS; i++)
        level[i].mean = could[i] > 0 ? level[i].bytes / could[i] : 0;
}

void sled_bench_stats_fill(const struct sled_machine *machine, const struct sled_result *result,
                           uint32_t collective, double time_s, struct sled_bench_stats *out)
{
    /* Rounding may leave less than nothing of a part that takes no time. */
    const struct sled_result_split *split = &result->collective_split[collective];
    const double start_s = result->collective_start_s[collective];
    const double end_s = result->collective_end_s[collective];

    *out = (struct sled_bench_stats){
        .store_s = start_s,
        .issue_s = split->issue_s,
        .service_s = fmax(0, end_s - start_s - split->issue_s - split->latency_s),
        .latency_s = split->latency_s,
        .load_s = fmax(0, time_s - end_s),
    };
    sum_levels(machine, result, time_s, out->level);
}
