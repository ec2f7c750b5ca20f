/* SPDX-License-Identifier: Apache-2.0 */
/* What the axes of a sweep file say. Private to this folder. */
#ifndef SLED_SWEEP_AXES_H
#define SLED_SWEEP_AXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"

enum {
    SLED_SWEEP_MAX_VALUES = 100000, /* of one axis */
    SLED_SWEEP_MAX_POINTS = 10000000,
    SLED_SWEEP_MAX_AXES = 64,
    SLED_SWEEP_MAX_REFERENCES = 16
};

/* A value of an axis, and where the sweep file says it. */
struct sled_sweep_value {
    const cJSON *value;
    const char *source; /* pointer in the sweep file */
};

struct sled_sweep_axis {
    const char *pointer; /* in the base */
    struct sled_sweep_value *value;
    size_t nvalues;
    size_t group; /* axes of one group move together */
};

struct sled_sweep_axes {
    struct sled_sweep_axis *axis; /* [count], in the arena */
    size_t count;
    size_t *group_size; /* [ngroups], in the arena: values of each group */
    size_t ngroups;
    cJSON *made; /* array that owns the values that ranges make; NULL for none */
};

/* Read "/axes" and "/zip" of doc (either may be absent). *out is initialised here and finished by
 * the caller, also on failure. SLED_E_INPUT, located; SLED_E_NOMEM. */
enum sled_status sled_sweep_axes_read(const struct sled_doc *doc, cJSON *root,
                                      struct sled_arena *arena, struct sled_sweep_axes *out,
                                      struct sled_err *err);
void sled_sweep_axes_finish(struct sled_sweep_axes *axes);

/* The axis of that pointer, or SIZE_MAX. */
size_t sled_sweep_axes_find(const struct sled_sweep_axes *axes, const char *pointer);

/* Refuse key, which stands at pointer `at` of doc and should name an axis; suggests the nearest. */
enum sled_status sled_sweep_axes_refuse(const struct sled_sweep_axes *axes,
                                        const struct sled_doc *doc, const char *at, const char *key,
                                        struct sled_err *err);

/*
 * The values of {"from", "to", "factor" or "step"} at pointer `at` of doc, both ends included,
 * appended to the array `out`: numbers, or quantities in the unit of "from". SLED_E_INPUT, located;
 * SLED_E_NOMEM.
 */
enum sled_status sled_sweep_range(const struct sled_doc *doc, const char *at, const cJSON *range,
                                  cJSON *out, struct sled_err *err);

#endif
