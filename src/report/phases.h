/* SPDX-License-Identifier: Apache-2.0 */
/* Where the time of a run goes: one summary per phase of the program. */
#ifndef SLED_REPORT_PHASES_H
#define SLED_REPORT_PHASES_H

#include "base/err.h"
#include "model/machine.h"
#include "model/program.h"
#include "model/result.h"

struct sled_phase_summary {
    const char *name; /* borrowed from the program */

    double start_s, end_s; /* first step's start and last step's end, over chips */

    /*
     * Exposed time over the chips that take part: on each chip, from the end of all
     * its earlier phases to the end of this one, 0 where an earlier phase covers it.
     * The exposed times of a chip add up to its whole run.
     */
    double min_s, mean_s, max_s;

    double network_bytes; /* between chips, summed over transfers */
    double memory_bytes;  /* between HBM and SBUF: kernels, stores, loads */

    /* What was used most between start_s and end_s: a resource of the machine, or an engine
     * of one chip, whichever has the larger share. */
    char busiest[64];
    double utilisation; /* 0..1 of its capacity; 0 and "" when nothing was used */
};

/* Fill out[program->nphases]. SLED_E_NOMEM. */
enum sled_status sled_phases_summarise(const struct sled_machine *machine,
                                       const struct sled_program *program,
                                       const struct sled_result *result,
                                       struct sled_phase_summary *out, struct sled_err *err);

#endif
