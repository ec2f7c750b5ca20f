/* SPDX-License-Identifier: Apache-2.0 */
/* What a forward pass comes to: time by phase, tokens, energy, memory. */
#ifndef SLED_REPORT_FORWARD_H
#define SLED_REPORT_FORWARD_H

#include <stdbool.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "base/err.h"
#include "model/machine.h"
#include "model/part.h"
#include "model/power.h"

/* The layout and what it is for, as the caller knows them. Borrowed. */
struct sled_forward_facts {
    const char *workload, *description, *model, *topology, *chip, *network, *simulator;
    const char *phase, *exchange, *order, *overlap, *distribution, *memory;
    const char *selection; /* table that picked the algorithms; NULL: the workload names them */
    double accuracy, launch_s;
    bool decode, moe;
    uint64_t batch, context, chunk;
    uint64_t tp, cp, dp, pp, replicas, ep, expert_tp, redundant_experts;
    uint64_t chips;                                             /* that work */
    double rank_imbalance, slot_imbalance;                      /* most over mean, as placed */
    double rank_in_order, slot_in_order;                        /* experts in order */
    double weight_bytes, kv_bytes, activation_bytes, hbm_bytes; /* of the fullest chip */
};

/* One phase, of the mean over working chips. */
struct sled_forward_phase_sum {
    const char *name;
    double exposed_s;                   /* time of a chip that nothing of before covers */
    double network_bytes, memory_bytes; /* of all chips */
};

struct sled_forward_summary {
    double time_s; /* of one microbatch in one stage */

    /* Decode: of one token of a sequence. Prefill: of the pass through all stages. */
    double latency_s;
    double tokens_per_s; /* of all replicas */
    double tokens_per_s_user;
    double tokens_per_s_chip;
    double tokens_per_s_mw;
    double tokens_per_s_mw_provided; /* by what is to be provided; 0 where that is not known */
    double joules_per_token;
    double watts; /* of all working chips together */

    double exposed_communication_s; /* mean over chips */
    double engine[SLED_ENGINES];    /* busy share of a chip's engines, mean over chips */
    char busiest[64];               /* resource of the machine that is used most */
    double utilisation;
    struct sled_energy energy;
    struct sled_forward_phase_sum *phase; /* [nphases], heap */
    uint32_t nphases;
};

/*
 * Sum up parts[nparts] of one pass that took time_s. SLED_E_NOMEM. The caller frees out->phase.
 */
enum sled_status sled_forward_summarise(const struct sled_forward_facts *facts,
                                        const struct sled_machine *machine,
                                        const struct sled_power *power,
                                        const struct sled_part *parts, uint32_t nparts,
                                        double time_s, struct sled_forward_summary *out,
                                        struct sled_err *err);

/* Bytes that the fullest chip lacks, 0 where the layout fits. */
double sled_forward_missing(const struct sled_forward_facts *facts);

/* The one result of the JSON below; the caller deletes it. */
cJSON *sled_forward_result_json(const struct sled_forward_facts *facts,
                                const struct sled_forward_summary *summary);

/* Errors of the stream are found by its owner; SLED_E_NOMEM. config is the effective
 * configuration, embedded. */
enum sled_status sled_forward_write_text(const struct sled_forward_facts *facts,
                                         const struct sled_forward_summary *summary, FILE *stream,
                                         struct sled_err *err);
enum sled_status sled_forward_write_json(const struct sled_forward_facts *facts,
                                         const struct sled_forward_summary *summary,
                                         const cJSON *config, FILE *stream, struct sled_err *err);

#endif
