/* SPDX-License-Identifier: Apache-2.0 */
/* Growing the three arrays of struct sled_routes together. */
#include "topo/route_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum sled_status sled_route_list_init(struct sled_route_list *list, uint32_t nchips,
                                      struct sled_err *err)
{
    struct sled_route_list new = {0};
    const size_t npairs = (size_t)nchips * nchips;

    SLED_TRY(sled_vec_alloc(&new.routes.pair_begin, npairs + 1, err));
    new.path_capacity = npairs + 1;
    const enum sled_status status = sled_vec_alloc(&new.routes.path_begin, npairs + 1, err);
    if (status != SLED_OK) {
        sled_route_list_finish(&new);
        return status;
    }
    *list = new;
    return SLED_OK;
}

void sled_route_list_begin_pair(struct sled_route_list *list)
{
    list->routes.pair_begin[list->npairs++] = list->routes.npaths;
}

enum sled_status sled_route_list_add(struct sled_route_list *list, uint32_t nlinks, uint32_t **path,
                                     struct sled_err *err)
{
    struct sled_routes *routes = &list->routes;

    if (nlinks > UINT32_MAX - list->nlinks || routes->npaths == UINT32_MAX - 1)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "the routes of all pairs have more than 2^32 links");
    SLED_TRY(sled_vec_reserve(&routes->path_begin, &list->path_capacity, (size_t)routes->npaths + 2,
                              err));
    SLED_TRY(
        sled_vec_reserve(&routes->link, &list->link_capacity, (size_t)list->nlinks + nlinks, err));
    *path = routes->link + list->nlinks;
    list->nlinks += nlinks;
    routes->path_begin[++routes->npaths] = list->nlinks;
    return SLED_OK;
}

enum sled_status sled_route_list_copy(struct sled_route_list *list, struct sled_path path,
                                      struct sled_err *err)
{
    uint32_t *copy;

    SLED_TRY(sled_route_list_add(list, path.nlinks, &copy, err));
    memcpy(copy, path.link, path.nlinks * sizeof *copy);
    return SLED_OK;
}

void sled_route_list_end(struct sled_route_list *list, struct sled_routes *out)
{
    sled_route_list_begin_pair(list); /* the end of the last one */
    *out = list->routes;
    list->routes = (struct sled_routes){0};

    /* Growth by doubling may have left half of it unused. */
    uint32_t *fitted = realloc(out->link, (list->nlinks + (size_t)1) * sizeof *out->link);
    if (fitted != NULL)
        out->link = fitted;
}

void sled_route_list_finish(struct sled_route_list *list)
{
    sled_route_list_free(&list->routes);
}

void sled_route_list_free(struct sled_routes *routes)
{
    free(routes->pair_begin);
    free(routes->path_begin);
    free(routes->link);
    *routes = (struct sled_routes){0};
}
