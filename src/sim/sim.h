/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run a program on a machine. This folder is the only one that knows SimGrid.
 *
 * SimGrid allows one engine per process, so each run happens in a forked child that
 * writes its result into memory shared with the parent; a crash there is an error here.
 */
#ifndef SLED_SIM_SIM_H
#define SLED_SIM_SIM_H

#include <stdbool.h>

#include "base/err.h"
#include "model/machine.h"
#include "model/program.h"
#include "model/result.h"

/* Who shares bandwidth between flows. */
enum sled_network_kind {
    SLED_NETWORK_FLUID,   /* the max-min solver of src/fluid, woken by SimGrid's clock */
    SLED_NETWORK_SIMGRID, /* SimGrid's own max-min solver on a generated platform */
    SLED_NETWORKS         /* count, keep last */
};
/* NULL-terminated, indexed by kind. */
extern const char *const sled_network_names[SLED_NETWORKS + 1];

struct sled_sim_spec {
    const struct sled_machine *machine; /* borrowed */
    const struct sled_program *program; /* borrowed; checked, plans and costs attached */
    const double *start_s; /* [nchips], when each chip begins, >= 0; NULL: all at 0. Borrowed */
    enum sled_network_kind network;
    double accuracy;     /* 0: exact. Else no transfer's completion is off by more than this part of
                            its own duration; at most 0.1. Fluid only */
    bool keep_transfers; /* fill xfer_end_s of the result */
};

/*
 * Simulate. *out is owned by the caller (sled_result_destroy). Fails with SLED_E_SIM (the
 * simulation died: says how and what it printed last), SLED_E_UNSUPPORTED, SLED_E_NOMEM,
 * SLED_E_IO. The calling process never initialises SimGrid.
 */
enum sled_status sled_sim_run(const struct sled_sim_spec *spec, struct sled_result **out,
                              struct sled_err *err);

/* "SimGrid 3.32; network/model:CM02 …": version and every option that is set, for results. */
const char *sled_sim_describe(void);

#endif
