/* SPDX-License-Identifier: Apache-2.0 */
/* The networks there are. */
#include "sim/network.h"

#include <assert.h>

const char *const sled_network_names[SLED_NETWORKS + 1] = {
    [SLED_NETWORK_FLUID] = "fluid",
    [SLED_NETWORK_SIMGRID] = "simgrid",
};

static enum sled_status (*const create[SLED_NETWORKS])(double, const struct sled_machine *,
                                                       struct sled_clock *, struct sled_network **,
                                                       struct sled_err *) = {
    [SLED_NETWORK_FLUID] = sled_network_fluid_create,
    [SLED_NETWORK_SIMGRID] = sled_network_simgrid_create,
};

enum sled_status sled_network_create(enum sled_network_kind kind, double accuracy,
                                     const struct sled_machine *machine, struct sled_clock *clock,
                                     struct sled_network **out, struct sled_err *err)
{
    assert((unsigned)kind < SLED_NETWORKS);
    return create[kind](accuracy, machine, clock, out, err);
}

void sled_network_destroy(struct sled_network *network)
{
    if (network != NULL)
        network->ops->destroy(network);
}
