/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of merit of a routed fabric. */
#include "model/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/vec.h"
#include "model/maxflow.h"

/* The two halves of the chips are the ends of the flow; every switch is a node of its own. */
enum { HALF_A, HALF_B, FIRST_SWITCH };

/* What the metrics work with; bandwidths are found once, not once per route. */
struct work {
    const struct sled_fabric *fabric;
    double *bandwidth;   /* [nlinks]: sled_link_bandwidth of each */
    double *out_of_node; /* [nnodes]: sum of what leaves it; zero to begin with */
    bool *in_b;          /* [nchips]: is the chip in the second half of a cut? */
    uint32_t *crossings; /* [nlinks]: paths of the pair at hand over it; zero between pairs */
};

static void injection(struct work *w, struct sled_metrics *out)
{
    const struct sled_fabric *fabric = w->fabric;

    for (uint32_t i = 0; i < fabric->nlinks; i++)
        w->out_of_node[fabric->link[i].src] += w->bandwidth[i];
    out->injection_bytes_per_s = HUGE_VAL;
    for (uint32_t i = 0; i < fabric->nchips; i++)
        out->injection_bytes_per_s =
            fmin(out->injection_bytes_per_s, w->out_of_node[fabric->chip_node[i]]);
}

/* Flow from half A to half B of the chips, as in_b says. */
static enum sled_status cut_flow(const struct work *w, double *out, struct sled_err *err)
{
    const struct sled_fabric *fabric = w->fabric;
    uint32_t *flow_node, nflow_nodes = FIRST_SWITCH;
    struct sled_arc *arc;
    size_t narcs = 0;

    SLED_TRY(sled_vec_alloc(&flow_node, fabric->nnodes, err));
    enum sled_status status = sled_vec_alloc(&arc, fabric->nlinks, err);
    if (status != SLED_OK)
        goto free_nodes;

    for (uint32_t v = 0; v < fabric->nnodes; v++) {
        const uint32_t chip = fabric->node[v].chip;
        flow_node[v] = chip == SLED_NONE ? nflow_nodes++ : w->in_b[chip] ? HALF_B : HALF_A;
    }
    for (uint32_t i = 0; i < fabric->nlinks; i++) {
        const uint32_t src = flow_node[fabric->link[i].src], dst = flow_node[fabric->link[i].dst];
        const double capacity = w->bandwidth[i];
        if (capacity > 0.0 && src != dst && src != HALF_B && dst != HALF_A)
            arc[narcs++] = (struct sled_arc){.src = src, .dst = dst, .capacity = capacity};
    }
    status = sled_maxflow(arc, narcs, nflow_nodes, HALF_A, HALF_B, out, err);
    free(arc);
free_nodes:
    free(flow_node);
    return status;
}

static enum sled_status try_cut(const struct work *w, const char *axis, struct sled_metrics *out,
                                struct sled_err *err)
{
    double flow;

    SLED_TRY(cut_flow(w, &flow, err));
    if (flow < out->bisection_bytes_per_s) {
        out->bisection_bytes_per_s = flow;
        snprintf(out->bisection_axis, sizeof out->bisection_axis, "%s", axis);
    }
    return SLED_OK;
}

static enum sled_status bisection(struct work *w, struct sled_metrics *out, struct sled_err *err)
{
    const struct sled_fabric *fabric = w->fabric;

    if (fabric->nchips == 1) {
        snprintf(out->bisection_axis, sizeof out->bisection_axis, "chip");
        return SLED_OK;
    }

    out->bisection_bytes_per_s = HUGE_VAL;
    for (uint32_t axis = 0; axis < fabric->naxes; axis++) {
        const struct sled_axis *a = &fabric->axes[axis];
        if (a->size % 2 != 0)
            continue;
        for (uint32_t i = 0; i < fabric->nchips; i++)
            w->in_b[i] = fabric->node[fabric->chip_node[i]].coord[axis] >= a->size / 2;
        SLED_TRY(try_cut(w, a->name, out, err));
    }
    for (uint32_t i = 0; i < fabric->nchips; i++)
        w->in_b[i] = i >= fabric->nchips / 2;
    return try_cut(w, "chip", out, err);
}

/* Rate of a lone transfer: each link carries an equal part for each path that crosses it. */
static double pair_bandwidth(struct work *w, uint32_t first, uint32_t npaths)
{
    double rate = HUGE_VAL;

    for (uint32_t p = 0; p < npaths; p++) {
        const struct sled_path path = sled_fabric_path(w->fabric, first + p);
        for (uint32_t i = 0; i < path.nlinks; i++)
            w->crossings[path.link[i]]++;
    }
    for (uint32_t p = 0; p < npaths; p++) {
        const struct sled_path path = sled_fabric_path(w->fabric, first + p);
        for (uint32_t i = 0; i < path.nlinks; i++)
            if (w->crossings[path.link[i]] > 0) {
                rate = fmin(rate, w->bandwidth[path.link[i]] * npaths / w->crossings[path.link[i]]);
                w->crossings[path.link[i]] = 0;
            }
    }
    return rate;
}

static enum sled_status pairs(struct work *w, struct sled_metrics *out, struct sled_err *err)
{
    const struct sled_fabric *fabric = w->fabric;
    double latency_sum_s = 0.0;

    if (fabric->nchips == 1)
        return SLED_OK;
    out->latency_min_s = HUGE_VAL;
    out->pair_bandwidth_min = HUGE_VAL;
    for (uint32_t s = 0; s < fabric->nchips; s++) {
        for (uint32_t d = 0; d < fabric->nchips; d++) {
            uint32_t first, hops = 0;
            double latency_s = 0.0;
            if (s == d)
                continue;
            const uint32_t npaths = sled_fabric_paths(fabric, s, d, &first);
            for (uint32_t p = first; p < first + npaths; p++) {
                const struct sled_path path = sled_fabric_path(fabric, p);
                hops = path.nlinks - 1 > hops ? path.nlinks - 1 : hops;
                latency_s = fmax(latency_s, sled_path_latency(fabric, path));
            }
            if (hops >= SLED_MAX_HOPS)
                return sled_err_set(err, SLED_E_UNSUPPORTED,
                                    "the route from %s to %s passes %u nodes, at most %d can be "
                                    "counted",
                                    fabric->node[fabric->chip_node[s]].name,
                                    fabric->node[fabric->chip_node[d]].name, hops,
                                    SLED_MAX_HOPS - 1);
            out->hop_pairs[hops]++;
            out->max_hops = hops > out->max_hops ? hops : out->max_hops;
            out->latency_min_s = fmin(out->latency_min_s, latency_s);
            out->latency_max_s = fmax(out->latency_max_s, latency_s);
            latency_sum_s += latency_s;

            const double rate = pair_bandwidth(w, first, npaths);
            out->pair_bandwidth_min = fmin(out->pair_bandwidth_min, rate);
            out->pair_bandwidth_max = fmax(out->pair_bandwidth_max, rate);
        }
    }
    out->latency_mean_s = latency_sum_s / ((double)fabric->nchips * (fabric->nchips - 1));
    return SLED_OK;
}

static int compare_sleds(const void *a, const void *b)
{
    const struct sled_node *x = *(const struct sled_node *const *)a;
    const struct sled_node *y = *(const struct sled_node *const *)b;

    return (x->sled > y->sled) - (x->sled < y->sled);
}

/*
 * Most intermediate nodes between two sleds, by the best pair of their chips. Chips sorted
 * by sled make every sled a run of the array.
 */
static enum sled_status sled_hops(const struct sled_fabric *fabric, struct sled_metrics *out,
                                  struct sled_err *err)
{
    const uint32_t n = fabric->nchips;
    const struct sled_node **chip;
    uint32_t *best; /* from the sled at hand to the sled of each chip, kept at its first one */

    SLED_TRY(sled_vec_alloc(&chip, n, err));
    const enum sled_status status = sled_vec_alloc(&best, n, err);
    if (status != SLED_OK)
        goto free_chips;

    for (uint32_t i = 0; i < n; i++)
        chip[i] = &fabric->node[fabric->chip_node[i]];
    qsort(chip, n, sizeof *chip, compare_sleds);

    for (uint32_t s = 0; s < n && chip[s]->sled != SLED_NONE; s++) {
        if (s == 0 || chip[s]->sled != chip[s - 1]->sled)
            for (uint32_t i = 0; i < n; i++)
                best[i] = SLED_NONE;
        uint32_t run = 0;
        for (uint32_t d = 0; d < n && chip[d]->sled != SLED_NONE; d++) {
            uint32_t first;
            if (chip[d]->sled != chip[run]->sled)
                run = d;
            if (chip[d]->sled == chip[s]->sled)
                continue;
            sled_fabric_paths(fabric, chip[s]->chip, chip[d]->chip, &first);
            const uint32_t hops = sled_fabric_path(fabric, first).nlinks - 1;
            best[run] = hops < best[run] ? hops : best[run];
        }
        if (s + 1 == n || chip[s + 1]->sled != chip[s]->sled)
            for (uint32_t i = 0; i < n; i++)
                if (best[i] != SLED_NONE && best[i] > out->max_sled_hops)
                    out->max_sled_hops = best[i];
    }
    free(best);
free_chips:
    free(chip);
    return status;
}

static enum sled_status work_init(struct work *w, const struct sled_fabric *fabric,
                                  struct sled_err *err)
{
    *w = (struct work){.fabric = fabric};
    SLED_TRY(sled_vec_alloc(&w->bandwidth, fabric->nlinks, err));
    SLED_TRY(sled_vec_alloc(&w->out_of_node, fabric->nnodes, err));
    SLED_TRY(sled_vec_alloc(&w->in_b, fabric->nchips, err));
    SLED_TRY(sled_vec_alloc(&w->crossings, fabric->nlinks, err));
    for (uint32_t i = 0; i < fabric->nlinks; i++)
        w->bandwidth[i] = sled_link_bandwidth(fabric, i);
    return SLED_OK;
}

static void work_finish(struct work *w)
{
    free(w->bandwidth);
    free(w->out_of_node);
    free(w->in_b);
    free(w->crossings);
}

static enum sled_status compute(struct work *w, struct sled_metrics *out, struct sled_err *err)
{
    injection(w, out);
    SLED_TRY(bisection(w, out, err));
    SLED_TRY(pairs(w, out, err));
    return sled_hops(w->fabric, out, err);
}

enum sled_status sled_metrics_compute(const struct sled_fabric *fabric, struct sled_metrics *out,
                                      struct sled_err *err)
{
    struct sled_metrics found = {0};
    struct work w;

    assert(fabric->routes.pair_begin != NULL);
    enum sled_status status = work_init(&w, fabric, err);
    if (status == SLED_OK)
        status = compute(&w, &found, err);
    if (status == SLED_OK)
        *out = found;
    work_finish(&w);
    return status;
}
