/* SPDX-License-Identifier: Apache-2.0 */
/* Growing the three arrays of struct sled_routes together. */
#include "topo/route_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum sled_status sled_route_list_init(struct sled_route_list *list,
                                      const struct sled_fabric *fabric, struct sled_err *err)
{
    struct sled_route_list new = {.fabric = fabric};
    const size_t npairs = (size_t)fabric->nchips * fabric->nchips;

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

/* Which of the switches that reduce a node is, or SLED_NONE. There are few. */
static uint32_t reducer_of(const struct sled_fabric *fabric, uint32_t node)
{
    for (uint32_t i = 0; i < fabric->nreducers; i++)
        if (fabric->reducer_node[i] == node)
            return i;
    return SLED_NONE;
}

static enum sled_status add_reducer_link(struct sled_route_list *list, uint32_t link,
                                         struct sled_err *err)
{
    const struct sled_fabric *fabric = list->fabric;
    const uint32_t src_chip = fabric->node[fabric->link[link].src].chip;
    const uint32_t dst_chip = fabric->node[fabric->link[link].dst].chip;
    uint32_t *place, *path;

    if ((src_chip == SLED_NONE) == (dst_chip == SLED_NONE) ||
        sled_link_bandwidth(fabric, link) <= 0)
        return SLED_OK;
    const uint32_t reducer =
        reducer_of(fabric, src_chip == SLED_NONE ? fabric->link[link].src : fabric->link[link].dst);
    if (reducer == SLED_NONE)
        return SLED_OK;
    place = src_chip == SLED_NONE ? list->routes.from_reducer + (size_t)dst_chip * fabric->nreducers
                                  : list->routes.to_reducer + (size_t)src_chip * fabric->nreducers;
    place[reducer] = list->routes.npaths;
    SLED_TRY(sled_route_list_add(list, 1, &path, err));
    *path = link;
    return SLED_OK;
}

static enum sled_status add_reducer_links(struct sled_route_list *list, struct sled_err *err)
{
    const struct sled_fabric *fabric = list->fabric;
    const size_t count = (size_t)fabric->nchips * fabric->nreducers;

    if (count == 0)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&list->routes.to_reducer, count, err));
    SLED_TRY(sled_vec_alloc(&list->routes.from_reducer, count, err));
    for (size_t i = 0; i < count; i++)
        list->routes.to_reducer[i] = list->routes.from_reducer[i] = SLED_NONE;
    for (uint32_t l = 0; l < fabric->nlinks; l++)
        SLED_TRY(add_reducer_link(list, l, err));
    return SLED_OK;
}

enum sled_status sled_route_list_end(struct sled_route_list *list, struct sled_routes *out,
                                     struct sled_err *err)
{
    sled_route_list_begin_pair(list); /* the end of the last one */
    SLED_TRY(add_reducer_links(list, err));
    *out = list->routes;
    list->routes = (struct sled_routes){0};

    /* Growth by doubling may have left half of it unused. */
    uint32_t *fitted = realloc(out->link, (list->nlinks + (size_t)1) * sizeof *out->link);
    if (fitted != NULL)
        out->link = fitted;
    return SLED_OK;
}

void sled_route_list_finish(struct sled_route_list *list)
{
    sled_route_list_free(&list->routes);
}

void sled_route_list_free(struct sled_routes *routes)
{
    free(routes->pair_begin);
    free(routes->to_reducer);
    free(routes->from_reducer);
    free(routes->path_begin);
    free(routes->link);
    *routes = (struct sled_routes){0};
}
