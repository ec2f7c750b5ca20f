/* SPDX-License-Identifier: Apache-2.0 */
/* Results of a layer: phase by phase, and the same layer on different memories side by side. */
#ifndef SLED_REPORT_LAYER_H
#define SLED_REPORT_LAYER_H

#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include <stdbool.h>

#include "base/err.h"
#include "model/power.h"
#include "report/phases.h"

/* One run of the layer. */
struct sled_layer_run {
    const char *memory; /* where its collectives ran; borrowed */
    double time_s;
    struct sled_energy energy;        /* of all chips */
    double weight_error;              /* rounding by the network engine, 0 when exact */
    struct sled_phase_summary *phase; /* [nphases], heap */
    uint32_t nphases;
};

/* What heads the report; all borrowed. */
struct sled_layer_title {
    const char *workload, *description, *model, *topology, *chip, *network, *simulator;
    const char *selection; /* table that picked the exchanges; NULL: the workload names them */
    double accuracy;       /* that the network was asked for; 0 is exact */
    uint64_t ranks, tokens_per_rank;
    const char *distribution;             /* of tokens over experts */
    double load_min, load_mean, load_max; /* token rows that a rank's experts receive */
    bool skewed;                          /* are experts chosen unequally often? */
    double slot_imbalance;                /* rows of slots, most over mean */
    double rank_in_order, slot_in_order;  /* of ranks and slots, were experts placed in order */
};

/* runs[nruns] of the same program shape. Errors of the stream are found by its owner; SLED_E_NOMEM.
 */
enum sled_status sled_layer_write_text(const struct sled_layer_title *title,
                                       const struct sled_layer_run *runs, size_t nruns,
                                       FILE *stream, struct sled_err *err);
/* A run as JSON has it, of the caller. Members are missing where memory ran out. */
cJSON *sled_layer_run_json(const struct sled_layer_run *run);
/* config is the effective configuration, embedded. */
enum sled_status sled_layer_write_json(const struct sled_layer_title *title,
                                       const struct sled_layer_run *runs, size_t nruns,
                                       const cJSON *config, FILE *stream, struct sled_err *err);

#endif
