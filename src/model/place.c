/* SPDX-License-Identifier: Apache-2.0 */
/* Units and coordinates of ranks, renumbered so that algorithms may index with them. */
#include "model/place.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

void sled_place_finish(struct sled_place *place)
{
    for (int u = 0; u < SLED_UNITS; u++)
        free(place->unit[u]);
    free(place->coord);
    *place = (struct sled_place){0};
}

static uint32_t unit_of(const struct sled_node *node, enum sled_unit unit)
{
    switch (unit) {
    case SLED_UNIT_SLED:
        return node->sled;
    case SLED_UNIT_RACK:
        return node->rack;
    case SLED_UNIT_POD:
        return node->pod;
    case SLED_UNITS:
        break;
    }
    return SLED_NONE;
}

/* The number that an earlier rank gave to rank r's unit, or count. first[u] is the lowest rank
 * of unit u; larger is the kind of unit that these lie in, or NULL. */
static uint32_t known_unit(const struct sled_fabric *fabric, const uint32_t *chip_of_rank,
                           enum sled_unit kind, const uint32_t *larger, const uint32_t *first,
                           uint32_t count, uint32_t r)
{
    const uint32_t raw = unit_of(&fabric->node[fabric->chip_node[chip_of_rank[r]]], kind);

    for (uint32_t u = 0; u < count; u++) {
        const uint32_t other = first[u];

        if (unit_of(&fabric->node[fabric->chip_node[chip_of_rank[other]]], kind) == raw &&
            (larger == NULL || larger[other] == larger[r]))
            return u;
    }
    return count;
}

/* Numbers units as ranks meet them. first[P] is scratch. */
static enum sled_status find_unit(const struct sled_fabric *fabric, const uint32_t *chip_of_rank,
                                  enum sled_unit kind, const uint32_t *larger, uint32_t *first,
                                  struct sled_place *place, struct sled_err *err)
{
    uint32_t count = 0;

    for (uint32_t r = 0; r < place->nranks; r++)
        if (unit_of(&fabric->node[fabric->chip_node[chip_of_rank[r]]], kind) == SLED_NONE)
            return SLED_OK;
    SLED_TRY(sled_vec_alloc(&place->unit[kind], place->nranks, err));
    for (uint32_t r = 0; r < place->nranks; r++) {
        const uint32_t u = known_unit(fabric, chip_of_rank, kind, larger, first, count, r);

        if (u == count)
            first[count++] = r;
        place->unit[kind][r] = u;
    }
    return SLED_OK;
}

static uint32_t coord_of(const struct sled_fabric *fabric, uint32_t chip, uint32_t axis)
{
    return fabric->node[fabric->chip_node[chip]].coord[axis];
}

/* Coordinates on one axis as 0 .. size - 1 of those that occur; an axis that all ranks share is
 * left out. number[] is scratch, long enough for the axis. */
static void find_axis(const struct sled_fabric *fabric, const uint32_t *chip_of_rank, uint32_t axis,
                      uint32_t *number, struct sled_place *place)
{
    const uint32_t length = fabric->axes[axis].size;
    uint32_t size = 0;

    memset(number, 0, length * sizeof *number);
    for (uint32_t r = 0; r < place->nranks; r++)
        number[coord_of(fabric, chip_of_rank[r], axis)] = 1;
    for (uint32_t c = 0; c < length; c++)
        number[c] = number[c] == 0 ? SLED_NONE : size++;
    if (size == 1)
        return;
    for (uint32_t r = 0; r < place->nranks; r++)
        place->coord[r * SLED_MAX_AXES + place->naxes] =
            number[coord_of(fabric, chip_of_rank[r], axis)];
    place->size[place->naxes++] = size;
}

/* Number of the points of the box, or 0 where it has more than `most`. */
static uint32_t count_points(const uint32_t *size, uint32_t naxes, uint32_t most)
{
    uint64_t points = 1;

    for (uint32_t a = 0; a < naxes; a++) {
        points *= size[a];
        if (points > most)
            return 0;
    }
    return (uint32_t)points;
}

/* One rank at each point? taken[P] is scratch. */
static bool is_box(const struct sled_place *place, uint32_t *taken)
{
    if (place->naxes == 0 ||
        count_points(place->size, place->naxes, place->nranks) != place->nranks)
        return false;
    memset(taken, 0, place->nranks * sizeof *taken);
    for (uint32_t r = 0; r < place->nranks; r++) {
        uint32_t point = 0;

        for (uint32_t a = place->naxes; a-- > 0;)
            point = point * place->size[a] + place->coord[r * SLED_MAX_AXES + a];
        if (taken[point]++ > 0)
            return false;
    }
    return true;
}

/* Rows of SLED_MAX_AXES coordinates, as they were collected, become rows of naxes. */
static void pack_coordinates(struct sled_place *place)
{
    for (uint32_t r = 0; r < place->nranks; r++)
        memmove(place->coord + r * place->naxes, place->coord + r * SLED_MAX_AXES,
                place->naxes * sizeof *place->coord);
}

static enum sled_status find_box(const struct sled_fabric *fabric, const uint32_t *chip_of_rank,
                                 uint32_t *number, struct sled_place *place, struct sled_err *err)
{
    SLED_TRY(sled_vec_alloc(&place->coord, (size_t)place->nranks * SLED_MAX_AXES, err));
    for (uint32_t a = 0; a < fabric->naxes; a++)
        find_axis(fabric, chip_of_rank, a, number, place);
    if (is_box(place, number)) {
        pack_coordinates(place);
        return SLED_OK;
    }
    free(place->coord);
    place->coord = NULL;
    place->naxes = 0;
    return SLED_OK;
}

/* Of the sleds with several ranks, the fewest switches that one has for all of its ranks, and not
 * for those of all sleds; 0 where there is no such sled. chip[P] and endpoint[nreducers] are
 * scratch. */
static uint32_t fewest_in_sled(const struct sled_fabric *fabric, const uint32_t *chip_of_rank,
                               const struct sled_place *place, uint32_t *chip, uint32_t *endpoint)
{
    const uint32_t *sled = place->unit[SLED_UNIT_SLED];
    uint32_t fewest = SLED_NONE;

    for (uint32_t s = 0; sled != NULL && s < place->nranks; s++) {
        uint32_t count = 0;

        for (uint32_t r = 0; r < place->nranks; r++)
            if (sled[r] == s)
                chip[count++] = chip_of_rank[r];
        if (count < 2)
            continue;
        const uint32_t found = sled_fabric_reducers_of(fabric, chip, count, endpoint);
        const uint32_t own = count < place->nranks ? found - place->nswitches : found;
        fewest = own < fewest ? own : fewest;
    }
    return fewest == SLED_NONE ? 0 : fewest;
}

static enum sled_status count_switches(const struct sled_fabric *fabric,
                                       const uint32_t *chip_of_rank, struct sled_place *place,
                                       struct sled_err *err)
{
    uint32_t *endpoint, *chip;

    if (fabric->nreducers == 0)
        return SLED_OK;
    SLED_TRY(sled_vec_alloc(&endpoint, fabric->nreducers, err));
    const enum sled_status status = sled_vec_alloc(&chip, place->nranks, err);
    if (status == SLED_OK) {
        place->nswitches = sled_fabric_reducers_of(fabric, chip_of_rank, place->nranks, endpoint);
        place->nsled_switches = fewest_in_sled(fabric, chip_of_rank, place, chip, endpoint);
        free(chip);
    }
    free(endpoint);
    return status;
}

/* Longest that any scratch array must be. */
static uint32_t scratch_size(const struct sled_fabric *fabric)
{
    uint32_t most = fabric->nchips;

    for (uint32_t a = 0; a < fabric->naxes; a++)
        most = fabric->axes[a].size > most ? fabric->axes[a].size : most;
    return most;
}

enum sled_status sled_place_on_fabric(const struct sled_fabric *fabric,
                                      const uint32_t *chip_of_rank, uint32_t nranks,
                                      struct sled_place *out, struct sled_err *err)
{
    struct sled_place place = {.nranks = nranks};
    uint32_t *number;

    SLED_TRY(sled_vec_alloc(&number, scratch_size(fabric), err));
    enum sled_status st = find_box(fabric, chip_of_rank, number, &place, err);
    const uint32_t *larger = NULL;
    for (int u = SLED_UNITS - 1; u >= 0 && st == SLED_OK; u--) {
        st = find_unit(fabric, chip_of_rank, (enum sled_unit)u, larger, number, &place, err);
        if (place.unit[u] != NULL)
            larger = place.unit[u];
    }
    free(number);
    if (st == SLED_OK)
        st = count_switches(fabric, chip_of_rank, &place, err);
    if (st == SLED_OK)
        *out = place;
    else
        sled_place_finish(&place);
    return st;
}

enum sled_status sled_place_in_sleds(uint32_t nranks, uint32_t sled_size, struct sled_place *out,
                                     struct sled_err *err)
{
    struct sled_place place = {.nranks = nranks};

    SLED_TRY(sled_vec_alloc(&place.unit[SLED_UNIT_SLED], nranks, err));
    for (uint32_t r = 0; r < nranks; r++)
        place.unit[SLED_UNIT_SLED][r] = r / sled_size;
    *out = place;
    return SLED_OK;
}

enum sled_status sled_place_on_torus(uint32_t nranks, const uint32_t *size, uint32_t naxes,
                                     struct sled_place *out, struct sled_err *err)
{
    struct sled_place place = {.nranks = nranks, .naxes = naxes};

    assert(naxes >= 1 && naxes <= SLED_MAX_AXES);
    if (count_points(size, naxes, nranks) != nranks)
        return sled_err_set(err, SLED_E_INPUT,
                            "a torus with as many points as there are ranks, %u, is expected",
                            nranks);
    SLED_TRY(sled_vec_alloc(&place.coord, (size_t)nranks * naxes, err));
    memcpy(place.size, size, naxes * sizeof *size);
    for (uint32_t r = 0; r < nranks; r++) {
        uint32_t rest = r;

        for (uint32_t a = 0; a < naxes; a++) {
            place.coord[r * naxes + a] = rest % size[a];
            rest /= size[a];
        }
    }
    *out = place;
    return SLED_OK;
}
