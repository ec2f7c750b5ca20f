/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows as SimGrid communications. Its C interface has none that runs by itself: each
 * needs an actor at either end, and it is on a list of an actor's pending ones, which is
 * searched from end to end when it completes. sg_host_sendto and detached sends need fewer
 * actors, but SimGrid keeps all of them on one list of its own: 20,000 then take minutes to
 * complete. So there is
 *
 * - one sender per chip, whose list is as long as the chip has flows;
 * - one receiver per flow, which moves to its destination and waits there for one
 *   message. Receivers are reused.
 */
#ifndef SLED_SIM_FLOWS_H
#define SLED_SIM_FLOWS_H

#include <simgrid/forward.h>

#include "sim/clock.h"

struct sled_flows;

/* Senders for chips 0 .. nchips - 1, created when first used. clock is borrowed; the caller
 * destroys *out. SLED_E_NOMEM. */
enum sled_status sled_flows_create(uint32_t nchips, struct sled_clock *clock,
                                   struct sled_flows **out, struct sled_err *err);
/* Accepts NULL. */
void sled_flows_destroy(struct sled_flows *flows);

/* Move bytes > 0 from a chip's host src to dst; the clock runs the event, borrowed until then,
 * when they have left. A chip has one src. */
void sled_flows_send(struct sled_flows *flows, uint32_t src_chip, sg_host_t src, sg_host_t dst,
                     uint64_t bytes, struct sled_event *left);

/* No flow is under way and none will come: let the actors end. */
void sled_flows_stop(struct sled_flows *flows);

#endif
