/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping ranks to chips, and dealing them to groups. */
#include "cli/bench_place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/vec.h"
#include "config/groups.h"

/* The number N >= 1 of "word:N" in text; 0 if text is anything else. */
static uint32_t number_after(const char *text, const char *word)
{
    const size_t len = strlen(word);

    if (strncmp(text, word, len) != 0 || text[len] != ':')
        return 0;
    const char *digits = text + len + 1;
    const size_t ndigits = strspn(digits, "0123456789");
    if (ndigits == 0 || ndigits > 9 || digits[ndigits] != '\0')
        return 0;
    return (uint32_t)strtoul(digits, NULL, 10);
}

/* "0,4,8" into *out (heap) and *count; chips must exist and differ. */
static enum sled_status parse_list(const char *list, uint32_t nchips, uint32_t **out,
                                   uint32_t *count, struct sled_err *err)
{
    size_t capacity = 0;
    const char *at = list;

    for (;;) {
        char *end;
        const unsigned long chip = strtoul(at, &end, 10);

        if (*at < '0' || *at > '9' || (*end != ',' && *end != '\0'))
            return sled_err_set(err, SLED_E_USAGE,
                                "--map \"%s\": expected chip numbers separated by commas", list);
        if (chip >= nchips)
            return sled_err_set(err, SLED_E_USAGE, "--map: chip %lu of a fabric with chips 0 to %u",
                                chip, nchips - 1);
        for (uint32_t i = 0; i < *count; i++)
            if ((*out)[i] == chip)
                return sled_err_set(err, SLED_E_USAGE, "--map: chip %lu is listed twice", chip);
        SLED_TRY(sled_vec_reserve(out, &capacity, *count + 1, err));
        (*out)[(*count)++] = (uint32_t)chip;
        if (*end == '\0')
            return SLED_OK;
        at = end + 1;
    }
}

/* A chip, its sled or rack, and in which round of dealing it is dealt. */
struct seat {
    uint32_t round, place, chip;
};

static int compare_seats(const void *a, const void *b)
{
    const struct seat *x = a, *y = b;

    if (x->round != y->round)
        return x->round < y->round ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->chip > y->chip) - (x->chip < y->chip);
}

/* Ranks to sleds or racks in turn. */
static enum sled_status deal(const char *map, const struct sled_fabric *fabric, uint32_t nranks,
                             uint32_t *chip_of_rank, struct sled_err *err)
{
    const bool racks = strcmp(map, "rack") == 0;
    struct seat *seat;

    SLED_TRY(sled_vec_alloc(&seat, fabric->nchips, err));
    enum sled_status st = SLED_OK;
    for (uint32_t c = 0; st == SLED_OK && c < fabric->nchips; c++) {
        const struct sled_node *node = &fabric->node[fabric->chip_node[c]];

        seat[c] = (struct seat){.place = racks ? node->rack : node->sled, .chip = c};
        if (seat[c].place == SLED_NONE)
            st = sled_err_set(err, SLED_E_USAGE, "--map %s: %s is in no %s", map, node->name, map);
    }
    if (st == SLED_OK) {
        /* Sorted by place, a chip's round is how many of its place come before it. */
        qsort(seat, fabric->nchips, sizeof *seat, compare_seats);
        for (uint32_t i = 1; i < fabric->nchips; i++)
            seat[i].round = seat[i].place == seat[i - 1].place ? seat[i - 1].round + 1 : 0;
        qsort(seat, fabric->nchips, sizeof *seat, compare_seats);
        for (uint32_t r = 0; r < nranks; r++)
            chip_of_rank[r] = seat[r].chip;
    }
    free(seat);
    return st;
}

static void stride(uint32_t step, uint32_t nchips, uint32_t nranks, uint32_t *chip_of_rank)
{
    uint32_t chip = 0, first = 0;

    for (uint32_t r = 0; r < nranks; r++) {
        chip_of_rank[r] = chip;
        chip += step;
        if (chip >= nchips)
            chip = ++first;
    }
}

static enum sled_status unknown_map(const char *map, struct sled_err *err)
{
    static const char *const words[] = {"chip", "sled", "rack", "strided:N"};
    const char *near = sled_suggest(map, words, SLED_ARRAY_LEN(words));

    return sled_err_set(err, SLED_E_USAGE,
                        "--map: no mapping \"%s\"%s%s%s known: chip, sled, rack, strided:N with N "
                        "from 1, or chips as 0,4,8",
                        map, near == NULL ? ";" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

/* By rule, onto out->nranks chips. */
static enum sled_status map_by_rule(const char *map, const struct sled_fabric *fabric,
                                    struct bench_place *out, struct sled_err *err)
{
    const uint32_t step = strcmp(map, "chip") == 0 ? 1 : number_after(map, "strided");

    SLED_TRY(sled_vec_alloc(&out->chip_of_rank, out->nranks, err));
    if (strcmp(map, "sled") == 0 || strcmp(map, "rack") == 0)
        return deal(map, fabric, out->nranks, out->chip_of_rank, err);
    if (step == 0)
        return unknown_map(map, err);
    if (step > fabric->nchips)
        return sled_err_set(err, SLED_E_USAGE, "--map %s: the topology has %u chips", map,
                            fabric->nchips);
    stride(step, fabric->nchips, out->nranks, out->chip_of_rank);
    return SLED_OK;
}

static enum sled_status map_ranks(const struct bench_args *args, const struct sled_fabric *fabric,
                                  struct bench_place *out, struct sled_err *err)
{
    if (bench_args_lists_chips(args)) {
        if (args->ranks_given)
            return sled_err_set(err, SLED_E_USAGE,
                                "the list of --map says how many ranks there are; drop --ranks");
        return parse_list(args->map, fabric->nchips, &out->chip_of_rank, &out->nranks, err);
    }
    if (args->ranks_given && args->ranks > fabric->nchips)
        return sled_err_set(err, SLED_E_USAGE, "--ranks %" PRIu64 ": the topology has %u chips",
                            args->ranks, fabric->nchips);
    out->nranks = args->ranks_given ? (uint32_t)args->ranks : fabric->nchips;
    return map_by_rule(args->map, fabric, out, err);
}

static enum sled_status deal_groups(const char *groups, uint32_t nranks, struct sled_groups *out,
                                    struct sled_err *err)
{
    if (groups == NULL)
        return sled_groups_div(nranks, nranks, out, err);

    const uint32_t size = number_after(groups, "div");
    const uint32_t count = number_after(groups, "mod");
    if (size == 0 && count == 0 &&
        (strncmp(groups, "div:", 4) == 0 || strncmp(groups, "mod:", 4) == 0))
        return sled_err_set(err, SLED_E_USAGE, "--groups \"%s\": expected div:N or mod:N, N from 1",
                            groups);
    if (size > nranks || count > nranks)
        return sled_err_set(err, SLED_E_USAGE, "--groups %s: there are %u ranks", groups, nranks);
    if (size > 0)
        return sled_groups_div(nranks, size, out, err);
    if (count > 0)
        return sled_groups_mod(nranks, count, out, err);
    return sled_config_load_groups(groups, nranks, out, err);
}

enum sled_status bench_place_init(struct bench_place *out, const struct bench_args *args,
                                  const struct sled_fabric *fabric, struct sled_err *err)
{
    *out = (struct bench_place){0};
    SLED_TRY(map_ranks(args, fabric, out, err));
    SLED_TRY(deal_groups(args->groups, out->nranks, &out->groups, err));

    const uint32_t nmembers = out->groups.begin[out->groups.count];
    SLED_TRY(sled_vec_alloc(&out->chip_of_member, nmembers, err));
    for (uint32_t i = 0; i < nmembers; i++)
        out->chip_of_member[i] = out->chip_of_rank[out->groups.rank[i]];
    return SLED_OK;
}

void bench_place_finish(struct bench_place *place)
{
    free(place->chip_of_rank);
    free(place->chip_of_member);
    sled_groups_finish(&place->groups);
    *place = (struct bench_place){0};
}
