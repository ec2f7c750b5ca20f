/* SPDX-License-Identifier: Apache-2.0 */
/* Private to work: which expert lives in which slot. */
#ifndef SLED_WORK_PLACEMENT_H
#define SLED_WORK_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Each writes expert_of_slot[nslots]; slot s lives on rank s / (nslots / nranks), nslots is a
 * multiple of nranks and nslots >= experts. Every expert gets at least one slot.
 */

/* Slot s holds expert s; the redundant slots at the end hold experts 0, 1, … again. */
void sled_placement_in_order(uint32_t experts, uint32_t nslots, uint32_t *expert_of_slot);

/*
 * For uniform dealing, which visits the first slot of every rank, then the second ones, and
 * so on round. Along that way experts follow each other in order; those of the last, incomplete
 * round of experts are chosen so that no top_k slots in a row hold one expert twice, also where
 * the deal starts anew. Requires sled_placement_can_deal.
 */
void sled_placement_dealt(uint32_t experts, uint32_t top_k, uint32_t nranks, uint32_t nslots,
                          uint32_t *expert_of_slot);

/* Is there such a choice? */
bool sled_placement_can_deal(uint64_t experts, uint64_t top_k, uint64_t nslots);

/* The slot that the deal visits at a position 0 .. nslots - 1 of its round. */
uint32_t sled_placement_deal_slot(uint32_t nranks, uint32_t nslots, uint32_t position);

/*
 * For known rows of each expert, in the manner of DeepSeek's EPLB: each redundant slot goes to the
 * expert with most rows per replica; then replicas, heaviest first, go to the rank with the least
 * rows that has a slot left and, if any such has, none of that expert. Ties go to the
 * lower number. No expert may need more replicas than ranks: nslots <= experts x nranks.
 */
enum sled_status sled_placement_balanced(const uint64_t *rows, uint32_t experts, uint32_t nranks,
                                         uint32_t nslots, uint32_t *expert_of_slot,
                                         struct sled_err *err);

#endif
