/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the machine is this process's. */
#ifndef SLED_BASE_CPUS_H
#define SLED_BASE_CPUS_H

/* Processors that this process may run on, at least 1: fewer than the machine has where taskset,
 * Slurm or a container says so. */
unsigned sled_cpus(void);

#endif
