/* SPDX-License-Identifier: Apache-2.0 */
/* SimGrid itself: its options, and nothing of what runs on it. */
#ifndef SLED_SIM_ENGINE_H
#define SLED_SIM_ENGINE_H

#include <stdint.h>

/* Two moments closer than this are one; also the shortest sleep. Seconds. */
#define SLED_ENGINE_PRECISION_S 1e-13

/*
 * Initialise SimGrid and set every option that matters; once per process. actors: how many
 * there may be at once, an upper bound. SimGrid protects each stack with two memory mappings,
 * of which Linux allows 65,530; above 30,000 actors stacks go without.
 */
void sled_engine_init(uint64_t actors);

#endif
