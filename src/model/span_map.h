/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each element of a buffer holds, as runs of like content. Runs are cut where a
 * write ends inside one, and nowhere else, so that a plan may cut its buffers as it
 * likes, at different places on every rank. Private to the verifier.
 */
#ifndef SLED_MODEL_SPAN_MAP_H
#define SLED_MODEL_SPAN_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/collective.h"

/* Element start + k holds `value` taken at origin + k, up to the end of the run. */
struct sled_run {
    uint64_t start, end;
    uint64_t origin;
    uint32_t value; /* SLED_RUN_EMPTY: never written */
};
#define SLED_RUN_EMPTY UINT32_MAX

/* Runs in ascending order without gaps. */
struct sled_runs {
    struct sled_run *run; /* [count] */
    size_t count, capacity;
};

struct sled_span_map {
    uint64_t size;         /* elements */
    struct sled_runs runs; /* cover 0..size */
};

void sled_runs_finish(struct sled_runs *runs);
enum sled_status sled_runs_append(struct sled_runs *runs, struct sled_run run,
                                  struct sled_err *err);

/* A map of `size` elements that were never written. */
enum sled_status sled_span_map_init(struct sled_span_map *map, uint64_t size, struct sled_err *err);
/* Accepts a zeroed map. */
void sled_span_map_finish(struct sled_span_map *map);

/* Replace *out with the runs of span, clipped to it. span lies within the map. */
enum sled_status sled_span_map_read(const struct sled_span_map *map, struct sled_span span,
                                    struct sled_runs *out, struct sled_err *err);

/* Replace the content from runs' first start to its last end, which lie within the map. */
enum sled_status sled_span_map_write(struct sled_span_map *map, const struct sled_runs *runs,
                                     struct sled_err *err);

#endif
