/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selection tables: which algorithm serves which request. A file of kind "selection" (see
 * collectives/README.md), read by sled_config_load. A table picks, it does not try: what it
 * names and cannot serve is an error.
 */
#ifndef SLED_CONFIG_SELECTION_H
#define SLED_CONFIG_SELECTION_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/err.h"
#include "base/field.h"
#include "coll/coll.h"
#include "model/chip_ports.h"

extern const struct sled_table sled_config_selection_table;
extern const struct sled_table sled_config_selection_rule_table;

struct sled_selection {
    const char *name;
    const char *description;
    const struct sled_selection_rule *rule; /* [nrules] */
    size_t nrules;
};

/* One rule as the file says it; the first that fits picks. */
struct sled_selection_rule {
    int op;                         /* enum sled_coll_kind */
    int memory;                     /* enum sled_memory, SLED_MEMORIES for any */
    uint64_t min_ranks, max_ranks;  /* inclusive; max 0: no limit */
    double from_bytes, below_bytes; /* the first inclusive, the second not; 0: no limit */
    const char *algorithm;          /* that the registry has */
    const char *label;              /* for results: "neuron:/rules/0" */
};

/* Read the selection table that is the whole document; all of it lives in arena. Errors are
 * located; one of them is an algorithm that does not exist. */
enum sled_status sled_config_read_selection(struct sled_doc *doc, struct sled_arena *arena,
                                            struct sled_selection *out, struct sled_err *err);

/* The first rule that fits the request. NULL with err set, SLED_E_UNSUPPORTED, where none does. */
const struct sled_selection_rule *sled_selection_pick(const struct sled_selection *selection,
                                                      const struct sled_coll_req *req,
                                                      enum sled_memory memory,
                                                      struct sled_err *err);

#endif
