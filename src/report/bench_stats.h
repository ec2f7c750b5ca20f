/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands behind the time of one benchmark run: where it went, and what the links of each
 * level did meanwhile.
 */
#ifndef SLED_REPORT_BENCH_STATS_H
#define SLED_REPORT_BENCH_STATS_H

#include "model/machine.h"
#include "model/result.h"

/* Links between sleds, inside them, and so on: one direction of a link is one. */
struct sled_level_use {
    uint32_t links; /* 0: the fabric has none of this level */
    double bytes;   /* over all of them */
    double mean;    /* bytes over what they could have moved in the time, 0..1 */
    double most;    /* the same of the busiest one */
};

/*
 * The time of the slowest group, in the order in which it passes; the five add up to it. Issue,
 * service and latency are those of the chain of transfers that ended last (struct
 * sled_result_split); store and load are 0 unless the data is staged.
 */
struct sled_bench_stats {
    double store_s, issue_s, service_s, latency_s, load_s;
    struct sled_level_use level[SLED_LEVELS];
};

/* Of a run that took time_s, whose slowest collective is `collective` of the result. */
void sled_bench_stats_fill(const struct sled_machine *machine, const struct sled_result *result,
                           uint32_t collective, double time_s, struct sled_bench_stats *out);
#endif
