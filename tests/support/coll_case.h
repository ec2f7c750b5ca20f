/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and plans of registered algorithms, for tests that loop over all of them. */
#ifndef SLED_TESTS_COLL_CASE_H
#define SLED_TESTS_COLL_CASE_H

#include "coll/coll.h"

/* Where the ranks are. */
enum coll_layout {
    COLL_IN_ORDER,  /* sleds of 4 ranks, racks of 2 sleds; a torus as square as can be */
    COLL_SCATTERED, /* uneven sleds and racks in no order; the same torus, walked in steps of 5 */
    COLL_LAYOUTS
};

struct coll_case {
    const struct sled_coll_algo *algo;
    struct sled_coll_req req;
    struct sled_traffic traffic; /* all_to_all_v only */
    struct sled_place place;
    struct sled_plan plan;
    char name[80]; /* "all_reduce ring P=4 n=9", for messages */
};

/* What the algorithm is asked: uneven rows of an all_to_all_v are up to about 2 * nelems bytes, and
 * not shorter than least bytes. Zero is the default for layout, channels and chunks. */
struct coll_ask {
    uint32_t nranks;
    uint64_t nelems;
    uint64_t least;
    enum coll_layout layout;
    uint32_t channels, chunks;
};

/* A request of the algorithm's kind and its plan; fails the test if there is none. */
void coll_case_init(struct coll_case *c, const struct sled_coll_algo *algo,
                    const struct coll_ask *ask);
void coll_case_finish(struct coll_case *c);

/* Algorithm i of the registry, and how many there are. */
const struct sled_coll_algo *coll_case_algo(size_t i);
int coll_case_nalgos(void);

#endif
