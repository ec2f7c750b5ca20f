/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chips: one actor per chip and stream that has steps. It goes through them in
 * order; a step waits for the one it comes after, which may be of the chip's other stream.
 *
 * Kernels, stores and loads are flows between HBM and SBUF of their chip, so they and the
 * chip's collectives slow each other down. A kernel flows at no more than its own pace.
 */
#ifndef SLED_SIM_CHIPS_H
#define SLED_SIM_CHIPS_H

#include "model/program.h"
#include "model/result.h"
#include "sim/clock.h"
#include "sim/executor.h"
#include "sim/network.h"

/* What chips act upon; all borrowed. */
struct sled_stage {
    const struct sled_machine *machine;
    const struct sled_program *program;
    struct sled_network *network;
    struct sled_clock *clock;
    struct sled_executor *executor;
    struct sled_result *result; /* receives the times of steps */
    const double *start_s;      /* [nchips], when each chip begins; NULL: all at 0 */
};

struct sled_chips;

/* Declares the network's paths, so the network must not have started. The caller destroys
 * *out. SLED_E_NOMEM. */
enum sled_status sled_chips_create(const struct sled_stage *stage, struct sled_chips **out,
                                   struct sled_err *err);
/* Accepts NULL. */
void sled_chips_destroy(struct sled_chips *chips);

/* Create the actors, on the control host. The last one to end stops network and clock. */
void sled_chips_start(struct sled_chips *chips);

/* Streams that have not come to their end. */
uint32_t sled_chips_left(const struct sled_chips *chips);

#endif
