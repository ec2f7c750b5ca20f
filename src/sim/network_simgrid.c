/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network that SimGrid solves: resources are links without latency, a path is a
 * route, and a weight is how often the route names the link. A cap is one more link, of
 * that capacity, which is why a capped path has one flow at a time.
 *
 * All paths are known before the platform is written, so it has just the links and the
 * hosts that they need.
 */
#include "sim/network.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include <simgrid/host.h>
#include <simgrid/link.h>

#include "base/vec.h"
#include "sim/flows.h"
#include "sim/platform.h"
#include "sim/weights.h"

#define PLAIN SIZE_MAX /* a path without a cap link */

struct path {
    struct sled_platform_route route;
    size_t cap_link; /* number of its cap link, or PLAIN */
    sg_host_t src, dst;
    sg_link_t cap;
};

struct simgrid {
    struct sled_network base;
    const struct sled_machine *machine;
    struct sled_clock *clock;
    double weight_error;

    struct path *path;    /* [npaths] */
    struct sled_use *use; /* [nuses]: of all paths, indexed as their hops will be */
    size_t npaths, nuses, ncaps;
    size_t path_capacity, use_capacity;
    uint32_t *pair_paths; /* [endpoints][endpoints]: paths so far */

    struct sled_flows *flows; /* from start on */
};

static struct simgrid *simgrid_of(struct sled_network *network)
{
    return (struct simgrid *)network;
}

static void destroy(struct sled_network *network)
{
    struct simgrid *net = simgrid_of(network);

    free(net->path);
    free(net->use);
    free(net->pair_paths);
    sled_flows_destroy(net->flows);
    free(net);
}

static enum sled_status add_path(struct sled_network *network, const struct sled_network_path *path,
                                 uint32_t *id, struct sled_err *err)
{
    struct simgrid *net = simgrid_of(network);
    uint32_t *variant =
        &net->pair_paths[(size_t)path->src_chip * sled_fabric_endpoints(net->machine->fabric) +
                         path->dst_chip];

    assert(net->flows == NULL && path->nuses > 0 && net->npaths < UINT32_MAX);
    SLED_TRY(sled_vec_reserve(&net->path, &net->path_capacity, net->npaths + 1, err));
    SLED_TRY(sled_vec_reserve(&net->use, &net->use_capacity, net->nuses + path->nuses, err));
    net->path[net->npaths] = (struct path){
        .route = {.src_chip = path->src_chip,
                  .dst_chip = path->dst_chip,
                  .variant = (*variant)++,
                  .first_hop = net->nuses,
                  .nhops = path->nuses},
        .cap_link = path->capped ? net->ncaps++ : PLAIN,
    };
    for (uint32_t i = 0; i < path->nuses; i++)
        net->use[net->nuses++] = path->use[i];
    *id = (uint32_t)net->npaths++;
    return SLED_OK;
}

static int compare_uses(const void *a, const void *b)
{
    const struct sled_use *x = a, *y = b;

    if (x->resource != y->resource)
        return x->resource < y->resource ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

/* What a platform is built from, beside the network itself. */
struct draft {
    struct sled_use *sorted;           /* [nuses] */
    double *weight;                    /* [nuses]: the different ones of one resource */
    struct sled_weight_scale *scale;   /* [nresources] */
    double *link_bytes_per_s;          /* [nresources + ncaps] */
    uint32_t *variants;                /* [endpoints] */
    struct sled_platform_hop *hop;     /* [nuses + ncaps] */
    struct sled_platform_route *route; /* [npaths] */
};

static enum sled_status draft_init(struct draft *draft, const struct simgrid *net,
                                   struct sled_err *err)
{
    const uint32_t nresources = net->machine->nresources;

    SLED_TRY(sled_vec_alloc(&draft->sorted, net->nuses, err));
    SLED_TRY(sled_vec_alloc(&draft->weight, net->nuses, err));
    SLED_TRY(sled_vec_alloc(&draft->scale, nresources, err));
    SLED_TRY(sled_vec_alloc(&draft->link_bytes_per_s, nresources + net->ncaps, err));
    SLED_TRY(sled_vec_alloc(&draft->variants, sled_fabric_endpoints(net->machine->fabric), err));
    SLED_TRY(sled_vec_alloc(&draft->hop, net->nuses + net->ncaps, err));
    return sled_vec_alloc(&draft->route, net->npaths, err);
}

static void draft_finish(struct draft *draft)
{
    free(draft->sorted);
    free(draft->weight);
    free(draft->scale);
    free(draft->link_bytes_per_s);
    free(draft->variants);
    free(draft->hop);
    free(draft->route);
}

/* Choose a scale, and with it a capacity, for every resource that some path uses. */
static void scale_resources(struct simgrid *net, struct draft *draft)
{
    for (size_t i = 0; i < net->nuses; i++)
        draft->sorted[i] = net->use[i];
    qsort(draft->sorted, net->nuses, sizeof *draft->sorted, compare_uses);

    for (size_t i = 0; i < net->nuses;) {
        const uint32_t resource = draft->sorted[i].resource;
        size_t count = 0;

        for (; i < net->nuses && draft->sorted[i].resource == resource; i++)
            if (count == 0 || draft->weight[count - 1] < draft->sorted[i].weight)
                draft->weight[count++] = draft->sorted[i].weight;
        draft->scale[resource] = sled_weight_scale(draft->weight, count);
        draft->link_bytes_per_s[resource] =
            net->machine->resource[resource].bytes_per_s * draft->scale[resource].factor;
        net->weight_error = fmax(net->weight_error, draft->scale[resource].error);
    }
}

static void draw_routes(struct simgrid *net, struct draft *draft)
{
    const uint32_t nresources = net->machine->nresources;
    size_t nhops = 0;

    for (size_t p = 0; p < net->npaths; p++) {
        const struct path *path = &net->path[p];
        const struct sled_platform_route *from = &path->route;
        struct sled_platform_route *to = &draft->route[p];

        *to = *from;
        to->first_hop = nhops;
        for (size_t u = from->first_hop; u < from->first_hop + from->nhops; u++) {
            const struct sled_use *use = &net->use[u];
            draft->hop[nhops++] = (struct sled_platform_hop){
                .link = use->resource,
                .times = sled_weight_times(draft->scale[use->resource], use->weight)};
        }
        if (path->cap_link != PLAIN) {
            const size_t link = nresources + path->cap_link;

            /* Every flow sets its own cap; until then any capacity will do. */
            draft->link_bytes_per_s[link] = net->machine->ports.hbm_bytes_per_s;
            draft->hop[nhops++] = (struct sled_platform_hop){.link = (uint32_t)link, .times = 1};
        }
        to->nhops = nhops - to->first_hop;
        if (to->variant >= draft->variants[to->dst_chip])
            draft->variants[to->dst_chip] = to->variant + 1;
    }
}

static enum sled_status load(struct simgrid *net, struct draft *draft, struct sled_err *err)
{
    SLED_TRY(draft_init(draft, net, err));
    scale_resources(net, draft);
    draw_routes(net, draft);

    const struct sled_platform platform = {
        .nchips = sled_fabric_endpoints(net->machine->fabric),
        .variants = draft->variants,
        .link_bytes_per_s = draft->link_bytes_per_s,
        .nlinks = net->machine->nresources + net->ncaps,
        .route = draft->route,
        .nroutes = net->npaths,
        .hop = draft->hop,
    };
    return sled_platform_load(&platform, err);
}

static void find_ends(struct simgrid *net)
{
    char name[SLED_PLATFORM_NAME];

    for (size_t p = 0; p < net->npaths; p++) {
        struct path *path = &net->path[p];
        const struct sled_platform_route *route = &path->route;

        path->src = sg_host_by_name(sled_platform_src_host(route->src_chip, name));
        path->dst = sg_host_by_name(sled_platform_dst_host(route->dst_chip, route->variant, name));
        if (path->cap_link != PLAIN)
            path->cap = sg_link_by_name(
                sled_platform_link(net->machine->nresources + path->cap_link, name));
    }
}

static enum sled_status start(struct sled_network *network, struct sled_err *err)
{
    struct simgrid *net = simgrid_of(network);
    struct draft draft = {0};
    const enum sled_status status = load(net, &draft, err);

    draft_finish(&draft);
    SLED_TRY(status);
    find_ends(net);
    return sled_flows_create(sled_fabric_endpoints(net->machine->fabric), net->clock, &net->flows,
                             err);
}

static void flow(struct sled_network *network, uint32_t id, uint64_t bytes, double cap_bytes_per_s,
                 struct sled_event *left)
{
    struct simgrid *net = simgrid_of(network);
    const struct path *path = &net->path[id];

    assert(id < net->npaths);
    assert((path->cap_link == PLAIN) == isinf(cap_bytes_per_s));
    if (path->cap_link != PLAIN)
        sg_link_set_bandwidth(path->cap, cap_bytes_per_s);
    sled_flows_send(net->flows, path->route.src_chip, path->src, path->dst, bytes, left);
}

static void stop(struct sled_network *network)
{
    sled_flows_stop(simgrid_of(network)->flows);
}

static double weight_error(const struct sled_network *network)
{
    return ((const struct simgrid *)network)->weight_error;
}

static const struct sled_network_ops ops = {
    .add_path = add_path,
    .start = start,
    .flow = flow,
    .stop = stop,
    .weight_error = weight_error,
    .destroy = destroy,
};

enum sled_status sled_network_simgrid_create(double accuracy, const struct sled_machine *machine,
                                             struct sled_clock *clock, struct sled_network **out,
                                             struct sled_err *err)
{
    const size_t nends = sled_fabric_endpoints(machine->fabric);
    struct simgrid *net;

    if (accuracy != 0)
        return sled_err_set(err, SLED_E_UNSUPPORTED,
                            "network simgrid has no accuracy to set; found %g, expected 0",
                            accuracy);
    SLED_TRY(sled_vec_alloc(&net, 1, err));
    *net = (struct simgrid){.base = {.ops = &ops}, .machine = machine, .clock = clock};
    const enum sled_status status = sled_vec_alloc(&net->pair_paths, nends * nends, err);
    if (status != SLED_OK) {
        free(net);
        return status;
    }
    *out = &net->base;
    return SLED_OK;
}
