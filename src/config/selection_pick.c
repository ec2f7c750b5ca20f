/* SPDX-License-Identifier: Apache-2.0 */
/* Picking by a selection table, and what the picked rule costs on the machine at hand. */
#include "config/selection.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "config/config.h"

struct sled_selection_site sled_selection_site_of(const struct sled_topology *topology,
                                                  const uint32_t *chip_of_rank)
{
    return (struct sled_selection_site){.chip = topology->chip_name,
                                        .topology = topology->name,
                                        .machine = &topology->machine,
                                        .chip_of_rank = chip_of_rank};
}

static bool names(const struct sled_array *list, const char *what)
{
    const char *const *name = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (strcmp(name[i], what) == 0)
            return true;
    return list->count == 0;
}

static uint32_t sled_of(const struct sled_selection_site *site, uint32_t rank)
{
    const struct sled_fabric *fabric = site->machine->fabric;

    return fabric->node[fabric->chip_node[site->chip_of_rank[rank]]].sled;
}

/* Sleds that ranks are in; chips without a sled are all in one. */
static uint32_t count_sleds(const struct sled_selection_site *site, uint32_t nranks)
{
    uint32_t count = 0;

    for (uint32_t r = 0; r < nranks; r++) {
        uint32_t earlier = 0;

        while (earlier < r && sled_of(site, earlier) != sled_of(site, r))
            earlier++;
        count += earlier == r;
    }
    return count;
}

static bool is_within(double value, double from, double below)
{
    return value >= from && (below == 0 || value < below);
}

static bool fits(const struct sled_selection_rule *rule, const struct sled_coll_req *req,
                 const struct sled_selection_site *site, uint32_t nsleds, enum sled_memory memory)
{
    const double size = (double)sled_coll_size_bytes(req);

    return rule->op == (int)req->kind &&
           (rule->memory == SLED_MEMORIES || rule->memory == (int)memory) &&
           names(&rule->chips, site->chip) && names(&rule->topologies, site->topology) &&
           req->nranks >= rule->min_ranks &&
           (rule->max_ranks == 0 || req->nranks <= rule->max_ranks) && nsleds >= rule->min_sleds &&
           (rule->max_sleds == 0 || nsleds <= rule->max_sleds) &&
           is_within(size, rule->from_bytes, rule->below_bytes) &&
           is_within(size / req->nranks, rule->from_block, rule->below_block);
}

/* NULL without a protocol, and where none of the name is for the chip. */
static const struct sled_selection_protocol *find_protocol(const struct sled_selection *selection,
                                                           const struct sled_selection_rule *rule,
                                                           const struct sled_selection_site *site)
{
    for (size_t i = 0; rule->protocol != NULL && i < selection->nprotocols; i++) {
        const struct sled_selection_protocol *protocol = &selection->protocol[i];

        if (strcmp(protocol->name, rule->protocol) == 0 && names(&protocol->chips, site->chip))
            return protocol;
    }
    return NULL;
}

/* Of the links from a chip into its sled; where it has none, of all its links. */
static double link_rate(const struct sled_selection_site *site)
{
    const struct sled_fabric *fabric = site->machine->fabric;
    const uint32_t node = fabric->chip_node[site->chip_of_rank[0]];
    double inside = 0, all = 0;

    for (uint32_t l = 0; l < fabric->nlinks; l++) {
        if (fabric->link[l].src != node)
            continue;
        all += sled_link_bandwidth(fabric, l);
        if (fabric->link[l].level == SLED_LEVEL_SLED)
            inside += sled_link_bandwidth(fabric, l);
    }
    return inside > 0 ? inside : all;
}

/* What the library believes of a rule, from the numbers of its algorithm in closed form. */
static enum sled_status estimate(const struct sled_selection_rule *rule,
                                 const struct sled_selection_estimate *by,
                                 const struct sled_coll_req *req,
                                 const struct sled_selection_site *site, double *out_s,
                                 struct sled_err *err)
{
    const struct sled_coll_algo *algo = sled_coll_find(req->kind, rule->algorithm, err);
    struct sled_coll_req placed = *req;
    struct sled_plan_cost cost;
    struct sled_place place;

    SLED_TRY(
        sled_place_on_fabric(site->machine->fabric, site->chip_of_rank, req->nranks, &place, err));
    placed.place = &place;
    enum sled_status st = algo->check == NULL ? SLED_OK : algo->check(&placed, err);
    if (st == SLED_OK)
        st = algo->cost(&placed, &cost, err);
    if (st == SLED_OK)
        *out_s = by->start_s + (double)cost.steps * by->step_s +
                 (double)cost.port_bytes / (by->efficiency * link_rate(site));
    sled_place_finish(&place);
    return st;
}

/* Of the rules from the first that fits on, the one with the least estimate. */
static enum sled_status pick_least(const struct sled_selection *selection,
                                   const struct sled_coll_req *req,
                                   const struct sled_selection_site *site, uint32_t nsleds,
                                   enum sled_memory memory, size_t first,
                                   const struct sled_selection_rule **out, struct sled_err *err)
{
    double least_s = INFINITY;

    for (size_t i = first; i < selection->nrules; i++) {
        const struct sled_selection_rule *rule = &selection->rule[i];
        const struct sled_selection_protocol *protocol = find_protocol(selection, rule, site);
        double time_s;

        if (!fits(rule, req, site, nsleds, memory) || protocol == NULL || !protocol->has_estimate)
            continue;
        if (estimate(rule, &protocol->estimate, req, site, &time_s, err) != SLED_OK) {
            sled_err_prefix(err, "%s: ", rule->label);
            return err->code;
        }
        if (time_s < least_s) {
            least_s = time_s;
            *out = rule;
        }
    }
    return SLED_OK;
}

enum sled_status sled_selection_pick(const struct sled_selection *selection,
                                     const struct sled_coll_req *req,
                                     const struct sled_selection_site *site,
                                     enum sled_memory memory,
                                     const struct sled_selection_rule **out, struct sled_err *err)
{
    const uint32_t nsleds = count_sleds(site, req->nranks);

    for (size_t i = 0; i < selection->nrules; i++) {
        const struct sled_selection_rule *rule = &selection->rule[i];

        if (!fits(rule, req, site, nsleds, memory))
            continue;

        const struct sled_selection_protocol *protocol = find_protocol(selection, rule, site);
        if (protocol != NULL && protocol->has_estimate)
            return pick_least(selection, req, site, nsleds, memory, i, out, err);
        *out = rule;
        return SLED_OK;
    }
    return sled_err_set(
        err, SLED_E_UNSUPPORTED,
        "table \"%s\" has no rule for %s of %" PRIu64 " bytes on %u rank%s of %s, memory %s",
        selection->name, sled_coll_kind_names[req->kind], sled_coll_size_bytes(req), req->nranks,
        req->nranks == 1 ? "" : "s", site->chip, sled_memory_names[memory]);
}

/* As many pieces of that size as there are, at most as many as a request may ask for: the more
 * pieces, the less one more changes. */
static uint32_t count_chunks(const struct sled_coll_req *req, double chunk_bytes)
{
    const double pieces = ceil((double)sled_coll_size_bytes(req) / chunk_bytes);

    return (uint32_t)fmax(1, fmin(pieces, SLED_COLL_MAX_SPLIT));
}

/* Times of a program on a chip go with its clock. */
static double clock_ratio(const struct sled_selection_protocol *protocol,
                          const struct sled_selection_site *site)
{
    const double clock_hz = site->machine->ports.clock_hz;

    return protocol->clock_hz == 0 || clock_hz == 0 ? 1.0 : protocol->clock_hz / clock_hz;
}

enum sled_status sled_selection_apply(const struct sled_selection *selection,
                                      const struct sled_selection_rule *rule,
                                      const struct sled_selection_site *site,
                                      struct sled_coll_req *req, bool *has_protocol,
                                      struct sled_protocol *protocol, struct sled_err *err)
{
    const struct sled_selection_protocol *from = find_protocol(selection, rule, site);

    if (rule->protocol != NULL && from == NULL)
        return sled_err_set(err, SLED_E_UNSUPPORTED, "table \"%s\" has no protocol \"%s\" for %s",
                            selection->name, rule->protocol, site->chip);
    if (rule->chunk_bytes > 0 && req->chunks == 0)
        req->chunks = count_chunks(req, rule->chunk_bytes);
    *has_protocol = from != NULL;
    if (from == NULL)
        return SLED_OK;

    const double slower = clock_ratio(from, site);
    const double block_bytes = (double)sled_coll_size_bytes(req) / req->nranks;
    *protocol = (struct sled_protocol){
        .launch_s = slower * from->launch_s +
                    from->copy * block_bytes / (from->efficiency * link_rate(site)),
        .issue_s = slower * from->issue_s,
        .start_s = slower * from->step_s,
        .network_start_s = from->network_step_s,
        .overhead = 1 / from->efficiency,
        .network_overhead = 1 / from->network_efficiency,
    };
    return SLED_OK;
}
