/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One core that runs a stream: what each engine does when.
 *
 * Engines take their instructions in program order and wait for semaphores; so an instruction
 * starts at
 *
 *     max(engine free, result of the one before it in its tile, buffers of a retired tile free)
 *
 * (a posted one when the engine is free: it waits in a queue of its own, holding nothing up, and
 * takes its time on the engine in turn) and one pass over the program in issue order gives every
 * start exactly: it visits the same events as a calendar would, in an order that needs none. A
 * tile's buffers (PSUM banks and SBUF) come free when the tile that had them before has left the
 * pipeline.
 *
 * Long loops are not walked to the end. The state of the core is a handful of times; where one
 * step of a steady loop moves all of them by the same amount, every further step does too, and the
 * rest is multiplied. Times are then exact but for the comparison's tolerance of 1e-9 of a step. A
 * loop that repeats only every few steps is found by comparing with up to 8 steps ago. One that has
 * not repeated after 4,096 steps goes on at the mean of the last 2,048; it is then off by what one
 * step differs from another at most, for every 2,048 steps.
 *
 * After idling for half of ramp_s or longer, so that it was used less than half of that window, the
 * tensor engine starts again at ramp_share of its speed, as it does at the beginning.
 */
#ifndef SLED_CHIP_CORE_H
#define SLED_CHIP_CORE_H

#include "chip/chip.h"
#include "chip/stream.h"

struct sled_core_result {
    double time_s; /* until the last result is there */
    double busy_s[SLED_ENGINES];
    double hbm_bytes, sbuf_bytes;
    uint64_t simulated; /* instructions looked at, the multiplied ones not counted */
};

/* Run the stream, at least one tile, on an idle core. trace may be NULL. */
void sled_core_run(const struct sled_chip *chip, const struct sled_instr_stream *stream,
                   const struct sled_kernel_trace *trace, struct sled_core_result *out);

#endif
