/* SPDX-License-Identifier: Apache-2.0 */
/* A fixed table is small and looked up once per pair: sorted rows and a binary search. */
#include "topo/fixed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"

static int compare_pairs(const struct sled_fixed_entry *x, const struct sled_fixed_entry *y)
{
    if (x->src_chip != y->src_chip)
        return x->src_chip < y->src_chip ? -1 : 1;
    return (x->dst_chip > y->dst_chip) - (x->dst_chip < y->dst_chip);
}

static int compare_by_pair(const void *a, const void *b)
{
    return compare_pairs(a, b);
}

static int compare_by_pair_and_row(const void *a, const void *b)
{
    const struct sled_fixed_entry *x = a, *y = b;
    const int order = compare_pairs(x, y);

    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static uint32_t find_link(const struct sled_fabric *fabric, uint32_t src, uint32_t dst)
{
    for (uint32_t i = 0; i < fabric->nlinks; i++)
        if (fabric->link[i].src == src && fabric->link[i].dst == dst)
            return i;
    return SLED_NONE;
}

/* Check step i of a row and find its link. */
static enum sled_status resolve_step(const struct sled_fabric *fabric,
                                     const struct sled_fixed_route *route, size_t i,
                                     const char *pointer, uint32_t *link, struct sled_err *err)
{
    const char *from = route->node[i], *to = route->node[i + 1];
    const uint32_t src = sled_fabric_find(fabric, from), dst = sled_fabric_find(fabric, to);

    if (dst == SLED_NONE)
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "no node is named \"%s\"", to);
    for (size_t j = 0; j <= i; j++)
        if (sled_fabric_find(fabric, route->node[j]) == dst)
            return sled_err_set_at(err, SLED_E_INPUT, pointer, "the route passes \"%s\" twice", to);
    if (i > 0 && fabric->node[src].kind == SLED_NODE_CHIP && !fabric->node[src].forwards)
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "\"%s\" does not forward", from);
    *link = find_link(fabric, src, dst);
    if (*link == SLED_NONE)
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "no link leads from \"%s\" to \"%s\"",
                               from, to);
    if (sled_link_bandwidth(fabric, *link) <= 0.0)
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "the link %s>%s has failed", from, to);
    return SLED_OK;
}

static enum sled_status resolve_chip(const struct sled_fabric *fabric, const char *name,
                                     const char *pointer, uint32_t *chip, struct sled_err *err)
{
    const uint32_t node = sled_fabric_find(fabric, name);

    if (node == SLED_NONE)
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "no node is named \"%s\"", name);
    if (fabric->node[node].kind != SLED_NODE_CHIP)
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "\"%s\" is a switch; a route begins and ends at a chip", name);
    *chip = fabric->node[node].chip;
    return SLED_OK;
}

static enum sled_status resolve(const struct sled_fabric *fabric,
                                const struct sled_fixed_route *route, const char *pointer,
                                uint32_t *link, struct sled_fixed_entry *out, struct sled_err *err)
{
    if (route->nnodes < 2)
        return sled_err_set_at(err, SLED_E_INPUT, pointer,
                               "a route has at least 2 nodes, this one has %zu", route->nnodes);
    SLED_TRY(resolve_chip(fabric, route->node[0], pointer, &out->src_chip, err));
    SLED_TRY(resolve_chip(fabric, route->node[route->nnodes - 1], pointer, &out->dst_chip, err));
    for (size_t i = 0; i + 1 < route->nnodes; i++)
        SLED_TRY(resolve_step(fabric, route, i, pointer, &link[i], err));
    out->path = (struct sled_path){.link = link, .nlinks = (uint32_t)(route->nnodes - 1)};
    return SLED_OK;
}

enum sled_status sled_fixed_table_init(struct sled_fixed_table *table,
                                       const struct sled_fabric *fabric,
                                       const struct sled_fixed_route *rows, size_t nrows,
                                       struct sled_err *err)
{
    size_t nlinks = 0;
    char pointer[32];

    *table = (struct sled_fixed_table){0};
    for (size_t i = 0; i < nrows; i++)
        nlinks += rows[i].nnodes;
    SLED_TRY(sled_vec_alloc(&table->entry, nrows, err));
    SLED_TRY(sled_vec_alloc(&table->link, nlinks, err));

    uint32_t *link = table->link;
    for (size_t i = 0; i < nrows; i++) {
        snprintf(pointer, sizeof pointer, "/fixed/%zu", i);
        SLED_TRY(resolve(fabric, &rows[i], pointer, link, &table->entry[i], err));
        table->entry[i].row = i;
        link += rows[i].nnodes;
    }
    table->count = nrows;

    qsort(table->entry, nrows, sizeof *table->entry, compare_by_pair_and_row);
    for (size_t i = 1; i < nrows; i++)
        if (compare_pairs(&table->entry[i - 1], &table->entry[i]) == 0) {
            snprintf(pointer, sizeof pointer, "/fixed/%zu", table->entry[i].row);
            return sled_err_set_at(err, SLED_E_INPUT, pointer,
                                   "the pair already has a route in row %zu",
                                   table->entry[i - 1].row);
        }
    return SLED_OK;
}

void sled_fixed_table_finish(struct sled_fixed_table *table)
{
    free(table->entry);
    free(table->link);
    *table = (struct sled_fixed_table){0};
}

const struct sled_path *sled_fixed_table_find(const struct sled_fixed_table *table,
                                              uint32_t src_chip, uint32_t dst_chip)
{
    const struct sled_fixed_entry key = {.src_chip = src_chip, .dst_chip = dst_chip};

    if (table->count == 0)
        return NULL;
    const struct sled_fixed_entry *found =
        bsearch(&key, table->entry, table->count, sizeof key, compare_by_pair);
    return found == NULL ? NULL : &found->path;
}
