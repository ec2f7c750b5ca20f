/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as text: for people, for graphviz, for tools, for another simulator. */
#ifndef SLED_REPORT_PLAN_H
#define SLED_REPORT_PLAN_H

#include <stdio.h>

#include "base/err.h"
#include "model/plan.h"

/* What heads a printed plan. */
struct sled_plan_title {
    const struct sled_coll_req *req;
    const char *algorithm;
};

/*
 * Writers; what cannot be written is the stream's error, found by whoever owns it.
 * text: one line a transfer: number, ranks, operation, spans in elements, dependencies.
 * dot:  a directed graph, one node a transfer, clustered by source rank.
 * json: a plan file (config/plan_file.h) in the largest chunks that fit, which loads as this very
 *       plan. SLED_E_UNSUPPORTED without elements or beyond 2^32 - 1 chunks, SLED_E_NOMEM.
 * goal: the schedule language of LogGOPSim (Hoefler, Siebert and Lumsdaine, "Group
 *       Operation Assembly Language", ICPP 2009): sends and receives of bytes per rank.
 *       SLED_E_UNSUPPORTED for a dependency on a transfer that touches neither of the
 *       ranks of the one that waits, which that language cannot say.
 */
void sled_plan_write_text(const struct sled_plan *plan, const struct sled_plan_title *title,
                          FILE *stream);
void sled_plan_write_dot(const struct sled_plan *plan, const struct sled_plan_title *title,
                         FILE *stream);
enum sled_status sled_plan_write_json(const struct sled_plan *plan,
                                      const struct sled_plan_title *title, FILE *stream,
                                      struct sled_err *err);
enum sled_status sled_plan_write_goal(const struct sled_plan *plan, FILE *stream,
                                      struct sled_err *err);

#endif
