/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Energy of chips from what they did. Every chip draws its idle power all the time and more while
 * a kernel runs; each flop of the matrix units and each byte moved costs on top:
 *
 *     E = (idle + beside) x chip time + busy x kernel time + sum(flops x J/flop) + sum(bytes x
 * J/byte)
 *
 * Watts are energy by time; no limit is enforced. What stands beside a chip, its part of
 * processors, switches, fans and conversion, draws the same all the time.
 */
#ifndef SLED_MODEL_POWER_H
#define SLED_MODEL_POWER_H

#include "model/kernel.h"
#include "model/program.h"
#include "model/result.h"

/* What a chip draws. */
struct sled_power {
    double idle_w;
    double busy_w;              /* more, while a kernel runs: clocks, vector arithmetic, control */
    double flop_j[SLED_DTYPES]; /* of the matrix units; 0 where they take no such format */
    double memory_byte_j;       /* read or written */
    double sram_byte_j;         /* the same, by DMA; what kernels move is in busy_w and flop_j */
    double link_byte_j;         /* over one link, both ends together */
    double limit_w;             /* that it is built for; 0: not known. Of use to compare only */
    double beside_w;            /* of what stands beside each chip; the topology's to say */
};

/* Watts to provide for each chip and what stands beside it; 0 where the limit is not known. */
double sled_power_provided(const struct sled_power *power);

/* What chips did, all of them together. */
struct sled_activity {
    double chip_s; /* chips times time */
    double busy_s; /* of kernels */
    double flops[SLED_DTYPES];
    double memory_bytes, sram_bytes, link_bytes; /* link: once for each link of a path */
};

struct sled_energy {
    double idle_j, beside_j, busy_j, flop_j, memory_j, sram_j, link_j;
    double total_j;
};

/* Add a kernel: its time, its traffic with memory, its flops, which are of the wider of the two
 * formats that are multiplied. Not chip_s, which is the caller's to know. */
void sled_activity_add_kernel(struct sled_activity *activity, const struct sled_kernel *kernel,
                              const struct sled_kernel_cost *cost);

/* All that happened in a run. */
void sled_activity_of_run(const struct sled_program *program, const struct sled_result *result,
                          struct sled_activity *out);

void sled_power_energy(const struct sled_power *power, const struct sled_activity *activity,
                       struct sled_energy *out);

#endif
