/* SPDX-License-Identifier: Apache-2.0 */
/* Building, breaking and reading a fabric. Names are hashed, so that n nodes cost O(n). */
#include "model/fabric.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

const char *const sled_level_names[SLED_LEVELS + 1] = {"sled", "fabric", "rack", "pod", NULL};
const char *const sled_medium_names[SLED_MEDIUMS + 1] = {"pcb", "backplane", "copper", "optical",
                                                         NULL};

const char *sled_level_name(enum sled_level level)
{
    assert(level < SLED_LEVELS);
    return sled_level_names[level];
}

const char *sled_medium_name(enum sled_medium medium)
{
    assert(medium < SLED_MEDIUMS);
    return sled_medium_names[medium];
}

void sled_fabric_init(struct sled_fabric *fabric)
{
    *fabric = (struct sled_fabric){0};
}

void sled_fabric_finish(struct sled_fabric *fabric)
{
    free(fabric->node);
    free(fabric->link);
    free(fabric->chip_node);
    free(fabric->name_slot);
    free(fabric->reducer_node);
    free(fabric->routes.pair_begin);
    free(fabric->routes.to_reducer);
    free(fabric->routes.from_reducer);
    free(fabric->routes.path_begin);
    free(fabric->routes.link);
    *fabric = (struct sled_fabric){0};
}

/* The slot that holds the name, or the empty one where it belongs (FNV-1a, linear probing). */
static size_t name_slot(const struct sled_fabric *fabric, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;

    size_t slot = (size_t)(hash % fabric->name_slots);
    while (fabric->name_slot[slot] != SLED_NONE &&
           strcmp(fabric->node[fabric->name_slot[slot]].name, name) != 0)
        slot = (slot + 1) % fabric->name_slots;
    return slot;
}

/* Keep the table at most half full, with room for one more. */
static enum sled_status grow_names(struct sled_fabric *fabric, struct sled_err *err)
{
    if (2 * ((size_t)fabric->nnodes + 1) <= fabric->name_slots)
        return SLED_OK;

    const size_t slots = fabric->name_slots == 0 ? 64 : 4 * fabric->name_slots;
    uint32_t *table;
    SLED_TRY(sled_vec_alloc(&table, slots, err));
    for (size_t i = 0; i < slots; i++)
        table[i] = SLED_NONE;

    free(fabric->name_slot);
    fabric->name_slot = table;
    fabric->name_slots = slots;
    for (uint32_t i = 0; i < fabric->nnodes; i++)
        fabric->name_slot[name_slot(fabric, fabric->node[i].name)] = i;
    return SLED_OK;
}

static bool is_latency(double seconds)
{
    return isfinite(seconds) && seconds >= 0.0;
}

enum sled_status sled_fabric_add_node(struct sled_fabric *fabric, const struct sled_node *node,
                                      uint32_t *id, struct sled_err *err)
{
    const bool is_chip = node->kind == SLED_NODE_CHIP;

    assert(memchr(node->name, '\0', sizeof node->name) != NULL);
    if (node->name[0] == '\0')
        return sled_err_set(err, SLED_E_INPUT, "a node has an empty name");
    if (!is_latency(node->latency_s))
        return sled_err_set(err, SLED_E_INPUT,
                            "node \"%s\": latency %g s is not a finite time >= 0", node->name,
                            node->latency_s);
    if (node->members == 0)
        return sled_err_set(err, SLED_E_INPUT, "node \"%s\" has 0 members, expected at least 1",
                            node->name);
    if (node->failed_members > node->members)
        return sled_err_set(err, SLED_E_INPUT, "node \"%s\": %u of %u members have failed",
                            node->name, node->failed_members, node->members);
    if (is_chip && node->reduces)
        return sled_err_set(err, SLED_E_INPUT,
                            "node \"%s\" is a chip; only switches reduce on the way", node->name);
    if (is_chip && fabric->nchips == SLED_MAX_CHIPS)
        return sled_err_set(err, SLED_E_INPUT, "the fabric has more than %d chips", SLED_MAX_CHIPS);

    SLED_TRY(grow_names(fabric, err));
    const size_t slot = name_slot(fabric, node->name);
    if (fabric->name_slot[slot] != SLED_NONE)
        return sled_err_set(err, SLED_E_INPUT, "two nodes are named \"%s\"", node->name);

    const uint32_t new = fabric->nnodes;
    SLED_TRY(sled_vec_reserve(&fabric->node, &fabric->node_capacity, (size_t) new + 1, err));
    if (is_chip)
        SLED_TRY(sled_vec_reserve(&fabric->chip_node, &fabric->chip_capacity,
                                  (size_t)fabric->nchips + 1, err));
    if (node->reduces)
        SLED_TRY(sled_vec_reserve(&fabric->reducer_node, &fabric->reducer_capacity,
                                  (size_t)fabric->nreducers + 1, err));

    fabric->node[new] = *node;
    fabric->node[new].chip = is_chip ? fabric->nchips : SLED_NONE;
    fabric->nnodes++;
    fabric->name_slot[slot] = new;
    if (is_chip)
        fabric->chip_node[fabric->nchips++] = new;
    if (node->reduces)
        fabric->reducer_node[fabric->nreducers++] = new;
    if (id != NULL)
        *id = new;
    return SLED_OK;
}

enum sled_status sled_fabric_add_link(struct sled_fabric *fabric, const struct sled_link *link,
                                      struct sled_err *err)
{
    assert(link->src < fabric->nnodes && link->dst < fabric->nnodes);
    const char *src = fabric->node[link->src].name;
    const char *dst = fabric->node[link->dst].name;

    if (link->src == link->dst)
        return sled_err_set(err, SLED_E_INPUT, "a link joins \"%s\" to itself", src);
    if (!isfinite(link->bandwidth_bytes_per_s) || link->bandwidth_bytes_per_s <= 0.0)
        return sled_err_set(err, SLED_E_INPUT,
                            "link %s>%s: bandwidth %g B/s is not a finite rate > 0", src, dst,
                            link->bandwidth_bytes_per_s);
    if (!is_latency(link->latency_s))
        return sled_err_set(err, SLED_E_INPUT, "link %s>%s: latency %g s is not a finite time >= 0",
                            src, dst, link->latency_s);
    if (link->members == 0)
        return sled_err_set(err, SLED_E_INPUT, "link %s>%s has 0 members, expected at least 1", src,
                            dst);
    if (link->failed_members > link->members)
        return sled_err_set(err, SLED_E_INPUT, "link %s>%s: %u of %u members have failed", src, dst,
                            link->failed_members, link->members);

    SLED_TRY(
        sled_vec_reserve(&fabric->link, &fabric->link_capacity, (size_t)fabric->nlinks + 1, err));
    fabric->link[fabric->nlinks++] = *link;
    return SLED_OK;
}

enum sled_status sled_fabric_connect(struct sled_fabric *fabric, const struct sled_link *link,
                                     struct sled_err *err)
{
    struct sled_link back = *link;

    back.src = link->dst;
    back.dst = link->src;
    SLED_TRY(sled_fabric_add_link(fabric, link, err));
    return sled_fabric_add_link(fabric, &back, err);
}

uint32_t sled_fabric_find(const struct sled_fabric *fabric, const char *name)
{
    return fabric->name_slots == 0 ? SLED_NONE : fabric->name_slot[name_slot(fabric, name)];
}

/* The new number of failed members, in *failed. what names the victim in a complaint. */
static enum sled_status fail_members(const char *what, uint32_t members, uint32_t more,
                                     uint32_t *failed, struct sled_err *err)
{
    const uint32_t left = members - *failed;

    if (more > left || left == 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "%s has %u member%s, %u already failed: %u more cannot fail", what,
                            members, members == 1 ? "" : "s", *failed, more == 0 ? 1 : more);
    *failed += more == 0 ? left : more;
    return SLED_OK;
}

enum sled_status sled_fabric_fail_node(struct sled_fabric *fabric, uint32_t node, uint32_t members,
                                       struct sled_err *err)
{
    assert(node < fabric->nnodes);
    struct sled_node *victim = &fabric->node[node];
    char what[sizeof victim->name + 8];

    snprintf(what, sizeof what, "\"%s\"", victim->name);
    return fail_members(what, victim->members, members, &victim->failed_members, err);
}

enum sled_status sled_fabric_fail_link(struct sled_fabric *fabric, uint32_t a, uint32_t b,
                                       uint32_t members, struct sled_err *err)
{
    assert(a < fabric->nnodes && b < fabric->nnodes);
    const char *name_a = fabric->node[a].name;
    const char *name_b = fabric->node[b].name;
    bool found = false;

    for (uint32_t i = 0; i < fabric->nlinks; i++) {
        struct sled_link *link = &fabric->link[i];
        if (!(link->src == a && link->dst == b) && !(link->src == b && link->dst == a))
            continue;
        char what[2 * sizeof fabric->node->name + 8];
        snprintf(what, sizeof what, "link %s>%s", fabric->node[link->src].name,
                 fabric->node[link->dst].name);
        SLED_TRY(fail_members(what, link->members, members, &link->failed_members, err));
        found = true;
    }
    if (!found)
        return sled_err_set(err, SLED_E_INPUT, "no link joins \"%s\" and \"%s\"", name_a, name_b);
    return SLED_OK;
}

/* Multiply the share *alive / *total by what is left of an end that the link is striped over. */
static void take_share(const struct sled_node *end, const struct sled_link *link, double *alive,
                       double *total)
{
    if (link->members % end->members == 0) {
        *alive *= end->members - end->failed_members;
        *total *= end->members;
    } else if (end->failed_members == end->members) {
        *alive = 0.0;
    }
}

double sled_link_bandwidth(const struct sled_fabric *fabric, uint32_t link)
{
    assert(link < fabric->nlinks);
    const struct sled_link *l = &fabric->link[link];
    double alive = l->members, total = l->members;

    /* Whole numbers throughout, so that nine tenths of 640 GB/s are 576 GB/s to the bit. */
    take_share(&fabric->node[l->src], l, &alive, &total);
    take_share(&fabric->node[l->dst], l, &alive, &total);
    alive -= l->failed_members * (total / l->members);
    return alive <= 0.0 ? 0.0 : l->bandwidth_bytes_per_s * alive / total;
}

static int compare_u32(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* How many different values other than SLED_NONE; sorts the array. */
static uint32_t count_distinct(uint32_t *value, uint32_t count)
{
    uint32_t distinct = 0;

    qsort(value, count, sizeof *value, compare_u32);
    for (uint32_t i = 0; i < count && value[i] != SLED_NONE; i++)
        distinct += i == 0 || value[i] != value[i - 1];
    return distinct;
}

static int compare_ends(const void *a, const void *b)
{
    const struct sled_link *x = *(const struct sled_link *const *)a;
    const struct sled_link *y = *(const struct sled_link *const *)b;

    if (x->src != y->src)
        return x->src < y->src ? -1 : 1;
    return (x->dst > y->dst) - (x->dst < y->dst);
}

static enum sled_status check_single_links(const struct sled_fabric *fabric, struct sled_err *err)
{
    const struct sled_link **sorted;
    enum sled_status status = SLED_OK;

    SLED_TRY(sled_vec_alloc(&sorted, fabric->nlinks, err));
    for (uint32_t i = 0; i < fabric->nlinks; i++)
        sorted[i] = &fabric->link[i];
    qsort(sorted, fabric->nlinks, sizeof *sorted, compare_ends);
    for (uint32_t i = 1; i < fabric->nlinks && status == SLED_OK; i++)
        if (compare_ends(&sorted[i - 1], &sorted[i]) == 0)
            status = sled_err_set(
                err, SLED_E_INPUT,
                "two links lead from \"%s\" to \"%s\"; write one link with several members",
                fabric->node[sorted[i]->src].name, fabric->node[sorted[i]->dst].name);
    free(sorted);
    return status;
}

enum sled_status sled_fabric_check(struct sled_fabric *fabric, struct sled_err *err)
{
    uint32_t *place;

    if (fabric->nchips == 0)
        return sled_err_set(err, SLED_E_INPUT, "the fabric has no chip");
    SLED_TRY(check_single_links(fabric, err));

    SLED_TRY(sled_vec_alloc(&place, fabric->nchips, err));
    for (uint32_t i = 0; i < fabric->nchips; i++)
        place[i] = fabric->node[fabric->chip_node[i]].sled;
    fabric->nsleds = count_distinct(place, fabric->nchips);
    for (uint32_t i = 0; i < fabric->nchips; i++)
        place[i] = fabric->node[fabric->chip_node[i]].rack;
    fabric->nracks = count_distinct(place, fabric->nchips);
    for (uint32_t i = 0; i < fabric->nchips; i++)
        place[i] = fabric->node[fabric->chip_node[i]].pod;
    fabric->npods = count_distinct(place, fabric->nchips);
    free(place);
    return SLED_OK;
}

uint32_t sled_fabric_endpoint_node(const struct sled_fabric *fabric, uint32_t endpoint)
{
    assert(endpoint < sled_fabric_endpoints(fabric));
    return endpoint < fabric->nchips ? fabric->chip_node[endpoint]
                                     : fabric->reducer_node[endpoint - fabric->nchips];
}

/* Paths where one end at least is a switch. */
static uint32_t reducer_paths(const struct sled_fabric *fabric, uint32_t src, uint32_t dst,
                              uint32_t *first)
{
    const size_t nreducers = fabric->nreducers;

    if (src >= fabric->nchips && dst >= fabric->nchips)
        return 0;
    *first = src < fabric->nchips
                 ? fabric->routes.to_reducer[src * nreducers + (dst - fabric->nchips)]
                 : fabric->routes.from_reducer[dst * nreducers + (src - fabric->nchips)];
    return *first != SLED_NONE;
}

uint32_t sled_fabric_paths(const struct sled_fabric *fabric, uint32_t src, uint32_t dst,
                           uint32_t *first)
{
    assert(src < sled_fabric_endpoints(fabric) && dst < sled_fabric_endpoints(fabric));
    assert(fabric->routes.pair_begin != NULL);
    if (src >= fabric->nchips || dst >= fabric->nchips)
        return reducer_paths(fabric, src, dst, first);
    const uint32_t *begin = &fabric->routes.pair_begin[(size_t)src * fabric->nchips + dst];

    *first = begin[0];
    return begin[1] - begin[0];
}

static bool is_linked(const struct sled_fabric *fabric, uint32_t chip, uint32_t reducer)
{
    uint32_t first;

    return sled_fabric_paths(fabric, chip, reducer, &first) > 0 &&
           sled_fabric_paths(fabric, reducer, chip, &first) > 0;
}

uint32_t sled_fabric_reducers_of(const struct sled_fabric *fabric, const uint32_t *chip,
                                 uint32_t count, uint32_t *out)
{
    uint32_t found = 0;

    for (uint32_t e = fabric->nchips; e < sled_fabric_endpoints(fabric); e++) {
        uint32_t i = 0;

        while (i < count && is_linked(fabric, chip[i], e))
            i++;
        if (i == count)
            out[found++] = e;
    }
    return found;
}

struct sled_path sled_fabric_path(const struct sled_fabric *fabric, uint32_t path)
{
    assert(path < fabric->routes.npaths);
    const uint32_t *begin = &fabric->routes.path_begin[path];

    return (struct sled_path){.link = &fabric->routes.link[begin[0]],
                              .nlinks = begin[1] - begin[0]};
}

double sled_path_latency(const struct sled_fabric *fabric, struct sled_path path)
{
    double seconds = 0.0;

    for (uint32_t i = 0; i < path.nlinks; i++) {
        const struct sled_link *link = &fabric->link[path.link[i]];
        if (i == 0 && fabric->node[link->src].kind == SLED_NODE_SWITCH)
            seconds += fabric->node[link->src].latency_s;
        seconds += link->latency_s;
        if (i + 1 < path.nlinks)
            seconds += fabric->node[link->dst].latency_s;
    }
    return seconds;
}

double sled_path_bandwidth(const struct sled_fabric *fabric, struct sled_path path)
{
    double least = HUGE_VAL;

    for (uint32_t i = 0; i < path.nlinks; i++)
        least = fmin(least, sled_link_bandwidth(fabric, path.link[i]));
    return least;
}
