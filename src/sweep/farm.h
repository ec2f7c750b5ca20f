/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A farm: process 0 deals points to the others as they become free, and keeps what they find. A
 * process that falls silent is lost, and its point goes to another; all end when process 0 is, or
 * mpirun.
 */
#ifndef SLED_SWEEP_FARM_H
#define SLED_SWEEP_FARM_H

#include "base/err.h"
#include "sweep/pool.h"
#include "sweep/transport.h"

struct sled_farm;

/*
 * Join the farm that mpirun started this process for. *out is NULL if it did not, or for one
 * process alone; else it is the caller's (sled_farm_leave). folder is where the module may be
 * besides the program's own. SLED_E_IO when there is no module, SLED_E_SIM when MPI does not start,
 * SLED_E_NOMEM.
 */
enum sled_status sled_farm_join(const char *folder, struct sled_farm **out, struct sled_err *err);

/* Any other process than 0: tell that it cannot work. Process 0 says so, once for all. */
void sled_farm_complain(const struct sled_farm *farm, const struct sled_err *why);

/* Whether some process or mpirun is lost. MPI knows no end without it but one: leaving then ends
 * this process as well. Accepts NULL. */
bool sled_farm_broken(const struct sled_farm *farm);

/*
 * All of all, when nobody is to work any more: process 0 sends the others home, and each waits
 * until all are on their way; what follows needs no other process. Who does not come is lost, and
 * the farm broken: process 0 then does what is left, and leaves. Accepts NULL.
 */
void sled_farm_part(struct sled_farm *farm);

/* Parts if that has not happened. Of a broken farm, end all processes with exit_code. Accepts
 * NULL. */
void sled_farm_leave(struct sled_farm *farm, int exit_code);

/* Whether this is process 0. */
bool sled_farm_deals(const struct sled_farm *farm);

/*
 * Process 0: deal the points that ops->next gives, each with key(ctx, point), which the other side
 * must agree with; ops->done and ops->tick are called here, ops->work is not. Ends when all points
 * have an outcome, or done fails, or a signal comes (as sled_pool_run), or all others are lost
 * (SLED_E_SIM).
 */
enum sled_status sled_farm_deal(struct sled_farm *farm, const struct sled_pool_ops *ops,
                                const char *(*key)(void *ctx, size_t point), void *ctx,
                                struct sled_err *err);

/* The others: run points with ops->work, one at a time, until process 0 has no more. */
enum sled_status sled_farm_work(struct sled_farm *farm, const struct sled_pool_limits *limits,
                                const struct sled_pool_ops *ops,
                                const char *(*key)(void *ctx, size_t point), size_t npoints,
                                void *ctx, struct sled_err *err);

#endif
