/* SPDX-License-Identifier: Apache-2.0 */
/* What cuts a chip off: the text of the error that a person must be able to act on. */
#include <stdarg.h>
#include <stdio.h>

#include "topo/search.h"

enum { NAMED = 4 /* items of a list that are spelled out */ };

struct list {
    char text[256];
    size_t len;
    uint32_t count;
};

static void list_add(struct list *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void list_add(struct list *list, const char *fmt, ...)
{
    va_list args;

    if (list->count++ >= NAMED)
        return;
    if (list->count > 1)
        list->len += (size_t)snprintf(list->text + list->len, sizeof list->text - list->len, ", ");
    va_start(args, fmt);
    const int added = vsnprintf(list->text + list->len, sizeof list->text - list->len, fmt, args);
    va_end(args);
    list->len += (size_t)added;
}

static const char *list_end(struct list *list)
{
    if (list->count > NAMED)
        snprintf(list->text + list->len, sizeof list->text - list->len, " and %u more",
                 list->count - NAMED);
    return list->text;
}

static const char *chip_text(const struct sled_node *chip, char *buf, size_t size)
{
    if (chip->sled == SLED_NONE)
        snprintf(buf, size, "%s", chip->name);
    else
        snprintf(buf, size, "%s (sled %u)", chip->name, chip->sled);
    return buf;
}

enum sled_status sled_search_no_route(const struct sled_search *search, uint32_t dst,
                                      struct sled_err *err)
{
    const struct sled_fabric *fabric = search->fabric;
    struct list reached = {.len = 0}, failed = {.len = 0};
    bool unused = false; /* does a working link leave the reached nodes where no route may? */
    char from[64], to[64];

    list_add(&reached, "%s", fabric->node[search->source].name);
    for (uint32_t v = 0; v < fabric->nnodes; v++)
        if (v != search->source && search->hops[v] != SLED_NONE)
            list_add(&reached, "%s", fabric->node[v].name);

    for (uint32_t i = 0; i < fabric->nlinks; i++) {
        const struct sled_link *link = &fabric->link[i];
        if (search->hops[link->src] == SLED_NONE || search->hops[link->dst] != SLED_NONE)
            continue;
        if (search->bandwidth[i] > 0.0)
            unused = true;
        else
            list_add(&failed, "%s>%s", fabric->node[link->src].name, fabric->node[link->dst].name);
    }

    chip_text(&fabric->node[search->source], from, sizeof from);
    chip_text(&fabric->node[dst], to, sizeof to);
    const char *hint = unused ? "; working links leave it, but from chips that do not forward" : "";
    if (failed.count == 0)
        return sled_err_set(err, SLED_E_INPUT,
                            "no route from %s to %s: no %slink leads out of {%s}%s", from, to,
                            unused ? "usable " : "", list_end(&reached), hint);
    return sled_err_set(err, SLED_E_INPUT,
                        "no route from %s to %s: all %slinks out of {%s} have failed: %s%s", from,
                        to, unused ? "usable " : "", list_end(&reached), list_end(&failed), hint);
}
