/* SPDX-License-Identifier: Apache-2.0 */
/* Where a forward pass runs: its ranks on chips, and which of them can meet on the network. Private
 * to config. */
#ifndef SLED_CONFIG_FORWARD_SITE_H
#define SLED_CONFIG_FORWARD_SITE_H

#include "base/err.h"
#include "config/config.h"
#include "config/kernel_costs.h"
#include "work/forward_program.h"

struct sled_forward_site {
    struct sled_forward_pass pass;
    struct sled_kernel_costs own_costs, *costs;
    uint32_t *chip_of_place; /* [nchips] */
    uint32_t *part_of_chip;  /* [nchips]: chips of different parts never meet on the network */
    uint32_t nparts;
};

/*
 * For a FORWARD workload; costs are borrowed, or NULL. *site stays where it is and is finished by
 * the caller, also on failure. SLED_E_INPUT, pointer relative to the document root, when chips have
 * no sleds to be dealt to; SLED_E_NOMEM.
 */
enum sled_status sled_forward_site_init(struct sled_forward_site *site,
                                        const struct sled_workload *workload,
                                        struct sled_kernel_costs *costs, struct sled_err *err);
void sled_forward_site_finish(struct sled_forward_site *site);

#endif
