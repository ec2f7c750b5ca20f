/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From files and --set to validated, ready-to-use specs. This layer owns the JSON
 * layout of every kind of file and turns each complaint of the layers below into
 * file, line, column and pointer.
 *
 * A file has "schema_version": 1 and a "kind": chip, topology, model, workload, routing,
 * selection, traffic or plan. Where one file refers to another by a path, the other's content takes
 * the path's place when it is loaded; so one document is the whole effective configuration, --set
 * reaches everything in it ("/topology/ultraserver/planes/switches=9"), and a result that embeds it
 * can be run again.
 */
#ifndef SLED_CONFIG_CONFIG_H
#define SLED_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"
#include "chip/chip.h"
#include "config/selection.h"
#include "model/fabric.h"
#include "model/machine.h"
#include "topo/topo.h"
#include "work/forward.h"
#include "work/search.h"
#include "work/work.h"

/* A topology file with its chip: built, failed parts removed, routed. */
struct sled_topology {
    const char *name;
    const char *description;
    const char *chip_name;
    const struct sled_topo_family *family;
    const struct sled_chip *chip;
    struct sled_power power; /* of each chip, and beside it */
    struct sled_fabric fabric;
    struct sled_machine machine;
};

enum sled_workload_kind {
    SLED_WORKLOAD_MOE_LAYER,
    SLED_WORKLOAD_FORWARD,
    SLED_WORKLOADS /* count, keep last */
};
/* NULL-terminated, indexed by kind: also the key of the parameters. */
extern const char *const sled_workload_names[SLED_WORKLOADS + 1];

/* A workload file with its topology and model. */
struct sled_workload {
    enum sled_workload_kind kind;
    const char *name;
    const char *description;
    struct sled_topology topology;
    struct sled_model model;
    struct sled_moe_layer layer; /* MOE_LAYER, and the two below */
    enum sled_memory
        memory[SLED_MEMORIES]; /* where collectives may live, in the order of the file */
    uint32_t nmemories;
    struct sled_forward forward; /* FORWARD, and the two below */
    bool has_search;
    struct sled_layout_search search; /* if it has one */
};

/*
 * A loaded file. Owns its document, strings and everything built from them; of
 * chip, topology, model, workload and selection at most one is set, according to kind.
 */
struct sled_config {
    const char *kind;
    struct sled_doc *doc; /* after loading: the effective configuration */
    struct sled_arena arena;
    const struct sled_chip *chip; /* of a chip file */
    const char *chip_name;        /* the same */
    struct sled_topology *topology;
    struct sled_model *model;
    struct sled_workload *workload;
    struct sled_selection *selection;
};

/*
 * Load path, lay sets[nsets] ("/pointer=value") over it, validate and build. kind is what
 * the file must be, or NULL for any. *out is initialised here and finished by the caller
 * (sled_config_finish), also on failure. Errors are located and final: SLED_E_INPUT,
 * SLED_E_UNSUPPORTED, SLED_E_IO, SLED_E_NOMEM.
 */
enum sled_status sled_config_load(const char *path, const char *const *sets, size_t nsets,
                                  const char *kind, struct sled_config *out, struct sled_err *err);

/*
 * The same for a file of that kind whose content is the part of doc at pointer, with references
 * replaced (sled_doc_refer). Errors name places in doc.
 */
enum sled_status sled_config_read(const struct sled_doc *doc, const char *pointer, const char *kind,
                                  struct sled_config *out, struct sled_err *err);

/* Accepts a zeroed config. */
void sled_config_finish(struct sled_config *config);

/*
 * All that can be said about a file without running it: loads it (or, if its name ends in ".xml",
 * the plan of MSCCL's that it is) and, for a workload, plans its program. With require_sources,
 * every hardware number must have a source.
 */
enum sled_status sled_config_check(const char *path, bool require_sources, struct sled_err *err);

/* The tables of all objects that files may contain, the layout's own first, for `explain`.
 * Borrowed, immortal. *count receives their number. */
const struct sled_table *const *sled_config_tables(size_t *count);

/* NULL-terminated names of the kinds of files. */
extern const char *const sled_config_kinds[];

#endif
