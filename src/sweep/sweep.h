/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sweep: one request, the base, at many settings. The file names the base and axes, which are
 * pointers into the base and the values they take; points are the product of the axes, in the order
 * of the file, the last axis fastest, then what it includes. What a base means, and how a point is
 * run, is for the caller to know.
 *
 *     {"schema_version": 1, "kind": "sweep", "name": "mine",
 *      "base": {"command": "bench", "op": "all_reduce", "topology": "t.json", "size": "1MiB"},
 *      "axes": {"/algorithm": ["ring", "mesh"],
 *               "/size": {"from": "64KiB", "to": "64MiB", "factor": 4}},
 *      "zip": [["/a", "/b"]],              // these axes move together
 *      "exclude": [{"/algorithm": "mesh", "/size": ["64KiB", "256KiB"]}],
 *      "include": [{"/size": "1GiB"}]}     // one point more, the base with these settings
 */
#ifndef SLED_SWEEP_SWEEP_H
#define SLED_SWEEP_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"

struct sled_sweep;

/* The layout of a sweep file, for `explain`. */
extern const struct sled_table sled_sweep_table;

/*
 * Load path with sets[nsets] ("/pointer=value", also into "/base") laid over it and over the
 * files its base names, and expand its points. references (NULL-terminated, outermost first, at
 * most 16, immortal) are pointers in a base where a string names the file whose content takes its
 * place. *out is the caller's (sled_sweep_destroy).
 * SLED_E_INPUT with the place of what is wrong, SLED_E_IO, SLED_E_NOMEM.
 */
enum sled_status sled_sweep_load(const char *path, const char *const *sets, size_t nsets,
                                 const char *const *references, struct sled_sweep **out,
                                 struct sled_err *err);

/* Accepts NULL. */
void sled_sweep_destroy(struct sled_sweep *sweep);

/* Borrowed. */
const char *sled_sweep_name(const struct sled_sweep *sweep);
const struct sled_doc *sled_sweep_doc(const struct sled_sweep *sweep);

/* How many points there are, at least one. */
size_t sled_sweep_points(const struct sled_sweep *sweep);

/* The pointers that any point sets: axes in the order of the file, then what only included points
 * set. Borrowed. */
size_t sled_sweep_columns(const struct sled_sweep *sweep);
const char *sled_sweep_column(const struct sled_sweep *sweep, size_t column);

/* What a point sets there; NULL where it leaves the base as it is. Borrowed. */
const cJSON *sled_sweep_setting(const struct sled_sweep *sweep, size_t point, size_t column);

/* The settings of a point as a JSON object, of the caller; NULL when memory ran out. */
cJSON *sled_sweep_settings(const struct sled_sweep *sweep, size_t point);

/* The first point from number `from` on that has value number `index` of axis `axis` (a column
 * below sled_sweep_columns), or SIZE_MAX if none has. */
size_t sled_sweep_point_with(const struct sled_sweep *sweep, size_t axis, size_t index,
                             size_t from);
/* How many values a column has; 0 for one that only included points set. */
size_t sled_sweep_values(const struct sled_sweep *sweep, size_t axis);
/* Where the file says that value, as a pointer into it. Borrowed. */
const char *sled_sweep_source(const struct sled_sweep *sweep, size_t axis, size_t index);

/* Whether a point is one that the file includes; these come last. */
bool sled_sweep_included(const struct sled_sweep *sweep, size_t point);

/*
 * The base of a point: its settings put in, references replaced. *out is the caller's; messages
 * about it name the files and lines that things were written in. SLED_E_INPUT for a setting that
 * leads nowhere (suggests the nearest key), and what reading the files gives.
 */
enum sled_status sled_sweep_resolve(const struct sled_sweep *sweep, size_t point,
                                    struct sled_doc **out, struct sled_err *err);

#endif
