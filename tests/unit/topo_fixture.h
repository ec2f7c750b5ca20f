/* SPDX-License-Identifier: Apache-2.0 */
/* Fabrics from JSON text or shipped files, and the load that uniform traffic puts on them. */
#ifndef SLED_TESTS_TOPO_FIXTURE_H
#define SLED_TESTS_TOPO_FIXTURE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/doc.h"
#include "base/field.h"
#include "check_main.h"
#include "topo/routing.h"
#include "topo/topo.h"

static inline enum sled_status topo_build_doc(struct sled_fabric *fabric,
                                              const struct sled_topo_family *family,
                                              struct sled_doc *doc, const char *pointer,
                                              struct sled_err *err)
{
    struct sled_arena arena = SLED_ARENA_INIT;
    void *params = calloc(1, family->params->size);

    ck_assert_ptr_nonnull(params);
    sled_fabric_init(fabric);
    enum sled_status status = sled_field_read(family->params, doc, pointer, &arena, params, err);
    if (status == SLED_OK)
        status = family->build(params, fabric, err);
    if (status == SLED_OK)
        status = sled_fabric_check(fabric, err);
    free(params);
    sled_arena_finish(&arena);
    return status;
}

/* Build a fabric from the JSON text of a family's parameters; the caller finishes it. */
static inline enum sled_status topo_build(struct sled_fabric *fabric,
                                          const struct sled_topo_family *family, const char *text,
                                          struct sled_err *err)
{
    struct sled_doc *doc;

    sled_fabric_init(fabric);
    if (sled_doc_parse("test", text, strlen(text), &doc, err) != SLED_OK)
        return err->code;
    const enum sled_status status = topo_build_doc(fabric, family, doc, "", err);
    sled_doc_destroy(doc);
    return status;
}

static inline void topo_route(struct sled_fabric *fabric, enum sled_routing_policy policy,
                              enum sled_ties ties)
{
    const struct sled_routing_spec spec = {.policy = policy, .ties = ties};
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_msg(sled_routing_compute(fabric, &spec, &err) == SLED_OK, "%s", err.msg);
}

/* Build and route by the family's own tie rule; any failure fails the test. */
static inline void topo_make(struct sled_fabric *fabric, const struct sled_topo_family *family,
                             const char *text)
{
    struct sled_err err = SLED_ERR_INIT;

    ck_assert_msg(topo_build(fabric, family, text, &err) == SLED_OK, "%s: %s", err.pointer,
                  err.msg);
    topo_route(fabric, SLED_ROUTING_MINIMAL, family->ties);
}

/* Build the fabric of a shipped topology file, with one --set or NULL, every number sourced. */
static inline void topo_load(struct sled_fabric *fabric, const char *file,
                             const struct sled_topo_family *family, const char *set)
{
    struct sled_err err = SLED_ERR_INIT;
    struct sled_doc *doc;
    char path[512], pointer[64];

    snprintf(path, sizeof path, "%s/topologies/%s", getenv("SLEDSIM_DATADIR"), file);
    snprintf(pointer, sizeof pointer, "/%s", family->name);
    ck_assert_msg(sled_doc_load(path, NULL, &set, set != NULL, &doc, &err) == SLED_OK, "%s: %s",
                  file, err.msg);
    if (set == NULL)
        ck_assert_msg(sled_field_check_sources(family->params, doc, pointer, &err) == SLED_OK,
                      "%s: %s: %s", file, err.pointer, err.msg);
    ck_assert_msg(topo_build_doc(fabric, family, doc, pointer, &err) == SLED_OK, "%s: %s: %s", file,
                  err.pointer, err.msg);
    sled_doc_destroy(doc);
    topo_route(fabric, SLED_ROUTING_MINIMAL, family->ties);
}

static inline uint32_t topo_node(const struct sled_fabric *fabric, const char *name)
{
    const uint32_t node = sled_fabric_find(fabric, name);

    ck_assert_msg(node != SLED_NONE, "no node %s", name);
    return node;
}

/* The route of a pair as text, "chip0>nsw>chip5"; paths are divided by spaces. */
static inline const char *topo_path_text(const struct sled_fabric *fabric, uint32_t s, uint32_t d)
{
    static char text[2048];
    uint32_t first;
    size_t len = 0;

    text[0] = '\0';
    const uint32_t npaths = sled_fabric_paths(fabric, s, d, &first);
    for (uint32_t p = first; p < first + npaths; p++) {
        const struct sled_path path = sled_fabric_path(fabric, p);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", p == first ? "" : " ",
                                fabric->node[fabric->link[path.link[0]].src].name);
        for (uint32_t i = 0; i < path.nlinks; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, ">%s",
                                    fabric->node[fabric->link[path.link[i]].dst].name);
    }
    return text;
}

/* Every route starts and ends where it should, hangs together, works, and passes no node twice. */
static inline void topo_assert_routes_sound(const struct sled_fabric *fabric)
{
    for (uint32_t s = 0; s < fabric->nchips; s++)
        for (uint32_t d = 0; d < fabric->nchips; d++) {
            uint32_t first;
            const uint32_t npaths = sled_fabric_paths(fabric, s, d, &first);
            ck_assert_msg((npaths == 0) == (s == d), "%u paths from %u to %u", npaths, s, d);
            for (uint32_t p = first; p < first + npaths; p++) {
                const struct sled_path path = sled_fabric_path(fabric, p);
                uint32_t at = fabric->chip_node[s];
                for (uint32_t i = 0; i < path.nlinks; i++) {
                    const struct sled_link *link = &fabric->link[path.link[i]];
                    ck_assert_uint_eq(link->src, at);
                    ck_assert(sled_link_bandwidth(fabric, path.link[i]) > 0.0);
                    ck_assert(i == 0 || fabric->node[at].kind == SLED_NODE_SWITCH ||
                              fabric->node[at].forwards);
                    at = link->dst;
                    for (uint32_t j = 0; j <= i; j++)
                        ck_assert_uint_ne(fabric->link[path.link[j]].src, at);
                }
                ck_assert_uint_eq(at, fabric->chip_node[d]);
            }
        }
}

/* Transfers that cross each link when every chip sends one to every other; the caller frees. */
static inline double *topo_uniform_load(const struct sled_fabric *fabric)
{
    double *load = calloc(fabric->nlinks, sizeof *load);

    ck_assert_ptr_nonnull(load);
    for (uint32_t s = 0; s < fabric->nchips; s++)
        for (uint32_t d = 0; d < fabric->nchips; d++) {
            uint32_t first;
            const uint32_t npaths = sled_fabric_paths(fabric, s, d, &first);
            for (uint32_t p = first; p < first + npaths; p++) {
                const struct sled_path path = sled_fabric_path(fabric, p);
                for (uint32_t i = 0; i < path.nlinks; i++)
                    load[path.link[i]] += 1.0 / npaths;
            }
        }
    return load;
}

/* Least and greatest load of the links between two kinds of node, at one level. */
struct topo_range {
    double least, most;
    uint32_t nlinks;
};
static inline struct topo_range topo_load_range(const struct sled_fabric *fabric,
                                                const double *load, enum sled_node_kind src,
                                                enum sled_node_kind dst, enum sled_level level)
{
    struct topo_range range = {.least = HUGE_VAL};

    for (uint32_t i = 0; i < fabric->nlinks; i++) {
        const struct sled_link *link = &fabric->link[i];
        if (fabric->node[link->src].kind != src || fabric->node[link->dst].kind != dst ||
            link->level != level)
            continue;
        range.least = fmin(range.least, load[i]);
        range.most = fmax(range.most, load[i]);
        range.nlinks++;
    }
    return range;
}

#endif
