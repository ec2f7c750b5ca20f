/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network's paths for transfers between chips. All must be declared before a
 * network starts, so the plans of a program are read through once; pairs that transfer
 * nothing get none, and collectives that move data in the same way share theirs.
 */
#ifndef SLED_SIM_ROUTES_H
#define SLED_SIM_ROUTES_H

#include "model/program.h"
#include "sim/network.h"

/* One way of moving data, and its paths between all chips. */
struct sled_route_class {
    enum sled_memory memory;
    enum sled_xfer_op op;
    uint64_t row_bytes;
    const struct sled_protocol *protocol; /* borrowed; NULL: none */
    uint32_t *first; /* [endpoints][endpoints]: the network's number of the first path of a pair,
                        the others follow; SLED_NONE: not declared */
};

/* Paths of all classes, numbered as the network numbers them: from 0 on. */
struct sled_routes_table {
    const struct sled_machine *machine;
    struct sled_route_class *class; /* [nclasses] */
    uint32_t nclasses;
    double *latency_s; /* [npaths] */
    uint32_t npaths;
    uint32_t most_paths;                  /* of any pair */
    size_t class_capacity, path_capacity; /* private */
};

/* Declare what the program's plans need, before anybody else declares paths. The table may be
 * finished also after a failure. SLED_E_NOMEM. */
enum sled_status sled_routes_declare(const struct sled_machine *machine,
                                     const struct sled_program *program,
                                     struct sled_network *network, struct sled_routes_table *out,
                                     struct sled_err *err);
/* Accepts a zeroed table. */
void sled_routes_finish(struct sled_routes_table *table);

/* Index of the class of a collective's copies or reductions, SLED_NONE if it has none. */
uint32_t sled_routes_class(const struct sled_routes_table *table,
                           const struct sled_program_collective *collective, enum sled_xfer_op op);

/* First path of a class between two chips, which was declared; *npaths is how many there are. */
uint32_t sled_routes_first(const struct sled_routes_table *table, uint32_t class, uint32_t src_chip,
                           uint32_t dst_chip, uint32_t *npaths);

/* Add to used_bytes[nresources] what sent[npaths] bytes use of each resource. */
void sled_routes_count(const struct sled_routes_table *table, const uint64_t *sent,
                       double *used_bytes);

#endif
