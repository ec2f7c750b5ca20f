/* SPDX-License-Identifier: Apache-2.0 */
/* Routes under construction: pairs in order, the paths of each, the links of each path. */
#ifndef SLED_TOPO_ROUTE_LIST_H
#define SLED_TOPO_ROUTE_LIST_H

#include "base/err.h"
#include "model/fabric.h"

struct sled_route_list {
    const struct sled_fabric *fabric; /* borrowed */
    struct sled_routes routes;
    uint32_t npairs; /* begun so far */
    uint32_t nlinks;
    size_t path_capacity, link_capacity;
};

/* For all pairs of the fabric's chips. Fails with SLED_E_NOMEM; finish is not due then. */
enum sled_status sled_route_list_init(struct sled_route_list *list,
                                      const struct sled_fabric *fabric, struct sled_err *err);

/* The next pair; paths are added to it until the next call. */
void sled_route_list_begin_pair(struct sled_route_list *list);

/* Append a path of nlinks links; *path is where to write them, valid until the next call.
 * Fails with SLED_E_UNSUPPORTED where 32 bits cannot number the links, SLED_E_NOMEM. */
enum sled_status sled_route_list_add(struct sled_route_list *list, uint32_t nlinks, uint32_t **path,
                                     struct sled_err *err);

/* Append a copy of a path that is not in this list. Errors of sled_route_list_add. */
enum sled_status sled_route_list_copy(struct sled_route_list *list, struct sled_path path,
                                      struct sled_err *err);

/* After the last pair: add the links between chips and switches that reduce, and move the routes
 * into *out, owned by the caller. Errors of sled_route_list_add. */
enum sled_status sled_route_list_end(struct sled_route_list *list, struct sled_routes *out,
                                     struct sled_err *err);

/* Accepts a list whose routes were moved away. */
void sled_route_list_finish(struct sled_route_list *list);

/* Free what sled_route_list_end gave. Accepts zeroed routes. */
void sled_route_list_free(struct sled_routes *routes);

#endif
