/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of a search, and their product. */
#include "work/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

#define MAX_RANKS 65536
#define MAX_BATCH 1048576

static const struct sled_field search_fields[] = {
    {.key = "chips",
     .type = SLED_FIELD_COUNTS,
     .optional = true,
     .min = 1,
     .max = MAX_RANKS,
     .offset = offsetof(struct sled_layout_search, chips),
     .doc = "of a replica, tp x cp x dp x pp; if absent powers of two and all of the fabric"},
    {.key = "tp",
     .type = SLED_FIELD_COUNTS,
     .optional = true,
     .min = 1,
     .max = MAX_RANKS,
     .offset = offsetof(struct sled_layout_search, tp),
     .doc = "if absent all powers of two that share the heads evenly"},
    {.key = "cp",
     .type = SLED_FIELD_COUNTS,
     .dflt = "[1]",
     .min = 1,
     .max = MAX_RANKS,
     .offset = offsetof(struct sled_layout_search, cp),
     .doc = "ranks that share the context of a sequence"},
    {.key = "pp",
     .type = SLED_FIELD_COUNTS,
     .dflt = "[1]",
     .min = 1,
     .max = MAX_RANKS,
     .offset = offsetof(struct sled_layout_search, pp),
     .doc = "stages of a pipeline"},
    {.key = "expert_tp",
     .type = SLED_FIELD_COUNTS,
     .dflt = "[1]",
     .min = 1,
     .max = MAX_RANKS,
     .offset = offsetof(struct sled_layout_search, expert_tp),
     .doc = "ranks that share the width of experts"},
    {.key = "batch",
     .type = SLED_FIELD_COUNTS,
     .dflt = "[1, 4, 16, 64, 256, 1024, 4096]",
     .min = 1,
     .max = MAX_BATCH,
     .offset = offsetof(struct sled_layout_search, batch),
     .doc = "sequences of a replica"},
    {.key = "exchange",
     .type = SLED_FIELD_STRINGS,
     .dflt = "[\"all_to_all\", \"all_gather\"]",
     .offset = offsetof(struct sled_layout_search, exchange),
     .doc = "how tokens come to their experts"},
    {.key = "overlap",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     .offset = offsetof(struct sled_layout_search, overlap),
     .doc =
         "what runs beside what: none, shared_expert, two_batch; if absent as the workload says"},
    {.key = "order",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     .offset = offsetof(struct sled_layout_search, order),
     .doc =
         "of ranks on chips: in_order, across_sleds, across_racks; if absent as the workload says"},
    {.key = "collectives",
     .type = SLED_FIELD_STRINGS,
     .optional = true,
     .offset = offsetof(struct sled_layout_search, collectives),
     .doc = "algorithms of all_reduce, all_gather and reduce_scatter; if absent as the workload "
            "says"},
    {.key = "replicas",
     .type = SLED_FIELD_COUNT,
     .min = 1,
     .max = MAX_RANKS,
     .dflt = "\"fill\"",
     .unlimited = "fill",
     .offset = offsetof(struct sled_layout_search, replicas),
     .doc = "fill: as many as the fabric has room for"},
};
const struct sled_table sled_layout_search_table =
    SLED_TABLE("search", struct sled_layout_search, search_fields,
               "values of a layout to try in every combination");

/* Lists of names, where they are and what each sets. */
static const struct named {
    const char *key;
    size_t list;  /* of struct sled_layout_search */
    size_t field; /* int of struct sled_forward: an index into ... */
    const char *const *names;
} named[] = {
    {"exchange", offsetof(struct sled_layout_search, exchange),
     offsetof(struct sled_forward, layout.exchange), sled_expert_exchange_names},
    {"overlap", offsetof(struct sled_layout_search, overlap),
     offsetof(struct sled_forward, overlap), sled_overlap_names},
    {"order", offsetof(struct sled_layout_search, order),
     offsetof(struct sled_forward, layout.order), sled_chip_order_names},
};

static const struct sled_array *list_of(const struct sled_layout_search *search,
                                        const struct named *of)
{
    return (const struct sled_array *)(const void *)((const char *)search + of->list);
}

/* Index of a name, or -1. */
static int find_name(const struct named *of, const char *name)
{
    for (int i = 0; of->names[i] != NULL; i++)
        if (strcmp(of->names[i], name) == 0)
            return i;
    return -1;
}

static enum sled_status check_names(const struct sled_layout_search *search, const struct named *of,
                                    struct sled_err *err)
{
    const char *const *names = list_of(search, of)->items;
    char pointer[64], known[128] = "";

    for (size_t i = 0; i < list_of(search, of)->count; i++) {
        if (find_name(of, names[i]) >= 0)
            continue;
        for (size_t k = 0; of->names[k] != NULL; k++)
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s",
                     k == 0 ? "" : ", ", of->names[k]);
        snprintf(pointer, sizeof pointer, "/%s", of->key);
        sled_pointer_add_index(pointer, sizeof pointer, i);
        return sled_err_set_at(err, SLED_E_INPUT, pointer, "\"%s\" is no %s; expected one of %s",
                               names[i], of->key, known);
    }
    return SLED_OK;
}

enum sled_status sled_layout_search_check(const struct sled_layout_search *search,
                                          struct sled_err *err)
{
    for (size_t i = 0; i < SLED_ARRAY_LEN(named); i++)
        SLED_TRY(check_names(search, &named[i], err));
    return SLED_OK;
}

/* Values of a list, or those that stand for it where it is absent. */
struct values {
    uint64_t value[64];
    const uint64_t *list;
    size_t count;
};

static void add_value(struct values *values, uint64_t value)
{
    values->value[values->count++] = value;
}

static void take_list(struct values *values, const struct sled_array *array)
{
    values->list = array->count > 0 ? array->items : values->value;
    values->count = array->count > 0 ? array->count : values->count;
}

static void default_chips(struct values *values, uint64_t nchips)
{
    values->count = 0;
    for (uint64_t n = 1; n < nchips; n *= 2)
        add_value(values, n);
    add_value(values, nchips);
}

static void default_tp(struct values *values, uint64_t heads)
{
    values->count = 0;
    for (uint64_t n = 1; heads % n == 0; n *= 2)
        add_value(values, n);
}

/* The combinations so far. */
struct list {
    const struct sled_layout_search *search;
    const struct sled_model *model;
    uint64_t nchips;
    struct sled_layout_choice *choice;
    size_t count, capacity;
};

/* As few redundant experts as make slots a multiple of the holders. */
static void even_slots(const struct sled_model *model, struct sled_forward *forward)
{
    const uint64_t holders = sled_forward_ranks(forward) / forward->layout.expert_tp;
    const uint64_t slots = model->moe.experts + forward->layout.redundant_experts;

    if (holders > 0)
        forward->layout.redundant_experts += (holders - slots % holders) % holders;
}

static enum sled_status add(struct list *list, struct sled_forward forward, struct sled_err *err)
{
    struct sled_err refusal = SLED_ERR_INIT;

    if (list->model->has_moe)
        even_slots(list->model, &forward);
    SLED_TRY(sled_vec_reserve(&list->choice, &list->capacity, list->count + 1, err));
    struct sled_layout_choice *choice = &list->choice[list->count++];
    *choice = (struct sled_layout_choice){.forward = forward};
    if (sled_forward_check(list->model, &forward, &refusal) != SLED_OK) {
        choice->refused = true;
        snprintf(choice->reason, sizeof choice->reason, "%.60s: %.180s", refusal.pointer,
                 refusal.msg);
    }
    return SLED_OK;
}

static enum sled_status add_batches(struct list *list, struct sled_forward forward,
                                    struct sled_err *err)
{
    for (size_t b = 0; b < list->search->batch.count; b++) {
        forward.batch = ((const uint64_t *)list->search->batch.items)[b];
        SLED_TRY(add(list, forward, err));
    }
    return SLED_OK;
}

/* Names of lists `at` and beyond, then batches. A list that is absent, or exchanges where there is
 * nothing to exchange, leave what there is. */
static enum sled_status add_names(struct list *list, struct sled_forward forward, size_t at,
                                  struct sled_err *err)
{
    if (at == SLED_ARRAY_LEN(named))
        return add_batches(list, forward, err);

    const struct named *of = &named[at];
    const struct sled_array *names = list_of(list->search, of);
    const bool idle = of->names == sled_expert_exchange_names &&
                      (!list->model->has_moe || sled_forward_ranks(&forward) == 1);

    if (names->count == 0 || idle)
        return add_names(list, forward, at + 1, err);
    for (size_t i = 0; i < names->count; i++) {
        *(int *)(void *)((char *)&forward + of->field) =
            find_name(of, ((const char *const *)names->items)[i]);
        SLED_TRY(add_names(list, forward, at + 1, err));
    }
    return SLED_OK;
}

/* Everything but the layout of ranks. */
static enum sled_status add_rest(struct list *list, struct sled_forward forward,
                                 struct sled_err *err)
{
    const struct sled_array *collectives = &list->search->collectives;

    if (collectives->count == 0)
        return add_names(list, forward, 0, err);
    for (size_t c = 0; c < collectives->count; c++) {
        const char *name = ((const char *const *)collectives->items)[c];

        forward.algorithms.all_reduce = forward.algorithms.all_gather =
            forward.algorithms.reduce_scatter = name;
        SLED_TRY(add_names(list, forward, 0, err));
    }
    return SLED_OK;
}

static enum sled_status add_ranks(struct list *list, struct sled_forward forward, uint64_t chips,
                                  uint64_t tp, struct sled_err *err)
{
    const struct sled_layout_search *search = list->search;
    const uint64_t *cp = search->cp.items, *pp = search->pp.items, *et = search->expert_tp.items;

    for (size_t c = 0; c < search->cp.count; c++) {
        for (size_t p = 0; p < search->pp.count; p++) {
            const uint64_t ranks = tp * cp[c] * pp[p];

            if (ranks > chips || chips % ranks != 0)
                continue;
            forward.layout.tp = tp;
            forward.layout.cp = cp[c];
            forward.layout.pp = pp[p];
            forward.layout.dp = chips / ranks;
            forward.layout.ep = 0;
            forward.layout.replicas =
                search->replicas > 0 ? search->replicas : list->nchips / chips;
            for (size_t e = 0; e < search->expert_tp.count; e++) {
                forward.layout.expert_tp = et[e];
                SLED_TRY(add_rest(list, forward, err));
            }
        }
    }
    return SLED_OK;
}

enum sled_status sled_layout_search_list(const struct sled_layout_search *search,
                                         const struct sled_model *model,
                                         const struct sled_forward *base, uint64_t nchips,
                                         struct sled_layout_choice **out, size_t *count,
                                         struct sled_err *err)
{
    struct list list = {.search = search, .model = model, .nchips = nchips};
    struct values chips, tp;
    enum sled_status st = SLED_OK;

    default_chips(&chips, nchips);
    take_list(&chips, &search->chips);
    default_tp(&tp, sled_model_heads(model));
    take_list(&tp, &search->tp);
    for (size_t c = 0; c < chips.count && st == SLED_OK; c++)
        for (size_t t = 0; t < tp.count && chips.list[c] <= nchips && st == SLED_OK; t++)
            st = add_ranks(&list, *base, chips.list[c], tp.list[t], err);
    if (st != SLED_OK) {
        free(list.choice);
        return st;
    }
    *out = list.choice;
    *count = list.count;
    return SLED_OK;
}
