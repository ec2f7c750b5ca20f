/* SPDX-License-Identifier: Apache-2.0 */
/* A sorted array of runs: lookup by bisection, replacement by moving the tail. */
#include "model/span_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

void sled_runs_finish(struct sled_runs *runs)
{
    free(runs->run);
    *runs = (struct sled_runs){0};
}

enum sled_status sled_runs_append(struct sled_runs *runs, struct sled_run run, struct sled_err *err)
{
    SLED_TRY(sled_vec_reserve(&runs->run, &runs->capacity, runs->count + 1, err));
    runs->run[runs->count++] = run;
    return SLED_OK;
}

enum sled_status sled_span_map_init(struct sled_span_map *map, uint64_t size, struct sled_err *err)
{
    *map = (struct sled_span_map){.size = size};
    if (size == 0)
        return SLED_OK;
    return sled_runs_append(&map->runs, (struct sled_run){.end = size, .value = SLED_RUN_EMPTY},
                            err);
}

void sled_span_map_finish(struct sled_span_map *map)
{
    sled_runs_finish(&map->runs);
    *map = (struct sled_span_map){0};
}

/* Index of the run that covers element. */
static size_t find(const struct sled_runs *runs, uint64_t element)
{
    size_t low = 0;
    size_t high = runs->count - 1;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (runs->run[middle].end <= element)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The part of run from start to end, which lie within it. */
static struct sled_run clip(struct sled_run run, uint64_t start, uint64_t end)
{
    run.origin += start - run.start;
    run.start = start;
    run.end = end;
    return run;
}

enum sled_status sled_span_map_read(const struct sled_span_map *map, struct sled_span span,
                                    struct sled_runs *out, struct sled_err *err)
{
    const uint64_t end = span.offset + span.count;

    out->count = 0;
    if (span.count == 0)
        return SLED_OK;
    assert(end <= map->size);
    for (size_t i = find(&map->runs, span.offset);
         i < map->runs.count && map->runs.run[i].start < end; i++) {
        const struct sled_run run = map->runs.run[i];
        const uint64_t from = run.start > span.offset ? run.start : span.offset;
        const uint64_t to = run.end < end ? run.end : end;

        SLED_TRY(sled_runs_append(out, clip(run, from, to), err));
    }
    return SLED_OK;
}

enum sled_status sled_span_map_write(struct sled_span_map *map, const struct sled_runs *runs,
                                     struct sled_err *err)
{
    struct sled_runs *own = &map->runs;

    if (runs->count == 0)
        return SLED_OK;

    const uint64_t start = runs->run[0].start;
    const uint64_t end = runs->run[runs->count - 1].end;
    assert(end <= map->size);

    /* Runs first..last are hit; what they hold outside start..end stays. */
    const size_t first = find(own, start);
    const size_t last = find(own, end - 1);
    const struct sled_run before = clip(own->run[first], own->run[first].start, start);
    const struct sled_run behind = clip(own->run[last], end, own->run[last].end);
    const size_t nbefore = before.start < before.end;
    const size_t nbehind = behind.start < behind.end;
    const size_t ntail = own->count - last - 1;
    const size_t count = first + nbefore + runs->count + nbehind + ntail;

    SLED_TRY(sled_vec_reserve(&own->run, &own->capacity, count, err));
    if (count != own->count)
        memmove(own->run + count - ntail, own->run + last + 1, ntail * sizeof *own->run);
    if (nbefore)
        own->run[first] = before;
    memcpy(own->run + first + nbefore, runs->run, runs->count * sizeof *own->run);
    if (nbehind)
        own->run[count - ntail - 1] = behind;
    own->count = count;
    return SLED_OK;
}
