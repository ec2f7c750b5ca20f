/* SPDX-License-Identifier: Apache-2.0 */
/* What an architect asks of a fabric before anything runs on it. Needs routes. */
#ifndef SLED_MODEL_METRICS_H
#define SLED_MODEL_METRICS_H

#include "model/fabric.h"

enum { SLED_MAX_HOPS = 384 };

struct sled_metrics {
    double injection_bytes_per_s;      /* least over chips: sum of its outgoing links */
    double bisection_bytes_per_s;      /* one direction; see below */
    char bisection_axis[12];           /* the axis it was found on, "chip" for index halves */
    uint64_t hop_pairs[SLED_MAX_HOPS]; /* ordered pairs of chips by intermediate nodes
                                          (switches and forwarding chips) on the route */
    uint32_t max_hops;
    uint32_t max_sled_hops; /* most intermediate nodes between any two sleds, by the
                               best pair of their chips; 0 for one sled */
    double latency_min_s, latency_mean_s, latency_max_s; /* over ordered pairs */
    /* Of a lone transfer, cut evenly over the paths of its pair, bytes/s. */
    double pair_bandwidth_min, pair_bandwidth_max;
};

/*
 * Bisection: the maximum flow from one half of the chips to the other, the least
 * over the cuts that halve an axis of even size at its middle (for a ring axis the
 * flow crosses both cut places), and over the halves by chip index (the first is the
 * smaller one where the number is odd). Every chip is an end of the flow, so whether
 * chips forward does not matter. 0 for one chip.
 *
 * Fails with SLED_E_UNSUPPORTED where a route has SLED_MAX_HOPS hops or more, SLED_E_NOMEM.
 */
enum sled_status sled_metrics_compute(const struct sled_fabric *fabric, struct sled_metrics *out,
                                      struct sled_err *err);

#endif
