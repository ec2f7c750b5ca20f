/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the plans of collectives. A transfer is ready when those it comes after are
 * done and its source has reached the collective, a launch of its protocol ago; then, in time:
 *
 *   issue         the source's GPSIMD writes descriptors, or whatever the protocol does, one
 *                 transfer after the other
 *   destination   wait until it has reached the collective
 *   queue         wait in order for one of the source's DMA queues
 *   start         semaphore to first byte
 *   flow          one per path of the pair, until the last byte has left: frees the queue
 *   latency       of each path; then it is visible at its destination and done
 *
 * A transfer without data is done when both its ranks are there. Everything happens in events of
 * the clock: no actor, mailbox or semaphore belongs to a transfer. One that is on its way takes 32
 * bytes, and every one of a collective under way 32 and 4 per dependency, beside its plan.
 */
#ifndef SLED_SIM_EXECUTOR_H
#define SLED_SIM_EXECUTOR_H

#include "model/program.h"
#include "model/result.h"
#include "sim/clock.h"
#include "sim/network.h"

struct sled_executor;

/*
 * Declares the network's paths, so the network must not have started. All arguments are
 * borrowed; *result receives times, those of single transfers where it has room for them. The
 * caller destroys *out. SLED_E_NOMEM.
 */
enum sled_status sled_executor_create(const struct sled_machine *machine,
                                      const struct sled_program *program,
                                      struct sled_network *network, struct sled_clock *clock,
                                      struct sled_result *result, struct sled_executor **out,
                                      struct sled_err *err);
/* Accepts NULL. */
void sled_executor_destroy(struct sled_executor *executor);

/*
 * A rank has reached a collective; bytes it sends count for `phase`. The event is borrowed, and
 * run when all transfers from and to it are done. To be called from the clock, once per rank.
 */
void sled_executor_arrive(struct sled_executor *executor, uint32_t collective, uint32_t rank,
                          uint32_t phase, struct sled_event *done);

/* Add what transfers have used of resources to the result: once, when all are done. */
void sled_executor_count(const struct sled_executor *executor);

#endif
