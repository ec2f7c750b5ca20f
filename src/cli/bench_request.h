/* SPDX-License-Identifier: Apache-2.0 */
/* What every group is asked to do at one size. Private to `sledsim bench`. */
#ifndef SLED_CLI_BENCH_REQUEST_H
#define SLED_CLI_BENCH_REQUEST_H

#include "cli/bench.h"
#include "config/experiment.h"

struct bench_request {
    struct sled_experiment_group *group; /* [ngroups], heap */
    uint32_t ngroups;
    struct sled_traffic *traffic; /* [ngroups], heap: zeroed where a group shares an earlier one's,
                                     and throughout unless the operation is all_to_all_v */
};

/*
 * The requests for `size` bytes a rank. Groups of as many ranks have one matrix: the file's, or one
 * drawn from the same seed. *out is initialised here and finished by the caller, also on failure.
 */
enum sled_status bench_request_init(struct bench_request *out, const struct bench *bench,
                                    uint64_t size, struct sled_err *err);

/* Accepts a zeroed request. */
void bench_request_finish(struct bench_request *request);

#endif
