/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed routes: rows of node names, resolved to links and found by pair. */
#ifndef SLED_TOPO_FIXED_H
#define SLED_TOPO_FIXED_H

#include "topo/routing.h"

struct sled_fixed_entry {
    uint32_t src_chip, dst_chip;
    size_t row;            /* of the user's table */
    struct sled_path path; /* its links are owned by the table */
};

struct sled_fixed_table {
    struct sled_fixed_entry *entry; /* [count], by source and destination */
    size_t count;
    uint32_t *link; /* of all paths */
};

/*
 * Resolve rows[nrows]. SLED_E_INPUT with pointer "/fixed/<row>" for an unknown node, an end
 * that is no chip, a missing or failed link, a node that may not forward, a node passed
 * twice, a pair that has two rows; SLED_E_NOMEM. Finish is due in either case.
 */
enum sled_status sled_fixed_table_init(struct sled_fixed_table *table,
                                       const struct sled_fabric *fabric,
                                       const struct sled_fixed_route *rows, size_t nrows,
                                       struct sled_err *err);
/* Accepts a zeroed table. */
void sled_fixed_table_finish(struct sled_fixed_table *table);

/* The path given for a pair, or NULL; borrowed. An empty table has none. */
const struct sled_path *sled_fixed_table_find(const struct sled_fixed_table *table,
                                              uint32_t src_chip, uint32_t dst_chip);

#endif
