/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract of a topology family, the registry of all of them, and routing. A new
 * family is one file in this folder and one row in families.def, nothing else.
 *
 * A family turns parameters into nodes and links; it knows no JSON and no files. Its
 * parameter table tells the config layer how to read, check and explain them.
 */
#ifndef SLED_TOPO_TOPO_H
#define SLED_TOPO_TOPO_H

#include <stddef.h>

#include "base/err.h"
#include "base/field.h"
#include "model/fabric.h"

/* One family. Instances are const and live for the whole process. */
struct sled_topo_family {
    const char *name;    /* [a-z0-9_]+; also the key of its parameters in a topology file */
    const char *summary; /* one line for `sledsim list`, <= 72 bytes, no full stop */
    const struct sled_table *params;

    /* The order in which routes break ties, unless the file says otherwise. */
    enum sled_ties ties;

    /*
     * Build nodes and links into the initialised fabric. params is the struct that the
     * table describes, ranges already checked. Complains with sled_err_set_at and a
     * pointer relative to the parameter object, SLED_E_INPUT, where parameters
     * contradict each other. Nodes of chips are named "chip0", "chip1", ….
     */
    enum sled_status (*build)(const void *params, struct sled_fabric *fabric, struct sled_err *err);
};

/* NULL with err set (SLED_E_INPUT, known names and the nearest). Borrowed, immortal. */
const struct sled_topo_family *sled_topo_find(const char *name, struct sled_err *err);
const struct sled_topo_family *const *sled_topo_all(size_t *count);

#define SLED_TOPO_FAMILY(stem) extern const struct sled_topo_family sled_topo_##stem;
#include "topo/families.def"
#undef SLED_TOPO_FAMILY

#endif
