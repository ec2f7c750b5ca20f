/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans that scale: one that counts in chunks, made into one that counts in elements.
 *
 * A plan in chunks is a sled_plan like any other whose elements are chunks: a buffer of n
 * elements is cut into C of them. How, so that any n will do:
 *   all_reduce, broadcast, permute    chunk c begins at element floor(c n / C)
 *   all_gather, reduce_scatter,       every rank has C / P chunks: its block of the data, or a row
 *   all_to_all                        of the output, cut as above; C must be a multiple of P
 *   all_to_all_v                      a chunk is a byte
 * and n = C is always one element a chunk. Scratch is cut into chunks as long as the longest.
 */
#ifndef SLED_MODEL_PLAN_CUT_H
#define SLED_MODEL_PLAN_CUT_H

#include "base/err.h"
#include "model/collective.h"
#include "model/plan.h"

/*
 * The transfers of `chunks`, under the same numbers, for the elements of req. The plan in chunks
 * must be right: sled_verify accepted it for nchunks elements of 1 byte. *out is initialised here
 * and finished by the caller. Where n is not a multiple of C, chunks differ in length:
 * SLED_E_UNSUPPORTED for a transfer between spans of unlike length, and for C no multiple of P
 * where it must be one; what is cut then needs to be verified again. SLED_E_NOMEM.
 */
enum sled_status sled_plan_cut(const struct sled_plan *chunks, uint32_t nchunks,
                               const struct sled_coll_req *req, struct sled_plan *out,
                               struct sled_err *err);

/*
 * The other way: the largest number of elements of which every span of a plan, and every rank's
 * block where the operation knows blocks, is a multiple. n / that is a C that cuts back into this
 * very plan. 1 for all_to_all_v.
 */
uint64_t sled_plan_chunk_elems(const struct sled_plan *plan, const struct sled_coll_req *req);

#endif
