/* SPDX-License-Identifier: Apache-2.0 */
/* The points of a sweep with their keys, and in which order to run them. Private to it. */
#ifndef SLED_CLI_SWEEP_PLAN_H
#define SLED_CLI_SWEEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "sweep/key.h"
#include "sweep/sweep.h"

struct sweep_plan_point {
    char key[SLED_KEY_SIZE];
    size_t part;    /* of the plan */
    uint64_t ranks; /* that it asks for; 0: the chips of its part */
    bool reference; /* on the reference network, which is slower by far */
};

/* A topology or workload that points share. */
struct sweep_plan_part {
    char key[SLED_KEY_SIZE];
    size_t first;               /* point that has it */
    size_t uses;                /* points still to run that have it */
    struct sled_config *config; /* loaded here, for all processes; NULL: each loads its own */
};

struct sweep_plan {
    struct sled_sweep *sweep;
    struct sweep_plan_point *point; /* [sled_sweep_points], heap */
    struct sweep_plan_part *part;   /* [nparts], heap */
    size_t nparts, part_capacity;
};

/*
 * Load a sweep file and key its points; two points of one key are an error. *out is initialised
 * here and finished by the caller, also on failure. SLED_E_INPUT, located; SLED_E_IO, SLED_E_NOMEM.
 */
enum sled_status sweep_plan_init(struct sweep_plan *out, const char *path, const char *const *sets,
                                 size_t nsets, struct sled_err *err);

/* Accepts a zeroed plan. */
void sweep_plan_finish(struct sweep_plan *plan);

/* Check what each value of each axis leads to, once: a value that no file takes is found before
 * hours of work. SLED_E_INPUT, located at the value. */
enum sled_status sweep_plan_check(const struct sweep_plan *plan, struct sled_err *err);

/* Sort todo[count] by expected work, most first, and load what several of them share. */
enum sled_status sweep_plan_order(struct sweep_plan *plan, size_t *todo, size_t count,
                                  struct sled_err *err);

/* Run one point: sweep_point_run, after seeing that its files have not changed since. */
enum sled_status sweep_plan_run(const struct sweep_plan *plan, size_t point, struct sled_str *out,
                                struct sled_err *err);

#endif
