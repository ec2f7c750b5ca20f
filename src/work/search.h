/* SPDX-License-Identifier: Apache-2.0 */
/* Which layouts and batches of a forward pass there are to choose from. */
#ifndef SLED_WORK_SEARCH_H
#define SLED_WORK_SEARCH_H

#include "base/err.h"
#include "base/field.h"
#include "work/forward.h"

/* The "search" object: values to try of each key, in every combination. An absent list is said
 * below. */
struct sled_layout_search {
    struct sled_array chips;     /* uint64_t: of a replica; powers of two, and all of the fabric */
    struct sled_array tp;        /* uint64_t: all powers of two that share the heads */
    struct sled_array cp, pp;    /* uint64_t: 1 */
    struct sled_array expert_tp; /* uint64_t: 1 */
    struct sled_array batch;     /* uint64_t: powers of four up to 4,096 */
    struct sled_array exchange;  /* const char *: both */
    struct sled_array overlap;   /* const char *: that of the workload */
    struct sled_array order;     /* const char *: that of the workload */
    struct sled_array collectives; /* const char *: algorithms of all_reduce, all_gather and
                                      reduce_scatter; those of the workload */
    uint64_t replicas;             /* 0: as many as the fabric has room for */
};
extern const struct sled_table sled_layout_search_table;

/* SLED_E_INPUT, pointer relative to the "search" object: an exchange, overlap or order that is
 * none.
 */
enum sled_status sled_layout_search_check(const struct sled_layout_search *search,
                                          struct sled_err *err);

/* What became of one combination. */
struct sled_layout_choice {
    struct sled_forward forward;
    bool refused;
    char reason[256]; /* of the refusal: what sled_forward_check says */
};

/*
 * All combinations on a fabric of nchips chips, in the order of the lists, chips first. dp is what
 * is left of the chips; redundant experts are as few as base has or more, so that slots divide.
 * Left out without a word: a combination of tp, cp and pp that does not divide the chips, more
 * chips than there are, and a second exchange where there is nothing to exchange.
 * *out [*count] is the caller's, on the heap; strings are borrowed. SLED_E_NOMEM.
 */
enum sled_status sled_layout_search_list(const struct sled_layout_search *search,
                                         const struct sled_model *model,
                                         const struct sled_forward *base, uint64_t nchips,
                                         struct sled_layout_choice **out, size_t *count,
                                         struct sled_err *err);

#endif
