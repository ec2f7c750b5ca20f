/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and plans of registered algorithms, for tests that loop over all of them. */
#ifndef SLED_TESTS_COLL_CASE_H
#define SLED_TESTS_COLL_CASE_H

#include "coll/coll.h"

struct coll_case {
    const struct sled_coll_algo *algo;
    struct sled_coll_req req;
    struct sled_traffic traffic; /* all_to_all_v only */
    struct sled_plan plan;
    char name[64]; /* "all_reduce ring P=4 n=9", for messages */
};

/*
 * A request of the algorithm's kind and its plan; fails the test if there is none. The
 * rows of an all_to_all_v are uneven, up to about 2 * nelems bytes, and not shorter than
 * least bytes.
 */
void coll_case_init(struct coll_case *c, const struct sled_coll_algo *algo, uint32_t nranks,
                    uint64_t nelems, uint64_t least);
void coll_case_finish(struct coll_case *c);

/* Algorithm i of the registry, and how many there are. */
const struct sled_coll_algo *coll_case_algo(size_t i);
int coll_case_nalgos(void);

#endif
