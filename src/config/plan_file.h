/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's own algorithm: a plan from a file, ours (JSON, "kind": "plan") or MSCCL's (a name that
 * ends in ".xml"). Either becomes a plan in chunks (model/plan_cut.h) that was verified: no other
 * leaves here.
 */
#ifndef SLED_CONFIG_PLAN_FILE_H
#define SLED_CONFIG_PLAN_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

struct sled_plan_file {
    const char *path; /* borrowed from the caller of load */
    const char *name; /* what results call the algorithm */
    const char *description;
    enum sled_coll_kind kind;
    uint32_t nranks;
    uint32_t root;
    uint32_t nchunks;            /* that the buffer is cut into; 0 for all_to_all_v */
    struct sled_traffic traffic; /* all_to_all_v only: the one matrix that it serves */
    struct sled_plan chunks;
    struct sled_arena arena; /* of the strings */
};

/* Does the name say that this is a plan of MSCCL's? */
bool sled_plan_file_is_msccl(const char *path);

/*
 * Load path and verify the plan, contents and order, with one element a chunk. *out is initialised
 * here and finished by the caller, also on failure. Errors are located and final: SLED_E_IO,
 * SLED_E_NOMEM, SLED_E_UNSUPPORTED for what is too large to verify, SLED_E_INPUT for anything that
 * is wrong with the file, a wrong plan included.
 */
enum sled_status sled_plan_file_load(const char *path, struct sled_plan_file *out,
                                     struct sled_err *err);

/* Accepts a zeroed value. */
void sled_plan_file_finish(struct sled_plan_file *file);

/* Is it a plan of this operation over so many ranks? SLED_E_UNSUPPORTED says what it is. */
enum sled_status sled_plan_file_serves(const struct sled_plan_file *file, enum sled_coll_kind kind,
                                       uint32_t nranks, struct sled_err *err);

/* Give req what only the file knows: root, and the matrix, borrowed from file. */
void sled_plan_file_complete(const struct sled_plan_file *file, struct sled_coll_req *req);

/*
 * The plan for req, verified again. *plan is initialised here and finished by the caller.
 * SLED_E_UNSUPPORTED where the file's plan is for another operation, number of ranks, root or
 * matrix, or cannot be cut into req's elements; SLED_E_NOMEM; what sled_coll_req_check says.
 */
enum sled_status sled_plan_file_plan(const struct sled_plan_file *file,
                                     const struct sled_coll_req *req, struct sled_plan *plan,
                                     struct sled_err *err);

#endif
