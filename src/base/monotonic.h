/* SPDX-License-Identifier: Apache-2.0 */
/* Time that passes, for waits and durations of this machine; simulated time is another. */
#ifndef SLED_BASE_MONOTONIC_H
#define SLED_BASE_MONOTONIC_H

/* Seconds since some moment, the same one for all processes of the machine; never goes back. */
double sled_monotonic_s(void);

#endif
