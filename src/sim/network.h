/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the executor asks of a network: flows over declared paths. A network decides
 * the rates, max-min fair over the weighted resources of the paths, and runs an event when the
 * last byte has left. It knows neither collectives nor latencies.
 *
 * Order of calls: create, add_path for every path, start, then flows from events of
 * the clock, stop, destroy. A new network implements sled_network_ops and adds a row to
 * network.c.
 */
#ifndef SLED_SIM_NETWORK_H
#define SLED_SIM_NETWORK_H

#include <stdbool.h>

#include "base/err.h"
#include "model/machine.h"
#include "sim/clock.h"
#include "sim/sim.h"

struct sled_network_path {
    uint32_t src_chip, dst_chip;
    const struct sled_use *use; /* [nuses], nuses >= 1; each resource once */
    uint32_t nuses;
    bool capped; /* its flows carry a cap of their own, and there is one at a time */
};

struct sled_network {
    const struct sled_network_ops *ops;
};

struct sled_network_ops {
    /* Copies *path; *id receives its number. SLED_E_NOMEM. */
    enum sled_status (*add_path)(struct sled_network *network, const struct sled_network_path *path,
                                 uint32_t *id, struct sled_err *err);

    /* Load the platform, with a control host; no paths after this. SLED_E_NOMEM, SLED_E_IO. */
    enum sled_status (*start)(struct sled_network *network, struct sled_err *err);

    /*
     * Begin to move bytes > 0 over a path, at no more than cap_bytes_per_s (finite on
     * capped paths, INFINITY on others). The clock runs the event, which is borrowed until
     * then, when all have left.
     */
    void (*flow)(struct sled_network *network, uint32_t path, uint64_t bytes,
                 double cap_bytes_per_s, struct sled_event *left);

    /* No flow is under way and none will come: let the network's actors end. */
    void (*stop)(struct sled_network *network);

    /* Largest relative error of a weight in this network, known from start on. */
    double (*weight_error)(const struct sled_network *network);

    void (*destroy)(struct sled_network *network);
};

/* A network of a kind. machine and clock are borrowed. accuracy in [0, 0.1] is for those that
 * know the word (SLED_E_INPUT). The caller destroys it. SLED_E_NOMEM. */
enum sled_status sled_network_create(enum sled_network_kind kind, double accuracy,
                                     const struct sled_machine *machine, struct sled_clock *clock,
                                     struct sled_network **out, struct sled_err *err);

/* Accepts NULL. */
void sled_network_destroy(struct sled_network *network);

/* The constructors behind sled_network_create. */
enum sled_status sled_network_fluid_create(double accuracy, const struct sled_machine *machine,
                                           struct sled_clock *clock, struct sled_network **out,
                                           struct sled_err *err);
enum sled_status sled_network_simgrid_create(double accuracy, const struct sled_machine *machine,
                                             struct sled_clock *clock, struct sled_network **out,
                                             struct sled_err *err);

#endif
