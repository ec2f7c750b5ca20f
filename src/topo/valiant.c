/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L. G. Valiant, "A scheme for fast parallel communication", SIAM J. Comput. 11(2), 1982.
 * His intermediate is random for each message; ours is dealt from one shuffled deck of the
 * forwarding chips, each counted by displacement from the source: the k-th destination of
 * a source takes card (cut + k), where every source cuts the deck at its own place, shuffled
 * too. So the detours of one source use every chip equally often, those of one shift (all
 * sources to equally displaced destinations) use every displacement equally often, and
 * neither is in step with the fabric.
 */
#include "topo/valiant.h"

#include <stdlib.h>

#include "base/gcd.h"
#include "base/rng.h"
#include "base/vec.h"
#include "topo/route_list.h"
#include "topo/routing.h"
#include "topo/turns.h"

struct work {
    const struct sled_fabric *fabric;
    const struct sled_routes *minimal;
    struct sled_turns turns;
    uint32_t nforwarders;
    uint32_t *deck;      /* [nforwarders]: places in forwarder, shuffled */
    uint32_t *cut;       /* [nchips]: shuffled */
    uint32_t *forwarder; /* [nforwarders]: by displacement from the source at hand */
    uint32_t *via;       /* [nchips]: intermediate of each destination of it */
    uint32_t *seen_at;   /* [nnodes]: links of the path before this node + 1, 0 if not on it */
    uint32_t *path;      /* the path under construction */
    size_t path_capacity;
};

/* The numbers 0..count-1, shuffled; the caller frees them. Streams differ in their order. */
static enum sled_status shuffled(uint32_t **out, uint32_t count, uint64_t stream,
                                 struct sled_err *err)
{
    struct sled_rng rng;

    SLED_TRY(sled_vec_alloc(out, count, err));
    sled_rng_init(&rng, 0, stream);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t j = sled_rng_below(&rng, i + 1);
        (*out)[i] = (*out)[j];
        (*out)[j] = i;
    }
    return SLED_OK;
}

static void choose_intermediates(struct work *w, uint32_t s)
{
    const struct sled_fabric *fabric = w->fabric;
    uint32_t n = 0;

    for (uint32_t i = 0; i < fabric->nchips; i++) {
        const uint32_t chip = sled_turns_chip(&w->turns, s, i);
        if (fabric->node[fabric->chip_node[chip]].forwards)
            w->forwarder[n++] = chip;
    }
    for (uint32_t i = 0; i < fabric->nchips; i++)
        w->via[sled_turns_chip(&w->turns, s, i)] = w->forwarder[w->deck[(w->cut[s] + i) % n]];
}

static struct sled_path minimal_path(const struct work *w, uint32_t s, uint32_t d, uint32_t index,
                                     uint32_t *npaths)
{
    const uint32_t *pair = &w->minimal->pair_begin[(size_t)s * w->fabric->nchips + d];

    *npaths = pair[1] - pair[0];
    if (*npaths == 0)
        return (struct sled_path){0};
    const uint32_t *path = &w->minimal->path_begin[pair[0] + index % *npaths];
    return (struct sled_path){.link = &w->minimal->link[path[0]], .nlinks = path[1] - path[0]};
}

/* Append a path to the one under construction; where it comes back to a node, the loop goes. */
static enum sled_status append(struct work *w, struct sled_path part, uint32_t *len,
                               struct sled_err *err)
{
    const struct sled_link *link = w->fabric->link;

    SLED_TRY(sled_vec_reserve(&w->path, &w->path_capacity, (size_t)*len + part.nlinks + 1, err));
    for (uint32_t i = 0; i < part.nlinks; i++) {
        const uint32_t to = link[part.link[i]].dst;
        if (w->seen_at[to] == 0) {
            w->path[(*len)++] = part.link[i];
            w->seen_at[to] = *len + 1;
        } else {
            while (*len + 1 > w->seen_at[to])
                w->seen_at[link[w->path[--*len]].dst] = 0;
        }
    }
    return SLED_OK;
}

static enum sled_status add_detour(struct work *w, uint32_t s, uint32_t d, uint32_t index,
                                   struct sled_route_list *list, struct sled_err *err)
{
    const uint32_t via = w->via[d];
    uint32_t npaths, len = 0;

    w->seen_at[w->fabric->chip_node[s]] = 1;
    const struct sled_path first = minimal_path(w, s, via, index, &npaths);
    enum sled_status status = append(w, first, &len, err);
    const struct sled_path second = minimal_path(w, via, d, index, &npaths);
    if (status == SLED_OK)
        status = append(w, second, &len, err);
    SLED_TRY(status);

    w->seen_at[w->fabric->chip_node[s]] = 0;
    for (uint32_t i = 0; i < len; i++)
        w->seen_at[w->fabric->link[w->path[i]].dst] = 0;
    return sled_route_list_copy(list, (struct sled_path){.link = w->path, .nlinks = len}, err);
}

/* As many paths as keep the shares equal in both halves: the least common multiple. */
static enum sled_status add_pair(struct work *w, uint32_t s, uint32_t d,
                                 struct sled_route_list *list, struct sled_err *err)
{
    const struct sled_node *node = w->fabric->node;
    const uint32_t *chip_node = w->fabric->chip_node;
    uint32_t first, second;

    minimal_path(w, s, w->via[d], 0, &first);
    minimal_path(w, w->via[d], d, 0, &second);
    first = first == 0 ? 1 : first;
    second = second == 0 ? 1 : second;
    const uint64_t npaths = first / sled_gcd(first, second) * second;
    if (npaths > SLED_MAX_SPLIT)
        return sled_err_set_at(err, SLED_E_INPUT, "/ties",
                               "the detour from %s to %s by %s has more than %d equal routes, too "
                               "many to split a transfer over; use \"spread\"",
                               node[chip_node[s]].name, node[chip_node[d]].name,
                               node[chip_node[w->via[d]]].name, SLED_MAX_SPLIT);
    for (uint32_t index = 0; index < npaths; index++)
        SLED_TRY(add_detour(w, s, d, index, list, err));
    return SLED_OK;
}

static enum sled_status work_init(struct work *w, const struct sled_fabric *fabric,
                                  const struct sled_routes *minimal, struct sled_err *err)
{
    *w = (struct work){.fabric = fabric, .minimal = minimal};
    for (uint32_t i = 0; i < fabric->nchips; i++)
        w->nforwarders += fabric->node[fabric->chip_node[i]].forwards;
    if (w->nforwarders == 0)
        return sled_err_set_at(err, SLED_E_INPUT, "/policy",
                               "valiant routing needs chips that forward, this fabric has none");

    SLED_TRY(sled_turns_init(&w->turns, fabric, err));
    SLED_TRY(shuffled(&w->deck, w->nforwarders, 0, err));
    SLED_TRY(shuffled(&w->cut, fabric->nchips, 1, err));
    SLED_TRY(sled_vec_alloc(&w->forwarder, w->nforwarders, err));
    SLED_TRY(sled_vec_alloc(&w->via, fabric->nchips, err));
    return sled_vec_alloc(&w->seen_at, fabric->nnodes, err);
}

static void work_finish(struct work *w)
{
    sled_turns_finish(&w->turns);
    free(w->deck);
    free(w->cut);
    free(w->forwarder);
    free(w->via);
    free(w->seen_at);
    free(w->path);
}

enum sled_status sled_valiant(const struct sled_fabric *fabric, const struct sled_routes *minimal,
                              struct sled_routes *out, struct sled_err *err)
{
    struct work w;
    struct sled_route_list list;

    SLED_TRY(sled_route_list_init(&list, fabric, err));
    enum sled_status status = work_init(&w, fabric, minimal, err);
    for (uint32_t s = 0; s < fabric->nchips && status == SLED_OK; s++) {
        choose_intermediates(&w, s);
        for (uint32_t d = 0; d < fabric->nchips && status == SLED_OK; d++) {
            sled_route_list_begin_pair(&list);
            if (s != d)
                status = add_pair(&w, s, d, &list, err);
        }
    }
    if (status == SLED_OK)
        status = sled_route_list_end(&list, out, err);
    sled_route_list_finish(&list);
    work_finish(&w);
    return status;
}
