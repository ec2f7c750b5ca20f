/* SPDX-License-Identifier: Apache-2.0 */
/* Topology files: layout and building. Private to config. */
#ifndef SLED_CONFIG_TOPOLOGY_H
#define SLED_CONFIG_TOPOLOGY_H

#include "config/config.h"

extern const struct sled_table sled_config_topology_table;
extern const struct sled_table sled_config_routing_table;
extern const struct sled_table sled_config_failed_table;

/* The object at pointer must be of this version and kind. Error located. */
enum sled_status sled_config_require_kind(struct sled_doc *doc, const char *pointer,
                                          const char *kind, struct sled_err *err);

/*
 * Read the topology at pointer of doc (already known to be of that kind), build its
 * fabric, fail what it says has failed, and route. Errors are located. out->fabric and
 * out->machine need finishing also on failure.
 */
enum sled_status sled_config_read_topology(struct sled_doc *doc, const char *pointer,
                                           struct sled_arena *arena, struct sled_topology *out,
                                           struct sled_err *err);

/* Hardware numbers of the topology (and its chip) at pointer all have sources. */
enum sled_status sled_config_topology_sources(struct sled_doc *doc, const char *pointer,
                                              const struct sled_topology *topology,
                                              struct sled_err *err);

#endif
