/* SPDX-License-Identifier: Apache-2.0 */
/* Cells and displacements in the box of a fabric's axes. */
#include "topo/turns.h"

#include <stdlib.h>

#include "base/vec.h"

/* Put every chip into the cell of its coordinates; false where they do not fill the box. */
static bool fill_box(struct sled_turns *turns, const struct sled_fabric *fabric)
{
    uint64_t cells = 1;

    for (uint32_t a = 0; a < fabric->naxes; a++) {
        turns->size[a] = fabric->axes[a].size;
        cells *= fabric->axes[a].size;
        if (cells == 0 || cells > fabric->nchips)
            return false;
    }
    if (fabric->naxes == 0 || cells != fabric->nchips)
        return false;

    turns->naxes = fabric->naxes;
    for (uint32_t i = 0; i < fabric->nchips; i++)
        turns->chip_at[i] = SLED_NONE;
    for (uint32_t i = 0; i < fabric->nchips; i++) {
        const uint32_t *coord = fabric->node[fabric->chip_node[i]].coord;
        uint32_t cell = 0;
        for (uint32_t a = 0; a < turns->naxes; a++) {
            if (coord[a] >= turns->size[a])
                return false;
            cell = cell * turns->size[a] + coord[a];
        }
        if (turns->chip_at[cell] != SLED_NONE)
            return false;
        turns->chip_at[cell] = i;
        turns->cell_of[i] = cell;
    }
    return true;
}

enum sled_status sled_turns_init(struct sled_turns *turns, const struct sled_fabric *fabric,
                                 struct sled_err *err)
{
    *turns = (struct sled_turns){.nchips = fabric->nchips};
    SLED_TRY(sled_vec_alloc(&turns->cell_of, fabric->nchips, err));
    SLED_TRY(sled_vec_alloc(&turns->chip_at, fabric->nchips, err));
    if (fill_box(turns, fabric))
        return SLED_OK;

    turns->naxes = 1;
    turns->size[0] = fabric->nchips;
    for (uint32_t i = 0; i < fabric->nchips; i++)
        turns->cell_of[i] = turns->chip_at[i] = i;
    return SLED_OK;
}

void sled_turns_finish(struct sled_turns *turns)
{
    free(turns->cell_of);
    free(turns->chip_at);
    *turns = (struct sled_turns){0};
}

uint32_t sled_turns_chip(const struct sled_turns *turns, uint32_t s, uint32_t displacement)
{
    uint32_t from = turns->cell_of[s], cell = 0, stride = 1;

    for (uint32_t a = turns->naxes; a-- > 0;) {
        const uint32_t size = turns->size[a];
        cell += (from % size + displacement % size) % size * stride;
        from /= size;
        displacement /= size;
        stride *= size;
    }
    return turns->chip_at[cell];
}

uint32_t sled_turns_place(const struct sled_turns *turns, uint32_t chip, uint32_t *size)
{
    *size = turns->size[turns->naxes - 1];
    return turns->cell_of[chip] % *size;
}
